"""Waits and displays of real executions together: what the user's own thread asks, and what it doesn't wait for."""

import asyncio
import signal
import socket
import threading

import pytest
from flyteidl.admin import execution_pb2, node_execution_pb2, task_execution_pb2
from flyteidl.core import execution_pb2 as core_execution_pb2

from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.errors import ExecutionFailedError, NotFoundError
from autocontainer_nb.notebook.live.displays import LiveDisplays
from autocontainer_nb.remote import observers
from autocontainer_nb.remote.executions.execution import Execution
from autocontainer_nb.remote.rpc.calls import Calls
from autocontainer_nb.remote.watching import pace

PHASE = core_execution_pb2.WorkflowExecution


@task
def train() -> None:
    """Return nothing."""


class Screen:
    """A shell's publisher."""

    def __init__(self):
        self.execution_count, self.display_pub = 1, self
        self.threads = []

    def publish(self, *, update, **_):
        self.threads.append((threading.current_thread().name, update))


@pytest.fixture
def asked(monkeypatch):
    """Which procedures each thread has called, by its name."""
    found, call = [], Calls.call

    def noted(self, rpc, request, **options):
        found.append((threading.current_thread().name, rpc.name))
        return call(self, rpc, request, **options)

    monkeypatch.setattr(Calls, "call", noted)
    return found


@pytest.fixture
def ends(control_plane):
    """Executions that run until they were asked for so many times, with a log that no kernel can read."""
    phases = {}

    def message(name):
        left = phases.setdefault(name, 2)
        phases[name] = left - 1 if isinstance(left, int) and left else left
        found = execution_pb2.Execution()
        found.id.name = name
        found.closure.phase = left if not isinstance(left, int) else PHASE.RUNNING if left else PHASE.SUCCEEDED
        return found

    def listed(request):
        names = request.filters.partition(",")[2].removesuffix(")").split(";")
        return execution_pb2.ExecutionList(executions=[message(name) for name in names])

    node = node_execution_pb2.NodeExecution()
    node.id.node_id = "n0"
    attempt = task_execution_pb2.TaskExecution()
    attempt.closure.phase = core_execution_pb2.TaskExecution.RUNNING
    with socket.create_server(("127.0.0.1", 0)) as silent:
        attempt.closure.logs.add(name="log", uri=f"http://127.0.0.1:{silent.getsockname()[1]}/log")
        control_plane.answers |= {
            "GetExecution": lambda request: message(request.id.name),
            "ListExecutions": listed,
            "GetExecutionData": execution_pb2.WorkflowExecutionGetDataResponse(),
            "ListNodeExecutions": node_execution_pb2.NodeExecutionList(node_executions=[node]),
            "ListTaskExecutions": task_execution_pb2.TaskExecutionList(task_executions=[attempt]),
        }
        yield control_plane


@pytest.fixture
def displays(monkeypatch):
    """The displays of a notebook, told of waits as its extension tells them."""
    live = LiveDisplays(Screen())
    monkeypatch.setattr(
        observers, "on_wait", [lambda run, state: live.settle() if state.is_done else live.waited_for(run)]
    )
    yield live
    live.stop()


def test_the_users_thread_asks_for_the_result_and_for_nothing_else(ends, displays, asked):
    """Shown, waited for, looked into, with a log link that never answers: one call after the last poll."""
    run = Execution(ends.scope(), "a1", task=train)
    displays.show(run)
    assert asked == []
    assert run.result() is None
    own = threading.current_thread().name
    assert [name for thread, name in asked if thread == own] == ["GetExecutionData"]
    assert {name for thread, name in asked if thread == "execution watcher"} == {"GetExecution"}
    assert displays._shell.threads[0] == (own, False)
    assert own not in {thread for thread, update in displays._shell.threads if update}


def test_an_interrupt_ends_a_wait_while_a_call_is_under_way(ends, monkeypatch):
    """The thread that waits isn't in the call: a server that lets it hang holds nobody up."""
    asked, answers = threading.Event(), threading.Event()

    def hanging(request):
        asked.set()
        answers.wait(20)
        return execution_pb2.Execution()

    def interrupt():
        asked.wait(20)
        signal.raise_signal(signal.SIGINT)

    ends.answers["GetExecution"] = hanging
    monkeypatch.setattr(observers, "on_interrupt", [])
    interrupting = threading.Thread(target=interrupt)
    interrupting.start()
    with pytest.raises(KeyboardInterrupt, match="keeps running"):
        Execution(ends.scope(), "a1", task=train).wait()
    assert not answers.is_set()
    answers.set()
    interrupting.join()


@pytest.mark.parametrize("status", ["UNAVAILABLE", "RESOURCE_EXHAUSTED", "INTERNAL", "UNKNOWN"])
def test_what_passes_ends_no_wait(ends, refuse, monkeypatch, status):
    """A limit of calls a second, a proxy that resets a stream: the same question is asked again later."""
    monkeypatch.setattr(pace, "pause_after_failures_s", lambda failures, *, waits: 0.01)
    answer, refusals = ends.answers["GetExecution"], [refuse(status, "too many requests")] * 3
    ends.answers["GetExecution"] = lambda request: refusals.pop() if refusals else answer(request)
    seen = []
    monkeypatch.setattr(observers, "on_wait", [lambda run, state: seen.append(state.note)])
    assert Execution(ends.scope(), "a1", task=train).result() is None
    assert not refusals
    assert any("too many requests" in note for note in seen)
    assert seen[-1] == ""


def test_a_person_is_asked_to_sign_in_by_the_thread_that_waits(ends, refuse, asked):
    """Where the credentials are no longer taken, the next question is the waiting thread's own."""
    answer, refusals = ends.answers["GetExecution"], [refuse("UNAUTHENTICATED", "token is expired")]
    ends.answers["GetExecution"] = lambda request: refusals.pop() if refusals else answer(request)
    assert Execution(ends.scope(), "a1", task=train).result() is None
    own = threading.current_thread().name
    assert asked[:2] == [("execution watcher", "GetExecution"), (own, "GetExecution")]


def test_an_observer_that_fails_costs_no_result(ends, monkeypatch, caplog):
    """A fault of a display is logged once, and the value comes."""

    def broken(execution, state):
        raise RuntimeError("a display's fault")

    monkeypatch.setattr(observers, "on_wait", [broken])
    assert Execution(ends.scope(), "a1", task=train).result() is None
    assert [record.exc_info[0] for record in caplog.records] == [RuntimeError]


def test_fifty_awaited_together_are_listed_and_block_no_thread(ends, displays, asked):
    """By the watcher alone: the event loop's threads are for results."""
    scope = ends.scope()
    runs = [Execution(scope, f"a{number}", task=train) for number in range(50)]

    async def all_of_them():
        return await asyncio.gather(*runs)

    assert asyncio.run(all_of_them()) == [None] * 50
    polls = {thread for thread, name in asked if name in {"GetExecution", "ListExecutions"}}
    assert polls == {"execution watcher"}
    assert sum(name == "GetExecutionData" for _, name in asked) == 50
    assert sum(name == "ListExecutions" for _, name in asked) < 12


def test_one_that_fails_leaves_the_others_alone(ends, asked, refuse):
    """Its own wait raises; those beside it end with their results."""
    answer = ends.answers["GetExecution"]
    ends.answers["GetExecution"] = lambda request: (
        refuse("NOT_FOUND", "gone") if request.id.name == "gone" else answer(request)
    )
    listed = ends.answers["ListExecutions"]

    def without_it(request):
        found = listed(request)
        kept = [one for one in found.executions if one.id.name != "gone"]
        return execution_pb2.ExecutionList(executions=kept)

    ends.answers["ListExecutions"] = without_it
    scope = ends.scope()
    runs = [Execution(scope, name, task=train) for name in ("a1", "gone", "a2")]

    async def all_of_them():
        return await asyncio.gather(*runs, return_exceptions=True)

    first, gone, last = asyncio.run(all_of_them())
    assert (first, last) == (None, None)
    assert isinstance(gone, NotFoundError)


def test_a_failure_seen_in_a_list_is_told_whole(ends):
    """Lists cut an error after 100 bytes; who waits gets all of it."""
    words = "ValueError: " + "x" * 500 + " the reason"

    def failed(*, cut):
        found = execution_pb2.Execution()
        found.closure.phase = PHASE.FAILED
        found.closure.error.message = words[:100] if cut else words
        return found

    def listed(request):
        answer = execution_pb2.ExecutionList()
        for name in request.filters.partition(",")[2].removesuffix(")").split(";"):
            answer.executions.append(failed(cut=True))
            answer.executions[-1].id.name = name
        return answer

    ends.answers |= {"ListExecutions": listed, "GetExecution": lambda request: failed(cut=False)}
    scope = ends.scope()
    runs = [Execution(scope, f"a{number}", task=train) for number in range(3)]

    async def all_of_them():
        return await asyncio.gather(*runs, return_exceptions=True)

    for found in asyncio.run(all_of_them()):
        assert isinstance(found, ExecutionFailedError)
        assert "the reason" in str(found)


def test_a_wait_ends_at_an_answer_after_its_limit_too(ends):
    """What has ended already is no timeout, whatever the limit; what runs is one."""
    run = Execution(ends.scope(), "a1", task=train)
    ends.answers["GetExecution"] = execution_pb2.Execution(
        closure=execution_pb2.ExecutionClosure(phase=PHASE.SUCCEEDED)
    )
    assert run.result(timeout_s=0) is None
