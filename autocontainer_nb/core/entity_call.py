"""What calling a task, workflow or launch plan means while a graph is drawn: a node of it."""

from collections.abc import Mapping
from typing import Any, Protocol

from autocontainer_nb.core.binding import bind
from autocontainer_nb.core.compilation import CompilationState
from autocontainer_nb.core.interface import Interface, bind_inputs
from autocontainer_nb.core.node import Node, NodeMetadata
from autocontainer_nb.core.promise import NodeOutputs, Promise, VoidPromise, outputs_of
from autocontainer_nb.errors import InputError


class NodeEntity(Protocol):
    """What a node can run: it has a name, an interface, and says how a node of it is treated."""

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
        """Return how a node of this entity is shown and treated."""


def call_as_node(
    state: CompilationState, entity: NodeEntity, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Promise | VoidPromise | NodeOutputs | Any:
    """Add a node that runs the entity on these inputs, and return its outputs as promises.

    Where calls are taken instead of drawn, return what the one who takes them gives.

    Raises:
        InputError: an input is missing, unknown or given twice; the message tells workflow, node and signature.
        DefinitionError: an input gets a promise of another type; the message tells workflow, node, input and types.
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
    bindings = [bind(name, values[name], interface.inputs[name], where) for name in sorted(values)]
    node = Node(node_id, entity, bindings, entity.construct_node_metadata())
    state.add(node)
    return outputs_of(node, interface.outputs, as_tuple=interface.output_tuple is not None)
