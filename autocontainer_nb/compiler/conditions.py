"""What a comparison in a conditional may have on its two sides."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flyteidl.core import condition_pb2, types_pb2

from autocontainer_nb.compiler.findings import MISMATCHING_TYPES, NOT_COMPARABLE, VALUE_REQUIRED, Finding
from autocontainer_nb.compiler.types import castable, is_none, part_type

# Those of the simple types that a primitive stands for, and which of them have an order.
_PRIMITIVES: Final = frozenset(
    {
        types_pb2.INTEGER,
        types_pb2.FLOAT,
        types_pb2.STRING,
        types_pb2.BOOLEAN,
        types_pb2.DATETIME,
        types_pb2.DURATION,
    }
)
_EQUALITY: Final = frozenset({condition_pb2.ComparisonExpression.EQ, condition_pb2.ComparisonExpression.NEQ})


@dataclass(frozen=True)
class Operand:
    """One side: the type of the variable as a whole, and which part of it is meant; or the type of a constant."""

    kind: types_pb2.LiteralType
    path: Sequence[str | int] = ()


def check_comparison(node_id: str, operation: int, left: Operand, right: Operand) -> list[Finding]:
    """Return why Flyte can't compare the two; nothing where it can.

    It compares the whole variables' types by their text, knows no constant for None, and decides by primitives alone.
    """
    if is_none(left.kind) or is_none(right.kind):
        return [Finding(VALUE_REQUIRED, "None can't be compared with", node_id)]
    if any(_is_refused_part(side) for side in (left, right)):
        return [Finding(MISMATCHING_TYPES, "a part of a value is taken for the whole", node_id)]
    if left.kind != right.kind:
        return [Finding(MISMATCHING_TYPES, "the two sides have different types", node_id)]
    if not (is_primitive(left.kind) or left.path):
        return [Finding(NOT_COMPARABLE, "only primitive values can be compared", node_id)]
    is_bool = left.kind.WhichOneof("type") == "simple" and left.kind.simple == types_pb2.BOOLEAN
    if is_bool and operation not in _EQUALITY:
        return [Finding(NOT_COMPARABLE, "truth values have no order", node_id)]
    return []


def is_primitive(kind: types_pb2.LiteralType) -> bool:
    """Whether values of the type are primitives when the workflow runs."""
    which = kind.WhichOneof("type")
    return which == "enum_type" or (which == "simple" and kind.simple in _PRIMITIVES)


def _is_refused_part(side: Operand) -> bool:
    """A part must pass for the whole variable, which is what Flyte takes the condition's input for."""
    if not side.path:
        return False
    part = part_type(side.kind, side.path)
    return part is None or not castable(part, side.kind)
