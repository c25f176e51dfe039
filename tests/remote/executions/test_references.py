"""What is registered already is started by its identifier, and nothing is registered."""

import re
from typing import Any

import pytest
from flyteidl.core import identifier_pb2

from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.launch_plan import LaunchPlan
from autocontainer_nb.core.workflows.reference import reference_launch_plan, reference_task, reference_workflow
from autocontainer_nb.core.workflows.workflow import workflow
from autocontainer_nb.errors import DefinitionError, InputError, NotFoundError
from autocontainer_nb.remote.client import FlyteRemote, set_default_remote

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
        (both, reference_workflow, identifier_pb2.LAUNCH_PLAN),
    ],
    ids=["task", "launch plan", "workflow"],
)
def test_a_reference_is_started(remote: FlyteRemote, flyteadmin: Any, entity: Any, reference: Any, kind: int) -> None:
    """With the inputs of its signature, which are checked like any other's; `.remote()` and `launch` alike.

    A workflow is started by the launch plan of its name and version. Nothing is registered.
    """
    there = remote.register(entity)
    known = dict(flyteadmin.registered)

    @reference(name=there.name, version=there.version, **PLACE)
    def referred(x: int) -> int: ...

    remote.launch(referred, x=3)
    started = flyteadmin.executions[-1]
    assert (started.spec.launch_plan.resource_type, started.spec.launch_plan.name) == (kind, there.name)
    assert started.inputs.literals["x"].scalar.primitive.integer == 3
    set_default_remote(remote)
    try:
        assert referred.remote(x=4).changes == ""  # of a reference nothing is known, whatever was launched from here
    finally:
        set_default_remote(None)
    again = flyteadmin.executions[-1]
    assert again.spec.launch_plan == started.spec.launch_plan
    assert flyteadmin.registered == known
    with pytest.raises(InputError, match="needs a value for x: int"):
        remote.launch(referred)


def test_a_reference_is_not_registered(remote: FlyteRemote, flyteadmin: Any) -> None:
    """Registering one would make another version of somebody's workflow; the message says what to do instead."""

    @reference_workflow(name="theirs", version="v1", **PLACE)
    def theirs(x: int) -> int: ...

    with pytest.raises(DefinitionError, match=r"registered already: start it with \.remote"):
        remote.register(theirs)
    assert not flyteadmin.registered


def test_a_workflow_without_a_launch_plan_of_its_name_is_told(remote: FlyteRemote, flyteadmin: Any) -> None:
    """Such a plan isn't made on the way: it would be registered under another's name."""

    @reference_workflow(name="theirs", version="v1", **PLACE)
    def theirs(x: int) -> int: ...

    with pytest.raises(NotFoundError, match=r"no launch plan 'theirs' of version 'v1'.*reference_launch_plan"):
        remote.launch(theirs, x=1)
    assert not flyteadmin.registered


def test_a_reference_to_nothing_is_told(remote: FlyteRemote) -> None:
    @reference_task(name="nothing", version="v0", **PLACE)
    def nothing(x: int) -> int: ...

    with pytest.raises(NotFoundError, match="nothing"):
        remote.launch(nothing, x=1)


def other_name(y: int) -> int: ...


def other_type(x: str) -> int: ...


def one_more(x: int, y: int) -> int: ...


def one_less() -> int: ...


def other_output(x: int) -> str: ...


def more_outputs(x: int) -> tuple[int, int]: ...


@pytest.mark.parametrize(
    ("signature", "inputs", "said"),
    [
        (other_name, {"y": 1}, "it has no input 'y'"),
        (other_type, {"x": "1"}, "its input 'x' is int, and str in the signature"),
        (one_more, {"x": 1, "y": 1}, "it has no input 'y'"),
        (one_less, {}, "its input 'x' isn't in the signature"),
        (other_output, {"x": 1}, "its output 'o0' is int, and str in the signature"),
        (more_outputs, {"x": 1}, "it has no output 'o1'"),
    ],
)
@pytest.mark.parametrize(
    ("entity", "reference"), [(doubled, reference_task), (plan, reference_launch_plan)], ids=["task", "launch plan"]
)
def test_a_wrong_signature_is_told_before_anything_starts(
    remote: FlyteRemote, flyteadmin: Any, entity: Any, reference: Any, signature: Any, inputs: Any, said: str
) -> None:
    """The error names what is wrong and the interface as it is registered; no execution is created."""
    there = remote.register(entity)
    referred = reference(name=there.name, version=there.version, **PLACE)(signature)
    before = len(flyteadmin.executions)
    with pytest.raises(DefinitionError, match=re.escape(said)) as raised:
        remote.launch(referred, **inputs)
    assert "(x: int)" in str(raised.value)
    assert "(o0: int)" in str(raised.value)
    assert len(flyteadmin.executions) == before


def test_an_input_with_a_default_may_be_left_out_of_the_signature(remote: FlyteRemote, flyteadmin: Any) -> None:
    """The launch plan has it: the control plane fills it in; so it does with fixed inputs, which no signature has."""
    there = remote.register(LaunchPlan.get_or_create(both, "plan with a default", default_inputs={"x": 4}))

    @reference_launch_plan(name=there.name, version=there.version, **PLACE)
    def referred() -> int: ...

    remote.launch(referred)
    assert flyteadmin.executions[-1].spec.launch_plan.name == there.name
