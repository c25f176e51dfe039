"""`create_node`: steps as objects, with outputs by name, an order of their own and overrides."""

import copy
from typing import NamedTuple

import pytest
from golden_message import SETTINGS

from autocontainer_nb.core.dynamic.dynamic import dynamic
from autocontainer_nb.core.graph.calls import create_node
from autocontainer_nb.core.graph.conditional import conditional
from autocontainer_nb.core.serialize.spec import to_spec
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.launch_plan import LaunchPlan
from autocontainer_nb.core.workflows.workflow import workflow
from autocontainer_nb.errors import DefinitionError, InputError

calls: list[str] = []


class Both(NamedTuple):
    number: int
    text: str


@task
def both(x: int) -> Both:
    return Both(x, "a" * x)


@task
def inc(x: int) -> int:
    calls.append(f"inc {x}")
    return x + 1


@task
def work() -> None:
    calls.append("work")


@workflow
def inner(x: int) -> int:
    return inc(x=x)


@pytest.fixture(autouse=True)
def _no_calls() -> None:
    calls.clear()


def test_outputs_come_by_attribute_and_by_name() -> None:
    """A single output is o0; several have their names; each is a promise for the next step, here and registered."""

    @workflow
    def drawn(x: int) -> tuple[int, str]:
        first = create_node(both, x=x)
        second = create_node(inc, x=first.number)
        third = create_node(inner, second.o0)
        fourth = create_node(LaunchPlan.get_or_create(inner), x=third.outputs["o0"])
        return fourth.o0, first.outputs["text"]

    assert drawn(2) == (5, "aa")
    nodes = to_spec(drawn, SETTINGS).template.nodes
    assert [node.inputs[0].binding.promise.var for node in nodes] == ["x", "number", "o0", "o0"]


def test_steps_are_ordered_without_data() -> None:
    """`a >> b` puts a first, whichever was written first, between nodes and what a call gave."""

    @workflow
    def drawn(x: int) -> int:
        later = create_node(inc, x=x)
        first = create_node(work)
        first >> later
        last = inc(x=1)
        later.runs_before(last.node)
        return later.o0

    assert drawn(5) == 6
    assert calls == ["work", "inc 5", "inc 1"]
    assert [list(node.upstream_node_ids) for node in to_spec(drawn, SETTINGS).template.nodes] == [["n1"], [], ["n0"]]


def test_overrides_hold_for_the_node() -> None:
    """`with_overrides` gives the node itself, whose outputs are there as before."""

    @workflow
    def drawn(x: int) -> int:
        return create_node(inc, x=x).with_overrides(node_name="one", retries=3).o0

    (node,) = to_spec(drawn, SETTINGS).template.nodes
    assert (node.id, node.metadata.retries.retries) == ("one", 3)
    assert drawn(1) == 2


def test_a_dynamic_task_has_nodes_too() -> None:
    """It draws when it runs."""

    @dynamic
    def drawn(n: int) -> int:
        nodes = [create_node(inc, x=i) for i in range(n)]
        for before, after in zip(nodes[1:], nodes, strict=False):
            before >> after
        return nodes[-1].o0

    assert drawn(n=3) == 3
    assert calls == ["inc 2", "inc 1", "inc 0"]


def test_an_unknown_output_is_an_attribute_error_with_the_known_ones() -> None:
    """So that `hasattr` works; a copy of a node works, too."""
    found = []

    @workflow
    def drawn(x: int) -> int:
        node = create_node(both, x=x)
        found.append(node)
        assert not hasattr(node, "o0")
        with pytest.raises(AttributeError, match="node n0 has no attribute 'nmber'; its outputs are: number, text"):
            node.nmber  # noqa: B018 - the access is what is tested
        return copy.copy(node).number

    assert drawn(1) == 1
    assert found[0].number.var == "number"


class Clashing(NamedTuple):
    id: int
    number: int


@task
def clash() -> Clashing:
    return Clashing(1, 2)


@pytest.mark.parametrize(
    ("use", "error", "message"),
    [
        (
            lambda: create_node(clash),
            DefinitionError,
            r"create_node\(clash\): its output 'id' has the name of an attribute",
        ),
        (lambda: create_node(len), DefinitionError, r"create_node\(len\): expected a task, workflow or launch plan"),
        (lambda: create_node(inc), InputError, "drawn ► n0: Task 'inc' needs a value for x: int"),
        (lambda: conditional("c").if_(inc(x=1) > 2).then(create_node(inc, x=1)), DefinitionError, "then"),
    ],
)
def test_mistakes_are_told_when_the_graph_is_drawn(use, error: type[Exception], message: str) -> None:
    """Each names what it is about."""

    def drawn() -> None:
        use()

    with pytest.raises(error, match=message):
        workflow(drawn)


def test_outside_of_a_workflow_there_are_no_nodes() -> None:
    """The message says what to do instead."""
    with pytest.raises(DefinitionError, match=r"no workflow is being drawn.*call it: inc\(...\)"):
        create_node(inc, x=1)
