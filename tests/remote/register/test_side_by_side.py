"""What is registered at once, and what waits for what."""

import threading
from typing import Any

import pytest
from flyteidl.core import identifier_pb2

from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.launch_plan import LaunchPlan
from autocontainer_nb.core.workflows.workflow import workflow
from autocontainer_nb.errors import InvalidArgumentError
from autocontainer_nb.remote.executions.submit import submit
from autocontainer_nb.remote.register.side_by_side import AT_ONCE

TASK, WORKFLOW, PLAN = identifier_pb2.TASK, identifier_pb2.WORKFLOW, identifier_pb2.LAUNCH_PLAN
NUMBER = 20

CELLS = (
    "\n".join(f"@task\ndef step_{n}(x: int) -> int:\n    return x + {n}\n" for n in range(NUMBER))
    + """
@workflow
def inner(x: int) -> int:
    return step_0(x=x)

inner_plan = LaunchPlan.get_or_create(inner, "inner plan")

@workflow
def wide(x: int) -> int:
    y = inner_plan(x=x)
"""
    + "".join(f"    y = step_{n}(x=y)\n" for n in range(1, NUMBER))
    + "    return y\n"
)


@pytest.fixture
def wide() -> Any:
    names = {"__name__": "__main__", "task": task, "workflow": workflow, "LaunchPlan": LaunchPlan}
    exec(CELLS, names)
    return names["wide"]


class Meeting:
    """Lets calls in, one that is alone as well; holds them until as many as may be there have come."""

    def __init__(self, number: int) -> None:
        self.arrived = threading.Barrier(number)
        self.most = 0
        self._lock = threading.Lock()
        self._inside = 0

    def __call__(self) -> None:
        with self._lock:
            self._inside += 1
            self.most = max(self.most, self._inside)
        try:
            self.arrived.wait(30)
        finally:
            with self._lock:
                self._inside -= 1


def test_tasks_are_registered_at_once_and_graphs_after_what_they_name(
    control_plane: Any, flyteadmin: Any, wide: Any
) -> None:
    """Four tasks meet at the server; a plan comes after its workflow, and the workflow that starts it after that.

    The control plane refuses what names something unknown, as flyteadmin does.
    """
    meeting, create = Meeting(4), control_plane.answers["CreateTask"]

    def meet(request: Any) -> Any:
        meeting()
        return create(request)

    control_plane.answers["CreateTask"] = meet
    submit(control_plane.scope(), wide, (1,), {})
    assert 4 <= meeting.most <= AT_ONCE
    assert len(flyteadmin.names(TASK)) == NUMBER
    order = [(kind, name.rpartition(".")[2]) for kind, name, _ in flyteadmin.registered]
    assert order.index((WORKFLOW, "inner")) < order.index((PLAN, "inner plan")) < order.index((WORKFLOW, "wide"))
    assert order[-1] == (PLAN, "wide")


def test_a_refusal_ends_it_and_nothing_runs_afterwards(
    control_plane: Any, flyteadmin: Any, wide: Any, refuse: Any
) -> None:
    """The first error is raised in the server's words; no graph that names it is registered, and nothing is started."""
    create = control_plane.answers["CreateTask"]
    control_plane.answers["CreateTask"] = lambda request: (
        refuse("INVALID_ARGUMENT", "bad task") if request.id.name.endswith("step_7") else create(request)
    )
    control_plane.answers["GetTask"] = lambda request: refuse("NOT_FOUND", "missing entity of type TASK")
    with pytest.raises(InvalidArgumentError, match="bad task"):
        submit(control_plane.scope(), wide, (1,), {})
    assert not [name for name in flyteadmin.names(WORKFLOW) if name.endswith("wide")]
    assert not flyteadmin.executions
