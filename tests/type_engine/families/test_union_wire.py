"""A collection of unions of simple types: the same messages as one item at a time gives, and the same values back."""

import math
import random
from itertools import chain
from typing import Any, Optional

import numpy as np
import pytest
from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.errors import ConversionError
from autocontainer_nb.type_engine.engine import type_engine

EDGES = sorted({sign * ((1 << bits) + step) for bits in range(64) for step in (-1, 0, 1) for sign in (-1, 1)})
INTS = [each for each in EDGES if -(2**63) <= each < 2**63]
FLOATS = [0.0, -0.0, 1.5, math.inf, -math.inf, math.nan, 5e-324, 1.7e308]
SIZES = [*range(5), *range(90, 140), 255, 256, 16_360, 16_383, 16_384, 70_000]
TEXTS = ["", "\0", "ä" * 60, "\U0001f600", *("x" * size for size in SIZES)]
VALUES: dict[type, list[Any]] = {int: INTS, float: FLOATS, str: TEXTS, bool: [True, False], type(None): [None] * 3}
UNIONS: list[Any] = [
    int | None,
    Optional[int],  # noqa: UP045 - the older spelling
    float | None,
    str | None,
    bool | None,
    int | str,
    float | int,
    None | int,
    bool | int | float | str | None,
]


def values_for(union: Any, seed: int) -> list[Any]:
    """Return values of all variants, mixed."""
    found = list(chain.from_iterable(VALUES[kind] for kind in union.__args__))
    random.Random(seed).shuffle(found)
    return found


def one_by_one(values: list[Any], union: Any, files: Any) -> literals_pb2.Literal:
    items = [type_engine.to_literal(value, union, files=files) for value in values]
    return literals_pb2.Literal(collection=literals_pb2.LiteralCollection(literals=items))


def shown(values: list[Any]) -> list[tuple[type, str]]:
    return [(type(value), repr(value)) for value in values]


@pytest.mark.parametrize("union", UNIONS, ids=str)
@pytest.mark.parametrize("seed", range(3))
def test_all_at_a_time_is_one_at_a_time(union, seed, files):
    """Messages are equal; values come back with their types, whichever way they were written."""
    values = values_for(union, seed)
    literal = type_engine.to_literal(values, list[union], files=files)
    assert literal == one_by_one(values, union, files)
    read = literals_pb2.Literal.FromString(literal.SerializeToString())
    assert shown(type_engine.from_literal(read, list[union], files=files)) == shown(values)
    type_engine.check(values, list[union], "x")


@pytest.mark.parametrize("union", UNIONS, ids=str)
def test_items_of_one_kind_only_and_none_at_all(union, files):
    """An empty list, and a list that uses one variant."""
    for values in ([], *(VALUES[kind] for kind in union.__args__)):
        literal = type_engine.to_literal(values, list[union], files=files)
        assert literal == one_by_one(values, union, files)
        assert shown(type_engine.from_literal(literal, list[union], files=files)) == shown(values)


def test_unions_inside_lists_and_dicts(files):
    """Deeper lists and the values of dicts have the same fast way."""
    nested = [[1, None], [], [2**40, -5]]
    kind = list[list[int | None]]
    assert type_engine.from_literal(type_engine.to_literal(nested, kind, files=files), kind, files=files) == nested
    named = {f"k{number}": None if number % 3 else number / 7 for number in range(100)}
    named_kind = dict[str, float | None]
    literal = type_engine.to_literal(named, named_kind, files=files)
    assert type_engine.from_literal(literal, named_kind, files=files) == named


def union_literal(inner: literals_pb2.Literal, simple: Any, tag: str) -> literals_pb2.Literal:
    kind = types_pb2.LiteralType(simple=simple, structure=types_pb2.TypeStructure(tag=tag))
    return literals_pb2.Literal(scalar={"union": literals_pb2.Union(value=inner, type=kind)})


def primitive(**field: Any) -> literals_pb2.Literal:
    return literals_pb2.Literal(scalar={"primitive": field})


INT, FLOAT, STR = types_pb2.INTEGER, types_pb2.FLOAT, types_pb2.STRING
STRANGE = [
    (primitive(integer=3), 3),
    (primitive(float_value=3.0), 3),
    (union_literal(primitive(float_value=4.0), INT, "int"), 4),
    (union_literal(primitive(integer=4), INT, "Int of another SDK"), 4),
    (union_literal(union_literal(primitive(integer=5), INT, "int"), INT, "int"), 5),
    (literals_pb2.Literal(scalar={"none_type": {}}), None),
    (literals_pb2.Literal(hash="h", scalar=union_literal(primitive(integer=6), INT, "int").scalar), 6),
    (literals_pb2.Literal(metadata={"a": "b"}, scalar=union_literal(primitive(integer=7), INT, "int").scalar), 7),
]


@pytest.mark.parametrize("at", range(3))
@pytest.mark.parametrize(("strange", "value"), STRANGE)
def test_forms_of_other_writers_are_read_as_well(strange, value, at, files):
    """One literal in another form, anywhere in a collection, reads as it does by itself."""
    literal = type_engine.to_literal([1, None], list[int | None], files=files)
    items = list(literal.collection.literals)
    items.insert(at, strange)
    expected = [1, None]
    expected.insert(at, value)
    mixed = literals_pb2.Literal(collection=literals_pb2.LiteralCollection(literals=items))
    assert type_engine.from_literal(mixed, list[int | None], files=files) == expected


def test_what_does_not_fit_is_named_with_its_place(files):
    """Values and literals that fit no variant; the path leads to them."""
    for values, message in (
        ([1, None, "x"], r"x\[2\]: expected .*, got 'x'"),
        ([None, 2**63], r"x\[1\]"),
        ([None, True], r"x\[1\]"),
    ):
        with pytest.raises(ConversionError, match=message):
            type_engine.to_literal(values, list[int | None], files=files, path="x")
        with pytest.raises(ConversionError, match=message):
            type_engine.check(values, list[int | None], "x")
    with pytest.raises(ConversionError, match=r"x\[1\]"):
        type_engine.to_literal(["a", "\ud800"], list[str | None], files=files, path="x")
    wrong = type_engine.to_literal([1, "x"], list[int | str], files=files)
    with pytest.raises(ConversionError, match=r"y\[1\]"):
        type_engine.from_literal(wrong, list[int | None], files=files, path="y")


def test_numbers_of_numpy_are_converted(files):
    """Values of other classes than the variants' go one by one, among others or alone."""
    values = [np.int64(3), None, 4]
    literal = type_engine.to_literal(values, list[int | None], files=files)
    assert shown(type_engine.from_literal(literal, list[int | None], files=files)) == shown([3, None, 4])
