"""What is registered already is started by its identifier, and nothing is registered."""

from typing import Any

import pytest
from flyteidl.core import identifier_pb2

from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.launch_plan import LaunchPlan
from autocontainer_nb.core.workflows.reference import reference_launch_plan, reference_task
from autocontainer_nb.core.workflows.workflow import workflow
from autocontainer_nb.errors import InputError, NotFoundError
from autocontainer_nb.remote.client import FlyteRemote

PLACE = {"project": "flytesnacks", "domain": "development"}


@task
def doubled(x: int) -> int:
    return 2 * x


@workflow
def both(x: int) -> int:
    return doubled(x=x)


plan = LaunchPlan.get_or_create(both, "plan of both")


@pytest.fixture
def remote(control_plane: Any, flyteadmin: Any) -> Any:
    assert control_plane.answers["CreateExecution"] == flyteadmin.create_execution
    endpoint = control_plane.endpoint().address.text
    made = FlyteRemote(endpoint, "flytesnacks", "development", insecure=True, image="ghcr.io/me/image:v1")
    yield made
    made.close()


@pytest.mark.parametrize(
    ("entity", "reference", "kind"),
    [
        (doubled, reference_task, identifier_pb2.TASK),
        (plan, reference_launch_plan, identifier_pb2.LAUNCH_PLAN),
    ],
    ids=["task", "launch plan"],
)
def test_a_reference_is_started(remote: FlyteRemote, flyteadmin: Any, entity: Any, reference: Any, kind: int) -> None:
    """With the inputs of its signature, which are checked like any other's."""
    there = remote.register(entity)
    known = dict(flyteadmin.registered)

    @reference(name=there.name, version=there.version, **PLACE)
    def referred(x: int) -> int: ...

    remote.launch(referred, x=3)
    started = flyteadmin.executions[-1]
    assert (started.spec.launch_plan.resource_type, started.spec.launch_plan.name) == (kind, there.name)
    assert started.inputs.literals["x"].scalar.primitive.integer == 3
    assert flyteadmin.registered == known
    with pytest.raises(InputError, match="needs a value for x: int"):
        remote.launch(referred)


def test_a_reference_to_nothing_is_told(remote: FlyteRemote) -> None:
    @reference_task(name="nothing", version="v0", **PLACE)
    def nothing(x: int) -> int: ...

    with pytest.raises(NotFoundError, match="nothing"):
        remote.launch(nothing, x=1)
