"""An execution in the notebook's hands: waiting, results, failures, logs, interrupts; the server is scripted."""

import asyncio
import signal
import threading
from datetime import datetime, timezone

import pytest
from flyteidl.admin import common_pb2, execution_pb2, node_execution_pb2, task_execution_pb2, task_pb2
from flyteidl.core import execution_pb2 as core_execution_pb2
from flyteidl.core import identifier_pb2, literals_pb2

from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.errors import (
    ExecutionAbortedError,
    ExecutionError,
    ExecutionFailedError,
    ExecutionTimedOutError,
    NotFoundError,
    TaskTimedOutError,
    UnavailableError,
)
from autocontainer_nb.remote import observers
from autocontainer_nb.remote.executions.execution import Execution
from autocontainer_nb.remote.executions.listing import list_executions
from autocontainer_nb.remote.executions.polling import Patience
from autocontainer_nb.remote.lists.entities import list_tasks
from autocontainer_nb.type_engine.engine import type_engine

PHASE = core_execution_pb2.WorkflowExecution


@task
def train(epochs: int) -> float:
    """Return a number."""
    return float(epochs)


def execution_message(phase, **closure):
    """An execution of the task `nb.train` in a phase."""
    message = execution_pb2.Execution(closure=execution_pb2.ExecutionClosure(phase=phase, **closure))
    message.id.name = "a1"
    message.spec.launch_plan.resource_type = identifier_pb2.TASK
    message.spec.launch_plan.name = "nb.train"
    message.closure.created_at.FromDatetime(datetime(2030, 1, 1, tzinfo=timezone.utc))
    message.closure.updated_at.FromDatetime(datetime(2030, 1, 1, 0, 0, 5, tzinfo=timezone.utc))
    return message


def literal(value, kind=float):
    """A value as a literal."""
    return type_engine.to_literal(value, kind, files=None)


@pytest.fixture
def scripted(control_plane):
    """A control plane whose execution goes through the phases that a test lists; the last one stays."""

    def script(*messages, outputs=None):
        left = list(messages)
        control_plane.answers["GetExecution"] = lambda request: left.pop(0) if len(left) > 1 else left[0]
        control_plane.answers["GetExecutionData"] = execution_pb2.WorkflowExecutionGetDataResponse(
            full_outputs=literals_pb2.LiteralMap(literals=outputs or {"o0": literal(0.5)})
        )
        return Execution(control_plane.scope(), "a1", task=train)

    return script


def test_a_result_is_waited_for_and_fetched_once(scripted, control_plane):
    """Through QUEUED and RUNNING to the typed value; asking again asks nobody."""
    run = scripted(*(execution_message(phase) for phase in (PHASE.QUEUED, PHASE.RUNNING, PHASE.SUCCEEDED)))
    assert ": QUEUED on " in repr(run)
    assert run.result() == 0.5
    before = control_plane.counts
    assert run.result() == 0.5
    assert run.outputs == {"o0": 0.5}
    assert (run.phase, run.is_done, run.error) == ("SUCCEEDED", True, None)
    assert control_plane.counts == before
    assert repr(run) == f"<Execution a1 of train: SUCCEEDED on 127.0.0.1:{control_plane.port}>"


def test_await_leaves_the_event_loop_running(scripted):
    """While one coroutine awaits the execution, another goes on; the result is the same."""
    running = [execution_message(PHASE.RUNNING)] * 8
    run = scripted(*running, execution_message(PHASE.SUCCEEDED))

    async def both():
        ticks = 0

        async def tick():
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.005)

        ticking = asyncio.ensure_future(tick())
        result = await run
        ticking.cancel()
        return result, ticks

    result, ticks = asyncio.run(both())
    assert result == 0.5
    assert ticks > 2


def test_a_wait_with_a_limit_tells_that_the_execution_goes_on(scripted):
    """ExecutionTimedOutError with the phase; nothing is terminated."""
    run = scripted(execution_message(PHASE.RUNNING))
    with pytest.raises(ExecutionTimedOutError, match=r"a1 of train is still RUNNING after 0\.05 s.*terminate"):
        run.result(timeout_s=0.05)


def test_outputs_of_what_still_runs_are_refused(scripted):
    """`.outputs` doesn't wait in secret."""
    with pytest.raises(ExecutionError, match=r"still RUNNING.*\.result\(\)"):
        _ = scripted(execution_message(PHASE.RUNNING)).outputs


def test_a_failure_carries_the_containers_words(scripted):
    """Message with the user's traceback, code, kind, and the execution's id."""
    words = "Traceback (most recent call last):\n  Cell In[7], line 3, in train\nValueError: no data"
    error = core_execution_pb2.ExecutionError(
        code="USER:ValueError", message=words, kind=core_execution_pb2.ExecutionError.USER
    )
    run = scripted(execution_message(PHASE.FAILED, error=error))
    with pytest.raises(ExecutionFailedError) as caught:
        run.result()
    assert words in str(caught.value)
    assert "Execution a1 of train failed (USER:ValueError):\nTraceback" in str(caught.value)
    assert (caught.value.code, caught.value.kind, caught.value.execution_id) == ("USER:ValueError", "USER", "a1")
    assert run.error == words
    with pytest.raises(ExecutionFailedError):
        _ = run.outputs


@pytest.mark.parametrize("code", ["TimeoutExpired", "RetriesExhausted|TimeoutExpired"])
def test_a_task_beyond_its_timeout_has_failed_and_timed_out(scripted, code):
    """Flyte's code says it, of one attempt or of the last of several."""
    error = core_execution_pb2.ExecutionError(
        code=code, message="too long", kind=core_execution_pb2.ExecutionError.USER
    )
    with pytest.raises(ExecutionFailedError) as caught:
        scripted(execution_message(PHASE.FAILED, error=error)).result()
    assert isinstance(caught.value, ExecutionTimedOutError)
    assert (type(caught.value), caught.value.code) == (TaskTimedOutError, code)


def test_an_aborted_execution_tells_who_and_why(scripted):
    """The cause that was given, and by whom."""
    abort = execution_pb2.AbortMetadata(cause="too slow", principal="ann")
    with pytest.raises(ExecutionAbortedError, match="terminated by ann: too slow"):
        scripted(execution_message(PHASE.ABORTED, abort_metadata=abort)).result()
    with pytest.raises(ExecutionTimedOutError, match="timed out"):
        scripted(execution_message(PHASE.TIMED_OUT)).result()


def test_an_interrupt_without_an_observer_says_how_to_stop_it(scripted, monkeypatch):
    """KeyboardInterrupt ends the wait; its message tells that the execution goes on."""
    monkeypatch.setattr(observers, "on_interrupt", [])
    run = scripted(execution_message(PHASE.RUNNING))
    timer = threading.Timer(0.2, signal.raise_signal, [signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt, match=r"a1 of train keeps running\. Stop it with \.terminate\(\)"):
        run.wait()
    timer.join()


def test_an_interrupt_calls_the_observer_which_may_stop_it(scripted, control_plane, monkeypatch):
    """The notebook's observer decides; the interrupt goes on upwards either way."""
    control_plane.answers["TerminateExecution"] = execution_pb2.ExecutionTerminateResponse()
    monkeypatch.setattr(observers, "on_interrupt", [lambda run: run.terminate("asked")])
    run = scripted(execution_message(PHASE.RUNNING))
    timer = threading.Timer(0.2, signal.raise_signal, [signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        run.wait()
    timer.join()
    assert control_plane.last("TerminateExecution").cause == "asked"


def test_terminating_what_has_ended_is_no_error(scripted, control_plane, refuse):
    """Nothing is asked for an ended one; one that ends meanwhile is fine, too; else the refusal comes through."""
    scripted(execution_message(PHASE.SUCCEEDED)).terminate()
    assert "TerminateExecution" not in control_plane.counts
    control_plane.answers["TerminateExecution"] = refuse("FAILED_PRECONDITION", "already over")
    scripted(execution_message(PHASE.RUNNING), execution_message(PHASE.SUCCEEDED)).terminate()
    with pytest.raises(Exception, match="already over"):
        scripted(execution_message(PHASE.RUNNING)).terminate()


def test_a_restart_of_the_control_plane_is_waited_out(control_plane, scripted):
    """The server goes away and comes back at the same port while a wait runs: the wait ends with the result."""
    run = scripted(execution_message(PHASE.RUNNING))
    assert run.phase == "RUNNING"
    control_plane.stop()
    state = run.state()
    assert (state.phase, state.is_done) == ("RUNNING", False)
    assert "control plane unreachable" in state.note
    done = execution_message(PHASE.SUCCEEDED)
    control_plane.answers["GetExecution"] = done
    again = threading.Timer(0.3, control_plane.start, [control_plane.port])
    again.start()
    assert run.result(timeout_s=30) == 0.5
    again.join()
    assert run.state().note == "no log lines: Method not found!"


def test_a_wait_gives_up_in_the_end_and_says_how_to_go_on(scripted, control_plane):
    """After a minute (none, here) without an answer: the server's address, and that the execution isn't stopped."""
    run = scripted(execution_message(PHASE.RUNNING))
    run._patience = Patience(tolerance_s=0.0)
    control_plane.stop()
    with pytest.raises(UnavailableError, match=r"Nothing listens.*a1 of train isn't affected.*execution\('a1'\)"):
        run.wait()


def test_patience_ends_and_forgets():
    """A minute without an answer ends a wait; one answer begins the minute anew; a refusal is never borne."""
    patience = Patience(tolerance_s=0.0)
    assert not patience.bears(UnavailableError("gone"))
    patience = Patience()
    assert patience.bears(UnavailableError("gone"))
    patience.answered()
    assert patience.lost_for_s == 0.0
    assert not patience.bears(NotFoundError("no such execution"))


def test_an_unknown_execution_is_told_at_once(control_plane, refuse):
    """NOT_FOUND isn't waited for, and isn't retried."""
    control_plane.answers["GetExecution"] = refuse("NOT_FOUND", "execution a9 doesn't exist")
    with pytest.raises(NotFoundError, match="execution a9 doesn't exist"):
        Execution(control_plane.scope(), "a9").wait()
    assert control_plane.counts["GetExecution"] == 1


def test_without_the_task_types_are_guessed_from_the_registered_interface(control_plane, scripted):
    """After a restart of the kernel, several outputs come with their names, in their order."""
    scripted(
        execution_message(PHASE.SUCCEEDED),
        outputs={"o0": literal(1, int), "o10": literal("z", str), "o2": literal(True, bool)},
    )
    registered = task_pb2.Task()
    variables = registered.closure.compiled_task.template.interface.outputs.variables
    for name, kind in (("o10", str), ("o2", bool), ("o0", int)):
        variables[name].type.CopyFrom(type_engine.to_literal_type(kind))
    control_plane.answers["GetTask"] = registered
    result = Execution(control_plane.scope(), "a1").result()
    assert result._asdict() == {"o0": 1, "o2": True, "o10": "z"}


def test_an_output_that_is_missing_is_named(scripted):
    """Succeeded without the declared output: which one, and what there is."""
    run = scripted(execution_message(PHASE.SUCCEEDED), outputs={"other": literal(0.5)})
    with pytest.raises(ExecutionError, match="it has no output 'o0', only: other"):
        run.result()


def test_outputs_too_large_for_the_answer_come_by_their_url(scripted, control_plane, blobs):
    """flyteadmin leaves `full_outputs` empty and gives a signed URL."""  # noqa: D403 - a program's name
    run = scripted(execution_message(PHASE.SUCCEEDED))
    blobs.content["/outputs.pb"] = literals_pb2.LiteralMap(literals={"o0": literal(0.25)}).SerializeToString()
    control_plane.answers["GetExecutionData"] = execution_pb2.WorkflowExecutionGetDataResponse(
        outputs=common_pb2.UrlBlob(url=f"{blobs.url}/outputs.pb", bytes=10)
    )
    assert run.result() == 0.25


@pytest.fixture
def two_attempts(control_plane, blobs):
    """A node with two attempts: the first one's log is text, the second has text and a page for people."""
    node = node_execution_pb2.NodeExecution(id=identifier_pb2.NodeExecutionIdentifier(node_id="n0"))
    control_plane.answers["ListNodeExecutions"] = node_execution_pb2.NodeExecutionList(node_executions=[node])
    blobs.content |= {"/0": b"first\n", "/1": b"".join(b"line %d\n" % n for n in range(2000)), "/page": b"<html>"}
    blobs.types |= {"/0": "text/plain", "/1": "text/plain; charset=utf-8", "/page": "text/html"}
    attempts = []
    for number, paths in ((1, ("/1", "/page")), (0, ("/0",))):
        attempt = task_execution_pb2.TaskExecution(id=identifier_pb2.TaskExecutionIdentifier(retry_attempt=number))
        attempt.closure.phase = core_execution_pb2.TaskExecution.FAILED
        for path in paths:
            attempt.closure.logs.add(uri=blobs.url + path, name=f"log of {path}")
        attempts.append(attempt)
    control_plane.answers["ListTaskExecutions"] = task_execution_pb2.TaskExecutionList(task_executions=attempts)
    return blobs


def test_logs_have_all_attempts_in_order_and_links_where_there_is_no_text(scripted, two_attempts):
    """Text is fetched, each attempt under its heading; a page for people is named with its link."""
    text = scripted(execution_message(PHASE.RUNNING)).logs()
    assert text.startswith("── n0 (train), attempt 1: FAILED ──\nfirst\n── n0 (train), attempt 2: FAILED ──\nline 0\n")
    assert text.endswith(f"line 1999\nlog of /page: {two_attempts.url}/page\n")


def test_the_state_has_the_last_lines_of_the_last_attempt(scripted, two_attempts):
    """What a live display shows: phase, seconds, and a few whole lines."""
    state = scripted(execution_message(PHASE.FAILED)).state()
    assert state.log_tail == tuple(f"line {n}" for n in range(1992, 2000))
    assert (state.phase, state.elapsed_s, state.note) == ("FAILED", 5.0, "")


@pytest.mark.parametrize("count", [0, 3, 2000])
def test_what_the_container_said_itself_is_in_the_state_however_long_the_log(scripted, two_attempts, count):
    """It stands at the log's beginning, once: found at the end of the execution at the latest."""
    own = "autocontainer_nb: this was captured with acme 2.1, and this environment has 2.0"
    two_attempts.content["/1"] = f"{own}\n".encode() + b"".join(b"line %d\n" % n for n in range(count))
    last = tuple(f"line {n}" for n in range(max(0, count - 8), count))
    assert scripted(execution_message(PHASE.SUCCEEDED)).state().log_tail == (own, *last)


def test_lists_are_plain_data_newest_first(control_plane):
    """Executions with phase and times; of each task only its newest version."""
    control_plane.answers["ListExecutions"] = execution_pb2.ExecutionList(
        executions=[execution_message(PHASE.SUCCEEDED)]
    )
    (one,) = list_executions(control_plane.scope(), 5)
    assert (one.id, one.task, one.phase, one.elapsed_s) == ("a1", "nb.train", "SUCCEEDED", 5.0)
    asked = control_plane.last("ListExecutions")
    assert (asked.limit, asked.sort_by.key, asked.sort_by.direction) == (5, "created_at", common_pb2.Sort.DESCENDING)
    tasks = [
        task_pb2.Task(id=identifier_pb2.Identifier(name=name, version=version)) for name, version in ("a2", "b1", "a1")
    ]
    control_plane.answers["ListTasks"] = task_pb2.TaskList(tasks=tasks)
    assert [(found.name, found.version) for found in list_tasks(control_plane.scope(), 5)] == [("a", "2"), ("b", "1")]
