"""Where two values differ, as a program could see it: by type, content and order, not by anybody's `__eq__`."""

import datetime as dt
import enum
import functools
import os
import types
from collections.abc import Iterable
from typing import Any, Final

_PLAIN: Final = {int, str, bytes, bool, type(None), bytearray}
_SINGLE: Final = (type, enum.Enum, types.FunctionType, types.BuiltinFunctionType, types.ModuleType)  # are themselves
_BASES: Final = (str, bytes, bytearray, int, float, complex)
_FIXED_ZONES: Final = {"timezone", "TzInfo"}  # Python's, and pydantic's, which differ by nothing but their class
_Seen = set[tuple[int, int]]


def difference(left: Any, right: Any) -> str | None:
    """Return the steps to the first place where the values differ (`.parts[3].size`), or None where they don't.

    Two names for one object count like two objects. What can't be looked into counts as different, unless it is equal
    and has the same repr.
    """
    return _difference(left, right, set())


def _difference(left: Any, right: Any, seen: _Seen) -> str | None:  # noqa: PLR0911 - one return for each family
    kind = type(left)
    if left is right or hasattr(kind, "packed_form") or hasattr(type(right), "packed_form"):
        return None  # a file, a folder or a frame: content in another place
    if kind is not type(right):
        return ""
    if kind in _PLAIN:
        return None if left == right else ""
    if kind in (float, complex):  # nan is nan, and 0.0 isn't -0.0
        return None if repr(left) == repr(right) else ""
    if isinstance(left, _SINGLE):
        return ""
    if isinstance(left, (dt.datetime, dt.time)) and {_zone(left), _zone(right)} <= _FIXED_ZONES:
        return None if left.isoformat() == right.isoformat() and left.tzname() == right.tzname() else ""
    if (id(left), id(right)) in seen:
        return None
    seen.add((id(left), id(right)))
    found = _in_content(left, right, seen)
    return found if found is not None else _in_state(left, right, seen)


def _zone(moment: dt.datetime | dt.time) -> str:
    return type(moment.tzinfo).__name__


def _first(pairs: Iterable[tuple[str, Any, Any]], seen: _Seen) -> str | None:
    for step, left, right in pairs:
        if left is right or (type(left) is type(right) in _PLAIN and left == right):
            continue
        found = _difference(left, right, seen)
        if found is not None:
            return step + found
    return None


def _in_content(left: Any, right: Any, seen: _Seen) -> str | None:  # noqa: PLR0911 - likewise
    """Return where items differ, or the plain values of subclasses of str, int and the like."""
    if isinstance(left, (list, tuple)):
        if len(left) != len(right):
            return ""
        if set(map(type, left)) <= _PLAIN and left == right and list(map(type, left)) == list(map(type, right)):
            return None
        return _first(((f"[{at}]", *pair) for at, pair in enumerate(zip(left, right, strict=True))), seen)
    if isinstance(left, dict):
        if _difference(list(left), list(right), seen) is not None:
            return ""
        values = zip(left, left.values(), right.values(), strict=True)
        return _first(((f"[{key!r}]", one, other) for key, one, other in values), seen)
    if isinstance(left, (set, frozenset)):
        if left != right:
            return ""
        is_text = set(map(type, left)) == set(map(type, right)) == {str}
        return None if is_text or sorted(map(_shown, left)) == sorted(map(_shown, right)) else ""
    for base in _BASES:
        if isinstance(left, base):
            return None if base.__repr__(left) == base.__repr__(right) else ""
    return _difference(left.args, right.args, seen) if isinstance(left, BaseException) else None


def _shown(value: Any) -> str:
    return f"{type(value)} {value!r}"


def _in_state(left: Any, right: Any, seen: _Seen) -> str | None:
    """Return which attribute differs, wherever the class keeps it."""
    own, others = _state(left), _state(right)
    if (own or others) and not isinstance(left, os.PathLike):  # a path keeps parts of itself that it was asked for
        if own.keys() != others.keys():
            return f".{min(own.keys() ^ others.keys())}"
        return _first(((f".{name}", value, others[name]) for name, value in own.items()), seen)
    if hasattr(left, "__dict__") or isinstance(left, (*_BASES, list, tuple, dict, set, frozenset)):
        return None  # it has no state, or its content is all that it has
    return None if left == right and repr(left) == repr(right) else ""


def _state(value: Any) -> dict[str, Any]:
    found = dict(getattr(value, "__dict__", {}))
    kind: Any = type(value)
    for name in _slots(kind):
        if hasattr(value, name):
            found[name] = getattr(value, name)
    return found


@functools.lru_cache(maxsize=128)
def _slots(kind: Any) -> list[str]:
    """Return the names under which instances have what stands in slots."""
    names = []
    for cls in kind.__mro__:
        slots = cls.__dict__.get("__slots__", ())
        for slot in (slots,) if isinstance(slots, str) else slots:
            if slot not in {"__dict__", "__weakref__"}:
                is_private = slot.startswith("__") and not slot.endswith("__")
                names.append(f"_{cls.__name__.lstrip('_')}{slot}" if is_private else slot)
    return names
