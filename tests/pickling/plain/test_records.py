"""The quick way through instances of ordinary classes says of two of them what the walk over single objects says."""

import copyreg
import enum
import functools
import random
import sys
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autocontainer_nb.pickling.capture.buffers import current_hashes
from autocontainer_nb.pickling.code.cells import CellBook
from autocontainer_nb.pickling.code.sources import SourceCollector
from autocontainer_nb.pickling.meaning.fingerprint import Fingerprinter
from autocontainer_nb.pickling.meaning.parts import reduction
from autocontainer_nb.pickling.plain.records import RecordClasses
from autocontainer_nb.wire import LARGE_BUFFER_BYTES

T = TypeVar("T")


class Point:
    """An ordinary class."""

    def __init__(self, **attributes: Any) -> None:
        vars(self).update(attributes)


class Other(Point):
    """Another one."""


@dataclass
class Row:
    """A dataclass."""

    x: Any = 1


@dataclass(frozen=True)
class Frozen:
    """One whose instances are values."""

    x: Any = 1


class Box(Generic[T]):
    """A generic class."""

    def __init__(self) -> None:
        self.x = 1


class Setting(Point):
    """A class whose instances take their state in a way of their own."""

    def __setstate__(self, state: Any) -> None:
        vars(self).update(state)


class Stating:
    def __getstate__(self) -> Any:
        return {"x": 2}


class Reducing:
    def __reduce__(self) -> Any:
        return Point, ()


class Slotted:
    __slots__ = ("__dict__", "x")


class Asking:
    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


class Watching:
    def __getattribute__(self, name: str) -> Any:
        return object.__getattribute__(self, name)


class Hiding:
    @property
    def __dict__(self) -> Any:  # type: ignore[override]
        return {"y": 1}


class Listed(list):  # type: ignore[type-arg]
    pass


class Named:
    def __getnewargs__(self) -> Any:
        return ()


class Told:
    pass


copyreg.pickle(Told, lambda value: (Point, ()))  # type: ignore[arg-type]


class Colour(enum.Enum):
    RED = 1


def fingerprinter(*, is_slow: bool = False) -> Fingerprinter:
    found = Fingerprinter(SourceCollector(CellBook()), current_hashes())
    if is_slow:
        found._records.read = lambda value: None  # type: ignore[method-assign]
    return found


def digest(value: Any, *, is_slow: bool = False) -> str:
    return fingerprinter(is_slow=is_slow).digest(value)


@pytest.mark.parametrize(
    "value", [Point(x=1), Other(), Row(), Frozen(), Box(), Setting(x=1)], ids=lambda value: type(value).__name__
)
def test_ordinary_classes(value: Any) -> None:
    """Classes, dataclasses and generics, with attributes and without."""
    assert RecordClasses(reduction).read(value) is not None


@pytest.mark.parametrize(
    "value",
    [
        *[Stating(), Reducing(), Slotted(), Asking(), Watching(), Hiding(), Listed(), Named(), Told(), Colour.RED],
        *[OSError(1), functools.partial(print), random.Random(1), object(), Point, print, sys, 3, [1]],
        *[Point(__reduce_ex__=1), Point(text="x" * LARGE_BUFFER_BYTES)],
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_may_be_more_than_its_attributes(value: Any) -> None:
    """Whatever says itself how it is pickled, or what its attributes are, is left to the walk over single objects."""
    assert RecordClasses(reduction).read(value) is None


ATOMS = st.sampled_from([None, True, 0, 1, 1.0, -0.0, 0.0, "", "a", "1", b"a", ..., 1j])
SHARED: list[Any] = []
VALUES = st.recursive(
    ATOMS | st.just(SHARED),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["x", "y"]), inner, max_size=2)
        | st.builds(lambda kind, state: kind(**state), st.sampled_from([Point, Other, Setting]),
                    st.dictionaries(st.sampled_from(["x", "y", "x\0y"]), inner, max_size=3))
        | st.builds(Row, inner) | st.builds(Frozen, inner)
        | inner.map(lambda one: [one, one])
    ),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(VALUES, VALUES)
def test_values_are_equal_if_they_are_by_the_slow_way(one: Any, other: Any) -> None:
    """Kinds, attributes, nesting, sharing: whatever tells two apart there does here, and nothing else."""
    assert (digest(one) == digest(other)) == (digest(one, is_slow=True) == digest(other, is_slow=True))


def test_neither_the_order_of_attributes_nor_the_first_instance_counts() -> None:
    """Attributes that were set in another order, and an object whose class was met in another object before."""
    assert digest(Point(x=1, y=[2])) == digest(Point(y=[2], x=1))
    many = [Point(x=number, y=[number]) for number in range(5)]
    found = fingerprinter()
    assert [found.digest(one) for one in many] == [digest(one) for one in many]


def test_attributes_that_are_left_out() -> None:
    """One that never counts, and one of a single object."""
    one, other = Point(x=1, y=1), Point(x=1, y=2)
    found = fingerprinter()
    found.never_count("attribute y")
    assert found.digest(one) == found.digest(other)
    found = fingerprinter()
    found.leave_out(one, "attribute y")
    assert found.digest(one) != found.digest(other)


def test_a_circle_and_a_class_that_refers_to_its_instances() -> None:
    """What refers back to itself ends, and the same circle means the same."""

    def made(size: int) -> Any:
        points = [Point(number=number) for number in range(size)]
        for point, following in zip(points, [*points[1:], points[0]], strict=True):
            point.next = following
        return points[0]

    assert digest(made(3)) == digest(made(3)) != digest(made(4))


@settings(max_examples=100, deadline=None)
@given(st.permutations(["x", "y"]), st.sampled_from(["class", "value", "kind", "name"]))
def test_any_change_is_seen(names: list[str], change: str) -> None:
    """Of an attribute's value, of its type, of its name, of the class."""
    state: dict[str, Any] = dict.fromkeys(names, 1)
    changed = {
        "class": Other(**state),
        "value": Point(**{**state, "x": 2}),
        "kind": Point(**{**state, "x": True}),
        "name": Point(**{"z" if name == "x" else name: one for name, one in state.items()}),
    }
    assert digest(Point(**state)) != digest(changed[change])
