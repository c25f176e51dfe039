"""A dataclass or model arrives as the value that was given: read back from Flyte's form, or from a pickle beside it."""

import collections
import dataclasses
import datetime as dt
import decimal
import enum
import logging
import math
import pathlib
import uuid
import zoneinfo
from typing import Any, Optional, Union

import numpy as np
import pandas as pd
import polars as pl
import pydantic
import pytest
from description import described
from flyteidl.core import literals_pb2

from autocontainer_nb import FlyteFile, StructuredDataset
from autocontainer_nb.errors import ConversionError
from autocontainer_nb.type_engine.engine import type_engine

PICKLE_KEY = "pickle_file"
NUMBERED = uuid.UUID(int=1)


@dataclasses.dataclass
class Counted:
    number: int

    def __post_init__(self) -> None:
        self.number += 1


@dataclasses.dataclass
class Lowered:
    text: str
    size: int = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        self.text = self.text.lower()
        self.size = len(self.text)


@dataclasses.dataclass
class WithCache:
    number: int

    def __post_init__(self) -> None:
        self.cache = [self.number]


@dataclasses.dataclass
class Derived:
    number: int
    more: dataclasses.InitVar[int]
    total: int = dataclasses.field(init=False)

    def __post_init__(self, more: int) -> None:
        self.total = self.number + more


@dataclasses.dataclass
class NotGiven:
    number: int
    late: int = dataclasses.field(init=False, default=3)


@dataclasses.dataclass(init=False)
class OwnInit:
    number: int
    other: int = 3

    def __init__(self, start: int) -> None:
        self.number = start
        self.other = 1


@dataclasses.dataclass
class Base:
    number: int


@dataclasses.dataclass
class Sub(Base):
    text: str = "b"


@dataclasses.dataclass
class Named:
    name: str
    text: str


@dataclasses.dataclass
class NamedMore(Named):
    more: int = 0


@dataclasses.dataclass
class Holder:
    one: Base
    maybe: Base | None = None
    many: list[Base] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class DayOrText:
    day: Union[dt.date, str]  # noqa: UP007 - the older spelling
    other: int | str | None = None


class Pair(enum.Enum):
    FIRST = (1, 2)
    SECOND = (3, 4)


class Red(enum.Enum):
    RED = "r"


class Rot(enum.Enum):
    ROT = "r"


@dataclasses.dataclass
class Colored:
    color: Red | Rot
    pair: Pair = Pair.FIRST


@dataclasses.dataclass
class Left:
    number: int


@dataclasses.dataclass
class Right:
    number: int


@dataclasses.dataclass
class Either:
    side: Left | Right
    maybe: Right | Left | None = None


@dataclasses.dataclass
class Node:
    number: int
    next: Optional["Node"] = None


@dataclasses.dataclass
class Loose:
    keys: dict[tuple[int, int], int] = dataclasses.field(default_factory=dict)
    untyped: dict = dataclasses.field(default_factory=dict)
    anything: Any = None


@dataclasses.dataclass
class Times:
    moment: dt.datetime
    span: dt.timedelta | None = None
    path: pathlib.PurePath | None = None
    amount: decimal.Decimal = decimal.Decimal("1.00")
    id: uuid.UUID = NUMBERED


@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    number: int
    pair: tuple[int, ...] = ()


class Secretive(pydantic.BaseModel):
    secret: pydantic.SecretStr = pydantic.SecretStr("x")
    number: float = 0.0


class Excluding(pydantic.BaseModel):
    hidden: int = pydantic.Field(default=1, exclude=True)
    shown: int = 2


class Aliased(pydantic.BaseModel):
    number: int = pydantic.Field(default=1, alias="Number")


class Computed(pydantic.BaseModel, extra="forbid"):
    number: int = 1

    @pydantic.computed_field  # type: ignore[prop-decorator]
    @property
    def double(self) -> int:
        return self.number * 2


class Validated(pydantic.BaseModel):
    number: int = 2

    @pydantic.field_validator("number")
    @classmethod
    def _more(cls, value: int) -> int:
        return value + 3


class Serialized(pydantic.BaseModel):
    number: int

    @pydantic.field_serializer("number")
    def _more(self, value: int) -> int:
        return value + 1


class Parent(pydantic.BaseModel):
    number: int = 1


class Child(Parent):
    text: str = "b"


class Family(pydantic.BaseModel):
    one: Parent
    many: list[Parent] = []


class Untold(pydantic.BaseModel):
    day: Union[dt.date, str] = ""  # noqa: UP007 - the older spelling
    anything: Any = None
    keys: dict[tuple[int, int], int] = {}
    unique: set[int] = set()


class Tree(pydantic.BaseModel):
    number: int
    children: list["Tree"] = []


class Private(pydantic.BaseModel):
    number: int = 1
    _own: int = pydantic.PrivateAttr(default=0)


class Open(pydantic.BaseModel, extra="allow"):
    number: int = 1


def with_private() -> Private:
    made = Private()
    made._own = 7
    return made


def without_size() -> Lowered:
    made = Lowered("a")
    del made.size
    return made


def a_cycle() -> Node:
    made = Node(1)
    made.next = made
    return made


def a_cycle_of_models() -> Tree:
    made = Tree(number=1)
    made.children.append(made)
    return made


DAY = dt.datetime(2024, 1, 1)  # noqa: DTZ001 - without a zone on purpose
BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
PLAIN = False
PICKLED = True

CASES = [
    (Counted(1), Counted, PICKLED),
    (Lowered("ABC"), Lowered, PLAIN),
    (without_size(), Lowered, PICKLED),
    (WithCache(1), WithCache, PICKLED),
    (Derived(1, 2), Derived, PICKLED),
    (NotGiven(1), NotGiven, PLAIN),
    (OwnInit(4), OwnInit, PICKLED),
    (Sub(1), Base, PICKLED),
    (Sub(1), Sub, PLAIN),
    (Holder(Base(1), Base(2), [Base(3)]), Holder, PLAIN),
    (Holder(Sub(1)), Holder, PICKLED),
    (Holder(Base(1), Sub(2)), Holder, PICKLED),
    (Holder(Base(1), None, [Base(1), Sub(3)]), Holder, PICKLED),
    (DayOrText("2024-01-01"), DayOrText, PICKLED),
    (DayOrText(dt.date(2024, 1, 1)), DayOrText, PLAIN),
    (DayOrText("x", 3), DayOrText, PLAIN),
    (Colored(Red.RED), Colored, PICKLED),
    (Colored(Rot.ROT), Colored, PICKLED),
    (Either(Left(1)), Either, PLAIN),
    (Either(Right(1), Left(2)), Either, PICKLED),
    (Node(1, Node(2)), Node, PLAIN),
    (a_cycle(), Node, PICKLED),
    (Loose({(1, 2): 3}), Loose, PICKLED),
    (Loose(untyped={"a": (1, 2)}), Loose, PICKLED),
    (Loose(untyped={"a": [1, 2]}), Loose, PLAIN),
    (Loose(anything=np.float32(0.1)), Loose, PICKLED),
    (Loose(anything=[bytearray(b"x")]), Loose, PICKLED),
    (Loose(anything=2**70), Loose, PICKLED),
    (Loose(anything="\ud800"), Loose, PICKLED),
    (Loose(anything=math.nan), Loose, PLAIN),
    (Loose(anything=-0.0), Loose, PLAIN),
    (Times(DAY), Times, PLAIN),
    (Times(DAY.replace(tzinfo=dt.timezone.utc)), Times, PLAIN),
    (Times(DAY.replace(tzinfo=BERLIN)), Times, PICKLED),
    (Times(DAY, dt.timedelta(days=999_999, microseconds=1)), Times, PICKLED),
    (Times(DAY, dt.timedelta(seconds=1.5)), Times, PLAIN),
    (Times(DAY, None, pathlib.Path("x")), Times, PICKLED),
    (Frozen(1, (2, 3)), Frozen, PLAIN),
    (Secretive(secret="y"), Secretive, PICKLED),  # type: ignore[arg-type]
    (Secretive(number=math.nan), Secretive, PICKLED),
    (Secretive(number=math.inf), Secretive, PICKLED),
    (Excluding(hidden=5), Excluding, PICKLED),
    (Aliased(Number=5), Aliased, PLAIN),
    (Computed(number=3), Computed, PICKLED),
    (Validated(), Validated, PICKLED),
    (Serialized(number=1), Serialized, PICKLED),
    (Child(), Parent, PICKLED),
    (Family(one=Child()), Family, PICKLED),
    (Family(one=Parent(), many=[Child()]), Family, PICKLED),
    (Family(one=Parent(number=2), many=[Parent(number=3)]), Family, PLAIN),
    (Untold(day="2024-01-01"), Untold, PICKLED),
    (Untold(anything=(1, 2)), Untold, PICKLED),
    (Untold(anything=object), Untold, PICKLED),
    (Untold(keys={(1, 2): 3}), Untold, PICKLED),
    (Untold(day="x", anything=None, keys={}, unique={3}), Untold, PLAIN),
    (Tree(number=1, children=[Tree(number=2, children=[])]), Tree, PLAIN),
    (a_cycle_of_models(), Tree, PICKLED),
    (with_private(), Private, PICKLED),
    (Open(number=1, more=3), Open, PLAIN),  # type: ignore[call-arg]
    (Parent.model_construct(number="x"), Parent, PICKLED),  # type: ignore[arg-type]
    (Parent(), Parent, PLAIN),
    (Family(one=Parent(), many=[Parent(), Parent(number=1)]), Family, PLAIN),
    (Parent(number=1), Parent, PLAIN),
    ({"a": (1, 2)}, dict, PICKLED),
    ({(1, 2): 3}, dict, PICKLED),
    ({"a": np.float32(0.1)}, dict, PICKLED),
    ({"b": 1, "a": [2]}, dict, PLAIN),
    (collections.OrderedDict(a=1), dict, PICKLED),
    ([(1, 2)], list, PICKLED),
    ({(1, 2): 3}, dict[tuple[int, int], int], PICKLED),
    ({2: 1, 1: 2}, dict[int, int], PLAIN),
    ([Base(1), Sub(1)], list[Base], PICKLED),
    ({"k": Sub(1)}, dict[str, Base], PICKLED),
    (Left(1), Left | Right, PLAIN),
    (Right(1), Left | Right, PLAIN),
    (Rot.ROT, Red | Rot, PLAIN),
    ("2024-01-01", dt.date | str, PLAIN),
    (Sub(1), Base | Sub, PLAIN),
    (Base(1), Sub | Base, PLAIN),
    (Sub(1), int | Base, PICKLED),
    ([Right(1)], list[Left] | list[Right], PLAIN),
]


def sent(value: Any, kind: Any, files: Any, read_as: Any = None) -> tuple[literals_pb2.Literal, Any]:
    content = type_engine.to_literal(value, kind, files=files).SerializeToString()
    literal = literals_pb2.Literal.FromString(content)
    return literal, type_engine.from_literal(literal, read_as or kind, files=files)


@pytest.mark.parametrize(
    ("value", "kind", "is_pickled"), CASES, ids=[f"{at}-{type(value).__name__}" for at, (value, *_) in enumerate(CASES)]
)
def test_the_value_there_is_the_value_here(value, kind, is_pickled, files):
    """No type, field, attribute or order differs; only what Flyte's form can't hold is pickled."""
    literal, found = sent(value, kind, files)
    assert described(found) == described(value)
    assert (PICKLE_KEY in str(literal)) == is_pickled


def test_what_would_change_is_left_out_of_the_form_that_flyte_looks_into(files):
    """A lookup of a part that stands in the literal is right; of what only the pickle has there is none."""
    literal, _ = sent(Excluding(hidden=5, shown=3), Excluding, files)
    assert type_engine.transformer(Excluding).packed(literal) == {"shown": 3}
    literal, _ = sent(Secretive(secret="y", number=1.5), Secretive, files)
    assert type_engine.transformer(Secretive).packed(literal) == {"number": 1.5}
    assert literal.metadata["left_out"] == "secret"
    literal, _ = sent(Times(DAY, None, pathlib.Path("x")), Times, files)
    assert "path" not in type_engine.transformer(Times).packed(literal)


def test_another_type_reads_what_the_form_holds(files):
    """A dataclass of the same fields is read from the form; an error names fields that only the pickle has."""
    literal, found = sent(Sub(3), Base, files, read_as=Left)
    assert found == Left(3)
    with pytest.raises(ConversionError, match=r"Only its pickle holds moment: declare Times here as well"):
        sent(Times(DAY.replace(tzinfo=BERLIN)), Times, files, read_as=Left)
    assert type(sent(Sub(3), Base, files, read_as=Any)[1]) is Sub
    assert type(sent(Sub(3), Base, files, read_as=dict)[1]) is dict
    assert literal.metadata[PICKLE_KEY]


def test_a_note_tells_once_what_is_pickled_and_why(files, caplog):
    """The note names the type and the first place that would change."""

    @dataclasses.dataclass
    class Noted:
        moment: dt.datetime

    with caplog.at_level(logging.WARNING, "autocontainer_nb"):
        for _ in range(2):
            sent(Noted(DAY.replace(tzinfo=BERLIN)), Noted, files)
    notes = [record.getMessage() for record in caplog.records]
    assert len(notes) == 1
    assert notes[0].startswith(
        "Flyte's form of Noted can't hold this value: datetime.datetime(2024, 1, 1, 0, 0, tzinfo="
    )
    assert "pickled as well, and comes back as it is" in notes[0]


def test_a_value_that_would_change_and_holds_a_file_is_refused(tmp_path, files):
    """Pickles don't take files along: the error says to pass them by themselves."""

    @dataclasses.dataclass
    class Stored:
        file: FlyteFile
        moment: dt.datetime

    @dataclasses.dataclass
    class Framed:
        frame: StructuredDataset
        moment: dt.datetime

    path = tmp_path / "a.txt"
    path.write_text("1")
    frame = StructuredDataset(pd.DataFrame({"a": [1]}))
    for kind, content in ((Stored, FlyteFile(path)), (Framed, frame)):
        assert type(sent(kind(content, DAY), kind, files)[1]) is kind
        with pytest.raises(ConversionError, match=r"since there are files in it.*Pass the files as inputs or outputs"):
            sent(kind(content, DAY.replace(tzinfo=BERLIN)), kind, files)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (pl.DataFrame({"a": [1]}), pd.DataFrame | pl.DataFrame),
        (pd.DataFrame({"a": [1]}), pl.DataFrame | pd.DataFrame),
        ([pl.DataFrame({"a": [1]})], list[pd.DataFrame] | list[pl.DataFrame]),
    ],
)
def test_a_union_of_frames_gives_the_kind_of_frame_that_was_given(value, kind, files):
    """Flyte's types don't tell the members apart; the literal names the member."""
    found = sent(value, kind, files)[1]
    assert type(found) is type(value)
    assert type(found[0] if isinstance(value, list) else found) is type(value[0] if isinstance(value, list) else value)


@pytest.mark.parametrize("size", [0, 1, 80, 118, 127, 128, 255, 256, 70_000])
@pytest.mark.parametrize("has_sub", [False, True])
def test_a_list_of_dataclasses_is_written_as_its_items_are(size, has_sub, files):
    """All at a time gives the messages of one at a time; an item that would change is pickled, the others aren't."""
    texts = ["x" * size, "", "y"]
    values = [Named("a", text) for text in texts]
    if has_sub:
        values.insert(1, NamedMore("b", "c", 3))
    literal, found = sent(values, list[Named], files)
    assert described(found) == described(values)
    assert [PICKLE_KEY in item.metadata for item in literal.collection.literals].count(True) == has_sub
    plain = [sent(value, Named, files)[0] for value in values if type(value) is Named]
    assert [item for item in literal.collection.literals if not item.metadata] == plain


def test_an_item_that_does_not_fit_is_named(files):
    """The path leads to the item and its field."""
    values = [Named("a", "b"), Named("a", 3)]  # type: ignore[arg-type]
    with pytest.raises(ConversionError, match=r"x\[1\]\.text: expected a str, got 3"):
        type_engine.to_literal(values, list[Named], files=files, path="x")
