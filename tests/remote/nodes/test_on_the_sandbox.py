"""What is inside executions that have really run: on a sandbox of this module's own, by its containers."""

import asyncio
from collections.abc import Iterator

import pytest

from autocontainer_nb.core.dynamic.eager import eager
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.errors import ExecutionFailedError, RecoverableError
from autocontainer_nb.remote.client import FlyteRemote
from autocontainer_nb.sandbox import process

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def remote(tmp_path_factory) -> Iterator[FlyteRemote]:
    """A client of the module's sandbox, which is proved to be gone afterwards."""
    home = str(tmp_path_factory.mktemp("home"))
    client = FlyteRemote(home=home)
    yield client
    client.close()
    process.stop(home)
    assert not process.status(home).running


@task(enable_deck=True)
async def square(x: int) -> int:
    """Say something, and leave a deck."""
    print(f"squaring {x}")  # noqa: T201 - the log is what the test reads
    return x * x


@eager
async def squares(n: int) -> int:
    """Start a task several times."""
    return sum(await asyncio.gather(*(square(x=x) for x in range(n))))


@task(retries=1)
def give_up(x: int) -> int:
    """Fail in each attempt."""
    raise RecoverableError(f"no {x}")


def test_a_single_task_is_one_node_with_all_that_it_had(remote):
    """Entity, phase, attempt, duration, values, output and deck; its inputs also without the notebook's task."""
    run = remote.launch(square, x=7)
    assert run.result(timeout_s=60) == 49
    (only,) = run.nodes
    assert (only.entity, only.kind, only.phase, only.attempt) == ("square", "task", "SUCCEEDED", 1)
    assert only.started_at is not None
    assert only.duration is not None
    assert (dict(only.inputs), dict(only.outputs)) == ({"x": 7}, {"o0": 49})
    assert dict(remote.execution(run.id).inputs) == {"x": 7}
    assert (run.cached, run.attempt, run.reason) == (False, 1, None)
    assert "<html" in (run.deck or "").lower()
    assert "squaring 7" in run.logs()
    assert "square" in str(run.nodes)


def test_what_an_eager_task_started_is_below_it(remote):
    """Each call is a child with its values, and its output is in the logs of the whole."""
    run = remote.launch(squares, n=3)
    assert run.result(timeout_s=90) == 5
    (outer,) = run.nodes
    assert (outer.kind, outer.entity) == ("eager", "squares")
    assert sorted(child.inputs["x"] for child in outer.children) == [0, 1, 2]
    assert {(child.kind, child.entity, child.phase) for child in outer.children} == {("task", "square", "SUCCEEDED")}
    logs = run.logs()
    assert all(f"squaring {x}" in logs for x in range(3))
    assert [depth for depth, _ in run.nodes.walk()] == [0, 1, 1, 1]


def test_each_attempt_is_told_with_its_error(remote):
    """Two attempts, both with the user's traceback."""
    run = remote.launch(give_up, x=1)
    with pytest.raises(ExecutionFailedError, match="no 1"):
        run.result(timeout_s=60)
    (only,) = run.nodes
    assert [(each.number, each.phase) for each in only.attempts] == [(1, "FAILED"), (2, "FAILED")]
    assert all("RecoverableError" in (each.error or "") for each in only.attempts)
    assert "attempt 2 of 2" in str(run.nodes)
