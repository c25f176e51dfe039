"""The rules for a comparison in a conditional."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flyteidl.core import condition_pb2, types_pb2

from autocontainer_nb.compiler.findings import MISMATCHING_TYPES, NOT_COMPARABLE, VALUE_REQUIRED, Finding
from autocontainer_nb.compiler.types import castable, is_none, part_type

# The simple types that are primitives.
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
    """One side of a comparison: the type of a whole variable and the path to a part, or the type of a constant."""

    kind: types_pb2.LiteralType
    path: Sequence[str | int] = ()


def check_comparison(node_id: str, operation: int, left: Operand, right: Operand) -> list[Finding]:
    """Return why Flyte can't compare the two sides; an empty list if it can.

    Flyte compares the text of the whole variables' types, has no constant for None, and compares only primitives.
    """
    if is_none(left.kind) or is_none(right.kind):
        return [Finding(VALUE_REQUIRED, "nothing can be compared with None", node_id)]
    if any(_is_refused_part(side) for side in (left, right)):
        return [Finding(MISMATCHING_TYPES, "a part of a value is taken for the whole", node_id)]
    if left.kind != right.kind:
        return [Finding(MISMATCHING_TYPES, "the two sides have different types", node_id)]
    if not (is_primitive(left.kind) or left.path):
        return [Finding(NOT_COMPARABLE, "only primitive values can be compared", node_id)]
    is_bool = left.kind.WhichOneof("type") == "simple" and left.kind.simple == types_pb2.BOOLEAN
    if is_bool and operation not in _EQUALITY:
        return [Finding(NOT_COMPARABLE, "bool values have no order", node_id)]
    return []


def is_primitive(kind: types_pb2.LiteralType) -> bool:
    """Whether values of the type are primitives when the workflow runs."""
    which = kind.WhichOneof("type")
    return which == "enum_type" or (which == "simple" and kind.simple in _PRIMITIVES)


def _is_refused_part(side: Operand) -> bool:
    """Whether the part's type doesn't fit the whole variable, which Flyte takes as the condition's input."""
    if not side.path:
        return False
    part = part_type(side.kind, side.path)
    return part is None or not castable(part, side.kind)
