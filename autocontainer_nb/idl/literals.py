"""Literals as one line of text, and conversion between dicts and protobuf structs."""

from typing import Any

from flyteidl.core import literals_pb2
from google.protobuf import struct_pb2

from autocontainer_nb.idl.times import moment, span

_SHOWN_CHARS = 60


def struct(content: dict[str, Any]) -> struct_pb2.Struct:
    """Return the JSON-like dict as a message; numbers become doubles, the only numbers of protobuf's Struct."""
    message = struct_pb2.Struct()
    message.update(content)
    return message


def struct_to_dict(message: struct_pb2.Struct) -> dict[str, Any]:
    """Return the message as a plain dict; numbers without a fraction become int, as in JSON."""
    return {name: _plain(value) for name, value in message.fields.items()}


def _plain(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return struct_to_dict(value.struct_value)
    if kind == "list_value":
        return [_plain(item) for item in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    return None if kind in (None, "null_value") else getattr(value, kind)


def show_literal(literal: literals_pb2.Literal) -> str:
    """Return the literal in words, on one line: `an integer literal 3`, `a collection of 4 literals`."""
    kind = literal.WhichOneof("value")
    if kind == "collection":
        return f"a collection of {len(literal.collection.literals)} literals"
    if kind == "map":
        names = ", ".join(sorted(literal.map.literals)[:5])
        return f"a map of {len(literal.map.literals)} literals ({names})" if names else "an empty map of literals"
    if kind == "scalar":
        return _show_scalar(literal.scalar)
    return "an empty literal" if kind is None else f"a literal offloaded to {literal.offloaded_metadata.uri}"


def _show_scalar(scalar: literals_pb2.Scalar) -> str:
    kind = scalar.WhichOneof("value")
    if kind == "primitive":
        return _show_primitive(scalar.primitive)
    if kind == "union":
        return f"{show_literal(scalar.union.value)} in a union"
    if kind == "blob":
        form = scalar.blob.metadata.type.format
        return f"a blob{f' of format {form}' if form else ''} at {scalar.blob.uri}"
    if kind == "binary":
        return f"{len(scalar.binary.value)} bytes of {scalar.binary.tag or 'untagged binary'}"
    if kind == "structured_dataset":
        return f"a structured dataset at {scalar.structured_dataset.uri}"
    names = {"none_type": "None", "generic": "a protobuf struct", "error": "an error", "schema": "a schema"}
    return names.get(kind or "", "an empty scalar")


def _show_primitive(primitive: literals_pb2.Primitive) -> str:
    kind = primitive.WhichOneof("value")
    if kind is None:
        return "an empty primitive"
    value = getattr(primitive, kind)
    if kind == "datetime":
        return f"a datetime literal {moment(value).isoformat()}"
    if kind == "duration":
        return f"a duration literal {span(value)}"
    text = repr(value)
    shown = text if len(text) <= _SHOWN_CHARS else text[: _SHOWN_CHARS - 1] + "…"
    name = {"integer": "an integer", "float_value": "a float", "boolean": "a boolean", "string_value": "a string"}[kind]
    return f"{name} literal {shown}"
