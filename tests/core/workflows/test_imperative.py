"""Imperative workflows: put together call by call, ready or not, run here, and as messages."""

import pytest
from golden_message import SETTINGS, assert_golden

from autocontainer_nb.core.graph.compilation import current_compilation
from autocontainer_nb.core.graph.conditional import conditional
from autocontainer_nb.core.serialize.workflows import workflow_spec
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.imperative import ImperativeWorkflow
from autocontainer_nb.core.workflows.launch_plan import LaunchPlan
from autocontainer_nb.core.workflows.workflow import WorkflowFailurePolicy, workflow
from autocontainer_nb.errors import ConversionError, DefinitionError, InputError, UserError

failed: list[tuple[int, str]] = []


@task
def same(a: int) -> int:
    return a


@task
def broken() -> None:
    raise ValueError("broken")


@task
def tell(x: int, s: str) -> None:
    failed.append((x, s))


@workflow
def inside(a: int) -> int:
    return same(a=a)


def put_together(name: str = "imperative") -> ImperativeWorkflow:
    made = ImperativeWorkflow(name=name)
    made.add_workflow_input("x", int)
    made.add_workflow_input("s", str)
    first = made.add_entity(same, a=made.inputs["x"])
    second = made.add_subwf(inside, a=first.outputs["o0"])
    third = made.add_launch_plan(LaunchPlan.get_or_create(inside), a=second.outputs["o0"])
    made.add_task(same, a=5)
    made.add_workflow_output("first", first.outputs["o0"])
    made.add_workflow_output("both", [first.outputs["o0"], third.outputs["o0"]], python_type=list[int])
    made.add_on_failure_handler(tell)
    return made


def with_conditional() -> ImperativeWorkflow:
    made = ImperativeWorkflow(
        "choosing", WorkflowFailurePolicy.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE, interruptible=True
    )
    x = made.add_workflow_input("x", int)
    chosen = made.create_conditional("size").if_(x > 3).then(same(a=x)).else_().fail("too small")
    made.add_workflow_output("o0", chosen)
    return made


def test_the_message_is_the_golden_one() -> None:
    """Nodes, outputs and the failure handler are as flytekit writes them for its imperative workflow."""
    assert_golden("imperative", workflow_spec(put_together(), SETTINGS))


def test_a_conditional_is_as_in_a_function() -> None:
    """The same conditional in a workflow's function gives the same template, but for the name."""

    def choosing(x: int) -> int:
        return conditional("size").if_(x > 3).then(same(a=x)).else_().fail("too small")

    policy = WorkflowFailurePolicy.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE
    drawn = workflow_spec(workflow(choosing, failure_policy=policy, interruptible=True), SETTINGS)
    drawn.template.id.name = "choosing"
    drawn.ClearField("description")
    assert workflow_spec(with_conditional(), SETTINGS) == drawn


def test_it_runs_here() -> None:
    """Nodes run in the order of their inputs; the outputs come as a tuple in the order in which they were added."""
    made = put_together()
    made.add_entity(tell, x=1, s=made.inputs["s"])
    assert made.ready()
    assert made(x=2, s="a") == (2, [2, 2])
    assert with_conditional()(x=4) == 4
    with pytest.raises(UserError, match="conditional 'size': too small"):
        with_conditional()(x=1)


def test_the_failure_handler_gets_the_inputs() -> None:
    """It runs when a node has failed, and the failure goes on to the caller."""
    failed.clear()
    made = put_together()
    made.add_entity(tell, x=1, s=made.inputs["s"])
    made.add_entity(broken)
    with pytest.raises(ValueError, match="broken"):
        made(x=2, s="a")
    assert failed[-1] == (2, "a")


def test_it_is_ready_when_each_input_is_taken() -> None:
    """A workflow without nodes, or with an input that no node takes, says what is missing."""
    empty = ImperativeWorkflow("empty")
    assert not empty.ready()
    with pytest.raises(DefinitionError, match="Workflow 'empty' isn't ready: it has no node"):
        empty()
    unused = put_together()
    assert not unused.ready()
    with pytest.raises(DefinitionError, match="Workflow 'imperative' isn't ready: no node takes the input s: str"):
        unused(x=1, s="a")
    assert with_conditional().ready()  # an input that only a conditional takes counts


def test_what_flyte_refuses_of_the_whole_is_told_before_it_is_sent() -> None:
    """A workflow without nodes is known when it is registered, a name that another node has when it is given."""
    empty = ImperativeWorkflow("empty")
    with pytest.raises(DefinitionError, match="Workflow 'empty' can't be registered: empty: the workflow has no"):
        workflow_spec(empty, SETTINGS)
    twice = ImperativeWorkflow("twice")
    twice.add_entity(same, a=1).with_overrides(node_name="step")
    second = twice.add_entity(same, a=2)
    with pytest.raises(DefinitionError, match=r"twice already has a node named 'step'\. Give this one another name"):
        second.with_overrides(node_name="step")
    second.with_overrides(node_name="n2")
    with pytest.raises(DefinitionError, match="two nodes named 'n2'"):
        twice.add_entity(same, a=3)
    second.with_overrides(node_name="n1")
    twice.add_entity(same, a=3)
    assert [node.id for node in twice.nodes] == ["step", "n1", "n2"]
    second.id = "n2"  # past all checks
    with pytest.raises(DefinitionError, match="Workflow 'twice' can't be registered: n2: 2 nodes have this id"):
        workflow_spec(twice, SETTINGS)


def test_names_are_taken_once() -> None:
    """A second input or output of one name is refused by name."""
    made = put_together()
    with pytest.raises(DefinitionError, match="'imperative' already has an input 'x'"):
        made.add_workflow_input("x", str)
    with pytest.raises(DefinitionError, match="'imperative' already has an output 'first'"):
        made.add_workflow_output("first", made.inputs["x"])


def test_outputs_have_types() -> None:
    """A list of promises needs its type; a type that doesn't fit is refused with the workflow and the output."""
    made = put_together()
    with pytest.raises(DefinitionError, match="the type of the output 'list' can't be told"):
        made.add_workflow_output("list", [made.inputs["x"]])
    with pytest.raises(DefinitionError, match=r"imperative ► outputs\.text"):
        made.add_workflow_output("text", made.inputs["x"], python_type=str)
    assert list(made.python_interface.outputs) == ["first", "both"]


def test_nodes_are_checked_when_they_are_added() -> None:
    """A missing, unknown or mistyped input is told at once; the workflow stays as it was."""
    made = put_together()
    with pytest.raises(InputError, match=r"imperative ► n4: Task 'same' needs a value for a: int"):
        made.add_entity(same)
    with pytest.raises(ConversionError, match=r"imperative ► n4 same\(inputs\).a"):
        made.add_entity(same, a="1")
    with pytest.raises(DefinitionError, match=r"imperative ► n4 same\(inputs\).a"):
        made.add_entity(same, a=made.inputs["s"])
    assert len(made.nodes) == 4
    assert current_compilation() is None


def test_it_does_not_grow_inside_another_one() -> None:
    """While a workflow's function is called, an imperative one can't be changed."""
    made = put_together()

    def mistaken() -> None:
        made.add_entity(same, a=1)

    with pytest.raises(DefinitionError, match="'imperative' can't be changed while 'mistaken' is being drawn"):
        workflow(mistaken)


def test_a_conditional_without_an_end_is_told() -> None:
    """In the same function nothing else can be added before its end; after it, the next addition says so, once."""
    made = ImperativeWorkflow("open")
    x = made.add_workflow_input("x", int)

    def begin() -> None:
        made.create_conditional("c").if_(x > 3).then(same(a=1))
        with pytest.raises(DefinitionError, match=r"'open' can't be changed while .*conditional 'c'.* is being drawn"):
            made.add_entity(same, a=1)

    begin()
    with pytest.raises(DefinitionError, match=r"open ► n0 conditional 'c' has no else. End it with"):
        made.add_entity(same, a=1)
    assert made.add_entity(same, a=1).id == "n0"


def test_a_conditional_that_an_error_cut_off_is_dropped() -> None:
    """After it, one call says so, and tasks run here again."""

    def cut_off() -> None:
        made = ImperativeWorkflow("cut")
        x = made.add_workflow_input("x", int)
        made.create_conditional("c").if_(x > 3).then(same(a=1 // 0))

    with pytest.raises(ZeroDivisionError):
        cut_off()
    with pytest.raises(DefinitionError, match=r"cut ► n0 conditional 'c' was begun but never ended.*has been dropped"):
        same(a=1)
    assert same(a=1) == 1
