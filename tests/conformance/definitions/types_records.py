"""Enums, literals and dataclasses."""

import datetime as dt
import enum
import typing
from dataclasses import dataclass, field
from typing import Any, Literal, Optional

UTC = dt.timezone.utc


# %% enum_of_text
class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


python_type = Color
values = [Color.RED, Color.BLUE]


# %% enum_with_text_base
class Color(str, enum.Enum):
    RED = "red"
    BLUE = "blue"


python_type = Color
values = [Color.RED]

# %% literal_of_text
python_type = Literal["a", "b"]
values = ["a", "b"]

# %% literal_of_numbers
python_type = Literal[1, 2]
values = [2]

# %% literal_of_flags
python_type = Literal[True]
values = [True]


# %% dataclass_simple
@dataclass
class Metrics:
    name: str
    accuracy: float = 0.5
    steps: int = 3
    ok: bool = True


python_type = Metrics
values = [Metrics("m"), Metrics("m", 0.25, 7, ok=False), Metrics("m", 2.0)]


# %% dataclass_empty
@dataclass
class Empty:
    pass


python_type = Empty
values = [Empty()]


# %% dataclass_frozen
@dataclass(frozen=True)
class Frozen:
    x: int


python_type = Frozen
values = [Frozen(3)]


# %% dataclass_nested
@dataclass
class Inner:
    a: int
    b: list[int]


@dataclass
class Outer:
    inner: Inner
    items: list[Inner]
    table: dict[str, Inner]
    maybe: Optional[Inner] = None


python_type = Outer
values = [Outer(Inner(1, [1]), [Inner(2, [])], {"k": Inner(3, [9])}), Outer(Inner(0, []), [], {}, Inner(4, []))]


# %% dataclass_moments
@dataclass
class Moments:
    when: dt.datetime
    day: dt.date
    took: dt.timedelta
    since: dt.datetime = dt.datetime(2020, 1, 1, tzinfo=UTC)
    wait: dt.timedelta = dt.timedelta(days=1)


python_type = Moments
values = [
    Moments(
        dt.datetime(2024, 1, 2, 3, 4, 5, 678, tzinfo=UTC), dt.date(2024, 1, 2), dt.timedelta(hours=1, milliseconds=5)
    )
]


# %% dataclass_choices
class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Choices:
    color: Color
    chosen: Literal["a", "b"] = "a"
    by_default: Color = Color.BLUE
    either: int | str = 3


python_type = Choices
values = [Choices(Color.RED), Choices(Color.RED, "b", Color.RED, "text")]


# %% dataclass_containers
@dataclass
class Containers:
    pair: tuple[int, str] = (1, "z")
    many: tuple[int, ...] = (1, 2)
    by_key: dict[int, str] = field(default_factory=lambda: {1: "a"})
    free: dict = field(default_factory=dict)
    loose: list = field(default_factory=list)
    deep: dict[str, list[dict[str, int]]] = field(default_factory=dict)


python_type = Containers
values = [Containers(), Containers(free={"a": [1]}, loose=["x"], deep={"a": [{"b": 1}]})]


# %% dataclass_anything
@dataclass
class Anything:
    anything: Any
    raw: bytes = b"x"
    made: int = field(default=3, init=False)


python_type = Anything
values = [Anything({"x": [1, None]})]


# %% dataclass_inherited
@dataclass
class Base:
    a: int


@dataclass
class Derived(Base):
    b: str = "x"


python_type = Derived
values = [Derived(1)]


# %% dataclass_recursive_list
@dataclass
class Numbers:
    grid: list[list[float]]
    sets: Optional[list[int]] = None


python_type = Numbers
values = [Numbers([[1.0, 2.0], []]), Numbers([], [1])]


# %% named_tuple_value
class Pair(typing.NamedTuple):
    a: int
    b: str


python_type = Pair
values = [Pair(1, "x")]

# %% pydantic_model
from pydantic import BaseModel


class Model(BaseModel):
    name: str
    steps: int = 3
    tags: list[str] = []


python_type = Model
values = [Model(name="m"), Model(name="m", steps=1, tags=["a"])]

# %% pydantic_nested
from pydantic import BaseModel


class Part(BaseModel):
    weight: float
    when: Optional[dt.datetime] = None


class Whole(BaseModel):
    parts: list[Part]
    table: dict[str, Part] = {}


python_type = Whole
values = [Whole(parts=[Part(weight=1.0)], table={"a": Part(weight=2.5, when=dt.datetime(2024, 1, 2, tzinfo=UTC))})]

# %% list_of_pydantic
from pydantic import BaseModel


class Model(BaseModel):
    steps: int


python_type = list[Model]
values = [[Model(steps=1), Model(steps=2)]]

# %% pydantic_enum_field
from pydantic import BaseModel


class Color(enum.Enum):
    RED = "red"


class Model(BaseModel):
    color: Color = Color.RED
    chosen: Literal["a", "b"] = "a"


python_type = Model
values = [Model()]

# %% attrs_class
import attrs


@attrs.define
class Point:
    x: int
    y: int = 2


python_type = Point
values = [Point(1)]

# %% protobuf_message
from flyteidl.core.identifier_pb2 import Identifier

python_type = Identifier
values = [Identifier(project="p", name="n")]

# %% protobuf_struct
from google.protobuf.struct_pb2 import Struct

filled = Struct()
filled.update({"a": 1, "b": [True, None]})
python_type = Struct
values = [filled, Struct()]


# %% pydantic_inherited
from pydantic import BaseModel, Field


class Base(BaseModel):
    a: int = Field(gt=0, description="positive")


class Derived(Base):
    b: Optional[str] = None
    took: dt.timedelta = dt.timedelta(1)
    day: dt.date = dt.date(2024, 1, 1)


python_type = Derived
values = [Derived(a=1)]

# %% optional_pydantic
from pydantic import BaseModel


class Model(BaseModel):
    a: int = 1


python_type = Optional[Model]
values = [Model(), None]

# %% dataclass_in_pydantic
from pydantic import BaseModel


@dataclass
class Inner:
    a: int


class Model(BaseModel):
    inner: Inner
    many: list[Inner] = []


python_type = Model
values = [Model(inner=Inner(1))]


# %% dataclass_with_defaults_of_all_kinds
@dataclass
class Settings:
    a: int = 1
    b: float = 1.0
    c: str = "x"
    d: bool = True
    e: Optional[int] = None
    f: Optional[list[str]] = None
    g: list[int] = field(default_factory=lambda: [1])
    h: Optional[dict[str, float]] = None


python_type = Settings
values = [Settings(), Settings(e=2, f=["a"], h={"x": 1.0})]

# %% list_of_literals
python_type = list[Literal["a", "b"]]
values = [["a", "b"]]

# %% optional_literal
python_type = Optional[Literal["a", "b"]]
values = ["a", None]


# %% dict_of_enum
class Color(enum.Enum):
    RED = "red"


python_type = dict[str, Color]
values = [{"a": Color.RED}]

# %% list_of_attrs
import attrs


@attrs.frozen
class Point:
    x: int = 1


python_type = list[Point]
values = [[Point(), Point(2)]]

# %% protobuf_list
from flyteidl.core.identifier_pb2 import Identifier

python_type = list[Identifier]
values = [[Identifier(name="n")]]
