"""A gate's node as Flyte's message."""

from flyteidl.core import workflow_pb2

from autocontainer_nb.core.gate import InputGate, SleepGate
from autocontainer_nb.core.node import Node
from autocontainer_nb.core.serialize.nodes import GraphWriter


def gate_node(node: Node, writer: GraphWriter) -> workflow_pb2.Node:
    """Return the message of a node that waits."""
    message = writer.base(node)
    gate = node.entity
    if isinstance(gate, SleepGate):
        message.gate_node.sleep.duration.FromTimedelta(gate.duration)
    elif isinstance(gate, InputGate):
        message.gate_node.signal.CopyFrom(
            workflow_pb2.SignalCondition(signal_id=gate.name, type=gate.literal_type, output_variable_name="o0")
        )
    else:
        message.gate_node.approve.signal_id = gate.name
    return message
