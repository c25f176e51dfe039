"""Values that nodes of a local run pass on: each node gets what a container would read, so both runs give the same."""

from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
from typing import Any, get_args, get_origin

from flyteidl.core import types_pb2

from autocontainer_nb.storage.scratch import scratch_files
from autocontainer_nb.type_engine.engine import type_engine


def as_passed(value: Any, given: Any, wanted: Any, path: str) -> Any:
    """Return a value of the type `given` as a container reads it that wants `wanted`.

    An int is a float where one is declared, a text is a member of an enum, a time has its zone, and what one node does
    to its list no other node sees. Files, tables, arrays and pickles are handed on as they are, unless the types
    differ: to write and read them again would only take time.

    Raises:
        ConversionError: the value doesn't fit; the message tells where, starting with `path`.
    """
    if given == wanted and _is_stored_apart(type_engine.to_literal_type(given)):
        return value
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


def _is_stored_apart(kind: types_pb2.LiteralType) -> bool:
    """Whether values of the type are files of their own, or hold some."""
    which = kind.WhichOneof("type")
    if which in {"collection_type", "map_value_type"}:
        return _is_stored_apart(getattr(kind, which))
    inside = [*kind.union_type.variants, *kind.structure.dataclass_type.values()]
    return which in {"blob", "schema", "structured_dataset_type"} or any(map(_is_stored_apart, inside))
