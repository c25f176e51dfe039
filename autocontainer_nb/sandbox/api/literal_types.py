"""Checks that a literal fits a declared type, and texts that show both to a person.

No stricter than Flyte's compiler (`pkg/compiler/validators`): kinds must agree, and formats of blobs where both sides
name one. The contents of binary values and data sets are left to the container.
"""

from collections.abc import Iterator
from typing import Final

from flyteidl.core import literals_pb2, types_pb2

_PRIMITIVE_OF_SIMPLE: Final = {
    types_pb2.INTEGER: "integer",
    types_pb2.FLOAT: "float_value",
    types_pb2.STRING: "string_value",
    types_pb2.BOOLEAN: "boolean",
    types_pb2.DATETIME: "datetime",
    types_pb2.DURATION: "duration",
}
_SCALARS_OF_SIMPLE: Final = {
    types_pb2.NONE: ("none_type",),
    types_pb2.BINARY: ("binary",),
    types_pb2.ERROR: ("error",),
    types_pb2.STRUCT: ("generic", "binary"),  # binary: MessagePack, since Flyte 1.14
}
_NAME_OF_PRIMITIVE: Final = {"float_value": "float", "string_value": "string"}


def show_type(declared: types_pb2.LiteralType) -> str:
    """Return a declared type as a short text, such as `list of integer`."""
    kind = declared.WhichOneof("type")
    if kind == "simple":
        return types_pb2.SimpleType.Name(declared.simple).lower()
    if kind == "collection_type":
        return f"list of {show_type(declared.collection_type)}"
    if kind == "map_value_type":
        return f"map of string to {show_type(declared.map_value_type)}"
    if kind == "union_type":
        return " | ".join(show_type(variant) for variant in declared.union_type.variants)
    if kind == "blob":
        return _show_blob(declared.blob)
    enum = f"one of {', '.join(declared.enum_type.values)}"
    names = {"schema": "schema", "structured_dataset_type": "structured dataset", "enum_type": enum}
    return names.get(kind or "", kind or "nothing")


def _show_blob(blob: types_pb2.BlobType) -> str:
    shape = "directory" if blob.dimensionality == types_pb2.BlobType.MULTIPART else "file"
    return f"{shape} of format {blob.format}" if blob.format else shape


def show_literal_type(literal: literals_pb2.Literal) -> str:
    """Return the type of a literal as a short text."""
    kind = literal.WhichOneof("value")
    if kind == "collection":
        inner = sorted({show_literal_type(item) for item in literal.collection.literals})
        return f"list of {' | '.join(inner)}" if inner else "empty list"
    if kind == "map":
        inner = sorted({show_literal_type(item) for item in literal.map.literals.values()})
        return f"map of string to {' | '.join(inner)}" if inner else "empty map"
    if kind == "scalar":
        return _show_scalar(literal.scalar)
    return "offloaded value" if kind == "offloaded_metadata" else "no value"


def _show_scalar(scalar: literals_pb2.Scalar) -> str:
    kind = scalar.WhichOneof("value")
    if kind == "primitive":
        primitive = scalar.primitive.WhichOneof("value") or "empty primitive"
        return _NAME_OF_PRIMITIVE.get(primitive, primitive)
    if kind == "union":
        return show_literal_type(scalar.union.value)
    if kind == "blob":
        return _show_blob(scalar.blob.metadata.type)
    if kind == "binary":
        return f"binary ({scalar.binary.tag})" if scalar.binary.tag else "binary"
    return {"none_type": "none", "generic": "struct", "structured_dataset": "structured dataset"}.get(
        kind or "", kind or "empty scalar"
    )


def mismatches(
    literal: literals_pb2.Literal, declared: types_pb2.LiteralType, path: str
) -> Iterator[tuple[str, types_pb2.LiteralType, literals_pb2.Literal]]:
    """Yield each place where a literal doesn't fit, as (path, expected type, the literal there)."""
    kind = declared.WhichOneof("type")
    if literal.HasField("offloaded_metadata"):
        return
    if kind == "collection_type" and literal.HasField("collection"):
        for index, item in enumerate(literal.collection.literals):
            yield from mismatches(item, declared.collection_type, f"{path}[{index}]")
    elif kind == "map_value_type" and literal.HasField("map"):
        for key, item in literal.map.literals.items():
            yield from mismatches(item, declared.map_value_type, f"{path}[{key!r}]")
    elif kind == "union_type":
        given = literal.scalar.union.value if literal.scalar.HasField("union") else literal
        if not any(fits(given, variant) for variant in declared.union_type.variants):
            yield path, declared, literal
    elif not (literal.HasField("scalar") and _scalar_fits(literal.scalar, declared)):
        yield path, declared, literal


def fits(literal: literals_pb2.Literal, declared: types_pb2.LiteralType) -> bool:
    """Whether the literal is of the declared type."""
    return next(mismatches(literal, declared, ""), None) is None


def _scalar_fits(scalar: literals_pb2.Scalar, declared: types_pb2.LiteralType) -> bool:
    kind, given = declared.WhichOneof("type"), scalar.WhichOneof("value")
    if kind == "simple":
        if declared.simple in _PRIMITIVE_OF_SIMPLE:
            return bool(scalar.primitive.WhichOneof("value") == _PRIMITIVE_OF_SIMPLE[declared.simple])
        return given in _SCALARS_OF_SIMPLE[declared.simple]
    if kind == "enum_type":
        return given == "primitive" and scalar.primitive.string_value in declared.enum_type.values
    if kind == "blob":
        return given == "blob" and _blob_fits(scalar.blob.metadata.type, declared.blob)
    return kind in ("schema", "structured_dataset_type") and given in ("schema", "structured_dataset")


def _blob_fits(given: types_pb2.BlobType, declared: types_pb2.BlobType) -> bool:
    same_format = not given.format or not declared.format or given.format == declared.format
    return given.dimensionality == declared.dimensionality and same_format
