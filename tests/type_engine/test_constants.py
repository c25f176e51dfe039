"""A constant of a graph is the value that it was, whatever Flyte's bindings have no place for."""

import collections
import dataclasses
import datetime as dt
import enum
import zoneinfo
from typing import Any

import msgpack
import pydantic
import pytest
from flyteidl.core import literals_pb2
from hypothesis import given
from hypothesis import strategies as st

from autocontainer_nb.core.serialize.nodes import GraphWriter, binding_of_literal
from autocontainer_nb.core.settings.serialization import SerializationSettings
from autocontainer_nb.image.config import ImageConfig
from autocontainer_nb.storage.scratch import local_file_access
from autocontainer_nb.type_engine.constants import literal_of_constant, scalar_of_constant
from autocontainer_nb.type_engine.convert import from_literal, to_literal
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.type_engine.packed.msgpack_form import binary_literal
from autocontainer_nb.wire import METADATA_ENTRY


class Model(pydantic.BaseModel):
    a: int = 1
    secret: pydantic.SecretStr = pydantic.SecretStr("no")


class Plain(pydantic.BaseModel):
    a: int = 1
    b: int = 2


@dataclasses.dataclass
class Record:
    a: int = 1
    made: list[int] = dataclasses.field(default_factory=list, init=False)


@dataclasses.dataclass
class Special(Record):
    more: int = 3


@dataclasses.dataclass
class Left:
    a: int = 1


@dataclasses.dataclass
class Right:
    a: int = 1


class Level(enum.IntEnum):
    HIGH = 2


BERLIN = dt.datetime(2024, 10, 27, 2, 30, fold=1, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin"))


def changed() -> Record:
    record = Record(2)
    record.made.append(5)
    return record


CONSTANTS: dict[str, tuple[Any, Any]] = {
    "a model of which nothing was given": (Plain(), Plain),
    "a model of which one field was given": (Plain(b=3), Plain),
    "a model with a secret": (Model(a=2), Model),
    "a list of models": ([Plain(), Plain(a=2)], list[Plain]),
    "models by name": ({"x": Plain()}, dict[str, Plain]),
    "a dataclass with a field that isn't given": (changed(), Record),
    "an instance of a subclass": (Special(2), Record),
    "one of two alike": (Right(4), Left | Right),
    "a model in a union": (Plain(a=2), int | Plain),
    "an untyped dict that msgpack would change": ({"a": (1, 2)}, dict),
    "an untyped dict": ({"a": [1, 2]}, dict),
    "a model as anything": (Plain(a=2), Any),
    "a whole dataclass": (Record(2), Record),
    "an int": (3, int),
    "a moment without a zone": (dt.datetime(2024, 1, 1), dt.datetime),  # noqa: DTZ001 - on purpose
    "moments in zones": ([BERLIN, BERLIN.astimezone(dt.timezone.utc)], list[dt.datetime]),
    "a dict in an order of its own": ({"b": 1, "a": 2}, dict[str, int]),
    "dicts in orders of their own": ([{"b": 1, "a": 2}, {"a": 1}], list[dict[str, int]]),
    "a dict that may be None": ({"b": BERLIN, "a": BERLIN}, dict[str, dt.datetime] | None),
    "an ordered dict": (collections.OrderedDict(b=1, a=2), dict[str, int]),
    "a list with a member of an enumeration": ([Level.HIGH, 1], list[int]),
}


def told(value: Any) -> Any:
    """The value with what equality doesn't ask for."""
    if isinstance(value, list):
        return [told(one) for one in value]
    if isinstance(value, dict):
        return type(value), [(name, told(one)) for name, one in value.items()]
    if isinstance(value, dt.datetime):
        return value.isoformat(), value.fold, value.tzinfo
    return type(value), value, getattr(value, "model_fields_set", None), getattr(value, "__dict__", None)


def literal_of_binding(binding: literals_pb2.BindingData) -> literals_pb2.Literal:
    """The literal that Flyte makes of a constant: its scalars, and nothing else."""
    if binding.HasField("collection"):
        items = [literal_of_binding(one) for one in binding.collection.bindings]
        return literals_pb2.Literal(collection=literals_pb2.LiteralCollection(literals=items))
    if binding.HasField("map"):
        entries = {key: literal_of_binding(one) for key, one in binding.map.bindings.items()}
        return literals_pb2.Literal(map=literals_pb2.LiteralMap(literals=entries))
    return literals_pb2.Literal(scalar=binding.scalar)


@pytest.mark.parametrize("name", CONSTANTS)
def test_a_constant_is_what_it_was(name: str) -> None:
    """Which fields were given, what only a pickle holds, which member of a union it is."""
    value, kind = CONSTANTS[name]
    literal = to_literal(value, kind)
    before = literal.SerializeToString(deterministic=True)
    sent = literal_of_binding(binding_of_literal(literal, type_engine.to_literal_type(kind)))
    assert told(from_literal(sent, kind)) == told(from_literal(literal, kind)) == told(value)
    assert literal.SerializeToString(deterministic=True) == before


def test_parts_of_a_constant_can_be_looked_up() -> None:
    """Its own entries are where they were, and one more comes after them."""
    scalar = scalar_of_constant(to_literal(Plain(b=3), Plain))
    found = msgpack.unpackb(scalar.binary.value)
    assert list(found) == ["a", "b", METADATA_ENTRY]


@given(
    st.dictionaries(st.text(max_size=3), st.integers(0, 2) | st.text(max_size=2) | st.binary(max_size=2), max_size=20),
    st.dictionaries(st.text(max_size=5), st.text(max_size=5), min_size=1, max_size=3),
)
def test_metadata_goes_in_and_out(content: dict[str, Any], metadata: dict[str, str]) -> None:
    """Maps of all sizes around msgpack's own limits keep every byte."""
    literal = binary_literal(msgpack.packb(content))
    literal.metadata.update(metadata)
    constant = literals_pb2.Literal(scalar=scalar_of_constant(literal))
    assert not constant.metadata
    assert literal_of_constant(constant) == literal


@pytest.mark.parametrize("size", [0, 14, 15, 16, 17, 65534, 65535, 65536])
def test_maps_of_each_size_keep_their_bytes(size: int) -> None:
    """The number of entries is written in one byte, in three or in five."""
    literal = binary_literal(msgpack.packb(dict.fromkeys(range(size))))
    literal.metadata["a"] = "b"
    assert literal_of_constant(literals_pb2.Literal(scalar=scalar_of_constant(literal))) == literal


@pytest.mark.parametrize("content", [METADATA_ENTRY, [METADATA_ENTRY], {METADATA_ENTRY: 1}, {"a": METADATA_ENTRY}, 3])
def test_what_only_looks_like_metadata_stays(content: Any) -> None:
    """A text that is the entry's name is a text."""
    literal = binary_literal(msgpack.packb(content))
    assert literal_of_constant(literal) == literal


class Row(list[int]):
    """A list with more to it, which goes by pickle."""

    def __init__(self, *numbers: int) -> None:
        super().__init__(numbers)
        self.note = "n"


@pytest.mark.parametrize("value", [Row(), Row(1, 2)])
def test_a_list_of_a_class_of_its_own_is_no_list_of_items(value: Row) -> None:
    """Empty or not, it is a value of its type."""
    settings = SerializationSettings(image_config=ImageConfig.auto(img_name="a/b:1"), version="v")
    writer = GraphWriter(settings, local_file_access())
    found = from_literal(literal_of_binding(writer.binding_data(value, Row)), Row)
    assert (type(found), found, found.note) == (Row, value, "n")
