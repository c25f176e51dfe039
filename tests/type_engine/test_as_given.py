"""A value comes back as it was given: its class, its order, its zone; Flyte's form stays as flytekit reads it."""

import collections
import datetime as dt
import enum
import logging
import zoneinfo
from typing import Any

import numpy as np
import pandas as pd
import pytest
from description import described
from flyteidl.core import literals_pb2
from hypothesis import given, settings
from hypothesis import strategies as st

from autocontainer_nb import FlyteFile
from autocontainer_nb.errors import ConversionError
from autocontainer_nb.storage.access import PrefixAccess
from autocontainer_nb.type_engine.engine import type_engine

PICKLE_KEY = "pickle_file"
ZONES = [
    None,
    dt.timezone.utc,
    dt.timezone(dt.timedelta(hours=-5)),
    dt.timezone(dt.timedelta(hours=5, minutes=30, seconds=1)),
    zoneinfo.ZoneInfo("Europe/Berlin"),
    zoneinfo.ZoneInfo("America/Argentina/Buenos_Aires"),
    zoneinfo.ZoneInfo("UTC"),
]


class Text(str):  # noqa: SLOT000 - with attributes, as users' classes
    pass


class Number(int):
    pass


class Float(float):
    pass


class Items(list):  # type: ignore[type-arg]  # whatever is in it
    pass


class Level(enum.IntEnum):
    HIGH = 2


class Color(str, enum.Enum):
    RED = "r"


class Shade(enum.Enum):
    RED = "r"


class Moment(dt.datetime):
    pass


class OwnZone(dt.tzinfo):
    def utcoffset(self, _: dt.datetime | None) -> dt.timedelta:
        return dt.timedelta(hours=3)

    def dst(self, _: dt.datetime | None) -> None:
        return None

    def tzname(self, _: dt.datetime | None) -> str:
        return "own"

    def __repr__(self) -> str:
        return "OwnZone()"


def with_default() -> Any:
    found = collections.defaultdict(int, b=1)
    found["a"] += 2
    return found


def marked() -> Text:
    found = Text("a")
    found.mark = 3  # type: ignore[attr-defined]  # of a class with a __dict__
    return found


SUBCLASSES: list[tuple[Any, Any]] = [
    (Text("a"), str),
    (marked(), str),
    (Number(1), int),
    (Float(1.5), float),
    (Level.HIGH, int),
    (Color.RED, str),
    (Items([1, 2]), list[int]),
    (collections.OrderedDict(b=1, a=2), dict[str, int]),
    (with_default(), dict[str, int]),
    (collections.Counter("abb"), dict[str, int]),
    ([Text("a"), "b"], list[str]),
    ({"b": Level.HIGH, "a": 1}, dict[str, int]),
    ([[1], Items([2])], list[list[int]]),
    (Text("a"), str | None),
    ([None, Color.RED], list[str | None]),
    ([Level.HIGH], list[int] | None),
    (pd.Timestamp("2024-01-01 00:00:00.000000001"), dt.datetime),
    ([pd.Timestamp("2024-01-01", tz="Europe/Berlin")], list[dt.datetime]),
    (Moment(2024, 1, 1), dt.datetime),
    (dt.datetime(2024, 1, 1, tzinfo=OwnZone()), dt.datetime),
    (np.ma.array([1, 2], mask=[False, True]), np.ndarray),
    (np.rec.array([(1, 2.0)], dtype=[("a", int), ("b", float)]), np.ndarray),
    ([np.ma.array([1, 2], mask=[False, True])], list[np.ndarray]),
]


def sent(value: Any, kind: Any, files: Any) -> tuple[literals_pb2.Literal, Any]:
    content = type_engine.to_literal(value, kind, files=files).SerializeToString()
    literal = literals_pb2.Literal.FromString(content)
    return literal, type_engine.from_literal(literal, kind, files=files)


def shown(value: Any) -> Any:
    if isinstance(value, list):
        return [type(value), *map(shown, value)]
    return (type(value), repr(value)) if isinstance(value, np.ndarray | pd.Timestamp) else described(value)


@pytest.mark.parametrize(
    ("value", "kind"), SUBCLASSES, ids=[f"{at}-{value!r}"[:40] for at, (value, _) in enumerate(SUBCLASSES)]
)
def test_an_instance_of_a_subclass_comes_back_as_one(value, kind, files):
    """Beside Flyte's form goes one pickle, of the whole value; without it, the form reads as the declared type."""
    literal, found = sent(value, kind, files)
    assert shown(found) == shown(value)
    assert str(literal).count(PICKLE_KEY) == 1
    assert PICKLE_KEY in literal.metadata
    literal.metadata.clear()
    plain = type_engine.from_literal(literal, kind, files=files)
    assert type(plain) in {str, int, float, list, dict, dt.datetime, np.ndarray}


def test_a_pickle_of_another_type_than_is_read_is_passed_over(files):
    """Who declares another type gets the form."""
    literal, _ = sent(Color.RED, str, files)
    assert type_engine.from_literal(literal, Shade, files=files) is Shade.RED
    assert type_engine.from_literal(literal, Any, files=files) is Color.RED


def test_what_holds_files_keeps_the_form_alone(files, tmp_path, caplog):
    """Pickles don't take files along; a warning tells what changes."""
    (tmp_path / "a").write_text("a")
    with caplog.at_level(logging.WARNING, "autocontainer_nb"):
        literal, found = sent(collections.OrderedDict(x=FlyteFile(tmp_path / "a")), dict[str, FlyteFile], files)
    assert not literal.metadata
    assert type(found) is dict
    assert "an OrderedDict would come back as a dict" in caplog.text


def test_numbers_and_texts_of_numpy_are_python_s(files):
    """As with flytekit: they are scalars without a class of their own."""
    for value, kind in ((np.float32(0.5), float), (np.int64(1), int), (np.str_("a"), str), (1, float)):
        literal, found = sent(value, kind, files)
        assert type(found) is kind
        assert not literal.metadata


@given(st.dictionaries(st.text(), st.integers(0, 9), max_size=6), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=60)
def test_a_dict_keeps_its_order(tmp_path_factory, content, random):
    """Whatever the keys; in lists, unions and dicts as well; a sorted one has no metadata."""
    keys = list(content)
    random.shuffle(keys)
    value = {key: content[key] for key in keys}
    folder = tmp_path_factory.getbasetemp()
    files = PrefixAccess(str(folder / "raw"), folder / "scratch")
    for given_value, kind in ((value, dict[str, int]), ([value], list[dict[str, int]]), (value, dict[str, int] | None)):
        literal, found = sent(given_value, kind, files)
        assert described(found) == described(given_value)
        assert ("key_order" in str(literal)) == (keys != sorted(keys))
    nested = {"b": value, "a": value}
    assert described(sent(nested, dict[str, dict[str, int]], files)[1]) == described(nested)


@pytest.mark.parametrize("places", ["", "0", "1,1", "0,2", "a,b", "-1,0", "1,0,2"])
def test_an_order_that_does_not_fit_is_passed_over(places, files):
    """Somebody may have changed the map: then it is sorted."""
    literal, _ = sent({"b": 1, "a": 2}, dict[str, int], files)
    literal.metadata["key_order"] = places
    assert list(type_engine.from_literal(literal, dict[str, int], files=files).items()) == [("a", 2), ("b", 1)]


@pytest.mark.parametrize("zone", ZONES, ids=str)
@pytest.mark.parametrize("fold", [0, 1])
def test_a_moment_keeps_its_zone(zone, fold, files):
    """Alone and in containers, in the hour that comes twice as well; the form is the same moment in UTC."""
    value = dt.datetime(2024, 10, 27, 2, 30, 0, 123456, tzinfo=zone)
    if isinstance(zone, zoneinfo.ZoneInfo) and zone.key == "Europe/Berlin":
        value = value.replace(fold=fold)
    kinds = ((value, dt.datetime), ([value], list[dt.datetime]), ({"a": value}, dict[str, dt.datetime]))
    for given_value, kind in (*kinds, (value, dt.datetime | None), ([value, None], list[dt.datetime | None])):
        literal, found = sent(given_value, kind, files)
        assert described(found) == described(given_value)
        assert PICKLE_KEY not in str(literal)
        assert ("timezone" in str(literal)) == (zone is not dt.timezone.utc)
    literal, _ = sent(value, dt.datetime, files)
    literal.metadata.clear()
    aware = value if zone else value.replace(tzinfo=dt.timezone.utc)
    found = type_engine.from_literal(literal, dt.datetime, files=files)
    assert found.timestamp() == aware.timestamp()


def test_a_zone_that_is_not_known_is_named(files):
    """An older list of zones may lack it."""
    literal, _ = sent(dt.datetime(2024, 1, 1, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin")), dt.datetime, files)
    literal.metadata["timezone"] = "Europe/Atlantis"
    with pytest.raises(ConversionError, match=r"[Ii]ts zone 'Europe/Atlantis' isn't known here"):
        type_engine.from_literal(literal, dt.datetime, files=files)
