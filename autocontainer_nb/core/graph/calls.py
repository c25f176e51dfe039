"""Calls while a graph is being drawn: each becomes a node, also by `create_node`."""

from collections.abc import Mapping
from typing import Any, Protocol

from autocontainer_nb.core.entities.interface import Interface, bind_inputs
from autocontainer_nb.core.graph.binding import bind
from autocontainer_nb.core.graph.compilation import CompilationState, current_compilation
from autocontainer_nb.core.graph.given_values import given
from autocontainer_nb.core.graph.node import Node, NodeMetadata
from autocontainer_nb.core.graph.promise import NodeOutputs, Promise, VoidPromise, outputs_of
from autocontainer_nb.errors import DefinitionError, InputError
from autocontainer_nb.type_engine.wording import with_article


class NodeEntity(Protocol):
    """Anything that a node can run: it has a name, an interface, and default metadata for its nodes."""

    @property
    def name(self) -> str:
        """The registered name."""

    @property
    def short_name(self) -> str:
        """The last part of the name."""

    @property
    def python_interface(self) -> Interface:
        """Inputs and outputs in Python types."""

    def construct_node_metadata(self) -> NodeMetadata:
        """Return the metadata of a node that runs this entity."""


def call_as_node(
    state: CompilationState, entity: NodeEntity, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Promise | VoidPromise | NodeOutputs | Any:
    """Add a node that runs the entity on these inputs, and return its outputs as promises.

    If calls are run elsewhere instead of drawn (by an eager task), return the result of that run.

    Raises:
        InputError: an input is missing, unknown or given twice; the message names workflow, node and signature.
        DefinitionError: an input gets a promise of another type; the message names workflow, node, input and types.
        ConversionError: an input gets a plain value of another type.
    """
    if state.take is not None:
        return state.take(entity, args, kwargs)
    interface = entity.python_interface
    node_id = state.next_id()
    try:
        values = bind_inputs(entity.short_name, interface, args, kwargs, getattr(entity, "noun", "Task"))
    except InputError as error:
        raise InputError(f"{state.owner} ► {node_id}: {error}") from None
    where = f"{state.owner} ► {node_id} {entity.short_name}(inputs)"
    bindings = [
        given(bind(name, values[name], interface.inputs[name], where), state, f"{where}.{name}")
        for name in sorted(values)
    ]
    node = Node(node_id, entity, bindings, entity.construct_node_metadata())
    state.add(node)
    return outputs_of(node, interface.outputs, as_tuple=interface.output_tuple is not None)


def create_node(entity: Any, *args: Any, **kwargs: Any) -> Node:
    """Return the node that calling `entity` adds to the workflow that is being drawn.

    Its outputs are attributes, `node.o0`, and items, `node.outputs["o0"]`. `a >> b` makes b wait for a;
    `node.with_overrides(...)` changes how it runs.

    Args:
        entity: A task, workflow or launch plan.
        args: Its inputs by position.
        kwargs: Its inputs by name.

    Raises:
        DefinitionError: no workflow is being drawn, `entity` can't be a node, or an output has the name of an
            attribute of nodes.
        InputError: an input is missing or unknown.
        ConversionError: an input gets a plain value of another type.
    """
    state = current_compilation()
    short = getattr(entity, "short_name", None) or getattr(entity, "__name__", repr(entity))
    if not hasattr(type(entity), "construct_node_metadata"):
        raise DefinitionError(
            f"create_node({short}): expected a task, workflow or launch plan, got {with_article(type(entity))}."
        )
    if state is None:
        raise DefinitionError(
            f"create_node({short}): no workflow is being drawn that the node could belong to. Use create_node in the "
            f"body of a @workflow or @dynamic function. To run the task here and now, call it: {short}(...)."
        )
    taken = [name for name in entity.python_interface.outputs if hasattr(Node, name) or name in Node.__annotations__]
    if taken:
        raise DefinitionError(
            f"create_node({short}): its output {taken[0]!r} has the name of an attribute that every node has. Rename "
            f"the output, or call {short}(...) itself, which returns the output."
        )
    before = len(state.nodes)
    entity(*args, **kwargs)
    if len(state.nodes) != before + 1:
        raise DefinitionError(
            f"create_node({short}): expected one node, got {len(state.nodes) - before}, one for each item. Call "
            f"{short}(...) itself."
        )
    made: Node = state.nodes[-1]
    return made
