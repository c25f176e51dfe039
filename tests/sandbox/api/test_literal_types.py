"""Which literals fit which declared types, and how both are shown."""

import pytest
from flyteidl.core import literals_pb2 as l
from flyteidl.core import types_pb2 as t

from autocontainer_nb.sandbox.api.literal_types import fits, mismatches, show_literal_type, show_type

INT, FLOAT, STR, NONE, STRUCT, BINARY = (
    t.LiteralType(simple=kind) for kind in (t.INTEGER, t.FLOAT, t.STRING, t.NONE, t.STRUCT, t.BINARY)
)
INTS = t.LiteralType(collection_type=INT)
BY_NAME = t.LiteralType(map_value_type=INTS)
OPTIONAL = t.LiteralType(union_type=t.UnionType(variants=[INT, NONE]))
COLOUR = t.LiteralType(enum_type=t.EnumType(values=["red", "green"]))
FILE = t.LiteralType(blob=t.BlobType())
CSV = t.LiteralType(blob=t.BlobType(format="csv"))
FOLDER = t.LiteralType(blob=t.BlobType(dimensionality=t.BlobType.MULTIPART))
FRAME = t.LiteralType(structured_dataset_type=t.StructuredDatasetType(format="parquet"))


def primitive(**value):
    return l.Literal(scalar=l.Scalar(primitive=l.Primitive(**value)))


def blob(**kind):
    return l.Literal(scalar=l.Scalar(blob=l.Blob(metadata=l.BlobMetadata(type=t.BlobType(**kind)), uri="s3://x")))


ONE, HALF, WORD = primitive(integer=1), primitive(float_value=0.5), primitive(string_value="red")
ABSENT = l.Literal(scalar=l.Scalar(none_type=l.Void()))
PACKED = l.Literal(scalar=l.Scalar(binary=l.Binary(value=b"\x80", tag="msgpack")))
ONES = l.Literal(collection=l.LiteralCollection(literals=[ONE, ONE]))
MIXED = l.Literal(collection=l.LiteralCollection(literals=[ONE, WORD]))
OFFLOADED = l.Literal(offloaded_metadata=l.LiteralOffloadedMetadata(uri="s3://x"))
DATASET = l.Literal(scalar=l.Scalar(structured_dataset=l.StructuredDataset(uri="s3://x")))


def union(value):
    return l.Literal(scalar=l.Scalar(union=l.Union(value=value, type=INT)))


def mapped(value):
    return l.Literal(map=l.LiteralMap(literals={"k": value}))


@pytest.mark.parametrize(
    ("literal", "declared"),
    [
        (ONE, INT),
        (HALF, FLOAT),
        (WORD, STR),
        (WORD, COLOUR),
        (ABSENT, NONE),
        (ABSENT, OPTIONAL),
        (ONE, OPTIONAL),
        (union(ONE), OPTIONAL),
        (PACKED, STRUCT),
        (PACKED, BINARY),
        (ONES, INTS),
        (l.Literal(collection=l.LiteralCollection()), INTS),
        (mapped(ONES), BY_NAME),
        (OFFLOADED, INTS),
        (blob(), FILE),
        (blob(format="csv"), CSV),
        (blob(format="csv"), FILE),
        (blob(), CSV),
        (blob(dimensionality=t.BlobType.MULTIPART), FOLDER),
        (DATASET, FRAME),
    ],
)
def test_it_fits(literal, declared):
    assert fits(literal, declared)


@pytest.mark.parametrize(
    ("literal", "declared"),
    [
        (ONE, FLOAT),  # as with Flyte: no silent widening
        (ONE, STR),
        (WORD, INT),
        (ABSENT, INT),
        (union(WORD), OPTIONAL),
        (WORD, OPTIONAL),
        (primitive(string_value="blue"), COLOUR),
        (MIXED, INTS),
        (ONE, INTS),
        (ONES, INT),
        (mapped(ONE), BY_NAME),
        (blob(format="csv"), t.LiteralType(blob=t.BlobType(format="png"))),
        (blob(), FOLDER),
        (PACKED, INT),
        (DATASET, FILE),
        (l.Literal(), INT),
        (ONE, t.LiteralType()),
    ],
)
def test_it_does_not_fit(literal, declared):
    assert not fits(literal, declared)


def test_the_place_inside_is_told():
    """The path goes into maps and lists, down to what doesn't fit."""
    ((path, expected, literal),) = mismatches(mapped(MIXED), BY_NAME, "batches")
    assert path == "batches['k'][1]"
    assert (show_type(expected), show_literal_type(literal)) == ("integer", "string")


@pytest.mark.parametrize(
    ("declared", "text"),
    [
        (BY_NAME, "map of string to list of integer"),
        (OPTIONAL, "integer | none"),
        (COLOUR, "one of red, green"),
        (CSV, "file of format csv"),
        (FOLDER, "directory"),
        (FRAME, "structured dataset"),
        (t.LiteralType(), "nothing"),
    ],
)
def test_a_type_is_shown_in_words(declared, text):
    assert show_type(declared) == text


@pytest.mark.parametrize(
    ("literal", "text"),
    [
        (HALF, "float"),
        (MIXED, "list of integer | string"),
        (l.Literal(collection=l.LiteralCollection()), "empty list"),
        (mapped(ONE), "map of string to integer"),
        (l.Literal(map=l.LiteralMap()), "empty map"),
        (PACKED, "binary (msgpack)"),
        (union(ONE), "integer"),
        (ABSENT, "none"),
        (blob(format="csv"), "file of format csv"),
        (OFFLOADED, "offloaded value"),
        (l.Literal(), "no value"),
    ],
)
def test_a_literal_is_shown_in_words(literal, text):
    assert show_literal_type(literal) == text
