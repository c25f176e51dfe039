"""A workflow's message as a whole: nodes, names, and what inputs are bound to."""

from dataclasses import dataclass

import pytest
from flyteidl.core import interface_pb2, literals_pb2, types_pb2, workflow_pb2

from autocontainer_nb.compiler.findings import (
    BOUND_TWICE,
    FIELD_NOT_FOUND,
    MISMATCHING_TYPES,
    NO_NODES,
    NODE_NOT_FOUND,
    NOT_BOUND,
    SAME_NODE_ID,
    SYNTAX,
    VARIABLE_NOT_FOUND,
)
from autocontainer_nb.compiler.workflows import check_workflow
from autocontainer_nb.type_engine.engine import type_engine


@dataclass
class Record:
    a: int


def variables(**kinds: object) -> interface_pb2.VariableMap:
    made = {name: interface_pb2.Variable(type=type_engine.to_literal_type(kind)) for name, kind in kinds.items()}
    return interface_pb2.VariableMap(variables=made)


def promise(node: str, var: str, *path: str | int) -> literals_pb2.BindingData:
    steps = [
        types_pb2.PromiseAttribute(int_value=step)
        if isinstance(step, int)
        else types_pb2.PromiseAttribute(string_value=step)
        for step in path
    ]
    return literals_pb2.BindingData(promise=types_pb2.OutputReference(node_id=node, var=var, attr_path=steps))


def listed(*items: literals_pb2.BindingData) -> literals_pb2.BindingData:
    return literals_pb2.BindingData(collection=literals_pb2.BindingDataCollection(bindings=items))


def mapped(**items: literals_pb2.BindingData) -> literals_pb2.BindingData:
    return literals_pb2.BindingData(map=literals_pb2.BindingDataMap(bindings=items))


def workflow_of(*nodes: workflow_pb2.Node, **outputs: literals_pb2.BindingData) -> workflow_pb2.WorkflowTemplate:
    """A workflow (x: int, text: str, record: Record) -> (o0: int)."""
    interface = interface_pb2.TypedInterface(
        inputs=variables(x=int, text=str, record=Record), outputs=variables(o0=int)
    )
    bindings = [literals_pb2.Binding(var=name, binding=data) for name, data in (outputs or {"o0": OUT}).items()]
    return workflow_pb2.WorkflowTemplate(nodes=nodes, interface=interface, outputs=bindings)


def node(name: str, **inputs: literals_pb2.BindingData) -> workflow_pb2.Node:
    bindings = [literals_pb2.Binding(var=var, binding=data) for var, data in inputs.items()]
    return workflow_pb2.Node(id=name, inputs=bindings)


X, OUT = promise("", "x"), promise("n0", "o0")
INC = interface_pb2.TypedInterface(inputs=variables(x=int), outputs=variables(o0=int))
LISTS = interface_pb2.TypedInterface(
    inputs=variables(xs=list[int], table=dict[str, int], maybe=int | None, either=list[int] | str),
    outputs=variables(o0=int),
)


def lists(**inputs: literals_pb2.BindingData) -> workflow_pb2.WorkflowTemplate:
    return workflow_of(node("n0", **{"xs": listed(), "table": mapped(), "either": promise("", "text"), **inputs}))


SOUND = [
    (workflow_of(node("n0", x=X)), INC),
    (workflow_of(node("n0", x=promise("start-node", "x"))), INC),
    (workflow_of(node("n0", x=promise("", "record", "a"))), INC),
    (lists(xs=listed(X, X), table=mapped(a=X), maybe=X, either=listed(X)), LISTS),
]


@pytest.mark.parametrize(("template", "interface"), SOUND)
def test_what_is_sound_has_no_finding(template, interface) -> None:
    """Promises, parts, lists, dicts, unions; an input that takes None needn't be bound."""
    assert check_workflow(template, {"n0": interface}) == []


@pytest.mark.parametrize(
    ("template", "interface", "expected"),
    [
        (workflow_of(), INC, [(NO_NODES, "")]),
        (workflow_of(node("n0", x=X), node("n0", x=X)), INC, [(SAME_NODE_ID, "n0")]),
        (workflow_of(node("start-node", x=X), node("n0", x=X)), INC, [(SYNTAX, "start-node")]),
        (workflow_of(node("größe", x=X), node("n0", x=X)), INC, [(SYNTAX, "größe")]),
        (workflow_of(node("n0")), INC, [(NOT_BOUND, "n0")]),
        (workflow_of(node("n0", x=X, y=X)), INC, [(VARIABLE_NOT_FOUND, "n0")]),
        (workflow_of(node("n0", x=promise("n7", "o0"))), INC, [(NODE_NOT_FOUND, "n0")]),
        (workflow_of(node("n0", x=promise("", "y"))), INC, [(NOT_BOUND, "n0")]),
        (workflow_of(node("n0", x=promise("", "länge"))), INC, [(SYNTAX, "n0")]),
        (workflow_of(node("n0", x=promise("", "text"))), INC, [(MISMATCHING_TYPES, "n0")]),
        (workflow_of(node("n0", x=promise("", "record", "b"))), INC, [(FIELD_NOT_FOUND, "n0")]),
        (workflow_of(node("n0", x=X), o0=promise("", "text")), INC, [(MISMATCHING_TYPES, "end-node")]),
        (workflow_of(node("n0", x=listed(X))), INC, [(MISMATCHING_TYPES, "n0")]),
        (lists(xs=listed(X, promise("", "text"))), LISTS, [(MISMATCHING_TYPES, "n0")]),
        (lists(either=mapped(a=X)), LISTS, [(MISMATCHING_TYPES, "n0")]),
    ],
)  # fmt: skip
def test_what_is_wrong(template, interface, expected: list[tuple[str, str]]) -> None:
    """Each finding has its code and its node; they are sorted, each once."""
    known = {each.id: interface for each in template.nodes}
    assert [(each.code, each.node_id) for each in check_workflow(template, known)] == expected


def test_bindings_and_edges_of_nodes_that_nothing_is_known_of() -> None:
    """Twice bound inputs and edges to nowhere are found without an interface; types aren't guessed."""
    made = node("n0", x=promise("", "text"))
    made.inputs.add(var="x", binding=X)
    made.upstream_node_ids.append("n9")
    found = check_workflow(workflow_of(made), {})
    assert [each.code for each in found] == [NODE_NOT_FOUND, BOUND_TWICE]
    assert str(found[0]) == "Code: NodeReferenceNotFound, Node Id: n0, Description: there is no node 'n9'"


def test_names_of_the_interface_are_read() -> None:
    """An input or output outside ASCII is told of the workflow itself."""
    template = workflow_of(node("n0", x=X))
    template.interface.inputs.variables["länge"].type.simple = types_pb2.INTEGER
    assert [(each.code, each.node_id) for each in check_workflow(template, {"n0": INC})] == [(SYNTAX, "start-node")]
