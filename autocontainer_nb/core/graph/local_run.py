"""The local run of a workflow's graph: each node once, on Python values, in an order that the edges allow."""

from collections.abc import Iterator, Mapping, Sequence
from types import CoroutineType
from typing import Any, Protocol, get_args, runtime_checkable

from flyteidl.core import types_pb2

from autocontainer_nb.core.entities.interface import Interface, takes_simple
from autocontainer_nb.core.graph.binding import Binding, promises_in
from autocontainer_nb.core.graph.compilation import compiling
from autocontainer_nb.core.graph.node import Node
from autocontainer_nb.core.graph.passed_values import as_made, as_passed, type_of_part
from autocontainer_nb.core.graph.promise import Promise
from autocontainer_nb.core.run.coroutines import run_to_end
from autocontainer_nb.errors import ConversionError, DefinitionError
from autocontainer_nb.type_engine.values.flyte_error import FlyteError
from autocontainer_nb.type_engine.wording import with_article

Values = dict[tuple[str, str], Any]  # (node id, or "" for the inputs; variable) ► value


class Graph(Protocol):
    """A graph that can be run: a workflow's nodes and the sources of its outputs."""

    @property
    def python_interface(self) -> Interface:
        """Inputs and outputs in Python types."""

    @property
    def nodes(self) -> Sequence[Node]:
        """The nodes of the graph."""

    @property
    def output_bindings(self) -> Sequence[Binding]:
        """The source of each output."""

    @property
    def failure_node(self) -> Node | None:
        """The node that runs after another one has failed."""


@runtime_checkable
class RunsInGraph(Protocol):
    """An entity whose run needs the values of the whole graph, not only its own inputs: a conditional."""

    def outputs_in(self, values: Values) -> Mapping[str, Any]:
        """Run it, and return {output: value}."""


def run_workflow(workflow: Graph, inputs: Mapping[str, Any]) -> Any:
    """Run the workflow on these inputs and return its outputs.

    If a node raises, the failure handler runs on the same inputs, with the failed node and the cause in its inputs of
    type `FlyteError`; then the error is raised again.
    """
    values: Values = {("", name): value for name, value in inputs.items()}
    running = ""
    try:
        for node in in_order(workflow.nodes):
            running = node.id
            run_node(node, values)
    except Exception as error:
        if workflow.failure_node is not None:
            told = FlyteError(message=str(error) or type(error).__name__, failed_node_id=running)
            node_outputs(workflow.failure_node, values, _error_inputs(workflow.failure_node, told))
        raise
    outputs = {each.var: passed(each, values, f"outputs.{each.var}") for each in workflow.output_bindings}
    return as_returned(workflow.python_interface, outputs)


def run_nodes(nodes: Sequence[Node], values: Values) -> None:
    """Run all nodes in order, and put their outputs into `values`."""
    for node in in_order(nodes):
        run_node(node, values)


def in_order(nodes: Sequence[Node]) -> Iterator[Node]:
    """Yield each node once, after all nodes that it waits for.

    Raises:
        DefinitionError: nodes wait for each other.
    """
    waiting = list(nodes)
    done: set[int] = set()
    own = {id(node) for node in waiting}
    while waiting:
        ready = next((n for n in waiting if all(id(up) in done or id(up) not in own for up in n.awaited)), None)
        if ready is None:
            names = ", ".join(node.id for node in waiting)
            raise DefinitionError(f"The nodes {names} wait for each other: the graph has a cycle.")
        yield ready
        done.add(id(ready))
        waiting.remove(ready)


def run_node(node: Node, values: Values) -> None:
    """Run one node on its bound inputs, and put its outputs into `values`."""
    for name, value in node_outputs(node, values).items():
        values[node.id, name] = value


def node_outputs(node: Node, values: Values, more: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
    """Run one node on its bound inputs and `more`, and return {output: value}."""
    if isinstance(node.entity, RunsInGraph):
        return node.entity.outputs_in(values)
    where = f"{node.id} {node.entity.short_name}(inputs)"
    inputs = {each.var: passed(each, values, f"{where}.{each.var}") for each in node.bindings}
    inputs.update(more or {})
    with compiling(None):
        returned = node.entity(**inputs)
    if isinstance(returned, CoroutineType):  # of an asynchronous task
        returned = run_to_end(returned)
    outputs = as_outputs(node.entity.python_interface, returned)
    if not hasattr(node.entity, "task_type"):  # what isn't a task has run tasks, whose outputs are here
        return outputs
    kinds = node.entity.python_interface.outputs
    return {name: as_made(value, kinds[name], f"{node.id}.{name}") for name, value in outputs.items()}


def resolve(value: Any, values: Values) -> Any:
    """Return the plain value of a bound value, with the promises in it looked up."""
    if isinstance(value, Promise):
        return _look_into(value, values[value.node.id if value.node else "", value.var])
    if isinstance(value, dict):
        return {key: resolve(item, values) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve(item, values) for item in value]
    return value


def passed(binding: Binding, values: Values, path: str) -> Any:
    """Return the bound value as a container would read it.

    Raises:
        ConversionError: it doesn't fit the type; the message tells where, starting with `path`.
    """
    return _passed(binding.value, binding.python_type, values, path)


def _passed(value: Any, wanted: Any, values: Values, path: str) -> Any:
    if isinstance(value, Promise):
        given = type_of_part(value.python_type, value.attr_path)
        return as_passed(resolve(value, values), wanted if given is None else given, wanted, path)
    if next(promises_in(value), None) is None:
        return as_passed(value, wanted, wanted, path)
    item = get_args(wanted)[-1]
    if isinstance(value, dict):
        return {key: _passed(each, item, values, f"{path}[{key!r}]") for key, each in value.items()}
    return [_passed(each, item, values, f"{path}[{index}]") for index, each in enumerate(value)]


def as_outputs(interface: Interface, returned: Any) -> dict[str, Any]:
    """Return a call's result as {output: value}."""
    names = list(interface.outputs)
    if not names:
        return {}
    if len(names) == 1 and interface.output_tuple is None:
        return {names[0]: returned}
    return dict(zip(names, returned, strict=True))


def as_returned(interface: Interface, outputs: Mapping[str, Any]) -> Any:
    """Return the outputs as a Python function would: None, the value, or a tuple (of the declared class)."""
    if not interface.outputs:
        return None
    ordered = [outputs[name] for name in interface.outputs]
    if interface.output_tuple is not None:
        return interface.output_tuple(*ordered)
    return ordered[0] if len(ordered) == 1 else tuple(ordered)


def _error_inputs(handler: Node, error: FlyteError) -> dict[str, FlyteError]:
    given = {binding.var for binding in handler.bindings if isinstance(binding.value, Promise)}
    kinds = handler.entity.python_interface.inputs
    return {name: error for name, kind in kinds.items() if name not in given and takes_simple(kind, types_pb2.ERROR)}


def _look_into(promise: Promise, value: Any) -> Any:
    try:
        for step in promise.attr_path:
            value = value[step] if isinstance(step, int) or isinstance(value, Mapping) else getattr(value, step)
    except (LookupError, AttributeError, TypeError) as error:
        raise ConversionError(f"{promise!r}: {with_article(type(value))} has no such part ({error}).") from error
    return value
