"""The local run of a workflow's graph: each node once, on stored values, in an order that the edges allow."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import CoroutineType
from typing import Any, Final, Protocol, runtime_checkable

from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.core.entities.interface import Interface, takes_simple
from autocontainer_nb.core.graph.binding import Binding
from autocontainer_nb.core.graph.compilation import compiling
from autocontainer_nb.core.graph.node import Node
from autocontainer_nb.core.graph.passed_values import Stored, Values, passed, passed_literal
from autocontainer_nb.core.graph.promise import Promise
from autocontainer_nb.core.run.context import is_failure, local_context, refuse_inside_a_task
from autocontainer_nb.core.run.coroutines import run_to_end
from autocontainer_nb.errors import DefinitionError
from autocontainer_nb.type_engine.values.flyte_error import FlyteError

_GOES_ON: Final = "FAIL_AFTER_EXECUTABLE_NODES_COMPLETE"
# Whether nodes that don't depend on a failed one still run. One policy holds for a whole execution: that of the
# workflow which was started, not of its subworkflows (flytepropeller: `ExecutionContext.GetOnFailurePolicy`).
_policy: ContextVar[str | None] = ContextVar("autocontainer_nb_failure_policy", default=None)


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

    @property
    def workflow_metadata(self) -> Any:
        """Its settings, of which `on_failure` is the failure policy."""


@runtime_checkable
class RunsInGraph(Protocol):
    """An entity whose run needs the values of the whole graph, not only its own inputs: a conditional."""

    def outputs_in(self, values: Values) -> Mapping[str, Stored]:
        """Run it, and return {output: what it has left}."""


@dataclass(frozen=True)
class Failure:
    """The node that has failed, and what it has raised."""

    node_id: str
    error: BaseException


def run_workflow(workflow: Graph, inputs: Mapping[str, Any]) -> Any:
    """Run the workflow on these inputs and return its outputs.

    If a node raises, the failure handler runs on the same inputs, with the failed node and the cause in its inputs of
    type `FlyteError`; then the error is raised again. If the handler raises itself, that is the error.
    """
    kinds = workflow.python_interface.inputs
    values: Values = {("", name): Stored.of(value, kinds[name], f"inputs.{name}") for name, value in inputs.items()}
    with _under_policy(_policy.get() or workflow.workflow_metadata.on_failure.name):
        failure = _run_all(workflow.nodes, values)
        if failure is not None:
            _run_handler(workflow, values, failure)
            raise failure.error
    outputs = {each.var: passed(each, values, f"outputs.{each.var}") for each in workflow.output_bindings}
    return as_returned(workflow.python_interface, outputs)


def _run_handler(workflow: Graph, values: Values, failure: Failure) -> None:
    handler, error = workflow.failure_node, failure.error
    if handler is None:
        return
    told = FlyteError(message=str(error) or type(error).__name__, failed_node_id=failure.node_id)
    try:
        node_outputs(handler, values, _error_inputs(handler, told))
    except BaseException as broken:  # an exit, too: whatever ends the handler tells what it was to handle
        raise broken from error


def run_nodes(nodes: Sequence[Node], values: Values) -> None:
    """Run all nodes in order, and put their outputs into `values`."""
    failure = _run_all(nodes, values)
    if failure is not None:
        raise failure.error


def started_apart() -> AbstractContextManager[None]:
    """Within the block, a workflow is an execution of its own: a launch plan's, or one that an eager task starts."""
    return _under_policy(None)


def _run_all(nodes: Sequence[Node], values: Values) -> Failure | None:
    """Run the nodes in order, and return the failure that ends the execution.

    At the first failure no other node runs, unless those go on that don't depend on it.
    """
    failed: dict[int, Failure] = {}
    left_out: set[int] = set()
    for node in in_order(nodes):
        if any(id(each) in left_out for each in node.awaited):
            left_out.add(id(node))
            continue
        try:
            for name, value in node_outputs(node, values).items():
                values[node.id, name] = value
        except BaseException as error:  # `sys.exit()` in a task fails its container
            if not is_failure(error):
                raise
            failed[id(node)] = Failure(node.id, error)
            if _policy.get() != _GOES_ON:
                break
            left_out.add(id(node))
    return _told(nodes, failed) if failed else None


def _told(nodes: Sequence[Node], failed: Mapping[int, Failure]) -> Failure:
    """Return the failure that Flyte tells of several.

    Behind each node it looks at the next ones in the order of their ids, and keeps the last failure
    (flytepropeller: `handleDownstream`).
    """
    if len(failed) == 1:
        return next(iter(failed.values()))
    behind: dict[int, list[Node]] = {}
    for node in nodes:
        for awaited in node.awaited:
            behind.setdefault(id(awaited), []).append(node)
    found: dict[int, Failure] = dict(failed)  # of a node: the one that is told of it and of all behind it
    for node in reversed(list(in_order(nodes))):
        if id(node) not in failed:
            told = _last(behind.get(id(node), ()), found)
            found.update({id(node): told} if told else {})
    return _last([node for node in nodes if not node.awaited], found) or next(iter(failed.values()))


def _last(behind: Iterable[Node], found: Mapping[int, Failure]) -> Failure | None:
    last = None
    for node in sorted(behind, key=lambda each: each.id):
        last = found.get(id(node)) or last
    return last


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


def node_outputs(node: Node, values: Values, more: Mapping[str, Any] | None = None) -> Mapping[str, Stored]:
    """Run one node on its bound inputs and `more`, and return {output: what it has left}."""
    entity = node.entity
    if isinstance(entity, RunsInGraph):
        return entity.outputs_in(values)
    where = f"{node.id} {entity.short_name}(inputs)"
    inputs = {each.var: passed_literal(each, values, f"{where}.{each.var}") for each in node.bindings}
    kinds = entity.python_interface.inputs
    for name, value in (more or {}).items():
        inputs[name] = Stored.of(value, kinds[name], f"{where}.{name}").literal
    return entity_outputs(entity, inputs, where)


def entity_outputs(entity: Any, inputs: Mapping[str, literals_pb2.Literal], where: str) -> dict[str, Stored]:
    """Run an entity on these literals, a task as its container would, and return {output: what it has left}."""
    kinds = entity.python_interface.outputs
    with compiling(None):
        if is_task(entity):
            refuse_inside_a_task(entity.name)
            left = entity.sandbox_execute(local_context(), literals_pb2.LiteralMap(literals=inputs))
            return {name: Stored(left.literals[name], kind) for name, kind in kinds.items()}
        types = entity.python_interface.inputs
        given = {name: Stored(each, types[name]).read(types[name], f"{where}.{name}") for name, each in inputs.items()}
        returned = entity(**given)
    if isinstance(returned, CoroutineType):
        returned = run_to_end(returned)
    outputs = as_outputs(entity.python_interface, returned)
    left_at = f"{entity.short_name}(outputs)"
    return {name: Stored.of(value, kinds[name], f"{left_at}.{name}") for name, value in outputs.items()}


def is_task(entity: Any) -> bool:
    """Whether its own code runs here, in a place of its own; a workflow or a gate has none."""
    return hasattr(entity, "sandbox_execute")


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


@contextmanager
def _under_policy(name: str | None) -> Iterator[None]:
    token = _policy.set(name)
    try:
        yield
    finally:
        _policy.reset(token)


def _error_inputs(handler: Node, error: FlyteError) -> dict[str, FlyteError]:
    given = {binding.var for binding in handler.bindings if isinstance(binding.value, Promise)}
    kinds = handler.entity.python_interface.inputs
    return {name: error for name, kind in kinds.items() if name not in given and takes_simple(kind, types_pb2.ERROR)}
