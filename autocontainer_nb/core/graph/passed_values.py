"""Values that nodes of a local run pass on: each node gets what a container would read, so both runs give the same."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
from typing import Any, get_args, get_origin

from autocontainer_nb.storage.scratch import scratch_files
from autocontainer_nb.type_engine.engine import type_engine


def as_passed(value: Any, given: Any, wanted: Any, path: str) -> Any:
    """Return a value of the type `given` as a container reads it that wants `wanted`.

    An int is a float where one is declared, a text is a member of an enum, a time has its zone, and what one node does
    to its list or array no other node sees. Files are handed on as they are, unless the types differ.

    Raises:
        ConversionError: the value doesn't fit; the message tells where, starting with `path`.
    """
    return value if given == wanted and _holds_files(given) else _read_again(value, given, wanted, path)


def as_made(value: Any, kind: Any, path: str) -> Any:
    """Return a task's output, its files in places of their own: the next task's may have the same names.

    Raises:
        ConversionError: the value doesn't fit; the message tells where, starting with `path`.
    """
    return _read_again(value, kind, kind, path) if _holds_files(kind) else value


def _read_again(value: Any, given: Any, wanted: Any, path: str) -> Any:
    files = scratch_files()
    literal = type_engine.to_literal(value, given, files=files, path=path)
    return type_engine.from_literal(literal, wanted, files=files, path=path)


def type_of_part(whole: Any, path: Sequence[str | int]) -> Any:
    """Return the Python type of a part of a value, or None if the type doesn't tell."""
    found = whole
    for step in path:
        arguments = get_args(found)
        if get_origin(found) is list and arguments:
            found = arguments[0]
        elif get_origin(found) is dict and arguments:
            found = arguments[1]
        else:
            found = _fields(found).get(str(step))
    return found


def _fields(kind: Any) -> Mapping[str, Any]:
    if isinstance(kind, type) and is_dataclass(kind):
        from autocontainer_nb.type_engine.packed.composites import fields_of

        return {name: hint for name, (_, hint) in fields_of(kind).items()}
    return {name: field.annotation for name, field in getattr(kind, "model_fields", {}).items()}  # of pydantic


def _holds_files(kind: Any, seen: tuple[Any, ...] = ()) -> bool:
    """Whether values of the type are files or folders, or hold some."""
    if kind in seen:
        return False
    found = get_origin(kind) or kind
    if isinstance(found, type) and issubclass(found, os.PathLike):
        return True
    inside = [*get_args(kind), *_fields(kind).values()]
    return any(_holds_files(each, (*seen, kind)) for each in inside)
