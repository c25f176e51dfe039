"""Values there and back, where more than the wire form matters."""

import datetime as dt
import decimal
import pathlib
import sys
import types
import typing
import uuid
from dataclasses import dataclass, field
from typing import Annotated, Any, Generic, NamedTuple, NewType, Optional, TypedDict, TypeVar, Union

import numpy as np
import pandas as pd
import pytest
from flyteidl.core import literals_pb2, types_pb2
from golden_cases import Color, Inner, Level, Metrics, Plain
from google.protobuf import struct_pb2

from autocontainer_nb.errors import ConversionError
from autocontainer_nb.type_engine.engine import TypeEngine, type_engine
from autocontainer_nb.type_engine.transformer import Transformer


def there_and_back(value, python_type, files):
    literal = type_engine.to_literal(value, python_type, files=files)
    sent = literals_pb2.Literal.FromString(literal.SerializeToString(deterministic=True))
    return type_engine.from_literal(sent, python_type, files=files)


@pytest.mark.parametrize(
    ("value", "python_type", "expected"),
    [
        (np.int64(3), int, 3),
        (np.float32(0.5), float, 0.5),
        (np.float64(0.5), float, 0.5),
        (np.bool_(True), bool, True),
        (np.str_("x"), str, "x"),
        (3, float, 3.0),
        ([1, 2.5, np.float64(3)], list[float], [1.0, 2.5, 3.0]),
        ([np.int64(1), 2], list[int], [1, 2]),
        (Metrics("m", accuracy=1, steps=np.int64(2)), Metrics, Metrics("m", 1.0, 2)),
        ({"a": np.float32(0.5), "b": [np.int64(1)]}, dict, {"a": 0.5, "b": [1]}),
        (Level.HIGH, int, Level.HIGH),
    ],
)
def test_numbers_that_count_as_python_s(value, python_type, expected, files):
    """Numpy's scalars and ints for floats are taken, and come back as Python's own type."""
    back = there_and_back(value, python_type, files)
    assert back == expected
    assert type(back) is type(expected)


@pytest.mark.parametrize("count", [0, 1, 127, 128, 16_383, 16_384])
def test_lists_of_every_width(count, files):
    """The assembled wire form holds for integers of all widths and texts of all lengths."""
    ints = [sign * (1 << bits) + delta for bits in range(63) for delta in (-1, 0, 1) for sign in (1, -1)][:count]
    assert there_and_back(ints, list[int], files) == ints
    texts = ["x" * length for length in (0, 1, 50, 100, 110, 115, 120, 127, 128, count)]
    assert there_and_back(texts, list[str], files) == texts


def test_lists_equal_their_elements(files):
    """The fast way for many gives the same literals as one by one."""
    for python_type, values in (
        (int, [0, 1, 127, 128, 16384, 2**21, 2**63 - 1, -1, -(2**63)]),
        (float, [0.0, -0.0, 1.5, float("inf"), 5e-324]),
        (bool, [True, False]),
        (str, ["", "a", "ä" * 70, "x" * 20_000]),
    ):
        whole = type_engine.to_literal(values, list[python_type], files=files).collection.literals
        assert list(whole) == [type_engine.to_literal(value, python_type, files=files) for value in values]


def test_moments_without_a_zone_are_utc_on_the_wire(files):
    """A naive datetime is taken as UTC, as flytekit does, and comes back naive where the literal says so."""
    naive = dt.datetime.fromisoformat("2024-01-02T03:00:00")
    literal = type_engine.to_literal(naive, dt.datetime, files=files)
    assert type_engine.from_literal(literal, dt.datetime, files=files) == naive
    literal.metadata.clear()
    found = type_engine.from_literal(literal, dt.datetime, files=files)
    assert found == dt.datetime(2024, 1, 2, 3, tzinfo=dt.timezone.utc)


class Pair(NamedTuple):
    a: int
    b: str


class Options(TypedDict):
    a: int


T = TypeVar("T")


class Box(Generic[T]):
    def __init__(self, content):
        self.content = content


Money = NewType("Money", int)


@dataclass
class Tree:
    value: int
    children: list["Tree"] = field(default_factory=list)
    parent: Optional["Tree"] = None


@dataclass
class Carrier:
    model: Plain
    frame: pd.DataFrame


@dataclass
class Everything:
    price: decimal.Decimal
    key: uuid.UUID
    place: pathlib.PurePosixPath
    at: dt.time
    names: frozenset[str]
    either: Inner | Metrics
    moment_or_text: dt.datetime | str
    number: float | int
    money: Money
    level: Level
    by_color: dict[Color, int]
    by_day: dict[dt.date, list[int | None]]
    seq: typing.Sequence[int]
    nothing: None = None


@pytest.mark.parametrize(
    ("value", "python_type"),
    [
        ((1, "a"), tuple),
        ((1, "a"), tuple[int, str]),
        (Pair(1, "a"), Pair),
        ({"a": 1}, Options),
        ({1, 2}, set[int]),
        ([1, "a", {"b": None}], list),
        (Money(3), Money),
        ([Money(3)], list[Money]),
        (Tree(1, [Tree(2, parent=Tree(3))]), Tree),
        ({1: {Color.RED: [Inner(1, [])]}}, dict[int, dict[Color, list[Inner]]]),
        ({"b": 1, "a": 2}, dict[str, int]),
        (None, Any),
        (b"raw", bytes | None),
        (Plain(1), Plain | None),
        (3, Plain | int),
        (dt.date(2024, 1, 2), dt.datetime | dt.date),
        (Metrics("x"), Inner | Metrics),
        ({"a": 1}, dict | list),
        ([1], dict | list),
        ([], list[int] | list[str]),
        (["a"], list[int] | list[str]),
        ([{"a": 1}, None], list[dict[str, int] | None]),
    ],
)
def test_there_and_back(value, python_type, files):
    """The value comes back equal, and of the same type."""
    back = there_and_back(value, python_type, files)
    assert back == value
    assert type(back) is type(value)


def test_all_leaves_of_a_dataclass(files):
    """Every kind of field comes back as its own type."""
    value = Everything(
        price=decimal.Decimal("1.50"),
        key=uuid.UUID(int=7),
        place=pathlib.PurePosixPath("/a/b"),
        at=dt.time(1, 2, 3),
        names=frozenset({"a"}),
        either=Metrics("m"),
        moment_or_text="not a moment",
        number=3,
        money=Money(5),
        level=Level.HIGH,
        by_color={Color.BLUE: 1},
        by_day={dt.date(2024, 1, 2): [1, None]},
        seq=[1, 2],
    )
    back = there_and_back(value, Everything, files)
    assert back == value
    assert type(back.number) is int
    assert type(back.price) is decimal.Decimal


def test_generic_classes_are_pickled(files):
    """Box[int] is checked as a Box, and pickled."""
    assert there_and_back(Box(3), Box[int], files).content == 3
    with pytest.raises(ConversionError, match=r"expected a Box\[int\], got 3"):
        type_engine.check(3, Box[int], "p")


def test_a_dataclass_with_other_fields_is_pickled(files):
    """A dataclass that holds a model and a frame travels as a pickle, whole."""
    assert type_engine.to_literal_type(Carrier).blob.format == "PythonPickle"
    value = Carrier(Plain(3), pd.DataFrame({"a": [1]}))
    back = there_and_back(value, Carrier, files)
    assert back.model == value.model
    assert back.frame.equals(value.frame)


def test_an_untyped_dict_with_objects_is_pickled(files):
    """What msgpack can't carry is pickled in the form that flytekit reads, for any dict."""
    value = {"array": np.arange(3), "model": Plain(1)}
    literal = type_engine.to_literal(value, dict, files=files)
    assert literal.metadata == {"format": "pickle"}
    assert list(literal.scalar.generic.fields) == ["pickle_file"]
    back = type_engine.from_literal(literal, dict, files=files)
    assert back["model"] == value["model"]
    assert there_and_back({1: Plain(2)}, dict[int, Plain], files) == {1: Plain(2)}


def test_a_fitted_model_comes_back(files):
    """A scikit-learn estimator, fitted, predicts the same after the way there and back."""
    linear_model = pytest.importorskip("sklearn.linear_model")
    model = linear_model.LinearRegression().fit([[0.0], [1.0]], [0.0, 2.0])
    assert there_and_back(model, linear_model.LinearRegression, files).predict([[2.0]])[0] == pytest.approx(4.0)


def test_frames_keep_their_index_and_types(files):
    """Index, column types and missing values survive parquet."""
    frame = pd.DataFrame(
        {"n": [1.5, None], "t": pd.to_datetime(["2024-01-02", "2024-01-03"]), "c": pd.Categorical(["a", "b"])},
        index=pd.Index([10, 20], name="key"),
    )
    pd.testing.assert_frame_equal(there_and_back(frame, pd.DataFrame, files), frame)


def test_a_frame_parquet_cannot_hold(files):
    """The columns and pyarrow's words are in the message, and what to do."""
    frame = pd.DataFrame({"mixed": [1, "a", object()]})
    with pytest.raises(
        ConversionError,
        match=r"p: expected a DataFrame that parquet can hold, got columns mixed .*Any to have it pickled",
    ):
        type_engine.to_literal(frame, pd.DataFrame, files=files, path="p")


def test_arrays_of_all_shapes(files):
    """Scalars, empty arrays and Fortran order come back."""
    for array in (np.array(3), np.zeros((0, 4)), np.asfortranarray(np.ones((2, 3))), np.array(["a", "bc"])):
        back = there_and_back(array, np.ndarray, files)
        assert back.dtype == array.dtype
        np.testing.assert_array_equal(back, array)


def test_a_file_keeps_its_name_and_content(tmp_path, files):
    """Who reads a Path gets a local file of that name with that content."""
    path = tmp_path / "data ü.csv"
    path.write_bytes(b"a,b\n")
    back = there_and_back(path, pathlib.Path, files)
    assert back != path
    assert (back.name, back.read_bytes()) == ("data ü.csv", b"a,b\n")
    with pytest.raises(ConversionError, match="p: expected a file, got the directory"):
        type_engine.check(tmp_path, pathlib.Path, "p")


def test_an_offloaded_literal_is_fetched(files):
    """A literal that Flyte stored elsewhere for its size is read from there."""
    whole = type_engine.to_literal([1, 2], list[int], files=files)
    uri = files.put_bytes(whole.SerializeToString(), "literal.pb")
    offloaded = literals_pb2.Literal(offloaded_metadata=literals_pb2.LiteralOffloadedMetadata(uri=uri))
    assert type_engine.from_literal(offloaded, list[int], files=files) == [1, 2]
    assert type_engine.from_literal(offloaded, list[int] | None, files=files) == [1, 2]


def test_attributes_of_a_dataclass_are_read(files):
    """What Flyte cuts out of a dataclass's msgpack for attribute access is read as the field's type."""
    for value, python_type in (
        (3, int),
        ([1, 2], list[int]),
        ({"a": 1}, dict[str, int]),
        ("red", Color),
        (None, int | None),
    ):
        packed = type_engine.to_literal({"f": value}, dict, files=files).scalar.binary.value[3:]
        binary = literals_pb2.Binary(value=packed, tag="msgpack")
        literal = literals_pb2.Literal(scalar=literals_pb2.Scalar(binary=binary))
        back = type_engine.from_literal(literal, python_type, files=files)
        assert back == (Color.RED if python_type is Color else value)


def test_a_protobuf_struct_is_read_as_a_dataclass(files):
    """Flyte's console sends a struct, whose numbers are doubles; older flytekit wrote them."""
    struct = struct_pb2.Struct()
    struct.update({"name": "m", "accuracy": 1, "steps": 7, "ok": False})
    literal = literals_pb2.Literal(scalar=literals_pb2.Scalar(generic=struct))
    assert type_engine.from_literal(literal, Metrics, files=files) == Metrics("m", 1.0, 7, False)
    assert type_engine.from_literal(literal, dict, files=files)["steps"] == 7


def test_plain_literals_for_wider_types(files):
    """An int literal is read for float and for a union; a union's literal for the bare type; a whole float as int."""
    three = type_engine.to_literal(3, int, files=files)
    assert type_engine.from_literal(three, float, files=files) == 3.0
    assert type(type_engine.from_literal(three, float | int, files=files)) is int
    in_union = type_engine.to_literal(3, int | None, files=files)
    assert type_engine.from_literal(in_union, int, files=files) == 3
    assert type_engine.from_literal(in_union, Any, files=files) == 3
    whole = type_engine.to_literal(3.0, float, files=files)
    assert type_engine.from_literal(whole, int, files=files) == 3
    assert type_engine.from_literal(
        type_engine.to_literal([3, 4], list[int], files=files), list[float], files=files
    ) == [3, 4]


def test_unknown_fields_of_a_stored_dataclass_are_left_out(files):
    """A value stored by a later definition with more fields is read by an earlier one."""
    stored = type_engine.to_literal({"a": 1, "b": [], "new": 5}, dict, files=files)
    assert type_engine.from_literal(stored, Inner, files=files) == Inner(1, [])


class Celsius:
    def __init__(self, degrees):
        self.degrees = degrees


class CelsiusTransformer(Transformer):
    tag = "Celsius"

    def literal_type(self):
        return types_pb2.LiteralType(simple=types_pb2.FLOAT)

    def check(self, value):
        if not isinstance(value, Celsius):
            raise self.misfit(value)

    def to_literal(self, value, files):
        self.check(value)
        return self.engine.transformer(float).to_literal(value.degrees, files)

    def read(self, literal, files):
        return Celsius(self.engine.transformer(float).from_literal(literal, files))


def test_a_user_s_transformer(files):
    """One call teaches an engine a class, also inside lists and unions; other engines don't know it."""
    engine = TypeEngine()
    engine.register(Celsius, CelsiusTransformer)
    literal = engine.to_literal([Celsius(3.5), None], list[Celsius | None], files=files)
    back = engine.from_literal(literal, list[Celsius | None], files=files)
    assert [back[0].degrees, back[1]] == [3.5, None]
    with pytest.raises(ConversionError, match=r"p\[0\]: expected a Celsius, got 3"):
        engine.check([3], list[Celsius], "p")
    assert type_engine.to_literal_type(Celsius).blob.format == "PythonPickle"
    assert engine.registrations() == [(Celsius, CelsiusTransformer)]
    engine.register(lambda t: t is int, CelsiusTransformer)
    assert engine.to_literal_type(int).simple == types_pb2.FLOAT
    with pytest.raises(ConversionError, match="a class or a function of a type, got 'Celsius'"):
        engine.register("Celsius", CelsiusTransformer)


def test_registrations_make_another_engine_convert_the_same(files):
    """What one engine was told, another can be told in the same order: the latest still comes first."""
    engine, other = TypeEngine(), TypeEngine()

    class Later(CelsiusTransformer):
        tag = "Later"

    engine.register(lambda t: isinstance(t, type) and t.__name__ == "Celsius", CelsiusTransformer)
    engine.register(Celsius, Later)
    for registration in engine.registrations():
        other.register(*registration)
    assert type(other.transformer(Celsius)) is Later
    literal = engine.to_literal(Celsius(1.5), Celsius, files=files)
    assert other.from_literal(literal, Celsius, files=files).degrees == 1.5


def test_the_order_of_a_union_is_what_was_written():
    """Union[int, str] equals Union[str, int] in Python, and isn't the same on the wire."""
    one = type_engine.to_literal_type(Union[int, str]).union_type.variants  # noqa: UP007 - it is about them
    other = type_engine.to_literal_type(Union[str, int]).union_type.variants  # noqa: UP007 - the same
    assert [variant.simple for variant in one] == [types_pb2.INTEGER, types_pb2.STRING]
    assert [variant.simple for variant in other] == [types_pb2.STRING, types_pb2.INTEGER]


def test_annotations_that_cannot_be_hashed(files):
    """Annotated with a list is looked through like any other."""
    assert there_and_back([3], list[Annotated[int, ["doc"]]], files) == [3]
    assert there_and_back({3: 4}, dict[int, Annotated[int, ["doc"]]], files) == {3: 4}


def test_a_dataclass_whose_annotations_are_text(files, monkeypatch):
    """Without the module that defined it, typing's names are known; another is named, with what to do."""
    module = types.ModuleType("gone_module")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "class Mystery: pass\n"
        "@dataclass\nclass Known:\n    a: Optional[list[int]] = None\n"
        "@dataclass\nclass Unknown:\n    a: Mystery = None\n",
        module.__dict__,
    )
    monkeypatch.delitem(sys.modules, module.__name__)
    assert there_and_back(module.Known([3]), module.Known, files) == module.Known([3])
    with pytest.raises(ConversionError, match=r"name 'Mystery' is not defined. Define that name before the class"):
        type_engine.to_literal_type(module.Unknown)


def test_none_for_another_type_tells_the_way_out(files):
    """As in `x: str = None`, which other checkers used to take for Optional."""
    with pytest.raises(
        ConversionError, match=r"x: expected a str, got None\. Declare Optional\[str\] if None is a value"
    ):
        type_engine.check(None, str, "x")
    with pytest.raises(ConversionError, match=r"Declare Optional\[list\[int\]\]"):
        type_engine.to_literal(None, list[int], files=files)
