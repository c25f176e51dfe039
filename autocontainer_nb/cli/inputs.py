"""Inputs of a run, from a command line: `epochs=3 name=first rates=[0.1,0.2] settings=@settings.json`.

A text is read as its input's type says: a `str` as it stands, numbers, dates and enum members in their usual spelling,
all else as JSON or a Python literal. Of `@FILE`, for all types but text, it is what the file has.
"""

import ast
import dataclasses
import datetime as dt
import enum
import json
import os
import re
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from autocontainer_nb.errors import ConversionError, InputError
from autocontainer_nb.type_engine.wording import show_type, with_article

_TRUE, _FALSE = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0"})
_SPAN: Final = re.compile(r"(?:(\d+(?:\.\d+)?)d)?(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?")
_UNIONS: Final = (typing.Union, types.UnionType)
# What Python's and pydantic's own readers raise for a text: too large a number, a list as a key, too deep a nesting.
_UNREADABLE: Final = (ValueError, SyntaxError, TypeError, OverflowError, RecursionError, MemoryError)
_READERS: Final = {".csv": "read_csv", ".parquet": "read_parquet", ".json": "read_json"}


def pairs(words: Sequence[str]) -> dict[str, str]:
    """Return {name: text} of words such as `epochs=3`.

    Raises:
        InputError: a word has no `=`, or a name comes twice.
    """
    found: dict[str, str] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name.isidentifier():
            raise InputError(f"Expected NAME=VALUE, such as epochs=3, got {word!r}.")
        if name in found:
            raise InputError(f"{name}= was passed twice: {found[name]} and {text}.")
        found[name] = text
    return found


def typed_inputs(texts: Mapping[str, str], kinds: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values; names that aren't inputs stay texts, for who checks the names to tell.

    Raises:
        InputError: a text can't be read as the type says; the message names input, type and text.
        OSError: a file can't be read.
    """
    return {name: _read(name, text, kinds[name]) if name in kinds else text for name, text in texts.items()}


def from_plain(name: str, value: Any, kind: Any) -> Any:
    """Return the value of the type, of what JSON and Python literals can say of it.

    Raises:
        InputError: it doesn't fit.
    """
    if isinstance(value, str) and kind is not str and kind is not Any:
        return _read(name, value, kind)
    try:
        return _built(name, value, kind)
    except InputError:  # it is a TypeError as well
        raise
    except _UNREADABLE as error:  # pydantic's error lists what it misses
        raise InputError(f"{name}: expected {_shown(kind)}, but {' '.join(str(error).split())}") from error


def _read(name: str, text: str, kind: Any) -> Any:
    if typing.get_origin(kind) is typing.Annotated:
        return _read(name, text, typing.get_args(kind)[0])
    if kind is str:
        return text
    if typing.get_origin(kind) in _UNIONS:
        return _first_that_fits(name, text, kind)
    if text.startswith("@") and len(text) > 1:
        text = Path(text[1:]).read_text(encoding="utf-8")
    try:
        return _built(name, _made(text, kind), kind)
    except InputError:  # it is a TypeError as well
        raise
    except _UNREADABLE as error:
        raise InputError(f"{name}={text}: expected {_shown(kind)}{_hint(kind)}.") from error


def _is_class(kind: Any) -> bool:
    return isinstance(kind, type) and typing.get_origin(kind) is None  # to Python 3.10, list[int] is a type as well


def _made(text: str, kind: Any) -> Any:
    """Return what the text says, for a type; of types that hold others, lists and dicts."""
    simple: Callable[[str], Any] | None = _SIMPLE.get(kind)
    if simple is None and typing.get_origin(kind) is typing.Literal and text in typing.get_args(kind):
        simple = str
    if simple is None and _is_class(kind):
        if issubclass(kind, enum.Enum):
            simple = partial(_member, kind=kind)
        elif issubclass(kind, os.PathLike):
            simple = kind
    if simple is None:
        simple = _frame if _is_frame(kind) else _plain
    return simple(text)


def _built(name: str, value: Any, kind: Any) -> Any:
    """Return the value in the classes that the type names, inside of lists and dicts as well."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is list and isinstance(value, list) and arguments:
        return [from_plain(name, item, arguments[0]) for item in value]
    if origin is dict and isinstance(value, dict) and len(arguments) > 1:
        return {key: from_plain(name, item, arguments[1]) for key, item in value.items()}
    if isinstance(value, dict) and hasattr(kind, "model_validate"):
        return kind.model_validate(value)
    if isinstance(value, dict) and dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = typing.get_type_hints(kind)
        unknown = [key for key in value if key not in hints]
        if unknown:
            raise InputError(f"{name}: {kind.__name__} has no field {unknown[0]!r}, only: {', '.join(hints)}.")
        try:
            return kind(**{key: from_plain(f"{name}.{key}", item, hints[key]) for key, item in value.items()})
        except TypeError as error:
            raise InputError(f"{name}: {kind.__name__} can't be made of {sorted(value)}: {error}.") from error
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


def _first_that_fits(name: str, text: str, kind: Any) -> Any:
    variants = typing.get_args(kind)
    if type(None) in variants and text in {"None", "null", ""}:
        return None
    others = [variant for variant in variants if variant is not type(None)]
    for variant in sorted(others, key=lambda each: each is str):  # a text is anything
        try:
            return _read(name, text, variant)
        except (InputError, ConversionError, OSError):  # noqa: PERF203 - the next one may fit
            continue
    raise InputError(f"{name}={text}: expected {_shown(kind)}.")


def _flag(text: str) -> bool:
    word = text.strip().lower()
    if word not in _TRUE | _FALSE:
        raise ValueError(text)
    return word in _TRUE


def _moment(text: str) -> dt.datetime:
    """Return the moment; without a zone it counts as UTC."""
    found = dt.datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    return found if found.tzinfo else found.replace(tzinfo=dt.timezone.utc)


def _span(text: str) -> dt.timedelta:
    match = _SPAN.fullmatch(text.strip())
    if match is None or not any(match.groups()):
        return dt.timedelta(seconds=float(text))
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return dt.timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


_SIMPLE: Final[dict[Any, Any]] = {
    int: int,
    float: float,
    bool: _flag,
    dt.datetime: _moment,
    dt.date: lambda text: dt.date.fromisoformat(text.strip()),
    dt.timedelta: _span,
}


def _member(text: str, kind: type[enum.Enum]) -> enum.Enum:
    for member in kind:
        if text in {member.name, str(member.value)}:
            return member
    raise ValueError(text)


def _is_frame(kind: Any) -> bool:
    return getattr(kind, "__name__", "") == "DataFrame" and getattr(kind, "__module__", "").startswith("pandas")


def _frame(text: str) -> Any:
    import pandas as pd

    reader = _READERS.get(Path(text).suffix.lower())
    if reader is None:
        raise ValueError(text)
    return getattr(pd, reader)(text)


def _plain(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return ast.literal_eval(text.strip())


def _shown(kind: Any) -> str:
    if _is_class(kind) and issubclass(kind, enum.Enum):
        return "one of " + ", ".join(member.name for member in kind)
    if typing.get_origin(kind) is typing.Literal:
        return "one of " + ", ".join(map(str, typing.get_args(kind)))
    if kind in _SIMPLE:
        known = {bool: "true or false", dt.datetime: "a time", dt.timedelta: "a span of time"}
        return known.get(kind) or with_article(kind)
    return show_type(kind)


def _hint(kind: Any) -> str:
    if kind is dt.datetime:
        return " such as 2024-03-01T08:00:00Z"
    if kind is dt.timedelta:
        return " such as 1h30m or 90s"
    if _is_frame(kind):
        return ", the path of a file ending in .csv, .parquet or .json"
    is_choice = typing.get_origin(kind) is typing.Literal or (_is_class(kind) and issubclass(kind, enum.Enum))
    return "" if is_choice or kind in _SIMPLE else " as JSON or Python"
