"""Conditions on promised values: what `promise == 3` and `(a > 1) & (b < 2)` are before anything has run."""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from flyteidl.core import condition_pb2

from autocontainer_nb.errors import DefinitionError

SYMBOLS: Final[dict[int, str]] = {
    condition_pb2.ComparisonExpression.EQ: "==",
    condition_pb2.ComparisonExpression.NEQ: "!=",
    condition_pb2.ComparisonExpression.GT: ">",
    condition_pb2.ComparisonExpression.GTE: ">=",
    condition_pb2.ComparisonExpression.LT: "<",
    condition_pb2.ComparisonExpression.LTE: "<=",
}
COMPARISONS: Final[dict[int, Callable[[Any, Any], Any]]] = {
    condition_pb2.ComparisonExpression.EQ: operator.eq,
    condition_pb2.ComparisonExpression.NEQ: operator.ne,
    condition_pb2.ComparisonExpression.GT: operator.gt,
    condition_pb2.ComparisonExpression.GTE: operator.ge,
    condition_pb2.ComparisonExpression.LT: operator.lt,
    condition_pb2.ComparisonExpression.LTE: operator.le,
}


class Expression:
    """A condition that is evaluated when the workflow runs. Combine by `&` and `|`; Python's `and` and `or` can't."""

    def __and__(self, other: object) -> "Conjunction":
        return Conjunction(self, condition_pb2.ConjunctionExpression.AND, _expression(other))

    def __or__(self, other: object) -> "Conjunction":
        return Conjunction(self, condition_pb2.ConjunctionExpression.OR, _expression(other))

    def __bool__(self) -> bool:
        raise DefinitionError(
            "A condition on a task's output has no truth value while the workflow is drawn: combine conditions by `&` "
            "and `|` with brackets, and choose by conditional(...).if_(...) instead of `if`."
        )


@dataclass(frozen=True, eq=False)
class Comparison(Expression):
    """Two sides, each a promise or a plain value, and the protocol's number for what stands between them."""

    left: Any
    operation: int
    right: Any


@dataclass(frozen=True, eq=False)
class Conjunction(Expression):
    """Two conditions joined by AND or OR, by the protocol's number."""

    left: Expression
    operation: int
    right: Expression


def evaluate(expression: Expression, value_of: Callable[[Any], Any]) -> bool:
    """Return whether the condition holds, where `value_of` turns each side into its value."""
    if isinstance(expression, Comparison):
        return bool(COMPARISONS[expression.operation](value_of(expression.left), value_of(expression.right)))
    if isinstance(expression, Conjunction):
        left, right = expression.left, expression.right
        if expression.operation == condition_pb2.ConjunctionExpression.AND:
            return evaluate(left, value_of) and evaluate(right, value_of)
        return evaluate(left, value_of) or evaluate(right, value_of)
    raise DefinitionError(f"a condition on outputs expected, got {type(expression).__name__}.")


def _expression(value: object) -> Expression:
    if isinstance(value, Expression):
        return value
    raise DefinitionError(
        f"`&` and `|` join conditions: another condition expected, got {type(value).__name__}. Use brackets."
    )
