"""The packed forms of types without parts: scalars, dates and times, enums, and types packed as strings."""

import datetime as dt
import enum
import sys
from collections.abc import Callable
from typing import Any

from autocontainer_nb.type_engine.packed.base import Packer
from autocontainer_nb.type_engine.scalars import as_bool, as_float, as_int, as_str
from autocontainer_nb.type_engine.wording import Misfit, show_type, show_value, with_article

_TEXT_TYPES = (("decimal", "Decimal"), ("uuid", "UUID"), ("pathlib", "PurePath"))  # module and class


def leaf(python_type: Any) -> Packer | None:  # noqa: PLR0911 - one return for each family
    """Return the packer of a type without parts, or None if it has no packed form."""
    if python_type is None or python_type is type(None):
        return Packer(_none, _none, lambda value: value is None)
    if python_type is Any:
        return Packer(_same, _same, lambda _: False)
    if not isinstance(python_type, type):
        return None
    found = _SCALARS.get(python_type)
    if found is not None:
        return Packer(found[0], found[1], lambda value: type(value) is python_type)
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

    return Packer(same, same, is_exact)


def _same(value: Any) -> Any:
    return value


def _none(value: Any) -> None:
    if value is not None:
        raise Misfit("None", show_value(value))


def _int_from(plain: Any) -> int:
    # A protobuf struct has doubles only: an int that came through one is a whole float.
    return int(plain) if type(plain) is float and plain.is_integer() else as_int(plain)


def _bytes(value: Any) -> bytes:
    if not isinstance(value, (bytes, bytearray)):
        raise Misfit("bytes", show_value(value))
    return bytes(value)


def _checked(kind: type, action: Callable[[Any], Any], *, but_not: type | None = None) -> Callable[[Any], Any]:
    def convert(value: Any) -> Any:
        if not isinstance(value, kind) or (but_not is not None and isinstance(value, but_not)):
            raise Misfit(with_article(kind), show_value(value))
        return action(value)

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
    return Packer(_checked(kind, str), _from_text(kind, make), lambda value: isinstance(value, kind))


def _enum(kind: type[enum.Enum]) -> Packer:
    def unpack(plain: Any) -> enum.Enum:
        try:
            return kind(plain)
        except ValueError:
            values = ", ".join(repr(member.value) for member in kind)
            raise Misfit(with_article(kind), show_value(plain), f"{show_type(kind)} has the values {values}") from None

    return Packer(_checked(kind, lambda member: member.value), unpack, lambda value: type(value) is kind)


_SCALARS: dict[type, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    int: (as_int, _int_from),
    float: (as_float, as_float),
    bool: (as_bool, as_bool),
    str: (as_str, as_str),
    bytes: (_bytes, _bytes),
    dt.datetime: (
        _checked(dt.datetime, dt.datetime.isoformat),
        _from_text(dt.datetime, _iso_datetime),
    ),
    dt.date: (
        _checked(dt.date, dt.date.isoformat, but_not=dt.datetime),
        _from_text(dt.date, dt.date.fromisoformat),
    ),
    dt.time: (
        _checked(dt.time, dt.time.isoformat),
        _from_text(dt.time, dt.time.fromisoformat),
    ),
    dt.timedelta: (_checked(dt.timedelta, dt.timedelta.total_seconds), _seconds),
}
