"""Where two values differ, as a program could see it: by type, content and order, not by anybody's `__eq__`."""

import datetime as dt
import enum
import functools
import os
import types
from collections.abc import Callable, Iterable
from typing import Any, Final

_PLAIN: Final = {int, str, bytes, bool, type(None), bytearray}
_SINGLE: Final = (type, enum.Enum, types.FunctionType, types.BuiltinFunctionType, types.ModuleType)  # are themselves
_BASES: Final = (str, bytes, bytearray, int, float, complex)
_FIXED_ZONES: Final = {"timezone", "TzInfo"}  # Python's, and pydantic's, which differ by nothing but their class
_PARTS: Final = (list, tuple, dict, set, frozenset)
_UNSET: Final = object()  # in place of a slot that has no value
_type_of: Final[Callable[[Any], Any]] = type  # by a name whose results needn't be hashable to be asked about
_Seen = set[tuple[int, int]]
_Compare = Callable[[Any, Any, _Seen], str | None]


def difference(left: Any, right: Any) -> str | None:
    """Return the steps to the first place where the values differ (`.parts[3].size`), or None where they don't.

    Two names for one object count like two objects. What can't be looked into counts as different, unless it is equal
    and has the same repr.
    """
    return _difference(left, right, set())


def _difference(left: Any, right: Any, seen: _Seen) -> str | None:
    if left is right:
        return None
    kind, other = _type_of(left), _type_of(right)
    if kind is not other:
        return None if hasattr(kind, "packed_form") or hasattr(other, "packed_form") else ""
    return _comparer(kind)(left, right, seen)


@functools.lru_cache(maxsize=256)
def _comparer(kind: Any) -> _Compare:
    """Return what compares two values of this type that aren't the same object: what it is made of is asked once."""
    if hasattr(kind, "packed_form"):
        return lambda *_: None  # a file, a folder or a frame: content in another place
    if kind in _PLAIN:
        return lambda left, right, _: None if left == right else ""
    if kind in (float, complex):  # nan is nan, and 0.0 isn't -0.0
        return lambda left, right, _: None if repr(left) == repr(right) else ""
    if issubclass(kind, _SINGLE):
        return lambda *_: ""
    looked_into = _Content(kind)
    return _moments(looked_into) if issubclass(kind, (dt.datetime, dt.time)) else looked_into


def _moments(otherwise: _Compare) -> _Compare:
    def compare(left: Any, right: Any, seen: _Seen) -> str | None:
        if {_zone(left), _zone(right)} <= _FIXED_ZONES:
            return None if left.isoformat() == right.isoformat() and left.tzname() == right.tzname() else ""
        return otherwise(left, right, seen)

    return compare


def _zone(moment: dt.datetime | dt.time) -> str:
    return type(moment.tzinfo).__name__


class _Content:
    """Compares two values of one type by their items, and by what their attributes and slots hold."""

    def __init__(self, kind: Any) -> None:
        self._items = next((compare for base, compare in _BY_BASE.items() if issubclass(kind, base)), None)
        self._slots = _slots(kind)
        self._is_bare = kind in _PARTS  # without attributes
        self._is_path = issubclass(kind, os.PathLike)  # which keeps parts of itself that it was asked for
        self._is_all = issubclass(kind, (*_BASES, *_PARTS))  # if it has no attributes, its items are all that it has

    def __call__(self, left: Any, right: Any, seen: _Seen) -> str | None:
        if (id(left), id(right)) in seen:
            return None
        seen.add((id(left), id(right)))
        found = None if self._items is None else self._items(left, right, seen)
        return found if found is not None or self._is_bare else self._in_state(left, right, seen)

    def _in_state(self, left: Any, right: Any, seen: _Seen) -> str | None:
        """Return which attribute differs, wherever the class keeps it."""
        own, others = self._state(left), self._state(right)
        if (own or others) and not self._is_path:
            if own.keys() != others.keys():
                return f".{min(own.keys() ^ others.keys())}"
            return _first(((f".{name}", value, others[name]) for name, value in own.items()), seen)
        if self._is_all or hasattr(left, "__dict__"):
            return None
        return None if left == right and repr(left) == repr(right) else ""

    def _state(self, value: Any) -> dict[str, Any]:
        found = dict(getattr(value, "__dict__", {}))
        for name in self._slots:
            part = getattr(value, name, _UNSET)
            if part is not _UNSET:
                found[name] = part
        return found


def _first(pairs: Iterable[tuple[str, Any, Any]], seen: _Seen) -> str | None:
    for step, left, right in pairs:
        if left is right or (type(left) is type(right) in _PLAIN and left == right):
            continue
        found = _difference(left, right, seen)
        if found is not None:
            return step + found
    return None


def _sequences(left: Any, right: Any, seen: _Seen) -> str | None:
    if len(left) != len(right):
        return ""
    if set(map(type, left)) <= _PLAIN and left == right and list(map(type, left)) == list(map(type, right)):
        return None
    return _first(((f"[{at}]", *pair) for at, pair in enumerate(zip(left, right, strict=True))), seen)


def _dicts(left: Any, right: Any, seen: _Seen) -> str | None:
    if _difference(list(left), list(right), seen) is not None:
        return ""
    values = zip(left, left.values(), right.values(), strict=True)
    return _first(((f"[{key!r}]", one, other) for key, one, other in values), seen)


def _sets(left: Any, right: Any, _: _Seen) -> str | None:
    if left != right:
        return ""
    is_text = set(map(type, left)) == set(map(type, right)) == {str}
    return None if is_text or sorted(map(_shown, left)) == sorted(map(_shown, right)) else ""


def _shown(value: Any) -> str:
    return f"{type(value)} {value!r}"


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


def _plain_values(base: Any) -> _Compare:
    """Return what compares the plain values of instances of subclasses."""
    return lambda left, right, _: None if base.__repr__(left) == base.__repr__(right) else ""


_BY_BASE: Final[dict[type, _Compare]] = {
    list: _sequences,
    tuple: _sequences,
    dict: _dicts,
    set: _sets,
    frozenset: _sets,
    **{base: _plain_values(base) for base in _BASES},
    BaseException: lambda left, right, seen: _difference(left.args, right.args, seen),
}
