"""The messages of special nodes: branches, gates, references and array nodes."""

from dataclasses import fields, replace
from typing import Any

from flyteidl.core import condition_pb2, identifier_pb2, types_pb2, workflow_pb2

from autocontainer_nb.compiler.names import ascii_spelling
from autocontainer_nb.core.graph.branches import BranchCase, BranchNode
from autocontainer_nb.core.graph.gates import InputGate, SleepGate
from autocontainer_nb.core.graph.node import Node, NodeMetadata
from autocontainer_nb.core.graph.promise import Comparison, Conjunction, Expression, Promise
from autocontainer_nb.core.maps.map_task import ArrayNodeMapTask
from autocontainer_nb.core.serialize.nodes import GraphWriter
from autocontainer_nb.core.tasks.function_task import PythonFunctionTask
from autocontainer_nb.core.workflows.reference import ReferenceTask
from autocontainer_nb.errors import DefinitionError
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.type_engine.wording import with_article


def array_node(node: Node, writer: "GraphWriter") -> workflow_pb2.Node:
    """Return the message of a map task's node; the changes of `with_overrides` apply to its items."""
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
    # For outputs of a plain task, only each item's phase is kept (flytekit's rule, by the exact class).
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


def branch_node(node: Node, writer: GraphWriter) -> workflow_pb2.Node:
    """Return the message of a conditional's node."""
    branch: BranchNode = node.entity
    message = writer.base(node)
    block = message.branch_node.if_else
    first, *others = [case for case in branch.cases if case.condition is not None]
    block.case.CopyFrom(_if_block(branch, first, writer))
    block.other.extend(_if_block(branch, case, writer) for case in others)
    if branch.error is None:
        block.else_node.CopyFrom(writer.node(branch.cases[-1].node))
    else:
        block.error.CopyFrom(types_pb2.Error(failed_node_id=ascii_spelling(branch.name), message=branch.error))
    return message


def _if_block(branch: BranchNode, case: BranchCase, writer: GraphWriter) -> workflow_pb2.IfBlock:
    return workflow_pb2.IfBlock(condition=_expression(case.condition, branch, writer), then_node=writer.node(case.node))


def _expression(
    condition: Expression | None, branch: BranchNode, writer: GraphWriter
) -> condition_pb2.BooleanExpression:
    if isinstance(condition, Conjunction):
        conjunction = condition_pb2.ConjunctionExpression(
            operator=condition_pb2.ConjunctionExpression.LogicalOperator.Name(condition.operation),
            left_expression=_expression(condition.left, branch, writer),
            right_expression=_expression(condition.right, branch, writer),
        )
        return condition_pb2.BooleanExpression(conjunction=conjunction)
    if isinstance(condition, Comparison):
        comparison = condition_pb2.ComparisonExpression(
            operator=condition_pb2.ComparisonExpression.Operator.Name(condition.operation),
            left_value=_operand(condition.left, branch, writer),
            right_value=_operand(condition.right, branch, writer),
        )
        return condition_pb2.BooleanExpression(comparison=comparison)
    raise DefinitionError(f"{branch.where}: expected a condition, got {with_article(type(condition))}.")


def _operand(side: Any, branch: BranchNode, writer: GraphWriter) -> condition_pb2.Operand:
    if isinstance(side, Promise):
        return condition_pb2.Operand(var=branch.variable(side))
    literal = type_engine.to_literal(side, type(side), files=writer.files)
    if side is None:
        return condition_pb2.Operand(scalar=literal.scalar)
    return condition_pb2.Operand(primitive=literal.scalar.primitive)


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


def reference_node(node: Node, writer: GraphWriter) -> workflow_pb2.Node:
    """Return the message of a node that runs a registered task or starts a registered launch plan."""
    message = writer.base(node)
    if isinstance(node.entity, ReferenceTask):
        message.task_node.reference_id.CopyFrom(node.entity.id)
    else:
        message.workflow_node.launchplan_ref.CopyFrom(node.entity.id)
    return message
