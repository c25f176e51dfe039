"""Literals in one line, and moments and spans as messages."""

import datetime as dt

import pytest
from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.idl.literals import show_literal, struct, struct_to_dict
from autocontainer_nb.idl.times import duration, moment, span, timestamp


@pytest.mark.parametrize(
    "value",
    [
        dt.timedelta(0),
        dt.timedelta(microseconds=1),
        dt.timedelta(microseconds=-1),
        dt.timedelta(days=-3, microseconds=5),
        dt.timedelta(days=10_000),
    ],
)
def test_spans(value):
    """Seconds and nanos have one sign, as protobuf's Duration demands; nothing is lost."""
    message = duration(value)
    assert message.seconds * message.nanos >= 0
    assert span(message) == value
    assert message.ToTimedelta() == value


def test_moments():
    """Moments before 1970 keep positive nanos, as protobuf's Timestamp demands."""
    for date in ((1969, 12, 31, 23, 59, 59, 1), (9999, 12, 31), (1, 1, 1)):
        aware = dt.datetime(*date, tzinfo=dt.timezone.utc)
        assert timestamp(aware.replace(tzinfo=None)) == timestamp(aware)
        assert timestamp(aware).nanos >= 0
        assert moment(timestamp(aware)) == aware


def test_structs():
    """A JSON-like dict comes back, with whole numbers as int."""
    content = {"a": 1, "b": [1.5, None, {"c": "x"}], "d": True, "e": {}}
    assert struct_to_dict(struct(content)) == content


def scalar(**fields):
    return literals_pb2.Literal(scalar=literals_pb2.Scalar(**fields))


def primitive(**fields):
    return scalar(primitive=literals_pb2.Primitive(**fields))


NEW_YEAR = dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc)
BLOB = literals_pb2.Blob(
    uri="s3://b/k", metadata=literals_pb2.BlobMetadata(type=types_pb2.BlobType(format="PythonPickle"))
)


@pytest.mark.parametrize(
    ("literal", "shown"),
    [
        (primitive(integer=3), "an integer literal 3"),
        (primitive(string_value="x" * 99), "a string literal '" + "x" * 58 + "…"),
        (primitive(boolean=False), "a boolean literal False"),
        (
            primitive(datetime=timestamp(NEW_YEAR)),
            "a datetime literal 2024-01-01T00:00:00+00:00",
        ),
        (primitive(duration=duration(dt.timedelta(1))), "a duration literal 1 day, 0:00:00"),
        (primitive(), "an empty primitive"),
        (scalar(none_type=literals_pb2.Void()), "None"),
        (scalar(blob=BLOB), "a blob of format PythonPickle at s3://b/k"),
        (scalar(binary=literals_pb2.Binary(value=b"abc", tag="msgpack")), "3 bytes of msgpack"),
        (scalar(structured_dataset=literals_pb2.StructuredDataset(uri="s3://b/d")), "a structured dataset at s3://b/d"),
        (scalar(generic=struct({})), "a protobuf struct"),
        (scalar(union=literals_pb2.Union(value=primitive(integer=3))), "an integer literal 3 in a union"),
        (scalar(), "an empty scalar"),
        (literals_pb2.Literal(), "an empty literal"),
        (literals_pb2.Literal(collection=literals_pb2.LiteralCollection()), "a collection of 0 literals"),
        (literals_pb2.Literal(map=literals_pb2.LiteralMap()), "an empty map of literals"),
        (
            literals_pb2.Literal(map=literals_pb2.LiteralMap(literals={"b": primitive(), "a": primitive()})),
            "a map of 2 literals (a, b)",
        ),
        (
            literals_pb2.Literal(offloaded_metadata=literals_pb2.LiteralOffloadedMetadata(uri="s3://b/o")),
            "a literal offloaded to s3://b/o",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_show_literal(literal, shown):
    assert show_literal(literal) == shown
