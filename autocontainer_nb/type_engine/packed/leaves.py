"""The packed forms of types without parts: scalars, dates and times, enums, and types packed as strings."""

import datetime as dt
import enum
import sys
from collections.abc import Callable
from typing import Any

from autocontainer_nb.type_engine.packed.base import Packer, would_change
from autocontainer_nb.type_engine.scalars import INT_MAX, INT_MIN, as_bool, as_float, as_int, as_str
from autocontainer_nb.type_engine.wording import Misfit, show_type, show_value, with_article

_TEXT_TYPES = (("decimal", "Decimal"), ("uuid", "UUID"), ("pathlib", "PurePath"))  # module and class


def leaf(python_type: Any) -> Packer | None:  # noqa: PLR0911 - one return for each family
    """Return the packer of a type without parts, or None if it has no packed form."""
    if python_type is None or python_type is type(None):
        return Packer(_none, _none, lambda value: value is None, forms=frozenset({type(None)}))
    if python_type is Any:
        return Packer(_same, _same, lambda _: False)
    if not isinstance(python_type, type):
        return None
    found = _SCALARS.get(python_type)
    if found is not None:
        return Packer(found[0], found[1], lambda value: type(value) is python_type, forms=found[2])
    if issubclass(python_type, enum.Enum):
        return _enum(python_type)
    if hasattr(python_type, "packed_form"):
        own: Packer = python_type.packed_form()
        return own
    for module, name in _TEXT_TYPES:
        wanted = getattr(sys.modules.get(module), name, None)
        if wanted is not None and issubclass(python_type, wanted):
            return _text(python_type, python_type)
    return None


def choice(python_type: Any, values: tuple[Any, ...]) -> Packer:
    """Return the packer of `Literal[...]`: the values are packed as they are."""

    def same(value: Any) -> Any:
        if not is_exact(value):
            raise Misfit(with_article(python_type), show_value(value))
        return value

    def is_exact(value: Any) -> bool:
        return any(type(value) is type(each) and value == each for each in values)

    return Packer(same, same, is_exact, forms=frozenset(map(type, values)))


def note_type(value: Any, declared: type) -> None:
    """Note that the value would come back as one of the declared type; numpy's scalars count as Python's."""
    numpy = sys.modules.get("numpy")
    if type(value) is not declared and (numpy is None or not isinstance(value, numpy.generic)):
        would_change(f"{with_article(type(value))} would come back as {with_article(declared)}")


def _same(value: Any) -> Any:
    return value


def _none(value: Any) -> None:
    if value is not None:
        raise Misfit("None", show_value(value))


def _int(value: Any) -> int:
    if type(value) is int and INT_MIN <= value <= INT_MAX:
        return value
    found = as_int(value)
    note_type(value, int)
    return found


def _float(value: Any) -> float:
    if type(value) is float:
        return value
    found = as_float(value)
    if type(value) is not int:  # which counts as a float where one is declared
        note_type(value, float)
    return found


def _str(value: Any) -> str:
    found = as_str(value)
    if found is not value:
        note_type(value, str)
    return found


def _int_from(plain: Any) -> int:
    # A protobuf struct has doubles only: an int that came through one is a whole float.
    return int(plain) if type(plain) is float and plain.is_integer() else as_int(plain)


def _bytes(value: Any) -> bytes:
    if not isinstance(value, (bytes, bytearray)):
        raise Misfit("bytes", show_value(value))
    note_type(value, bytes)
    return bytes(value)


def _checked(
    kind: type, action: Callable[[Any], Any], back: Callable[[Any], Any], *, but_not: type | None = None
) -> Callable[[Any], Any]:
    """Return a function that packs values of the class, and notes those that `back` would make another one of."""

    def convert(value: Any) -> Any:
        if not isinstance(value, kind) or (but_not is not None and isinstance(value, but_not)):
            raise Misfit(with_article(kind), show_value(value))
        packed = action(value)
        again = back(packed)
        if type(again) is not type(value):
            note_type(value, type(again))
        elif repr(again) != repr(value):  # which shows the zone of a time, and each digit of a Decimal
            would_change(f"{show_value(value)} would come back as {show_value(again)}")
        return packed

    return convert


def _from_text(kind: Any, action: Callable[[str], Any]) -> Callable[[Any], Any]:
    def convert(plain: Any) -> Any:
        if isinstance(plain, str):
            try:
                return action(plain)
            except (ValueError, ArithmeticError):
                pass
        raise Misfit(with_article(kind), show_value(plain))

    return convert


def _iso_datetime(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)  # Z since Python 3.11


def _seconds(plain: Any) -> dt.timedelta:
    try:
        return dt.timedelta(seconds=as_float(plain))
    except (Misfit, OverflowError, ValueError):
        raise Misfit("a timedelta in seconds", show_value(plain)) from None


def _text(kind: type, make: Callable[[str], Any]) -> Packer:
    back = _from_text(kind, make)
    return Packer(_checked(kind, str, back), back, lambda value: isinstance(value, kind), forms=frozenset({str}))


def _enum(kind: type[enum.Enum]) -> Packer:
    def unpack(plain: Any) -> enum.Enum:
        try:
            return kind(plain)
        except ValueError:
            values = ", ".join(repr(member.value) for member in kind)
            raise Misfit(with_article(kind), show_value(plain), f"{show_type(kind)} has the values {values}") from None

    kept = {member for member in kind.__members__.values() if _comes_back(member, kind)}

    def pack(value: Any) -> Any:
        if not isinstance(value, kind):
            raise Misfit(with_article(kind), show_value(value))
        if value not in kept and not _comes_back(value, kind):  # such as a member whose value is a tuple
            would_change(f"{show_type(kind)} has a member whose value msgpack doesn't keep")
        return value.value

    forms = frozenset(type(member.value) for member in kept)
    all_kept = len(kept) == len(set(kind.__members__.values()))
    return Packer(pack, unpack, lambda value: type(value) is kind, forms=forms if all_kept else None)


def _comes_back(member: enum.Enum, kind: type[enum.Enum]) -> bool:
    # Not by a round trip of msgpack itself, which a container loads only where it needs it.
    try:
        return type(member.value) in _KEPT_BY_MSGPACK and kind(member.value) is member
    except ValueError:  # such as nan, which equals no member's value
        return False


_KEPT_BY_MSGPACK = {int, float, bool, str, bytes, type(None)}
_ISO_DATETIME = _from_text(dt.datetime, _iso_datetime)
_ISO_DATE = _from_text(dt.date, dt.date.fromisoformat)
_ISO_TIME = _from_text(dt.time, dt.time.fromisoformat)
_TEXT = frozenset({str})
_SCALARS: dict[type, tuple[Callable[[Any], Any], Callable[[Any], Any], frozenset[type]]] = {
    int: (_int, _int_from, frozenset({int})),
    float: (_float, as_float, frozenset({float})),
    bool: (as_bool, as_bool, frozenset({bool})),
    str: (_str, as_str, _TEXT),
    bytes: (_bytes, _bytes, frozenset({bytes})),
    dt.datetime: (_checked(dt.datetime, dt.datetime.isoformat, _ISO_DATETIME), _ISO_DATETIME, _TEXT),
    dt.date: (_checked(dt.date, dt.date.isoformat, _ISO_DATE, but_not=dt.datetime), _ISO_DATE, _TEXT),
    dt.time: (_checked(dt.time, dt.time.isoformat, _ISO_TIME), _ISO_TIME, _TEXT),
    dt.timedelta: (_checked(dt.timedelta, dt.timedelta.total_seconds, _seconds), _seconds, frozenset({float})),
}
