"""What a comparison may have on its sides, by Flyte's rules."""

import datetime as dt
from enum import Enum
from typing import Literal

import pytest
from flyteidl.core import condition_pb2

from autocontainer_nb.compiler.conditions import Operand, check_comparison
from autocontainer_nb.compiler.findings import MISMATCHING_TYPES, NOT_COMPARABLE, VALUE_REQUIRED
from autocontainer_nb.type_engine.engine import type_engine

EQ, GT = condition_pb2.ComparisonExpression.EQ, condition_pb2.ComparisonExpression.GT


class Color(Enum):
    RED = "red"


def operand(kind: object, *path: str | int) -> Operand:
    return Operand(type_engine.to_literal_type(kind), path)


@pytest.mark.parametrize("kind", [int, float, str, dt.datetime, dt.date, dt.timedelta, Color, Literal["a", "b"]])
@pytest.mark.parametrize("operation", [EQ, GT])
def test_two_of_one_plain_type_compare(kind: object, operation: int) -> None:
    """By equality and by order."""
    assert check_comparison("n0", operation, operand(kind), operand(kind)) == []


@pytest.mark.parametrize(
    ("operation", "left", "right", "code"),
    [
        (EQ, operand(bool), operand(bool), None),
        (GT, operand(bool), operand(bool), NOT_COMPARABLE),
        (EQ, operand(int), operand(float), MISMATCHING_TYPES),
        (EQ, operand(Color), operand(str), MISMATCHING_TYPES),
        (EQ, operand(Literal["a"]), operand(str), MISMATCHING_TYPES),
        (EQ, operand(int | None), operand(int), MISMATCHING_TYPES),
        (EQ, operand(int | None), operand(int | None), NOT_COMPARABLE),
        (EQ, operand(int | None), operand(type(None)), VALUE_REQUIRED),
        (EQ, operand(list[int]), operand(list[int]), NOT_COMPARABLE),
        (EQ, operand(list[int], 0), operand(int), MISMATCHING_TYPES),
        (EQ, operand(list[int], 0), operand(list[int], 1), MISMATCHING_TYPES),
        (EQ, operand(dict, "a"), operand(dict, "b"), None),  # parts without a type of their own
        (EQ, operand(dict, "a"), operand(int), MISMATCHING_TYPES),
    ],
)
def test_what_is_refused(operation: int, left: Operand, right: Operand, code: str | None) -> None:
    """Each finding has Flyte's code and the node."""
    found = check_comparison("n0", operation, left, right)
    assert [each.code for each in found] == ([code] if code else [])
    assert all(each.node_id == "n0" for each in found)
