"""What a condition may compare, checked where it is written; the constants as the wire has them."""

import datetime as dt
from dataclasses import replace
from enum import Enum
from typing import Any, Final

from flyteidl.core import types_pb2

from autocontainer_nb.core.comparison import Comparison, Conjunction, Expression
from autocontainer_nb.core.promise import Promise
from autocontainer_nb.errors import DefinitionError
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.type_engine.names import show_type

# The primitives of `flyteidl/core/literals.proto`, which are what `condition.proto` compares, and None.
_PRIMITIVES: Final = {
    types_pb2.INTEGER,
    types_pb2.FLOAT,
    types_pb2.STRING,
    types_pb2.BOOLEAN,
    types_pb2.DATETIME,
    types_pb2.DURATION,
    types_pb2.NONE,
}
_CONSTANTS: Final = (bool, int, float, str, dt.date, dt.timedelta, Enum)
_COMBINE: Final = "Compare by ==, !=, <, <=, >, >= or .is_true(), .is_false(), .is_none(), and combine by & and |."


def checked_condition(condition: Any, where: str) -> Expression:
    """Return the condition with its constants as the wire has them.

    Raises:
        DefinitionError: it is no condition, or compares what isn't primitive or isn't of one type.
    """
    if isinstance(condition, Conjunction):
        return replace(
            condition, left=checked_condition(condition.left, where), right=checked_condition(condition.right, where)
        )
    if not isinstance(condition, Comparison):
        given = f"the value {condition!r}" if not isinstance(condition, Promise) else f"{condition!r} alone"
        raise DefinitionError(f"{where}: a condition on inputs or outputs expected, got {given}. {_COMBINE}")
    kinds, wanted = _kinds(condition.left, where), _kinds(condition.right, where)
    constant = plain_constant(condition.right)
    if wanted == {types_pb2.INTEGER} and types_pb2.FLOAT in kinds and not isinstance(constant, Promise):
        # Flyte compares a float with a float only; a whole number that is written into the condition means one.
        wanted, constant = {int(types_pb2.FLOAT)}, float(constant)
    if kinds and wanted and types_pb2.NONE not in wanted and not kinds & wanted:
        raise DefinitionError(
            f"{where}: {condition.left!r} is {_show(condition.left)}, but is compared with {condition.right!r}, which "
            f"is {_show(condition.right)}. Both sides must have one type."
        )
    return replace(condition, right=constant)


def plain_constant(value: Any) -> Any:
    """Return the value as conditions compare it: of an enum's member, what it stands for."""
    return value.value if isinstance(value, Enum) else value


def _kinds(side: Any, where: str) -> set[int]:
    """Return the simple types that the side may have; nothing where that isn't known yet."""
    if isinstance(side, Promise):
        if side.attr_path or side.python_type is None:
            return set()
        kinds = _simple(type_engine.to_literal_type(side.python_type))
    elif side is None:
        kinds = {types_pb2.NONE}
    else:
        kinds = _simple(type_engine.to_literal_type(type(side))) if isinstance(side, _CONSTANTS) else {types_pb2.STRUCT}
    if not kinds <= _PRIMITIVES:
        raise DefinitionError(
            f"{where}: {side!r} is {_show(side)}, which can't be compared in a condition: int, float, str, bool, "
            "datetime, timedelta or None expected. Let a task compare, and ask for .is_true()."
        )
    return kinds


def _simple(kind: types_pb2.LiteralType) -> set[int]:
    which = kind.WhichOneof("type")
    if which == "union_type":
        return {each for variant in kind.union_type.variants for each in _simple(variant)}
    if which == "enum_type":
        return {types_pb2.STRING}
    return {kind.simple} if which == "simple" else {types_pb2.STRUCT}


def _show(side: Any) -> str:
    if isinstance(side, Promise):
        return show_type(side.python_type)
    return "None" if side is None else show_type(type(side))
