"""A conditional's node as Flyte's message: conditions, and one node for each branch."""

from typing import Any

from flyteidl.core import condition_pb2, types_pb2, workflow_pb2

from autocontainer_nb.compiler.names import ascii_spelling
from autocontainer_nb.core.comparison import Comparison, Conjunction, Expression
from autocontainer_nb.core.conditional import BranchCase, BranchNode
from autocontainer_nb.core.node import Node
from autocontainer_nb.core.promise import Promise
from autocontainer_nb.core.serialize.nodes import GraphWriter
from autocontainer_nb.errors import DefinitionError
from autocontainer_nb.type_engine.engine import type_engine


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
    raise DefinitionError(f"{branch.where}: a condition expected, got {type(condition).__name__}.")


def _operand(side: Any, branch: BranchNode, writer: GraphWriter) -> condition_pb2.Operand:
    if isinstance(side, Promise):
        return condition_pb2.Operand(var=branch.variable(side))
    literal = type_engine.to_literal(side, type(side), files=writer.files)
    if side is None:
        return condition_pb2.Operand(scalar=literal.scalar)
    return condition_pb2.Operand(primitive=literal.scalar.primitive)
