"""The type that Flyte infers of a value with which an execution or a launch plan starts."""

from collections.abc import Iterable
from typing import Final

from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.compiler.types import LiteralType, castable
from autocontainer_nb.wire import MSGPACK_TAG

_PRIMITIVES: Final = {
    "integer": types_pb2.INTEGER,
    "float_value": types_pb2.FLOAT,
    "string_value": types_pb2.STRING,
    "boolean": types_pb2.BOOLEAN,
    "datetime": types_pb2.DATETIME,
    "duration": types_pb2.DURATION,
}
_SIMPLE: Final = {
    "binary": types_pb2.STRUCT,
    "generic": types_pb2.STRUCT,
    "none_type": types_pb2.NONE,
    "error": types_pb2.ERROR,
}
_NOTHING: Final = LiteralType(simple=types_pb2.NONE)


def accepted_as_input(literal: literals_pb2.Literal, declared: LiteralType) -> bool:
    """Whether Flyte accepts the value as an input of the declared type.

    It refuses a list whose items seem to have several types, as an empty dict and another one do.
    """
    return castable(inferred_type(literal), declared)


def inferred_type(literal: literals_pb2.Literal) -> LiteralType:
    """Return the type that Flyte infers of the value: a union where the items of a list or dict seem to differ."""
    kind = literal.WhichOneof("value")
    if kind == "collection":
        return LiteralType(collection_type=_of_items(literal.collection.literals))
    if kind == "map":
        return LiteralType(map_value_type=_of_items(literal.map.literals.values()))
    if kind == "offloaded_metadata":
        return literal.offloaded_metadata.inferred_type
    return _of_scalar(literal.scalar)


def _of_items(literals: Iterable[literals_pb2.Literal]) -> LiteralType:
    found: dict[str, LiteralType] = {}
    without_items = None
    for literal in literals:
        simple = literal.scalar.primitive.WhichOneof("value")
        if simple is not None and simple in found:
            continue
        kind = inferred_type(literal)
        if literal.WhichOneof("value") == "collection" and not literal.collection.literals:
            without_items = kind  # has the type of the others, if there are any; an empty dict hasn't
        else:
            found.setdefault(simple or str(kind), kind)
    kinds = sorted(found.values(), key=str)
    if len(kinds) > 1:
        return _union(kinds)
    return kinds[0] if kinds else without_items or _NOTHING


def _union(kinds: list[LiteralType]) -> LiteralType:
    variants: list[LiteralType] = []
    is_nested = False
    for kind in kinds:
        inside = kind.collection_type.union_type.variants
        is_nested = is_nested or bool(inside)
        variants.extend(inside or [kind])
    union = LiteralType(union_type=types_pb2.UnionType(variants=variants))
    return LiteralType(collection_type=union) if is_nested else union


def _of_scalar(scalar: literals_pb2.Scalar) -> LiteralType:
    kind = scalar.WhichOneof("value")
    if kind == "primitive":
        return LiteralType(simple=_PRIMITIVES.get(scalar.primitive.WhichOneof("value") or "", types_pb2.NONE))
    if kind == "binary" and scalar.binary.tag != MSGPACK_TAG:
        return LiteralType(simple=types_pb2.BINARY)
    if kind in _SIMPLE:
        return LiteralType(simple=_SIMPLE[kind])
    found = LiteralType()
    if kind == "union":
        found.union_type.variants.append(scalar.union.type)
    elif kind == "blob":
        found.blob.CopyFrom(scalar.blob.metadata.type)
    elif kind == "schema":
        found.schema.CopyFrom(scalar.schema.type)
    elif kind == "structured_dataset":
        found.structured_dataset_type.CopyFrom(scalar.structured_dataset.metadata.structured_dataset_type)
    return found
