"""Which literal types pass for which: Flyte's own rules, on messages alone."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

import pytest
from flyteidl.core import types_pb2

from autocontainer_nb.compiler.types import castable, part_type
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.type_engine.values.flyte_file import FlyteFile


class Color(Enum):
    RED = "red"


@dataclass
class Small:
    a: int


@dataclass
class Large:
    a: int
    b: str


@dataclass
class Other:
    c: float


@pytest.mark.parametrize(
    ("given", "wanted", "expected"),
    [
        (int, int, True),
        (int, float, False),
        (int, int | None, True),
        (int | None, int, False),
        (int | str, str | int | None, True),
        (int | str | None, str | int, False),
        (list[int], list[int], True),
        (list[int], list[str], False),
        (list[int], list[int | None], True),
        (list[int | None], list[int], False),
        (list[int], list[int] | list[str], True),
        (dict[str, int], dict[str, int], True),
        (dict[str, int], dict[str, str], False),
        (list[int], dict[str, int], False),
        (Small, Small, True),
        (Large, Small, True),
        (Small, Large, False),
        (Small, Other, False),
        (Small, dict, True),
        (Small, int, False),
    ],
)
def test_which_types_pass_for_which(given: object, wanted: object, expected: bool) -> None:
    """The control plane's own rule, known before it is asked."""
    assert castable(type_engine.to_literal_type(given), type_engine.to_literal_type(wanted)) is expected


def simple(name: str) -> types_pb2.LiteralType:
    return types_pb2.LiteralType(simple=name)


def enum(*values: str) -> types_pb2.LiteralType:
    return types_pb2.LiteralType(enum_type=types_pb2.EnumType(values=values))


def union(*variants: types_pb2.LiteralType) -> types_pb2.LiteralType:
    return types_pb2.LiteralType(union_type=types_pb2.UnionType(variants=variants))


def blob(file_format: str, dimensionality: str = "SINGLE") -> types_pb2.LiteralType:
    return types_pb2.LiteralType(blob=types_pb2.BlobType(format=file_format, dimensionality=dimensionality))


def table(file_format: str = "", **columns: str) -> types_pb2.LiteralType:
    found = types_pb2.LiteralType(structured_dataset_type=types_pb2.StructuredDatasetType(format=file_format))
    for name, kind in columns.items():
        found.structured_dataset_type.columns.add(name=name, literal_type=simple(kind))
    return found


def listed(kind: types_pb2.LiteralType) -> types_pb2.LiteralType:
    return types_pb2.LiteralType(collection_type=kind)


SCHEMA = types_pb2.LiteralType(schema=types_pb2.SchemaType())


@pytest.mark.parametrize(
    ("given", "wanted", "expected"),
    [
        (enum("a"), simple("STRING"), True),
        (simple("STRING"), enum("a"), True),
        (simple("INTEGER"), enum("a"), False),
        (enum("a"), enum("a"), True),
        (enum("a"), enum("b"), False),
        (simple("STRING"), union(enum("a"), simple("STRING")), False),  # both variants would take it
        (simple("STRING"), union(simple("INTEGER"), simple("STRING")), True),
        (union(simple("STRING")), simple("STRING"), True),  # of one variant: a constant
        (simple("NONE"), simple("NONE"), True),
        (simple("INTEGER"), simple("NONE"), False),
        (simple("NONE"), table(), True),
        (listed(simple("NONE")), listed(simple("STRING")), True),  # an empty list
        (blob("csv"), blob("csv"), True),
        (blob("csv"), blob(""), True),
        (blob("csv"), blob("png"), False),
        (blob(""), blob("", "MULTIPART"), False),
        (table("parquet"), table("csv"), False),
        (table("PARQUET", a="STRING"), table("parquet"), True),
        (table(a="STRING", b="INTEGER"), table(a="STRING"), True),
        (table(a="STRING"), table(b="STRING"), False),
        (table(a="STRING"), table(a="INTEGER"), False),
        (SCHEMA, table("parquet"), True),
        (SCHEMA, table("csv"), False),
        (table(), SCHEMA, True),
        (simple("STRING"), table(), False),
    ],
    ids=str,
)
def test_the_rules_of_each_kind(given: types_pb2.LiteralType, wanted: types_pb2.LiteralType, expected: bool) -> None:
    """Enums, unions, None, files, tables: each kind has a rule of its own."""
    assert castable(given, wanted) is expected


def test_a_tag_belongs_to_its_variant() -> None:
    """A value that is tagged as one variant of a union doesn't pass for another of the same form."""
    tagged, other = simple("STRING"), simple("STRING")
    tagged.structure.tag, other.structure.tag = "str", "path"
    assert not castable(tagged, other)
    assert castable(simple("STRING"), other)


def test_the_type_of_a_part() -> None:
    """Items of lists and dicts, fields of dataclasses; None where there is no such field, or Flyte doesn't look."""
    whole = type_engine.to_literal_type(dict[str, list[Large]])
    assert part_type(whole, ["k", 0, "b"]) == type_engine.to_literal_type(str)
    assert part_type(whole, ["k", 0, "z"]) is None
    untyped = type_engine.to_literal_type(dict)
    assert part_type(untyped, ["k", "l"]) == untyped


@pytest.mark.parametrize(
    ("python_type", "path"),
    [
        (str, [0]),
        (int, ["real"]),
        (Any, ["k"]),
        (FlyteFile, ["path"]),
        (Color, ["name"]),
        (list[int] | None, [0]),
        (list[str], [0, 0]),
        (list[int], ["first"]),
        (list[int], [-1]),
        (dict[str, int], [0]),
    ],
    ids=str,
)
def test_flyte_does_not_look_into_everything(python_type: Any, path: list[str | int]) -> None:
    """It would pass all of a text, a file, an enum or a pickle in place of a part, or an item that wasn't meant."""
    assert part_type(type_engine.to_literal_type(python_type), path) is None
