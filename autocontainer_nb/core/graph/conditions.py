"""Checks of the two sides of a condition, as soon as it is written, and its constants in their form on the wire."""

import datetime as dt
from dataclasses import replace
from enum import Enum
from typing import Any, Final

from flyteidl.core import types_pb2

from autocontainer_nb.compiler.conditions import Operand, check_comparison, is_primitive
from autocontainer_nb.core.graph.promise import SYMBOLS, Comparison, Conjunction, Expression, Promise
from autocontainer_nb.errors import DefinitionError
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.type_engine.wording import show_type

_CONSTANTS: Final = (bool, int, float, str, dt.date, dt.timedelta, Enum)
_COMBINE: Final = "Compare with ==, !=, <, <=, >, >= or .is_true(), .is_false(), and combine with & and |."
_NONE: Final = types_pb2.LiteralType(simple=types_pb2.NONE)


def checked_condition(condition: Any, where: str) -> Expression:
    """Return the condition with its constants in their form on the wire.

    Raises:
        DefinitionError: it isn't a condition, or Flyte can't evaluate it.
    """
    if isinstance(condition, Conjunction):
        return replace(
            condition, left=checked_condition(condition.left, where), right=checked_condition(condition.right, where)
        )
    if not isinstance(condition, Comparison):
        given = f"the value {condition!r}" if not isinstance(condition, Promise) else f"{condition!r} alone"
        raise DefinitionError(f"{where}: expected a condition on inputs or outputs, got {given}. {_COMBINE}")
    return _checked_comparison(condition, where)


def plain_constant(value: Any) -> Any:
    """Return the value as conditions compare it: an enum member as its value, times in whole seconds."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dt.timedelta):
        return dt.timedelta(seconds=int(value.total_seconds()))
    if isinstance(value, dt.datetime):
        return (value if value.tzinfo else value.replace(tzinfo=dt.timezone.utc)).replace(microsecond=0)
    if isinstance(value, dt.date):
        return dt.datetime(value.year, value.month, value.day, tzinfo=dt.timezone.utc)
    return value


def _checked_comparison(condition: Comparison, where: str) -> Comparison:
    left, right = condition.left, condition.right
    found = [_kind(side, where) for side in (left, right)]
    kinds = [kind for kind in found if kind is not None]
    if len(kinds) < len(found):
        return condition  # nothing is known about a promise without a type
    if kinds[1] == _simple(types_pb2.INTEGER) and _is_float(kinds[0]) and not isinstance(right, Promise):
        # Flyte compares floats with floats only; a whole number in the condition is meant as one.
        right, kinds[1] = float(right), _simple(types_pb2.FLOAT)
    operands = [Operand(kind, getattr(side, "attr_path", ())) for kind, side in zip(kinds, (left, right), strict=True)]
    if check_comparison(where, condition.operation, *operands):
        raise _refusal(condition, kinds, where)
    if not isinstance(right, Promise) and _loses_fraction(right):
        raise DefinitionError(
            f"{where}: {right!r} has a fraction of a second, but conditions compare whole seconds. Remove it, or "
            f"{_let_a_task_ask(condition)}"
        )
    return replace(condition, right=right if isinstance(right, dt.date) else plain_constant(right))


def _kind(side: Any, where: str) -> types_pb2.LiteralType | None:
    """Return the type of the variable or constant, or None if it isn't known."""
    if isinstance(side, Promise):
        return None if side.python_type is None else type_engine.to_literal_type(side.python_type)
    if side is None:
        return _NONE
    if not isinstance(side, _CONSTANTS):
        raise DefinitionError(f"{where}: {_not_comparable(side, show_type(type(side)))}")
    plain = side.value if isinstance(side, Enum) else side
    return type_engine.to_literal_type(type(plain)) if isinstance(plain, _CONSTANTS) else _NONE


def _refusal(condition: Comparison, kinds: list[types_pb2.LiteralType], where: str) -> DefinitionError:
    """Return the error for a condition that Flyte can't evaluate; it shows a task that can."""
    return DefinitionError(f"{where}: {_why_not_whole(condition, kinds) or _why_not_alike(condition, kinds)}")


def _why_not_whole(condition: Comparison, kinds: list[types_pb2.LiteralType]) -> str:
    """Return why one of the sides can't be compared with anything, or an empty string if both can."""
    left, right = condition.left, condition.right
    ask = _let_a_task_ask(condition)
    parts = [side for side in (left, right) if isinstance(side, Promise) and side.attr_path]
    if parts:
        whole = f"{parts[0]!r} is a part of {_show(parts[0])}"
        return f"{whole}, but Flyte compares whole values only. Let a task return the part, or {ask}"
    if left is None or right is None:
        return f"Flyte can't compare with None. Instead, {ask}"
    for side, kind in zip((left, right), kinds, strict=True):
        if kind.WhichOneof("type") == "union_type":
            return f"{side!r} is {_show(side)}, but Flyte compares values of one plain type only. Instead, {ask}"
        if not is_primitive(kind):
            return _not_comparable(side, _show(side))
    return ""


def _why_not_alike(condition: Comparison, kinds: list[types_pb2.LiteralType]) -> str:
    """Return why the two sides can't be compared with each other."""
    left, right = condition.left, condition.right
    if kinds[0] == kinds[1]:
        return f"bool values have no order, but {left!r} is compared by order. {_COMBINE}"
    if any(_is_chosen(kind) for kind in kinds):
        return (
            f"{left!r} is {_show(left)}, and Flyte compares an enum or Literal[...] only with a value of the same "
            f"type, not with {right!r}. Instead, {_let_a_task_ask(condition)}"
        )
    return (
        f"{left!r} is {_show(left)}, but it is compared with {right!r}, which is {_show(right)}. Both sides must have "
        "the same type."
    )


def _let_a_task_ask(condition: Comparison) -> str:
    """Return the way out, written for this condition: a task that compares, and a condition on its output."""
    names: dict[int, str] = {}
    for side in (condition.left, condition.right):
        if isinstance(side, Promise):
            names[id(side)] = side.var if side.var.isidentifier() and not side.node else "value" + "2" * bool(names)
    arguments = ", ".join(
        f"{names[id(side)]}: {_show(side)}" for side in (condition.left, condition.right) if isinstance(side, Promise)
    )
    texts = [_spelled(side, names) for side in (condition.left, condition.right)]
    symbol = SYMBOLS[condition.operation]
    if condition.right is None:
        symbol = {"==": "is", "!=": "is not"}.get(symbol, symbol)
    given = ", ".join(f"{name}=..." for name in names.values())
    return (
        f"let a task compare, `@task def holds({arguments}) -> bool: return {texts[0]} {symbol} {texts[1]}`, call it "
        f"before the conditional, `answer = holds({given})`, and test `answer.is_true()`."
    )


def _spelled(side: Any, names: dict[int, str]) -> str:
    if not isinstance(side, Promise):
        return str(side) if isinstance(side, Enum) else repr(side)
    in_brackets = side.python_type is dict or "dict" in str(side.python_type)
    path = [f"[{step!r}]" if isinstance(step, int) or in_brackets else f".{step}" for step in side.attr_path]
    return names[id(side)] + "".join(path)


def _not_comparable(side: Any, kind: str) -> str:
    return (
        f"expected an int, float, str, bool, datetime or timedelta in a condition, got {side!r} of type {kind}. "
        "Let a task compare, and test its output with .is_true()."
    )


def _simple(simple: Any) -> types_pb2.LiteralType:
    return types_pb2.LiteralType(simple=simple)


def _is_float(kind: types_pb2.LiteralType | None) -> bool:
    return kind == _simple(types_pb2.FLOAT)


def _is_chosen(kind: types_pb2.LiteralType) -> bool:
    return kind.WhichOneof("type") == "enum_type" or "literal_values" in kind.annotation.annotations


def _loses_fraction(value: Any) -> bool:
    return isinstance(value, dt.datetime | dt.timedelta) and plain_constant(value) != (
        value if isinstance(value, dt.timedelta) or value.tzinfo else value.replace(tzinfo=dt.timezone.utc)
    )


def _show(side: Any) -> str:
    if isinstance(side, Promise):
        return show_type(side.python_type)
    return "None" if side is None else show_type(type(side))
