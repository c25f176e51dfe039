"""Rules for types: which literal type is accepted in place of which, and the type of a part of a value.

They are those of Flyte 1.16, and one of our own: a folder isn't a file, although Flyte compares only blob formats.
"""

from collections.abc import Sequence
from typing import Final

from flyteidl.core import types_pb2

LiteralType = types_pb2.LiteralType
_STRING: Final = types_pb2.STRING
_NONE: Final = types_pb2.NONE


def castable(given: LiteralType, wanted: LiteralType) -> bool:
    """Whether a value of the given type is accepted where the wanted type is expected.

    For two structures whose schemas differ without showing that they can't fit, the answer is yes.
    """
    return _castable(given, wanted, in_doubt=True)


def part_type(whole: LiteralType, path: Sequence[str | int]) -> LiteralType | None:
    """Return Flyte's type of a part of a value, or None if Flyte can't look the part up.

    Lists are indexed from 0, dicts by text, dataclasses by their fields. Flyte doesn't look into values of other types:
    it would pass the whole value. If the type doesn't describe its parts, as for a dict without types, a part has the
    type of the whole.
    """
    found = whole
    for step in path:
        kind = found.WhichOneof("type")
        fields = found.structure.dataclass_type
        if kind == "collection_type":
            if not isinstance(step, int) or step < 0:
                return None
            found = found.collection_type
        elif kind == "map_value_type":
            if not isinstance(step, str):
                return None
            found = found.map_value_type
        elif fields:
            if str(step) not in fields:
                return None
            found = fields[str(step)]
        elif not _is_structure(found):
            return None
    return found


def is_none(kind: LiteralType) -> bool:
    """Whether it is the type of None."""
    return kind.WhichOneof("type") == "simple" and kind.simple == _NONE


def _castable(given: LiteralType, wanted: LiteralType, *, in_doubt: bool) -> bool:
    variants = given.union_type.variants
    if len(variants) == 1 and _casts_from(variants[0], wanted, in_doubt=in_doubt):
        return True
    return _casts_from(given, wanted, in_doubt=in_doubt)


def _casts_from(given: LiteralType, wanted: LiteralType, *, in_doubt: bool) -> bool:
    kind = wanted.WhichOneof("type")
    if kind == "union_type":
        return _union_takes(given, wanted.union_type, in_doubt=in_doubt)
    if kind in {"collection_type", "map_value_type"}:
        inner: LiteralType = getattr(given, kind)
        same: bool = given.WhichOneof("type") == kind
        return same and (is_none(inner) or _castable(inner, getattr(wanted, kind), in_doubt=in_doubt))
    if kind == "blob":
        return given.WhichOneof("type") == "blob" and _blob_takes(given.blob, wanted.blob)
    if kind in {"schema", "structured_dataset_type"}:
        return _table_takes(given, wanted, in_doubt=in_doubt)
    return is_none(given) if is_none(wanted) else _same(given, wanted, in_doubt=in_doubt)


def _union_takes(given: LiteralType, wanted: types_pb2.UnionType, *, in_doubt: bool) -> bool:
    """Whether the union accepts the type: each variant of a union, or another type that exactly one variant accepts."""
    if given.WhichOneof("type") == "union_type":
        return all(
            any(_castable(each, variant, in_doubt=in_doubt) for variant in wanted.variants)
            for each in given.union_type.variants
        )
    sure = sum(_castable(given, variant, in_doubt=False) for variant in wanted.variants)
    return sure == 1 or (not sure and any(_castable(given, each, in_doubt=in_doubt) for each in wanted.variants))


def _blob_takes(given: types_pb2.BlobType, wanted: types_pb2.BlobType) -> bool:
    same_format = given.format == wanted.format or not given.format or not wanted.format
    return same_format and given.dimensionality == wanted.dimensionality


def _table_takes(given: LiteralType, wanted: LiteralType, *, in_doubt: bool) -> bool:
    """Whether the table type accepts the other one: if both declare columns, all wanted columns must be there."""
    given_kind, kind = given.WhichOneof("type"), wanted.WhichOneof("type")
    if is_none(given):
        return bool(kind == "structured_dataset_type")  # None is accepted as a table
    if given_kind not in {"schema", "structured_dataset_type"}:
        return False
    formats = [_table_format(each) for each in (given, wanted)]
    if all(formats) and formats[0] != formats[1]:
        return False
    if given_kind != "structured_dataset_type" or kind != "structured_dataset_type":
        return True  # columns of the older schema have other types
    there = {column.name: column.literal_type for column in given.structured_dataset_type.columns}
    columns = wanted.structured_dataset_type.columns
    return not there or all(
        column.name in there and _castable(there[column.name], column.literal_type, in_doubt=in_doubt)
        for column in columns
    )


def _table_format(kind: LiteralType) -> str:
    is_schema = kind.WhichOneof("type") == "schema"
    return "parquet" if is_schema else kind.structured_dataset_type.format.lower()


def _same(given: LiteralType, wanted: LiteralType, *, in_doubt: bool) -> bool:
    """Whether types without parts are equal; an enum and a string are interchangeable."""
    pair = (given, wanted)
    if any(each.WhichOneof("type") == "enum_type" for each in pair) and any(_is_string(each) for each in pair):
        return True
    if given.structure.tag and given.structure.tag != wanted.structure.tag:
        return False
    if all(map(_is_structure, pair)):
        return _structure_takes(given, wanted, in_doubt=in_doubt)
    return _bare(given) == _bare(wanted)


def _is_structure(kind: LiteralType) -> bool:
    return kind.WhichOneof("type") == "simple" and kind.simple == types_pb2.STRUCT


def _is_string(kind: LiteralType) -> bool:
    return kind.WhichOneof("type") == "simple" and kind.simple == _STRING


def _bare(kind: LiteralType) -> LiteralType:
    """Return the type without metadata, annotation and structure."""
    bare = LiteralType()
    bare.CopyFrom(kind)
    for field in ("metadata", "annotation", "structure"):
        bare.ClearField(field)
    return bare


def _structure_takes(given: LiteralType, wanted: LiteralType, *, in_doubt: bool) -> bool:
    if not given.HasField("metadata") or not wanted.HasField("metadata") or given.metadata == wanted.metadata:
        return True
    there, needed = (dict(each.structure.dataclass_type) for each in (given, wanted))
    if (
        there
        and needed
        and not all(name in there and _castable(there[name], kind, in_doubt=True) for name, kind in needed.items())
    ):
        return False
    return in_doubt
