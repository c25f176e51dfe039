"""Nodes that run what is registered already: its identifier stands in them as it was given."""

from flyteidl.core import workflow_pb2

from autocontainer_nb.core.node import Node
from autocontainer_nb.core.reference import ReferenceTask
from autocontainer_nb.core.serialize.nodes import GraphWriter


def reference_node(node: Node, writer: GraphWriter) -> workflow_pb2.Node:
    """Return the message of a node that runs a registered task or starts a registered launch plan."""
    message = writer.base(node)
    if isinstance(node.entity, ReferenceTask):
        message.task_node.reference_id.CopyFrom(node.entity.id)
    else:
        message.workflow_node.launchplan_ref.CopyFrom(node.entity.id)
    return message
