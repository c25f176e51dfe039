"""The JSON schema in a dataclass's literal type, where golden files don't reach: kinds of fields by themselves."""

import dataclasses
import datetime as dt
import decimal
import pathlib
import typing
import uuid
from typing import Any, Literal, NewType, Optional

import pytest
from golden_cases import Color, Level

from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.type_engine.packed.schema import dataclass_schema

# What mashumaro's jsonschema gives for a field of that type (mashumaro 3.23).
KINDS = [
    (int, {"type": "integer"}),
    (bytes, {"type": "string", "format": "base64"}),
    (Any, {}),
    (type(None), {"type": "null"}),
    (Optional[int], {"anyOf": [{"type": "integer"}, {"type": "null"}]}),  # noqa: UP045 - the older spelling
    (int | str, {"anyOf": [{"type": "integer"}, {"type": "string"}]}),
    (pathlib.Path, {"type": "string", "format": "path"}),
    (decimal.Decimal, {"type": "string", "format": "decimal"}),
    (uuid.UUID, {"type": "string", "format": "uuid"}),
    (set[int], {"type": "array", "items": {"type": "integer"}, "uniqueItems": True}),
    (
        tuple[int, str],
        {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "maxItems": 2, "minItems": 2},
    ),
    (tuple[int, ...], {"type": "array", "items": {"type": "integer"}}),
    (list, {"type": "array"}),
    (dict, {"type": "object"}),
    (
        dict[int, float],
        {"type": "object", "additionalProperties": {"type": "number"}, "propertyNames": {"type": "integer"}},
    ),
    (
        dict[Color, int],
        {"type": "object", "additionalProperties": {"type": "integer"}, "propertyNames": {"enum": ["red", "blue"]}},
    ),
    (Level, {"enum": [1, 2]}),
    (Literal["a", 1], {"enum": ["a", 1]}),
    (dt.time, {"type": "string", "format": "time"}),
    (dt.timedelta, {"type": "number", "format": "time-delta"}),
    (typing.Sequence[int], {"type": "array", "items": {"type": "integer"}}),
    (NewType("Money", int), {"type": "integer"}),
]


@pytest.mark.parametrize(("python_type", "schema"), KINDS, ids=str)
def test_field(python_type, schema):
    made = dataclasses.make_dataclass("Made", [("f", python_type)])
    assert dataclass_schema(made) == {
        "type": "object",
        "title": "Made",
        "properties": {"f": schema},
        "additionalProperties": False,
        "required": ["f"],
    }


def test_defaults_are_packed():
    """A default stands in the schema as JSON has it; one that a factory makes doesn't."""
    made = dataclasses.make_dataclass(
        "Made",
        [
            ("raw", bytes, dataclasses.field(default=b"zz")),
            ("made", list[int], dataclasses.field(default_factory=list)),
            ("by", dict[int, bytes], dataclasses.field(default_factory=dict)),
            ("late", int, dataclasses.field(default=1, init=False)),
        ],
    )
    assert dataclass_schema(made)["properties"]["raw"]["default"] == "eno=\n"
    assert "default" not in dataclass_schema(made)["properties"]["made"]
    assert "late" not in dataclass_schema(made)["properties"]
    assert "required" not in dataclass_schema(made)


@dataclasses.dataclass
class Node:
    value: int
    left: Optional["Node"] = None


def test_a_class_inside_itself_ends():
    """The schema is cut at the second appearance, and the field has no type of its own."""
    inner = dataclass_schema(Node)["properties"]["left"]["anyOf"][0]
    assert inner == {"type": "object", "title": "Node"}
    assert list(type_engine.to_literal_type(Node).structure.dataclass_type) == ["value"]


@dataclasses.dataclass
class Leaf:
    back: Optional["Branch"] = None


@dataclasses.dataclass
class Branch:
    leaf: Leaf


def test_classes_inside_each_other_end(files):
    """Two classes that hold each other have types, and values come back."""
    type_engine.to_literal_type(Branch)
    type_engine.to_literal_type(Leaf)
    value = Branch(Leaf(Branch(Leaf())))
    assert type_engine.from_literal(type_engine.to_literal(value, Branch, files=files), Branch, files=files) == value
