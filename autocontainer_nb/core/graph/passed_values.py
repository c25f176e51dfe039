"""Values that nodes of a local run pass on: literals, as containers leave and read them, so both runs give the same."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from typing import Any, get_args, get_origin

from flyteidl.core import literals_pb2

from autocontainer_nb.core.graph.binding import Binding, promises_in
from autocontainer_nb.core.graph.promise import Promise
from autocontainer_nb.errors import ConversionError
from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.storage.node_files import boundary_files
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.type_engine.wording import with_article


@dataclass(frozen=True)
class Stored:
    """What a node has left: a literal, which nothing that other nodes do can change, and the type that it was made of.

    So an int is a float where one is declared, a text is a member of an enum, a time has its zone, and what one node
    does to its list, array or file no other node sees.
    """

    literal: literals_pb2.Literal
    kind: Any

    @classmethod
    def of(cls, value: Any, kind: Any, path: str, files: FileAccess | None = None) -> "Stored":
        """Return the value as it would be stored; by default, in this process's folder.

        Raises:
            ConversionError: it doesn't fit the type; the message tells where, starting with `path`.
        """
        return cls(type_engine.to_literal(value, kind, files=files or boundary_files(), path=path), kind)

    def read(self, wanted: Any, path: str) -> Any:
        """Return the value as one who declares the type `wanted` reads it.

        Raises:
            ConversionError: it doesn't fit the type; the message tells where, starting with `path`.
        """
        return type_engine.from_literal(self.literal, wanted, files=boundary_files(), path=path)


Values = dict[tuple[str, str], Stored]  # (node id, or "" for the inputs; variable) ► what was left there


def resolve(value: Any, values: Values) -> Any:
    """Return the plain value of a bound value, with the promises in it looked up."""
    if isinstance(value, Promise):
        stored = _source(value, values)
        return _look_into(value, stored.read(stored.kind, repr(value)))
    if isinstance(value, dict):
        return {key: resolve(item, values) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve(item, values) for item in value]
    return value


def passed(binding: Binding, values: Values, path: str) -> Any:
    """Return the bound value as a container would read it.

    Raises:
        ConversionError: it doesn't fit the type; the message tells where, starting with `path`.
    """
    return Stored(passed_literal(binding, values, path), binding.python_type).read(binding.python_type, path)


def passed_literal(binding: Binding, values: Values, path: str) -> literals_pb2.Literal:
    """Return the literal that a container would get for the bound value.

    Raises:
        ConversionError: a plain value doesn't fit the type, or has no such part; the message tells where.
    """
    return _literal(binding.value, binding.python_type, values, path)


def as_made(value: Any, kind: Any, path: str) -> Any:
    """Return a mapped task's output, its files in places of their own: those of the next item may have the same names.

    Raises:
        ConversionError: the value doesn't fit; the message tells where, starting with `path`.
    """
    return Stored.of(value, kind, path).read(kind, path) if _holds_files(kind) else value


def _literal(value: Any, wanted: Any, values: Values, path: str) -> literals_pb2.Literal:
    if isinstance(value, Promise):
        stored = _source(value, values)
        if not value.attr_path:
            return stored.literal
        given = _type_of_part(stored.kind, value.attr_path)
        return Stored.of(resolve(value, values), wanted if given is None else given, path).literal
    if isinstance(value, Stored):
        return value.literal
    if next(promises_in(value), None) is None:
        return Stored.of(value, wanted, path).literal
    item = get_args(wanted)[-1]
    if isinstance(value, dict):
        parts = {key: _literal(each, item, values, f"{path}[{key!r}]") for key, each in value.items()}
        return literals_pb2.Literal(map=literals_pb2.LiteralMap(literals=parts))
    items = [_literal(each, item, values, f"{path}[{index}]") for index, each in enumerate(value)]
    return literals_pb2.Literal(collection=literals_pb2.LiteralCollection(literals=items))


def _source(promise: Promise, values: Values) -> Stored:
    return values[promise.node.id if promise.node else "", promise.var]


def _look_into(promise: Promise, value: Any) -> Any:
    try:
        for step in promise.attr_path:
            value = value[step] if isinstance(step, int) or isinstance(value, Mapping) else getattr(value, step)
    except (LookupError, AttributeError, TypeError) as error:
        raise ConversionError(f"{promise!r}: {with_article(type(value))} has no such part ({error}).") from error
    return value


def _type_of_part(whole: Any, path: Sequence[str | int]) -> Any:
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
        from typing import get_type_hints

        return get_type_hints(kind, include_extras=True)
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
