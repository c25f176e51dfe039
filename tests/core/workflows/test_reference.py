"""References to what is registered already: nodes with the identifier as given; nothing of them runs here."""

import pytest
from flyteidl.core import identifier_pb2
from golden_message import SETTINGS, assert_golden

from autocontainer_nb import slots
from autocontainer_nb.core.serialize.spec import to_spec
from autocontainer_nb.core.serialize.workflows import workflow_spec
from autocontainer_nb.core.workflows.launch_plan import LaunchPlan
from autocontainer_nb.core.workflows.reference import (
    ReferenceLaunchPlan,
    ReferenceTask,
    ReferenceWorkflow,
    get_reference_entity,
    reference_launch_plan,
    reference_task,
    reference_workflow,
)
from autocontainer_nb.core.workflows.workflow import workflow
from autocontainer_nb.errors import DefinitionError, InputError, UserError

WHERE = {"project": "rp", "domain": "rd", "version": "rv"}


@reference_task(name="there.count", **WHERE)
def count(a: int) -> list[int]: ...


@reference_workflow(name="there.flow", **WHERE)
def flow(a: int) -> int:
    return a


@reference_launch_plan(name="there.plan", **WHERE)
def plan(a: list[int], b: str = "q") -> int: ...


@workflow
def referring(x: int) -> int:
    return plan(a=count(a=x), b="q")


def test_the_messages_are_the_golden_ones() -> None:
    """Nodes hold the identifiers as given; a launch plan of a registered workflow, too."""
    assert_golden("references", workflow_spec(referring, SETTINGS))
    assert_golden(
        "reference_launch_plan", to_spec(LaunchPlan.create("of flow", flow, default_inputs={"a": 1}), SETTINGS)
    )


def test_a_reference_tells_what_it_stands_for() -> None:
    """Its name, identifier, signature and repr are the registered one's."""
    assert (count.name, count.short_name, count.__name__) == ("there.count", "count", "count")
    assert repr(plan) == "<ReferenceLaunchPlan 'rp:rd:there.plan:rv'>"
    assert count.id == identifier_pb2.Identifier(resource_type=identifier_pb2.TASK, name="there.count", **WHERE)
    count.id.name = "changed"
    assert count.id.name == "there.count"
    assert set(count.interface.inputs.variables) == {"a"}


@pytest.mark.parametrize("entity", [count, flow], ids=["task", "workflow"])
def test_it_is_not_run_here(entity) -> None:
    """A call outside of a workflow says where the code is; wrong arguments are told first."""
    with pytest.raises(
        UserError,
        match=r"'rp:rd:there.* is a reference: its code isn't here. Start it on the control plane with .remote",
    ):
        entity(a=1)
    with pytest.raises(InputError, match="has no input 'z'"):
        entity(z=1)


def test_it_is_started_there(monkeypatch) -> None:
    """`.remote(...)` goes to the launcher, as of everything else."""
    monkeypatch.setitem(slots._filled, "launcher", lambda *given: given)
    assert count.remote(a=1) == (count, (), {"a": 1})


def test_a_workflow_by_reference_is_no_node() -> None:
    """The error names the workflow and the node, and what to use instead."""

    def mistaken(x: int) -> int:
        return flow(a=x)

    with pytest.raises(DefinitionError, match=r"mistaken ► n0 flow: .* Use reference_launch_plan"):
        workflow(mistaken)


def test_a_reference_made_of_plain_types() -> None:
    """All three kinds by resource type, with the interface as {name: type}."""
    kinds = {
        identifier_pb2.TASK: ReferenceTask,
        identifier_pb2.WORKFLOW: ReferenceWorkflow,
        identifier_pb2.LAUNCH_PLAN: ReferenceLaunchPlan,
    }
    for resource_type, kind in kinds.items():
        made = get_reference_entity(resource_type, "p", "d", "a.b", "v", {"x": int}, {"o0": str})
        assert type(made) is kind
        assert (made.python_interface.inputs, made.python_interface.outputs) == ({"x": int}, {"o0": str})
    with pytest.raises(DefinitionError, match="Reference: expected the type of a task, workflow or launch plan, got 0"):
        get_reference_entity(0, "p", "d", "a.b", "v", {}, {})


def test_mistakes_are_told_where_they_are_written() -> None:
    """An identifier with a gap, and what is no function."""
    with pytest.raises(DefinitionError, match="project, domain, name and version, but version is empty"):
        reference_task("p", "d", "n", "")(lambda: None)
    with pytest.raises(DefinitionError, match="expected a Python function, got an int"):
        reference_task("p", "d", "n", "v")(5)  # type: ignore[arg-type]  # wrong on purpose
