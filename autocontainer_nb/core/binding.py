"""A node's input: a plain value, a promise, or a list or dict with promises in it; checked where it is written."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from flyteidl.core import types_pb2

from autocontainer_nb.core.promise import NodeOutputs, Promise, VoidPromise
from autocontainer_nb.errors import DefinitionError
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.type_engine.names import show_type


@dataclass(frozen=True, eq=False)
class Binding:
    """What one input gets. Plain values stay Python values until the graph is serialized or run."""

    var: str
    value: Any
    python_type: Any


def bind(var: str, value: Any, python_type: Any, where: str) -> Binding:
    """Return the binding of one input, after a check of everything that can be known now.

    Raises:
        DefinitionError: a promise of another type, or of nothing; the message tells node, input and both types.
        ConversionError: a plain value of another type.
    """
    _check(value, python_type, f"{where}.{var}")
    return Binding(var, value, python_type)


def promises_in(value: Any) -> Iterator[Promise]:
    """Yield the promises in a bound value, in order."""
    if isinstance(value, Promise):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from promises_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from promises_in(item)


def _check(value: Any, python_type: Any, path: str) -> None:
    if isinstance(value, Promise):
        _check_promise(value, python_type, path)
    elif isinstance(value, VoidPromise):
        raise DefinitionError(f"{path} gets the result of {value!r}, which is nothing. Use `>>` for the order alone.")
    elif isinstance(value, NodeOutputs):
        raise DefinitionError(
            f"{path} gets all outputs of node {value[0].node.id if value[0].node else ''} at once "
            f"({', '.join(value.names)}). Pass one, such as .{value.names[0]}."
        )
    elif next(promises_in(value), None) is None:
        type_engine.check(value, python_type, path)
    else:
        for step, item, kind in _items(value, python_type, path):
            _check(item, kind, f"{path}{step}")


def _items(value: Any, python_type: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield (step, item, type) of a container with promises in it."""
    arguments = get_args(python_type)
    if isinstance(value, list) and get_origin(python_type) is list and arguments:
        yield from ((f"[{index}]", item, arguments[0]) for index, item in enumerate(value))
    elif isinstance(value, dict) and get_origin(python_type) is dict and arguments:
        yield from ((f"[{key!r}]", item, arguments[1]) for key, item in value.items())
    else:
        raise DefinitionError(
            f"{path} gets a {type(value).__name__} with promises in it, but its type is {show_type(python_type)}: "
            "list[...] or dict[str, ...] expected."
        )


def _check_promise(promise: Promise, python_type: Any, path: str) -> None:
    if promise.python_type is None or promise.attr_path:
        return
    given, wanted = type_engine.to_literal_type(promise.python_type), type_engine.to_literal_type(python_type)
    if not fits(given, wanted):
        raise DefinitionError(
            f"{path} is {show_type(python_type)}, but gets {show_type(promise.python_type)} from {promise!r}. Change "
            "one of the two annotations, or convert the value in a task between them."
        )


def fits(given: types_pb2.LiteralType, wanted: types_pb2.LiteralType) -> bool:
    """Whether a literal of the one type may be given for the other (flytepropeller's `validators/typing.go`)."""
    kind = wanted.WhichOneof("type")
    if kind == "union_type" and given.WhichOneof("type") != "union_type":
        return any(fits(given, variant) for variant in wanted.union_type.variants)
    if given.WhichOneof("type") == "union_type":
        return all(fits(variant, wanted) for variant in given.union_type.variants)
    return (given.WhichOneof("type") == kind and _same_kind_fits(str(kind), given, wanted)) or _casts(given, wanted)


def _same_kind_fits(kind: str, given: types_pb2.LiteralType, wanted: types_pb2.LiteralType) -> bool:
    if kind == "simple":
        return given.simple == wanted.simple
    if kind == "collection_type":
        return fits(given.collection_type, wanted.collection_type)
    if kind == "map_value_type":
        return fits(given.map_value_type, wanted.map_value_type)
    if kind == "blob":
        same_format = given.blob.format == wanted.blob.format or not wanted.blob.format or not given.blob.format
        return given.blob.dimensionality == wanted.blob.dimensionality and same_format
    if kind == "enum_type":
        return list(given.enum_type.values) == list(wanted.enum_type.values)
    return True  # structured data sets and schemas: which columns are there is known at run time


def _casts(given: types_pb2.LiteralType, wanted: types_pb2.LiteralType) -> bool:
    """Whether one is an enum and the other a string, which pass for each other."""
    pair = {given.WhichOneof("type"), wanted.WhichOneof("type")}
    strings = types_pb2.STRING in {given.simple if given.WhichOneof("type") == "simple" else None, wanted.simple}
    return pair == {"simple", "enum_type"} and strings
