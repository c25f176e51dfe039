"""A map task's node as Flyte's message: an array node around the node of one item."""

from dataclasses import fields, replace
from typing import TYPE_CHECKING

from flyteidl.core import identifier_pb2, workflow_pb2

from autocontainer_nb.core.map_task import ArrayNodeMapTask
from autocontainer_nb.core.node import Node, NodeMetadata
from autocontainer_nb.core.python_function_task import PythonFunctionTask

if TYPE_CHECKING:
    from autocontainer_nb.core.serialize.nodes import GraphWriter


def array_node(node: Node, writer: "GraphWriter") -> workflow_pb2.Node:
    """Return the message of a map task's node. What `with_overrides` changed counts for the items."""
    task: ArrayNodeMapTask = node.entity
    message = writer.base(replace(node, metadata=NodeMetadata(name=node.metadata.name)))
    item = writer.base(replace(node, metadata=_item_metadata(node, task)))
    item.id = task.name
    del item.upstream_node_ids[:]
    del item.output_aliases[:]
    item.task_node.reference_id.CopyFrom(writer.refer(task, identifier_pb2.TASK))
    item.task_node.overrides.CopyFrom(writer.overrides(node))
    array = message.array_node
    array.node.CopyFrom(item)
    _set_numbers(array, task)
    # Outputs of a plain task need no more than each item's phase to be kept (flytekit's rule, by the exact class).
    is_plain = type(task.mapped_task) is PythonFunctionTask
    array.execution_mode = workflow_pb2.ArrayNode.MINIMAL_STATE if is_plain else workflow_pb2.ArrayNode.FULL_STATE
    array.is_original_sub_node_interface.value = False
    array.bound_inputs.extend(sorted(task.bound_inputs))
    return message


def _set_numbers(array: workflow_pb2.ArrayNode, entity: ArrayNodeMapTask) -> None:
    if entity.concurrency is not None:
        array.parallelism = entity.concurrency
    if entity.min_successes is not None:
        array.min_successes = entity.min_successes
    elif entity.min_success_ratio is not None:
        array.min_success_ratio = entity.min_success_ratio
    array.run_all_sub_nodes = entity.run_all_sub_nodes


def _item_metadata(node: Node, task: ArrayNodeMapTask) -> NodeMetadata:
    given = {each.name: getattr(node.metadata, each.name) for each in fields(NodeMetadata) if each.name != "name"}
    return replace(task.item_metadata(), **{name: value for name, value in given.items() if value is not None})
