"""An execution: waiting for it, looking at it, stopping it, finding it again, in sync and async form."""

import asyncio
import datetime as dt
from typing import Any

import client_tasks as tasks
import pytest

from autocontainer_nb import ExecutionAbortedError, FlyteRemote
from autocontainer_nb.errors import ExecutionError, ExecutionTimedOutError, NotFoundError
from autocontainer_nb.remote.client import set_default_remote

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(170)]


@pytest.fixture(scope="module")
def done(once: Any) -> Any:
    """An execution that has succeeded."""
    return once(tasks.increment, x=1).wait(timeout_s=150)


@pytest.fixture(scope="module")
def stopped(remote: FlyteRemote) -> Any:
    """An execution that was stopped while it ran, having been looked at before."""
    run = remote.launch(tasks.sleeps, seconds=100.0)
    with pytest.raises(ExecutionTimedOutError, match=r"is still \w+ after 0.2 s"):
        run.result(timeout_s=0.2)
    with pytest.raises(ExecutionTimedOutError):
        run.wait(timeout_s=0)
    assert not run.is_done
    with pytest.raises(ExecutionError, match="is still"):
        _ = run.outputs
    run.terminate("changed my mind")
    return run


def test_a_wait_with_a_limit_leaves_the_execution_alone(stopped: Any) -> None:
    """It ran on: it could be stopped, which the fixture did."""
    assert stopped.wait(timeout_s=100).phase == "ABORTED"


def test_a_stopped_execution_tells_the_cause(stopped: Any) -> None:
    """The result is an error that has it."""
    with pytest.raises(ExecutionAbortedError, match="changed my mind"):
        stopped.result(timeout_s=100)


def test_stopping_twice_changes_nothing(stopped: Any, remote: FlyteRemote) -> None:
    """Neither does stopping many of which some have ended."""
    stopped.wait(timeout_s=100)
    stopped.terminate("again")
    remote.terminate([stopped, stopped.id], "again")
    with pytest.raises(ExecutionAbortedError, match="changed my mind"):
        stopped.result()


def test_stopping_what_has_succeeded_changes_nothing(done: Any) -> None:
    """Its value is there as before."""
    done.terminate("late")
    assert done.result() == 2


def test_many_are_stopped_at_once(remote: FlyteRemote) -> None:
    """By objects and ids together."""
    runs = [remote.launch(tasks.sleeps, seconds=90.0) for _ in range(2)]
    remote.terminate([runs[0], runs[1].id], "all of them")
    assert [run.wait(timeout_s=100).phase for run in runs] == ["ABORTED", "ABORTED"]


def test_it_says_what_it_is(done: Any, remote: FlyteRemote) -> None:
    """Name, task, place, project and domain."""
    assert (done.task_name, done.where) == ("increment", remote.where)
    assert (done.project, done.domain) == (remote.project, remote.domain)
    assert done.identifier.name == done.id
    assert f"{done.id} of increment: SUCCEEDED" in repr(done)


def test_its_console_page_is_a_link_or_none(done: Any, remote: FlyteRemote) -> None:
    """The sandbox has no console."""
    assert (done.console_url is None) == remote.is_sandbox
    if not remote.is_sandbox:
        assert done.id in done.console_url


def test_it_tells_phase_and_error(done: Any) -> None:
    """Of success there is no error."""
    assert (done.phase, done.is_done, done.error, done.reason) == ("SUCCEEDED", True, None, None)


def test_its_outputs_have_names(done: Any) -> None:
    """Flyte's own for one without a name."""
    assert done.outputs == {"o0": 2}


def test_its_inputs_are_there(once: Any) -> None:
    """The default that nobody gave, too."""
    assert dict(once(tasks.add, a=1).wait(timeout_s=150).inputs) == {"a": 1, "b": 4}


def test_it_knows_what_was_launched(done: Any, remote: FlyteRemote) -> None:
    """Name and version, with which the task is fetched as Flyte has it."""
    launched = done.launched
    assert launched.name.endswith("increment")
    assert remote.task(launched.name, launched.version).id == launched


def test_its_one_node_tells_what_ran(done: Any) -> None:
    """Entity, phase, attempt, time, values."""
    (node,) = done.nodes
    assert (node.entity, node.kind, node.phase, node.attempt, node.max_attempts) == (
        "increment", "task", "SUCCEEDED", 1, 1,
    )  # fmt: skip
    assert (dict(node.inputs), dict(node.outputs)) == ({"x": 1}, {"o0": 2})
    assert (node.error, node.reason, list(node.children), node.cached) == (None, None, [], False)


def test_its_nodes_tell_when_and_how_long(done: Any) -> None:
    """In UTC, and not of another day."""
    (node,) = done.nodes
    assert abs(node.started_at - dt.datetime.now(dt.timezone.utc)) < dt.timedelta(hours=12)
    assert dt.timedelta(0) <= node.duration < dt.timedelta(minutes=5)


def test_its_nodes_are_a_text(done: Any) -> None:
    """For terminals, and by flytekit's name."""
    assert "increment" in str(done.nodes)
    assert list(done.node_executions) == done.nodes.ids


def test_a_node_that_isnt_there_is_told(done: Any) -> None:
    """With those that are."""
    with pytest.raises(KeyError, match=done.nodes.ids[0]):
        done.nodes["nowhere"]


def test_what_it_printed_is_its_log(once: Any, remote: FlyteRemote) -> None:
    """The text, or where the text is."""
    run = once(tasks.prints, text="line").wait(timeout_s=150)
    logs = run.logs()
    assert logs == remote.logs(run.id)
    if remote.is_sandbox:  # elsewhere it depends on the cluster's links
        assert [f"line {number}" in logs for number in (0, 150, 299)] == [True] * 3
        assert "line 299" in run.state().log_tail
    assert logs


def test_its_deck_comes_as_html(once: Any) -> None:
    """With what the task put there."""
    deck = once(tasks.decorated_page, x=1).wait(timeout_s=150).deck
    assert "a page of its own" in deck


def test_no_deck_is_none(done: Any) -> None:
    """Not an empty page."""
    assert done.deck is None


def test_a_task_knows_its_execution(once: Any) -> None:
    """By `current_context()`."""
    run = once(tasks.context)
    assert run.result(timeout_s=150) == {"id": run.id, "folder": "True"}


def test_what_an_eager_task_started_is_inside(once: Any) -> None:
    """Each call with its values, and an execution of its own."""
    run = once(tasks.squares, n=2).wait(timeout_s=150)
    (outer,) = run.nodes
    assert (outer.kind, outer.entity) == ("eager", "squares")
    assert sorted((child.inputs["x"], child.outputs["o0"]) for child in outer.children) == [(0, 0), (1, 1)]
    assert {(child.kind, child.entity, child.phase) for child in outer.children} == {("task", "square", "SUCCEEDED")}
    assert all(child.started_execution for child in outer.children)
    assert [depth for depth, _ in run.nodes.walk()] == [0, 1, 1]


def test_the_logs_of_what_an_eager_task_started_are_its_own_too(once: Any, remote: FlyteRemote) -> None:
    """What each call printed."""
    run = once(tasks.squares, n=2).wait(timeout_s=150)
    if remote.is_sandbox:  # elsewhere it depends on the cluster's links
        assert ["squaring 0" in run.logs(), "squaring 1" in run.logs()] == [True, True]
    assert run.logs()


def test_another_client_guesses_several_outputs(once: Any, remote: FlyteRemote) -> None:
    """By their names; with the task they have its class."""
    run = once(tasks.named, x=4).wait(timeout_s=150)
    assert remote.execution(run.id).result()._asdict() == {"loss": 2.0, "steps": 4}
    assert isinstance(remote.execution(run.id, task=tasks.named).result(), tasks.Score)
    assert dict(remote.execution(run.id).inputs) == {"x": 4}


def test_it_is_found_again_by_its_name(done: Any, remote: FlyteRemote) -> None:
    """By a client that knows nothing else; with the task, its results have the task's types."""
    assert remote.execution(done.id).result() == 2
    assert remote.execution(done.id, task=tasks.increment).task_name == "increment"
    assert remote.fetch_execution(name=done.id).outputs == {"o0": 2}


def test_an_unknown_name_is_told(remote: FlyteRemote) -> None:
    """With the name."""
    with pytest.raises(NotFoundError, match="a0000000000000000000"):
        remote.execution("a0000000000000000000")


def test_await_gives_the_result(done: Any) -> None:
    """Inside of a running loop."""

    async def main() -> Any:
        return await done

    assert asyncio.run(main()) == 2


def test_async_forms_give_the_same(done: Any, remote: FlyteRemote) -> None:
    """Of the client, and of an execution."""

    async def main() -> tuple[Any, ...]:
        found = await remote.execution_async(done.id)
        waited = await found.wait_async(timeout_s=100)
        phase, outputs = await asyncio.gather(waited.phase_async(), waited.outputs_async())
        nodes = await waited.nodes_async()
        return phase, outputs, len(nodes), await waited.result_async(timeout_s=100)

    assert asyncio.run(main()) == ("SUCCEEDED", {"o0": 2}, 1, 2)


def test_many_are_launched_and_awaited_together(remote: FlyteRemote) -> None:
    """In order."""

    async def main() -> list[Any]:
        runs = await asyncio.gather(*(remote.launch_async(tasks.increment, x=x) for x in (10, 20)))
        return await asyncio.gather(*runs)

    assert asyncio.run(main()) == [11, 21]


def test_a_cancelled_wait_leaves_the_execution_alone(remote: FlyteRemote) -> None:
    """It ends by itself, and its result is there."""
    run = remote.launch(tasks.sleeps, seconds=0.5)

    async def main() -> None:
        await asyncio.wait_for(run.wait_async(), 0.05)

    with pytest.raises((asyncio.TimeoutError, TimeoutError)):
        asyncio.run(main())
    assert run.result(timeout_s=150) == 0.5


def test_remote_of_a_task_goes_to_the_default_client(remote: FlyteRemote) -> None:
    """Positional arguments and defaults as in a call."""
    set_default_remote(remote)
    try:
        assert tasks.add.remote(7).result(timeout_s=150) == 11
    finally:
        set_default_remote(None)


def test_execute_is_flytekits_word_for_it(remote: FlyteRemote) -> None:
    """Inputs as a dict, and a wait."""
    run = remote.execute(tasks.increment, {"x": 5}, wait=True)
    assert (run.is_done, run.outputs) == (True, {"o0": 6})
