"""Rules for a workflow as a whole: nodes, names, and the bindings of inputs.

This is the beginning of a compiler: it knows only the interfaces passed to it, and of branches and arrays only the
bindings of the node itself.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

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
    Finding,
)
from autocontainer_nb.compiler.names import RESERVED_NODE_IDS, is_variable
from autocontainer_nb.compiler.types import LiteralType, castable, is_none, part_type

START_NODE, END_NODE = "start-node", "end-node"
Variables = Mapping[str, interface_pb2.Variable]
_CONTAINERS: Final = {"collection": "collection_type", "map": "map_value_type"}


def check_workflow(
    template: workflow_pb2.WorkflowTemplate, interfaces: Mapping[str, interface_pb2.TypedInterface]
) -> list[Finding]:
    """Return the problems of the workflow, sorted and without duplicates; `interfaces` has those of its nodes by id.

    For a node without an interface, neither its inputs nor the uses of its outputs are checked.
    """
    if not template.nodes:
        return [Finding(NO_NODES, "the workflow has no nodes", template.id.name)]
    found = [*_ids(template.nodes), *_names(START_NODE, template.interface)]
    outputs: dict[str, Variables | None] = {node.id: None for node in template.nodes}
    outputs.update({name: each.outputs.variables for name, each in interfaces.items() if name in outputs})
    outputs[""] = outputs[START_NODE] = template.interface.inputs.variables
    for node in template.nodes:
        wanted = interfaces[node.id].inputs.variables if node.id in interfaces else None
        found += check_bindings(node.id, node.inputs, wanted, outputs)
        found += [
            Finding(NODE_NOT_FOUND, f"there is no node {each!r}", node.id)
            for each in node.upstream_node_ids
            if each not in outputs
        ]
    found += check_bindings(END_NODE, template.outputs, template.interface.outputs.variables, outputs)
    return sorted(set(found))


def check_bindings(
    node_id: str,
    bindings: Iterable[literals_pb2.Binding],
    wanted: Variables | None,
    outputs: Mapping[str, Variables | None],
) -> list[Finding]:
    """Return the problems of the bindings of a node's inputs.

    Args:
        node_id: The node with the inputs.
        bindings: The bindings of its inputs.
        wanted: The node's inputs, or None if they aren't known.
        outputs: By id, the outputs of the nodes that bindings may refer to; None if they aren't known.
    """
    bound = Counter(binding.var for binding in bindings)
    found = [Finding(BOUND_TWICE, f"{name!r} is bound more than once", node_id) for name in bound if bound[name] > 1]
    for binding in bindings:
        if wanted is not None and binding.var not in wanted:
            found.append(Finding(VARIABLE_NOT_FOUND, f"there is no input {binding.var!r}", node_id))
            continue
        kind = None if wanted is None else wanted[binding.var].type
        found += _check_data(node_id, binding.var, binding.binding, kind, outputs)
    missing = [name for name in wanted or () if name not in bound and not _takes_none((wanted or {})[name].type)]
    return found + [Finding(NOT_BOUND, f"the input {name!r} is not bound", node_id) for name in missing]


def _check_data(
    node_id: str,
    var: str,
    data: literals_pb2.BindingData,
    wanted: LiteralType | None,
    outputs: Mapping[str, Variables | None],
) -> list[Finding]:
    which = data.WhichOneof("value")
    if which == "promise":
        return _check_promise(node_id, var, data, wanted, outputs)
    if which not in _CONTAINERS:
        return []
    variants = list(wanted.union_type.variants) if wanted is not None else []
    if variants:  # one of them has to accept it
        tried = [_check_data(node_id, var, data, variant, outputs) for variant in variants]
        return [] if any(not each for each in tried) else tried[0]
    items = list(data.collection.bindings) if which == "collection" else list(data.map.bindings.values())
    if wanted is not None and wanted.WhichOneof("type") != _CONTAINERS[which]:
        return [Finding(MISMATCHING_TYPES, f"{var!r} is bound to a {which}, but doesn't accept one", node_id)]
    inner = None if wanted is None else getattr(wanted, _CONTAINERS[which])
    return [each for item in items for each in _check_data(node_id, var, item, inner, outputs)]


def _check_promise(
    node_id: str,
    var: str,
    data: literals_pb2.BindingData,
    wanted: LiteralType | None,
    outputs: Mapping[str, Variables | None],
) -> list[Finding]:
    promise = data.promise
    if promise.node_id not in outputs:
        return [Finding(NODE_NOT_FOUND, f"there is no node {promise.node_id!r}", node_id)]
    if not is_variable(promise.var):
        return [
            Finding(
                SYNTAX, f"the name {promise.var!r} has characters other than ASCII letters, digits and `_`", node_id
            )
        ]
    given = outputs[promise.node_id]
    return [] if given is None else _check_reference(node_id, var, promise, wanted, given)


def _check_reference(
    node_id: str, var: str, promise: types_pb2.OutputReference, wanted: LiteralType | None, given: Variables
) -> list[Finding]:
    source = f"{promise.node_id or START_NODE}.{promise.var}"
    if promise.var not in given:
        return [Finding(NOT_BOUND, f"{var!r}: there is no output {source}", node_id)]
    path = [each.int_value if each.HasField("int_value") else each.string_value for each in promise.attr_path]
    part = part_type(given[promise.var].type, path)
    if part is None:
        return [Finding(FIELD_NOT_FOUND, f"{var!r}: {source} has no field {'.'.join(map(str, path))}", node_id)]
    if wanted is None or castable(part, wanted):
        return []
    return [Finding(MISMATCHING_TYPES, f"{var!r} has another type than {source}", node_id)]


def _ids(nodes: Iterable[workflow_pb2.Node]) -> list[Finding]:
    counted = Counter(node.id for node in nodes)
    found = [
        Finding(SAME_NODE_ID, f"{counted[name]} nodes have this id", name) for name in counted if counted[name] > 1
    ]
    found += [
        Finding(SYNTAX, "the id is reserved for a node that Flyte adds", name)
        for name in counted
        if name in RESERVED_NODE_IDS
    ]
    return found + [Finding(SYNTAX, "the id isn't ASCII", name) for name in counted if not name.isascii()]


def _names(node_id: str, interface: interface_pb2.TypedInterface) -> list[Finding]:
    return [
        Finding(SYNTAX, f"the name {name!r} has characters other than ASCII letters, digits and `_`", node_id)
        for name in (*interface.inputs.variables, *interface.outputs.variables)
        if not is_variable(name)
    ]


def _takes_none(kind: LiteralType) -> bool:
    return any(is_none(each) for each in kind.union_type.variants)
