"""What a user reads when a value doesn't fit: expected, the path to the place, what came, what to do."""

import datetime as dt
import enum
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest
from flyteidl.core import literals_pb2
from golden_cases import Color, Inner, Level, Metrics, Plain

from autocontainer_nb.errors import ConversionError
from autocontainer_nb.type_engine.engine import type_engine


@dataclass
class Batch:
    size: int
    label: str | None = None


REFUSED = [
    pytest.param([Batch(1), Batch("x")], list[Batch], "f(x)[1].size: expected an int, got 'x'", id="field in list"),
    pytest.param({"a": [1, "b"]}, dict[str, list[int]], "f(x)['a'][1]: expected an int, got 'b'", id="list in dict"),
    pytest.param({1: "b"}, dict[str, str], "f(x): expected a str as key, got 1", id="key"),
    pytest.param({None: "b"}, dict[str, str], "f(x): expected a str as key, got None", id="None as key"),
    pytest.param({"a": 1}, dict[int, int], "f(x)['a']: expected an int, got 'a'", id="packed key"),
    pytest.param(True, int, "f(x): expected an int, got True", id="bool for int"),
    pytest.param(1.0, int, "f(x): expected an int, got 1.0", id="float for int"),
    pytest.param(True, float, "f(x): expected a float, got True", id="bool for float"),
    pytest.param(1, bool, "f(x): expected a bool, got 1", id="int for bool"),
    pytest.param(2**63, int, "f(x): expected a 64-bit int, got 9223372036854775808", id="65 bits"),
    pytest.param([0, 2**63], list[int], "f(x)[1]: expected a 64-bit int, got 9223372036854775808", id="in list"),
    pytest.param(10**400, float, "f(x): expected a float, got an int too large for one", id="too large for float"),
    pytest.param(
        None, int, "f(x): expected an int, got None. Declare Optional[int] if None is a value as well.", id="None"
    ),
    pytest.param("a\ud800", str, "f(x): expected a str that UTF-8 can encode, got one with '\\ud800'", id="surrogate"),
    pytest.param(
        ["a\ud800"], list[str], "f(x)[0]: expected a str that UTF-8 can encode, got one with '\\ud800'", id="one"
    ),
    pytest.param((1, 2), list[int], "f(x): expected a list[int], got (1, 2). Write list(...) around it.", id="tuple"),
    pytest.param([[1], 2], list[list[int]], "f(x)[1]: expected a list[int], got 2", id="flat"),
    pytest.param("x", list[str], "f(x): expected a list[str], got 'x'", id="str for list"),
    pytest.param([1], dict[str, int], "f(x): expected a dict[str, int], got [1]", id="list for dict"),
    pytest.param([1], dict, "f(x): expected a dict, got [1]", id="list for untyped dict"),
    pytest.param("x", int | float, "f(x): expected int | float, got 'x'", id="union"),
    pytest.param([1, "x"], list[int] | None, "f(x)[1]: expected an int, got 'x'", id="inside optional"),
    pytest.param(Batch(1, 2), Batch, "f(x).label: expected str | None, got 2", id="optional field"),
    pytest.param("x", Batch, "f(x): expected a Batch, got 'x'", id="no dataclass"),
    pytest.param(
        "green", Color, "f(x): expected a Color, got 'green'. Color has the values 'red', 'blue'.", id="no member"
    ),
    pytest.param("c", Literal["a", "b"], "f(x): expected Literal['a', 'b'], got 'c'", id="no choice"),
    pytest.param(dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc), dt.date, None, id="datetime for date"),
    pytest.param(dt.date(2024, 1, 1), dt.datetime, None, id="date for datetime"),
    pytest.param(5, dt.timedelta, "f(x): expected a timedelta, got 5", id="int for timedelta"),
    pytest.param("a.csv", Path, "f(x): expected a Path, got 'a.csv'. Write Path('a.csv').", id="str for Path"),
    pytest.param(
        Path("no/where"), Path, "f(x): expected an existing file, got 'no/where', which doesn't exist", id="missing"
    ),
    pytest.param(Path("no/where"), Path | None, None, id="missing, optional"),
    pytest.param([1, 2], np.ndarray, "f(x): expected an ndarray, got [1, 2]", id="list for array"),
    pytest.param({"a": [1]}, pd.DataFrame, "f(x): expected a DataFrame, got {'a': [1]}", id="dict for frame"),
    pytest.param(np.array(["a", None], dtype=object), np.ndarray, None, id="array of objects"),
    pytest.param(1, Plain, "f(x): expected a Plain, got 1", id="other class"),
    pytest.param(np.zeros((3, 4)), int, "f(x): expected an int, got an ndarray of shape 3x4", id="array for int"),
    pytest.param(int, int, "f(x): expected an int, got the type int itself", id="type"),
]


@pytest.mark.parametrize(("value", "python_type", "message"), REFUSED)
def test_refused_value(value, python_type, message, files):
    """`check` and `to_literal` refuse with the same words, before anything is stored."""
    with pytest.raises(ConversionError) as checked:
        type_engine.check(value, python_type, "f(x)")
    with pytest.raises(ConversionError) as converted:
        type_engine.to_literal(value, python_type, files=files, path="f(x)")
    assert str(checked.value) == str(converted.value)
    assert str(checked.value).startswith("f(x)")
    if message is not None:
        assert str(checked.value) == message
    assert not Path(files.prefix).exists()


def test_long_values_are_shortened(files):
    """A long value is cut, and a long list isn't even represented as a whole."""

    class Costly(list):
        def __repr__(self):
            raise AssertionError

    with pytest.raises(ConversionError) as caught:
        type_engine.to_literal("x" * 100_000, int, files=files)
    assert len(str(caught.value)) < 100
    assert str(caught.value).endswith("…")
    with pytest.raises(ConversionError, match="repr failed: AssertionError"):
        type_engine.to_literal(Costly(), int, files=files)


def test_a_path_is_optional(files):
    """Without a path the message starts at the value itself."""
    with pytest.raises(ConversionError, match=r"^expected an int, got 'x'$"):
        type_engine.to_literal("x", int, files=files)
    with pytest.raises(ConversionError, match=r"^size: expected an int, got 'x'$"):
        type_engine.to_literal(Batch("x"), Batch, files=files)


def test_a_conversion_error_is_a_type_error(files):
    """Who expects Python's own error for a wrong type gets it."""
    with pytest.raises(TypeError):
        type_engine.check("x", int, "p")


def test_what_cannot_be_pickled_is_named(files):
    """A lock in an object gives the object's type, the place, and pickle's own words."""
    with pytest.raises(ConversionError) as caught:
        type_engine.to_literal([Plain(threading.Lock())], list[Plain], files=files, path="f(x)")
    assert str(caught.value).startswith("f(x)[0]: expected a Plain that can be pickled, got <")
    assert "lock" in str(caught.value)


def test_a_value_msgpack_cannot_carry_is_named_with_its_place(files):
    """What msgpack can't carry is pickled beside it; what can't be pickled either is refused with its place."""

    @dataclass
    class Loose:
        content: Any

    literal = type_engine.to_literal(Loose({"a": [1, {2}]}), Loose, files=files, path="f(x)")
    assert type_engine.from_literal(literal, Loose, files=files) == Loose({"a": [1, {2}]})
    with pytest.raises(ConversionError, match=r"f\(x\): expected a Loose that can be pickled.*lock"):
        type_engine.to_literal(Loose({"a": [1, threading.Lock()]}), Loose, files=files, path="f(x)")


def test_an_enum_without_text_has_no_flyte_type():
    """Flyte's enums hold text: another enum is refused where it is declared."""
    with pytest.raises(
        ConversionError, match=r"^expected an enum with str values, got Level with 1, 2\. Flyte's enums"
    ):
        type_engine.to_literal_type(list[Level])


def test_literal_of_several_types_is_refused():
    """Literal[...] of mixed types has no simple type."""
    with pytest.raises(ConversionError, match="whose values are all int"):
        type_engine.to_literal_type(Literal["a", 1])


def test_an_annotation_that_is_text_is_refused():
    """Text as a type is told apart from a type."""
    with pytest.raises(ConversionError, match="is a string, not a type"):
        type_engine.to_literal_type("int")


def test_an_older_definition_of_a_class_is_explained(files):
    """An object made before its class's cell was run again says so."""

    def define():
        @dataclass
        class Redefined:
            a: int

        return Redefined

    with pytest.raises(ConversionError, match="It comes from another definition of that class"):
        type_engine.to_literal(define()(1), define(), files=files)


INTEGER = literals_pb2.Literal(scalar=literals_pb2.Scalar(primitive=literals_pb2.Primitive(integer=3)))
COLLECTION = literals_pb2.Literal(collection=literals_pb2.LiteralCollection(literals=[INTEGER]))
MAP = literals_pb2.Literal(map=literals_pb2.LiteralMap(literals={"k": COLLECTION}))
MISREAD = [
    pytest.param(INTEGER, str, "o0: expected a str, got an integer literal 3", id="simple"),
    pytest.param(INTEGER, list[int], "o0: expected a list[int], got an integer literal 3", id="no collection"),
    pytest.param(COLLECTION, list[str], "o0[0]: expected a str, got an integer literal 3", id="element"),
    pytest.param(MAP, dict[str, list[str]], "o0['k'][0]: expected a str, got an integer literal 3", id="in a map"),
    pytest.param(COLLECTION, dict[str, int], "o0: expected a dict[str, int], got a collection of 1 literals", id="map"),
    pytest.param(INTEGER, type(None), "o0: expected None, got an integer literal 3", id="none"),
    pytest.param(INTEGER, Metrics, "o0: expected a Metrics, got an integer literal 3", id="dataclass"),
    pytest.param(INTEGER, Color, "o0: expected a Color, got an integer literal 3", id="enum"),
    pytest.param(INTEGER, Literal[1, 2], "o0: expected Literal[1, 2], got an integer literal 3", id="choice"),
    pytest.param(INTEGER, Path, "o0: expected a Path, got an integer literal 3", id="path"),
    pytest.param(INTEGER, np.ndarray, "o0: expected an ndarray, got an integer literal 3", id="array"),
    pytest.param(INTEGER, pd.DataFrame, "o0: expected a DataFrame, got an integer literal 3", id="frame"),
    pytest.param(INTEGER, Plain, "o0: expected a Plain, got an integer literal 3", id="pickle"),
    pytest.param(INTEGER, str | bool, "o0: expected str | bool, got an integer literal 3", id="union"),
    pytest.param(literals_pb2.Literal(), int, "o0: expected an int, got an empty literal", id="empty"),
    pytest.param(MAP, dict, None, id="untyped dict reads a map"),
]


@pytest.mark.parametrize(("literal", "python_type", "message"), MISREAD)
def test_misread_literal(literal, python_type, message, files):
    """A literal of another shape is refused with the path and what it holds."""
    if message is None:
        assert type_engine.from_literal(literal, python_type, files=files, path="o0") == {"k": [3]}
        return
    with pytest.raises(ConversionError) as caught:
        type_engine.from_literal(literal, python_type, files=files, path="o0")
    assert str(caught.value) == message


def test_a_stored_dataclass_without_a_field(files):
    """A field that the stored value lacks is named, and what it has."""
    stored = type_engine.to_literal({"a": 1}, dict, files=files)
    with pytest.raises(
        ConversionError, match=r"o0\.b: expected a value, got none\. The stored Inner has the fields a\.$"
    ):
        type_engine.from_literal(stored, Inner, files=files, path="o0")


def test_binary_that_is_no_msgpack(files):
    """Bytes of another tag, or broken ones, are refused."""
    for tag, value in (("pickle", b"x"), ("msgpack", b"\xc1")):
        binary = literals_pb2.Binary(tag=tag, value=value)
        literal = literals_pb2.Literal(scalar=literals_pb2.Scalar(binary=binary))
        with pytest.raises(ConversionError, match=r"o0: expected .*msgpack.*, got"):
            type_engine.from_literal(literal, Metrics, files=files, path="o0")


def test_a_pickle_whose_module_is_missing(files):
    """The module to install is named."""
    uri = files.put_bytes(b"cno_such_module\nThing\n.", "x")
    literal = type_engine.to_literal(Plain(1), Plain, files=files)
    literal.scalar.blob.uri = uri
    with pytest.raises(ConversionError, match="It needs the module 'no_such_module'"):
        type_engine.from_literal(literal, Plain, files=files, path="o0")


def test_enum_member_of_another_enum(files):
    """A member of another enum isn't taken for its value."""
    other = enum.Enum("Paint", {"RED": "red"})
    with pytest.raises(ConversionError, match="expected a Color, got <Paint"):
        type_engine.check(other.RED, Color, "p")
