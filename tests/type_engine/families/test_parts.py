"""Parts that Flyte takes out of dataclasses and models: they come in the packed form that they have there."""

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgpack
import pytest
from flyteidl.core import literals_pb2

from autocontainer_nb.errors import ConversionError
from autocontainer_nb.type_engine.convert import from_literal

UTC = dt.timezone.utc
NOON = dt.datetime(2026, 1, 2, 12, tzinfo=UTC)
ID = UUID(int=7)


def part(plain: Any) -> literals_pb2.Literal:
    """Return the literal that Flyte makes of a part: of plain scalars a primitive, of lists one of each item."""
    if isinstance(plain, list):
        items = [packed(each) for each in plain]
        return literals_pb2.Literal(collection=literals_pb2.LiteralCollection(literals=items))
    field = {str: "string_value", float: "float_value", bool: "boolean", int: "integer"}.get(type(plain))
    if field is None:
        return packed(plain)
    primitive = literals_pb2.Primitive(**{field: plain})
    return literals_pb2.Literal(scalar=literals_pb2.Scalar(primitive=primitive))


def packed(plain: Any) -> literals_pb2.Literal:
    binary = literals_pb2.Binary(value=msgpack.packb(plain), tag="msgpack")
    return literals_pb2.Literal(scalar=literals_pb2.Scalar(binary=binary))


@pytest.mark.parametrize(
    ("plain", "python_type", "value"),
    [
        ("2026-01-02", dt.date, dt.date(2026, 1, 2)),
        ("2026-01-02T12:00:00+00:00", dt.datetime, NOON),
        ("2026-01-02T12:00:00", dt.datetime, NOON),
        ("2026-01-02T13:00:00+01:00", dt.datetime | None, NOON),
        (1.5, dt.timedelta, dt.timedelta(seconds=1.5)),
        (1.5, dt.timedelta | None, dt.timedelta(seconds=1.5)),
        ("P1DT2H3M4.5S", dt.timedelta, dt.timedelta(days=1, hours=2, minutes=3, seconds=4.5)),
        ("-P1D", dt.timedelta, -dt.timedelta(days=1)),
        (None, dt.date | None, None),
        ("1.50", Decimal, Decimal("1.50")),
        (str(ID), UUID, ID),
        ("03:04:05", dt.time, dt.time(3, 4, 5)),
        (b"\x00a", bytes, b"\x00a"),
        ([1, 2], set[int], {1, 2}),
        (["2026-01-02"], list[dt.date], [dt.date(2026, 1, 2)]),
    ],
    ids=str,
)
def test_a_part_is_read_as_its_type(plain: Any, python_type: Any, value: Any) -> None:
    """Times, spans, and the types that are pickled elsewhere."""
    found = from_literal(part(plain), python_type)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("plain", "python_type", "told"),
    [
        ("soon", dt.date, "expected a date, got a string literal 'soon'"),
        (3, dt.date, "expected a date, got an integer literal 3"),
        ("PT", dt.timedelta, "expected a timedelta, got a string literal 'PT'"),
        ("x", complex, "expected a complex, got a string literal 'x'"),
    ],
)
def test_another_value_is_refused(plain: Any, python_type: Any, told: str) -> None:
    """As a whole value would be."""
    with pytest.raises(ConversionError, match=told):
        from_literal(part(plain), python_type)
