"""What type Flyte infers of a value, and so which values it refuses where an execution starts with them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.compiler.literals import accepted_as_input, inferred_type
from autocontainer_nb.type_engine.convert import to_literal, to_literal_type
from autocontainer_nb.type_engine.values.flyte_file import FlyteFile


@dataclass
class Point:
    x: int


@pytest.mark.parametrize(
    ("value", "python_type"),
    [
        (1, int),
        (None, int | None),
        ("a", int | str),
        ([], list[int]),
        ({}, dict[str, int]),
        ([[1], []], list[list[int]]),
        ({"a": [1], "b": []}, dict[str, list[int]]),
        ([1, None], list[int | None]),
        ([1, "a"], list[int | str]),
        ([[1], [None]], list[list[int | None]]),
        ([[1], ["a"]], list[list[int | str]]),
        ([[1], [], "a"], list[list[int] | str]),
        ([{}, {}], list[dict[str, int]]),
        ({"a": [1], "b": None, "c": []}, dict[str, list[int] | None]),
        ([Point(1), Point(2)], list[Point]),
        ([{"a": 1}, {}], list[dict]),
        ([{"a": 1}, {}], list),
        ([pd.DataFrame({"a": [1]})], list[pd.DataFrame]),
        ([{1}], list[set[int]]),
    ],
    ids=str,
)
def test_a_value_is_accepted(value: Any, python_type: Any) -> None:
    """Each of these has started an execution on a real Flyte."""
    assert accepted_as_input(to_literal(value, python_type), to_literal_type(python_type))


@pytest.mark.parametrize(
    ("value", "python_type"),
    [
        ([{"a": 1}, {}], list[dict[str, int]]),
        ({"a": {"b": 1}, "c": {}}, dict[str, dict[str, int]]),
        ([[[1]], [[]], []], list[list[list[int]]]),
        ([{"a": [1]}, {"b": []}], list[dict[str, list[int]]]),
    ],
    ids=str,
)
def test_empty_ones_beside_others_are_taken_for_another_type(value: Any, python_type: Any) -> None:
    """Each of these was refused by a real Flyte, though the value is of the declared type."""
    assert not accepted_as_input(to_literal(value, python_type), to_literal_type(python_type))


def test_what_is_inferred(tmp_path: Path) -> None:
    """Files, errors and bare bytes have their types; what is offloaded has the one that it tells."""
    path = tmp_path / "a.txt"
    path.write_text("a", encoding="utf-8")
    assert inferred_type(to_literal(FlyteFile(str(path)), FlyteFile)).WhichOneof("type") == "blob"
    error = literals_pb2.Literal(scalar=literals_pb2.Scalar(error=types_pb2.Error(message="m")))
    assert inferred_type(error).simple == types_pb2.ERROR
    raw = literals_pb2.Literal(scalar=literals_pb2.Scalar(binary=literals_pb2.Binary(value=b"a")))
    assert inferred_type(raw).simple == types_pb2.BINARY
    told = to_literal_type(list[int])
    place = literals_pb2.LiteralOffloadedMetadata(uri="s3://b/a", inferred_type=told)
    assert inferred_type(literals_pb2.Literal(offloaded_metadata=place)) == told
