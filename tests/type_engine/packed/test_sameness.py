"""Two values are the same if no program could tell them apart, and where they differ is told by the steps to it."""

import datetime as dt
import enum
from collections import OrderedDict, deque
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

import pydantic
import pytest

from autocontainer_nb.type_engine.packed.sameness import difference


class Held:
    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)


class Slotted:
    __slots__ = ("__own", "more")

    def __init__(self, own: Any) -> None:
        self.__own = own


class Both(Slotted):
    def __init__(self, own: Any, **attributes: Any) -> None:
        super().__init__(own)
        self.__dict__.update(attributes)


class Names(list[str]):
    pass


class Word(str):
    __slots__ = ()


class Equal:
    def __init__(self, number: int) -> None:
        self.number = number

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]  # as of a class that says only when it is equal


class Color(enum.Enum):
    RED = (1,)
    BLUE = (2,)


class Model(pydantic.BaseModel):
    a: int
    b: int = 1
    _kept: list[int] = pydantic.PrivateAttr(default_factory=lambda: [1])


def named(names: list[str], **attributes: Any) -> Names:
    made = Names(names)
    vars(made).update(attributes)
    return made


def around(value: Any) -> list[Any]:
    made = [value]
    made.append(made)
    return made


NAN = float("nan")
UTC, ZERO = dt.timezone.utc, dt.timezone(dt.timedelta(0), "zero")
NOON = dt.datetime(2026, 1, 2, 12)  # noqa: DTZ001 - one without a zone
SAME: dict[str, Any] = {
    "numbers": lambda: [1, True, None, b"x", 1.5, NAN, 2j],
    "attributes": lambda: Held(a=[1], b={"c": (1, "x")}),
    "slots": lambda: Slotted([1]),
    "slots and attributes": lambda: Both([1], a=[2]),
    "a list of a class of its own": lambda: named(["x"], a=[1]),
    "a text of a class of its own": lambda: Word("x"),
    "dates": lambda: [NOON, NOON.replace(tzinfo=UTC), NOON.time(), NOON.date()],
    "what knows only whether it is equal": lambda: [Decimal("1.0"), deque([1])],
    "a path": lambda: PurePosixPath("a") / "b",
    "a circle": lambda: around(1),
    "a set": lambda: {"x", 1, (2, 3)},
    "an error": lambda: ValueError("x", [1]),
    "a model": lambda: Model(a=1),
    "an object without anything": Held,
}


@pytest.mark.parametrize("kind", SAME)
def test_a_value_made_twice_is_the_same(kind: str) -> None:
    """However it keeps what it has."""
    one, other = SAME[kind](), SAME[kind]()
    assert one is not other
    assert difference(one, other) is None


DIFFERENT: dict[str, tuple[Any, Any, str]] = {
    "a number's type": ([1], [True], "[0]"),
    "the sign of zero": ([0.0], [-0.0], "[0]"),
    "an attribute": (Held(a=[1, 2]), Held(a=[1, 3]), ".a[1]"),
    "a further attribute": (Held(a=1), Held(a=1, b=2), ".b"),
    "a slot": (Slotted([1]), Slotted([2]), "._Slotted__own[0]"),
    "a slot of a base": (Both(1, a=2), Both(2, a=2), "._Slotted__own"),
    "an attribute beside slots": (Both(1, a=2), Both(1, a=3), ".a"),
    "what the class takes for equal": (Equal(1), Equal(2), ".number"),
    "an attribute of a list": (named(["x"], a=1), named(["x"], a=2), ".a"),
    "an item of a list of a class of its own": (named(["x"]), named(["y"]), "[0]"),
    "a list's class": (["x"], named(["x"]), ""),
    "a text's class": (["x"], [Word("x")], "[0]"),
    "a dictionary's order": ({"a": 1, "b": 2}, {"b": 2, "a": 1}, ""),
    "a dictionary's class": ({"a": {"b": 1}}, {"a": OrderedDict(b=1)}, "['a']"),
    "a zone's name": ([NOON.replace(tzinfo=UTC)], [NOON.replace(tzinfo=ZERO)], "[0]"),
    "a time without a zone": (NOON, NOON.replace(tzinfo=UTC), ""),
    "a number's digits": ([Decimal("1.0")], [Decimal("1.00")], "[0]"),
    "a member of an enum": ([Color.RED], [Color.BLUE], "[0]"),
    "a set's types": ({1}, {True}, ""),
    "an error's text": (ValueError("x"), ValueError("y"), "[0]"),
    "the fields that were given": (Model(a=1), Model(a=1, b=1), ".__pydantic_fields_set__"),
    "a circle": (around(1), around(2), "[0]"),
}


@pytest.mark.parametrize("kind", DIFFERENT)
def test_what_a_program_could_tell_apart_is_different(kind: str) -> None:
    """In whichever order the two are given; the steps lead to the first place."""
    one, other, place = DIFFERENT[kind]
    assert (difference(one, other), difference(other, one)) == (place, place)


def test_a_private_attribute_counts() -> None:
    """What a model keeps for itself is seen by its methods."""
    one, other = Model(a=1), Model(a=1)
    other._kept.append(2)
    assert difference(one, other) == ".__pydantic_private__['_kept']"
