"""`create_node`: a step of a workflow as an object, for ordering steps that pass nothing on and for overrides."""

from typing import Any

from autocontainer_nb.core.compilation import current_compilation
from autocontainer_nb.core.node import Node
from autocontainer_nb.errors import DefinitionError


def create_node(entity: Any, *args: Any, **kwargs: Any) -> Node:
    """Return the node that calling `entity` adds to the workflow that is being drawn.

    Its outputs are attributes, `node.o0`, and items, `node.outputs["o0"]`. `a >> b` makes b wait for a;
    `node.with_overrides(...)` changes how it runs.

    Args:
        entity: A task, workflow or launch plan.
        args: Its inputs by position.
        kwargs: Its inputs by name.

    Raises:
        DefinitionError: no workflow is being drawn, `entity` can't be a node, or an output has the name of something
            that every node has.
        InputError: an input is missing or unknown.
        ConversionError: an input gets a plain value of another type.
    """
    state = current_compilation()
    short = getattr(entity, "short_name", None) or getattr(entity, "__name__", repr(entity))
    if not hasattr(type(entity), "construct_node_metadata"):
        raise DefinitionError(
            f"create_node({short}): a task, workflow or launch plan expected, got {type(entity).__name__}."
        )
    if state is None:
        raise DefinitionError(
            f"create_node({short}): nodes belong to a workflow, and none is being drawn. Use it in the body of a "
            f"@workflow or @dynamic function; to run it here and now, call it: {short}(...)."
        )
    taken = [name for name in entity.python_interface.outputs if hasattr(Node, name) or name in Node.__annotations__]
    if taken:
        raise DefinitionError(
            f"create_node({short}): its output {taken[0]!r} is named like something that every node has. Give the "
            f"output another name, or call {short}(...) itself, which gives the output."
        )
    before = len(state.nodes)
    entity(*args, **kwargs)
    if len(state.nodes) != before + 1:
        raise DefinitionError(
            f"create_node({short}): it is {len(state.nodes) - before} nodes, one for each item. Call {short}(...) "
            "itself."
        )
    made: Node = state.nodes[-1]
    return made
