"""What fails is told: the user's words and line, whose fault it was, which attempt."""

from typing import Any

import client_tasks as tasks
import pytest

from autocontainer_nb import ConversionError, ExecutionFailedError, InputError
from autocontainer_nb.errors import ExecutionError, TaskTimedOutError

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(170)]


def failure(run: Any) -> ExecutionFailedError:
    """Return the error that the result is."""
    with pytest.raises(ExecutionFailedError) as caught:
        run.result(timeout_s=150)
    return caught.value


def test_the_exceptions_text_is_told(once: Any) -> None:
    """With its class."""
    assert "ValueError: no data here" in str(failure(once(tasks.fails, reason="no data here")))


def test_the_users_line_is_told(once: Any) -> None:
    """The statement that raised, and its function."""
    text = str(failure(once(tasks.fails, reason="no data here")))
    assert "raise ValueError(reason)" in text
    assert "in fails" in text


def test_whose_fault_it_was_is_told(once: Any) -> None:
    """The user's; the error knows kind, code and execution."""
    run = once(tasks.fails, reason="no data here")
    error = failure(run)
    assert (error.kind, error.execution_id) == ("USER", run.id)
    assert "ValueError" in error.code


def test_a_failed_execution_says_so(once: Any) -> None:
    """Its phase, its error, and that it is done; each time one asks."""
    run = once(tasks.fails, reason="no data here")
    failure(run)
    assert (run.phase, run.is_done) == ("FAILED", True)
    assert "no data here" in (run.error or "")
    assert "no data here" in str(failure(run))


def test_a_failed_execution_has_no_outputs(once: Any) -> None:
    """Asking for them tells why."""
    run = once(tasks.fails, reason="no data here").wait(timeout_s=150)
    with pytest.raises(ExecutionError, match="no data here"):
        _ = run.outputs


def test_a_failed_executions_node_has_the_error(once: Any) -> None:
    """Phase, message and code."""
    (node,) = once(tasks.fails, reason="no data here").wait(timeout_s=150).nodes
    assert node.phase == "FAILED"
    assert "no data here" in (node.error or "")


def test_another_kernel_reads_the_same_failure(once: Any, remote: Any) -> None:
    """By the execution's name alone."""
    run = once(tasks.fails, reason="no data here").wait(timeout_s=150)
    assert "raise ValueError(reason)" in str(failure(remote.execution(run.id)))


@pytest.mark.parametrize(
    ("entity", "inputs", "words"),
    [
        (tasks.fails, {"reason": "naïve 東京 🙂"}, ["naïve 東京 🙂"]),
        (tasks.fails, {"reason": "two\nlines"}, ["two", "lines"]),
        (tasks.fails_below, {"x": 1}, ["LookupError: nothing is to be had by zero"]),
        (tasks.fails_by_own_class, {"x": 1}, ["OwnError"]),
        (tasks.returns_something_else, {"x": 1}, ["expected an int, got", "text 1"]),
        (tasks.gives_up, {"x": 5}, ["no 5"]),
    ],
    ids=["foreign letters", "lines", "cause", "own class", "wrong type", "recoverable"],
)
def test_the_words_of_a_failure_arrive(once: Any, entity: Any, inputs: dict[str, Any], words: list[str]) -> None:
    """Whole, whatever they are."""
    text = str(failure(once(entity, **inputs)))
    assert [word for word in words if word not in text] == []


@pytest.mark.parametrize(
    ("entity", "inputs"), [(tasks.exits, {"code": 3}), (tasks.kills_itself, {"x": 1})], ids=["exit", "SIGKILL"]
)
def test_a_container_that_dies_is_a_failure(once: Any, entity: Any, inputs: dict[str, Any]) -> None:
    """It isn't waited for longer, and something is said."""
    assert len(str(failure(once(entity, **inputs)))) > 40


def test_each_attempt_is_kept(once: Any) -> None:
    """With number, phase and error."""
    run = once(tasks.gives_up, x=5).wait(timeout_s=150)
    (node,) = run.nodes
    assert [(each.number, each.phase) for each in node.attempts] == [(1, "FAILED"), (2, "FAILED")]
    assert (node.attempt, node.max_attempts) == (2, 2)
    assert all("no 5" in (each.error or "") for each in node.attempts)
    assert "attempt 2 of 2" in str(run.nodes)


def test_a_second_attempt_may_succeed(once: Any) -> None:
    """The value counts; both attempts are to be seen."""
    run = once(tasks.tries_again, x=5)
    assert run.result(timeout_s=150) == 5
    (node,) = run.nodes
    assert [each.phase for each in node.attempts] == ["FAILED", "SUCCEEDED"]
    assert run.attempt == 2


def test_what_runs_too_long_is_stopped(once: Any) -> None:
    """After the task's own time limit, which the error tells."""
    with pytest.raises(TaskTimedOutError, match=r"(?i)time.?out|too long|2 s"):
        once(tasks.runs_too_long, x=1).result(timeout_s=100)


@pytest.mark.parametrize(
    ("inputs", "error", "words"),
    [
        ({"a": "text"}, ConversionError, "a.*expected an int"),
        ({"a": 1.5}, ConversionError, "a.*expected an int"),
        ({"b": 1}, InputError, "a"),
        ({"a": 1, "c": 2}, InputError, "c"),
    ],
    ids=["text", "float", "missing", "unknown"],
)
def test_wrong_inputs_are_refused_here(remote: Any, inputs: Any, error: type[Exception], words: str) -> None:
    """Before anything is asked of the control plane."""
    with pytest.raises(error, match=words):
        remote.launch(tasks.add, **inputs)
