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
    pytest.param([Batch(1), Batch("x")], list[Batch], "int expected @ f(x)[1].size, got str 'x'", id="field in list"),
    pytest.param({"a": [1, "b"]}, dict[str, list[int]], "int expected @ f(x)['a'][1], got str 'b'", id="list in dict"),
    pytest.param({1: "b"}, dict[str, str], "str as key expected @ f(x), got int 1", id="key"),
    pytest.param({None: "b"}, dict[str, str], "str as key expected @ f(x), got NoneType None", id="None as key"),
    pytest.param({"a": 1}, dict[int, int], "int expected @ f(x)['a'], got str 'a'", id="packed key"),
    pytest.param(True, int, "int expected @ f(x), got bool True", id="bool for int"),
    pytest.param(1.0, int, "int expected @ f(x), got float 1.0", id="float for int"),
    pytest.param(True, float, "float expected @ f(x), got bool True", id="bool for float"),
    pytest.param(1, bool, "bool expected @ f(x), got int 1", id="int for bool"),
    pytest.param(2**63, int, "int of 64 bits expected @ f(x), got int 9223372036854775808", id="65 bits"),
    pytest.param([0, 2**63], list[int], "int of 64 bits expected @ f(x)[1], got int 9223372036854775808", id="in list"),
    pytest.param(10**400, float, "float expected @ f(x), got int of many digits", id="too large for float"),
    pytest.param(None, int, "int expected @ f(x), got None", id="None"),
    pytest.param("a\ud800", str, "str that UTF-8 can carry expected @ f(x), got str with '\\ud800'", id="surrogate"),
    pytest.param(
        ["a\ud800"], list[str], "str that UTF-8 can carry expected @ f(x)[0], got str with '\\ud800'", id="one"
    ),
    pytest.param(
        (1, 2), list[int], "list[int] expected @ f(x), got tuple (1, 2): write list(...) around it", id="tuple"
    ),
    pytest.param([[1], 2], list[list[int]], "list[int] expected @ f(x)[1], got int 2", id="flat"),
    pytest.param("x", list[str], "list[str] expected @ f(x), got str 'x'", id="str for list"),
    pytest.param([1], dict[str, int], "dict[str, int] expected @ f(x), got list [1]", id="list for dict"),
    pytest.param([1], dict, "dict expected @ f(x), got list [1]", id="list for untyped dict"),
    pytest.param("x", int | float, "int | float expected @ f(x), got str 'x'", id="union"),
    pytest.param([1, "x"], list[int] | None, "int expected @ f(x)[1], got str 'x'", id="inside optional"),
    pytest.param(Batch(1, 2), Batch, "str | None expected @ f(x).label, got int 2", id="optional field"),
    pytest.param("x", Batch, "Batch expected @ f(x), got str 'x'", id="no dataclass"),
    pytest.param("green", Color, "Color expected @ f(x), got str 'green': one of 'red', 'blue'", id="no member"),
    pytest.param("c", Literal["a", "b"], "Literal['a', 'b'] expected @ f(x), got str 'c'", id="no choice"),
    pytest.param(dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc), dt.date, None, id="datetime for date"),
    pytest.param(dt.date(2024, 1, 1), dt.datetime, None, id="date for datetime"),
    pytest.param(5, dt.timedelta, "timedelta expected @ f(x), got int 5", id="int for timedelta"),
    pytest.param("a.csv", Path, "Path expected @ f(x), got str 'a.csv': write Path('a.csv')", id="str for Path"),
    pytest.param(
        Path("no/where"), Path, "an existing file expected @ f(x), got 'no/where': no such file", id="missing"
    ),
    pytest.param(Path("no/where"), Path | None, None, id="missing, optional"),
    pytest.param([1, 2], np.ndarray, "ndarray expected @ f(x), got list [1, 2]", id="list for array"),
    pytest.param({"a": [1]}, pd.DataFrame, "DataFrame expected @ f(x), got dict {'a': [1]}", id="dict for frame"),
    pytest.param(np.array(["a", None], dtype=object), np.ndarray, None, id="array of objects"),
    pytest.param(1, Plain, "Plain expected @ f(x), got int 1", id="other class"),
    pytest.param(np.zeros((3, 4)), int, "int expected @ f(x), got ndarray of shape 3x4", id="array for int"),
    pytest.param(int, int, "int expected @ f(x), got the type int itself", id="type"),
]


@pytest.mark.parametrize(("value", "python_type", "message"), REFUSED)
def test_refused_value(value, python_type, message, files):
    """`check` and `to_literal` refuse with the same words, before anything is stored."""
    with pytest.raises(ConversionError) as checked:
        type_engine.check(value, python_type, "f(x)")
    with pytest.raises(ConversionError) as converted:
        type_engine.to_literal(value, python_type, files=files, path="f(x)")
    assert str(checked.value) == str(converted.value)
    assert " expected @ f(x)" in str(checked.value)
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
    with pytest.raises(ConversionError, match=r"^int expected, got str 'x'$"):
        type_engine.to_literal("x", int, files=files)
    with pytest.raises(ConversionError, match=r"^int expected @ size, got str 'x'$"):
        type_engine.to_literal(Batch("x"), Batch, files=files)


def test_a_conversion_error_is_a_type_error(files):
    """Who expects Python's own error for a wrong type gets it."""
    with pytest.raises(TypeError):
        type_engine.check("x", int, "p")


def test_what_cannot_be_pickled_is_named(files):
    """A lock in an object gives the object's type, the place, and pickle's own words."""
    with pytest.raises(ConversionError) as caught:
        type_engine.to_literal([Plain(threading.Lock())], list[Plain], files=files, path="f(x)")
    assert "Plain that can be pickled expected @ f(x)[0]" in str(caught.value)
    assert "lock" in str(caught.value)


def test_a_value_msgpack_cannot_carry_is_named_with_its_place(files):
    """An object in a field of type Any is found, however deep."""

    @dataclass
    class Loose:
        content: Any

    with pytest.raises(ConversionError, match=r"@ f\(x\)\['content'\]\['a'\]\[1\], got object "):
        type_engine.to_literal(Loose({"a": [1, object()]}), Loose, files=files, path="f(x)")


def test_an_enum_without_text_has_no_flyte_type():
    """Flyte's enums hold text: another enum is refused where it is declared."""
    with pytest.raises(ConversionError, match=r"an enum with str values expected, got Level with .*: Flyte's enums"):
        type_engine.to_literal_type(list[Level])


def test_literal_of_several_types_is_refused():
    """Literal[...] of mixed types has no simple type."""
    with pytest.raises(ConversionError, match="values of one of the types"):
        type_engine.to_literal_type(Literal["a", 1])


def test_an_annotation_that_is_text_is_refused():
    """Text as a type is told apart from a type."""
    with pytest.raises(ConversionError, match="is text, not a type"):
        type_engine.to_literal_type("int")


def test_an_older_definition_of_a_class_is_explained(files):
    """An object made before its class's cell was run again says so."""

    def define():
        @dataclass
        class Redefined:
            a: int

        return Redefined

    with pytest.raises(ConversionError, match="another definition of that class made it"):
        type_engine.to_literal(define()(1), define(), files=files)


INTEGER = literals_pb2.Literal(scalar=literals_pb2.Scalar(primitive=literals_pb2.Primitive(integer=3)))
COLLECTION = literals_pb2.Literal(collection=literals_pb2.LiteralCollection(literals=[INTEGER]))
MAP = literals_pb2.Literal(map=literals_pb2.LiteralMap(literals={"k": COLLECTION}))
MISREAD = [
    pytest.param(INTEGER, str, "str expected @ o0, got an integer literal 3", id="simple"),
    pytest.param(INTEGER, list[int], "list[int] expected @ o0, got an integer literal 3", id="no collection"),
    pytest.param(COLLECTION, list[str], "str expected @ o0[0], got an integer literal 3", id="element"),
    pytest.param(MAP, dict[str, list[str]], "str expected @ o0['k'][0], got an integer literal 3", id="in a map"),
    pytest.param(COLLECTION, dict[str, int], "dict[str, int] expected @ o0, got a collection of 1 literals", id="map"),
    pytest.param(INTEGER, type(None), "None expected @ o0, got an integer literal 3", id="none"),
    pytest.param(INTEGER, Metrics, "Metrics expected @ o0, got an integer literal 3", id="dataclass"),
    pytest.param(INTEGER, Color, "Color expected @ o0, got an integer literal 3", id="enum"),
    pytest.param(INTEGER, Literal[1, 2], "Literal[1, 2] expected @ o0, got an integer literal 3", id="choice"),
    pytest.param(INTEGER, Path, "Path expected @ o0, got an integer literal 3", id="path"),
    pytest.param(INTEGER, np.ndarray, "ndarray expected @ o0, got an integer literal 3", id="array"),
    pytest.param(INTEGER, pd.DataFrame, "DataFrame expected @ o0, got an integer literal 3", id="frame"),
    pytest.param(INTEGER, Plain, "Plain expected @ o0, got an integer literal 3", id="pickle"),
    pytest.param(INTEGER, str | bool, "str | bool expected @ o0, got an integer literal 3", id="union"),
    pytest.param(literals_pb2.Literal(), int, "int expected @ o0, got an empty literal", id="empty"),
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
    with pytest.raises(ConversionError, match=r"a value expected @ o0\.b, got none: the stored Inner has a$"):
        type_engine.from_literal(stored, Inner, files=files, path="o0")


def test_binary_that_is_no_msgpack(files):
    """Bytes of another tag, or broken ones, are refused."""
    for tag, value in (("pickle", b"x"), ("msgpack", b"\xc1")):
        binary = literals_pb2.Binary(tag=tag, value=value)
        literal = literals_pb2.Literal(scalar=literals_pb2.Scalar(binary=binary))
        with pytest.raises(ConversionError, match=r"msgpack.* expected @ o0, got"):
            type_engine.from_literal(literal, Metrics, files=files, path="o0")


def test_a_pickle_whose_module_is_missing(files):
    """The module to install is named."""
    uri = files.put_bytes(b"cno_such_module\nThing\n.", "x")
    literal = type_engine.to_literal(Plain(1), Plain, files=files)
    literal.scalar.blob.uri = uri
    with pytest.raises(ConversionError, match="it needs the module 'no_such_module'"):
        type_engine.from_literal(literal, Plain, files=files, path="o0")


def test_enum_member_of_another_enum(files):
    """A member of another enum isn't taken for its value."""
    other = enum.Enum("Paint", {"RED": "red"})
    with pytest.raises(ConversionError, match="Color expected"):
        type_engine.check(other.RED, Color, "p")
