"""`@task(timeout=...)` holds for a task that is executed by itself: flyteadmin drops it, the container keeps it."""

from typing import TYPE_CHECKING, Any

import pytest
from flyteidl.core import errors_pb2, execution_pb2

if TYPE_CHECKING:
    from container_fixture import Container

SLOW = """
import time
@task(timeout={limit})
def train() -> int:
    time.sleep({sleeps})
    return 3
"""


def variables(task: Any, workflow: str) -> dict[str, str]:
    """Return what Flyte v1.16.8 tells a pod of its execution and its task."""
    return {
        "FLYTE_INTERNAL_EXECUTION_WORKFLOW": f"flytesnacks:development:{workflow}",
        "FLYTE_INTERNAL_TASK_NAME": task.name,
    }


def test_a_task_by_itself_is_ended_at_its_limit(container: "Container") -> None:
    """With the code and kind of error that flytepropeller gives a node, so another attempt follows."""
    captured = container.capture(SLOW.format(limit=1, sleeps=50))
    outcome = container.execute(captured, variables(captured.task, f".flytegen.{captured.task.name}"))
    assert outcome.code == 0
    assert outcome.outputs is None
    error = outcome.error
    assert error is not None
    assert (error.code, error.kind) == ("TimeoutExpired", errors_pb2.ContainerError.RECOVERABLE)
    assert error.origin == execution_pb2.ExecutionError.USER
    assert error.message.startswith("task execution timeout [1s] expired")


@pytest.mark.parametrize("workflow", ["notebook.w", ".flytegen.notebook.another"], ids=["workflow", "dynamic task"])
def test_in_a_graph_the_node_has_the_limit(container: "Container", workflow: str) -> None:
    """There it may be another one, by `with_overrides`, and flytepropeller keeps it."""
    captured = container.capture(SLOW.format(limit=1, sleeps=1.5))
    outcome = container.execute(captured, variables(captured.task, workflow))
    assert (outcome.error, outcome.outputs) == (None, {"o0": 3})


def test_a_task_within_its_limit_returns(container: "Container") -> None:
    """The limit isn't waited for."""
    captured = container.capture(SLOW.format(limit=50, sleeps=0))
    outcome = container.execute(captured, variables(captured.task, f".flytegen.{captured.task.name}"))
    assert (outcome.error, outcome.outputs) == (None, {"o0": 3})
