"""What a list of changes shows of a value: short, from its type alone, and never a credential."""

import datetime as dt
import decimal
import enum
import pathlib
from collections.abc import Callable
from typing import Any, Final

from autocontainer_nb.pickling.credentials.finder import current_finder
from autocontainer_nb.pickling.credentials.names import promise_of
from autocontainer_nb.pickling.meaning.parts import type_name

MAX_CHARACTERS: Final = 40
_MAX_NUMBER_BITS: Final = 4 * MAX_CHARACTERS
_TOLD_BY_STR: Final = (dt.date, dt.time, dt.timedelta, decimal.Decimal, pathlib.PurePath)
_STANDARD: Final = frozenset({"datetime", "decimal", "pathlib", "pathlib._local"})
_WITH_SHAPES: Final = frozenset({"numpy", "pandas", "polars", "pyarrow", "torch", "jax", "scipy"})
_BY_TYPE: Final[dict[type, Callable[[Any], str]]] = {
    type(None): repr,
    bool: repr,
    float: repr,
    complex: repr,
    int: lambda value: hex(value) if value.bit_length() > _MAX_NUMBER_BITS else repr(value),
    str: lambda value: repr(value[: 2 * MAX_CHARACTERS]),
    bytes: lambda value: f"{len(value)} bytes",
    bytearray: lambda value: f"{len(value)} bytes",
    list: lambda value: f"list of {len(value)}",
    tuple: lambda value: f"tuple of {len(value)}",
    set: lambda value: f"set of {len(value)}",
    frozenset: lambda value: f"frozenset of {len(value)}",
    dict: lambda value: f"dict of {len(value)}",
}


def shown(names: tuple[str, ...], value: Any) -> str:
    """Return the value in at most 40 characters, or its type and size; `names` are those that lead to it.

    No code of the value's class runs, but for a few classes of the standard library and the sizes of arrays and frames.
    """
    kind = type(value)
    if _is_secret(names, value):
        return f"a {type_name(kind)} that isn't shown"
    show = _BY_TYPE.get(kind)
    if show is not None:
        return _clipped(show(value))
    if isinstance(value, enum.Enum):
        return _clipped(f"{kind.__name__}.{value.name}")
    if kind.__module__ in _STANDARD and isinstance(value, _TOLD_BY_STR):
        return _clipped(str(value))
    return _clipped(_size_of(value) or type_name(kind))


def _size_of(value: Any) -> str:
    """Return the size of an array or a frame, an empty text for all else."""
    kind = type(value)
    shape = getattr(value, "shape", None) if kind.__module__.partition(".")[0] in _WITH_SHAPES else None
    if not isinstance(shape, tuple) or not shape:
        return ""
    if kind.__name__ in {"DataFrame", "Table"}:
        return f"{_counted(shape[0], 'row')}, {_counted(shape[1], 'column')}"
    return f"{kind.__name__} of {'x'.join(map(str, shape))}"


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _is_secret(names: tuple[str, ...], value: Any) -> bool:
    if type(value) not in {str, bytes}:
        return False
    return any(promise_of(name) for name in names[-2:]) or current_finder().in_value(names, value) is not None


def _clipped(text: str) -> str:
    return text if len(text) <= MAX_CHARACTERS else text[: MAX_CHARACTERS - 1] + "…"
