"""Enumerations, named tuples, typed dictionaries, protocols and abstract classes."""

from corpus.definition import Definition, cell

ENUMS = [
    Definition(
        name="Colour",
        cell=cell("""
from enum import Enum
class Colour(Enum):
    RED = 1
    GREEN = 2
    CRIMSON = 1
    def shout(self):
        return self.name + "!"
"""),
        call="(Colour.RED.shout(), Colour(2).name, Colour['CRIMSON'] is Colour.RED, [c.name for c in Colour], repr(Colour.GREEN))",
        expected=("RED!", "GREEN", True, ["RED", "GREEN"], "<Colour.GREEN: 2>"),
    ),
    Definition(
        name="Permission",
        cell=cell("""
from enum import Flag, auto
class Permission(Flag):
    READ = auto()
    WRITE = auto()
    EXECUTE = auto()
    ALL = READ | WRITE | EXECUTE
def allowed(permission):
    return [p.name for p in (Permission.READ, Permission.WRITE, Permission.EXECUTE) if p in permission]
"""),
        call="((Permission.READ | Permission.WRITE).value, Permission.ALL.value, Permission.WRITE in Permission.ALL, "
        "(Permission.ALL & ~Permission.READ).value, bool(Permission(0)))",
        expected=(3, 7, True, 6, False),
    ),
    Definition(
        name="int_flags",
        cell=cell("""
from enum import IntEnum, IntFlag
class Level(IntEnum):
    LOW = 1
    HIGH = 10
class Mode(IntFlag):
    A = 1
    B = 2
mode = Mode.A | Mode.B
def int_flags():
    return Level.HIGH > Level.LOW, Level.LOW + 1, sorted([Level.HIGH, Level.LOW])[0].name, mode == 3, Mode.B in mode, mode.value | 4
"""),
        call="int_flags()",
        expected=(True, 2, "LOW", True, True, 7),
    ),
    Definition(
        name="Planet",
        cell=cell("""
from enum import Enum
class Planet(Enum):
    MERCURY = (3.0e23, 2.4e6)
    EARTH = (5.9e24, 6.3e6)
    def __init__(self, mass, radius):
        self.mass = mass
        self.radius = radius
    @property
    def ratio(self):
        return self.mass / self.radius
    @classmethod
    def heaviest(cls):
        return max(cls, key=lambda planet: planet.mass)
"""),
        call="(Planet.EARTH.radius, Planet.heaviest().name, Planet((3.0e23, 2.4e6)).name, round(Planet.MERCURY.ratio))",
        expected=(6.3e6, "EARTH", "MERCURY", round(3.0e23 / 2.4e6)),
    ),
    Definition(
        name="Text",
        cell=cell("""
from enum import Enum, unique
@unique
class Text(str, Enum):
    FIRST = "first"
    SECOND = "second"
    def __str__(self):
        return self.value
    @classmethod
    def _missing_(cls, value):
        return cls.FIRST if value == "1" else None
"""),
        call="(str(Text.FIRST), Text('1') is Text.FIRST, Text.SECOND == 'second', Text.SECOND.upper(), {'second': 5}[Text.SECOND])",
        expected=("first", True, True, "SECOND", 5),
    ),
    Definition(
        name="Coordinate",
        cell=cell("""
from enum import Enum
class Coordinate(bytes, Enum):
    def __new__(cls, value, label, unit):
        made = bytes.__new__(cls, [value])
        made._value_ = value
        made.label = label
        made.unit = unit
        return made
    PX = (0, "P.X", "km")
    PY = (1, "P.Y", "km")
"""),
        call="(Coordinate.PY.label, Coordinate(0).unit, bytes(Coordinate.PY), Coordinate.PX.value)",
        expected=("P.Y", "km", b"\x01", 0),
    ),
    Definition(
        name="auto_names",
        cell=cell("""
from enum import Enum, auto
class Named(Enum):
    def _generate_next_value_(name, start, count, last):
        return name.lower()
    @classmethod
    def parse(cls, text):
        return cls[text.upper()]
class Direction(Named):
    NORTH = auto()
    SOUTH = auto()
auto_names = Direction
"""),
        call="(auto_names.NORTH.value, auto_names.parse('south').value, auto_names('north').name, len(auto_names))",
        expected=("north", "south", "NORTH", 2),
    ),
    Definition(
        name="enum_members",
        cell=cell("""
from enum import Enum
import datetime
class Shape(Enum):
    SQUARE = "s"
    CIRCLE = "c"
class Day(datetime.date, Enum):
    FIRST = 2024, 1, 1
functional = Enum("functional", "A B")
areas = {Shape.SQUARE: lambda r: r * r, Shape.CIRCLE: lambda r: 3 * r * r}
def enum_members(shape, size):
    return areas[Shape(shape)](size), Day.FIRST.year, functional.B.value, Day.FIRST < datetime.date(2024, 5, 1)
"""),
        call="(enum_members('s', 2), enum_members('c', 2))",
        expected=((4, 2024, 2, True), (12, 2024, 2, True)),
    ),
    Definition(
        name="StringEnum",
        cell=cell("""
from enum import StrEnum, auto
class StringEnum(StrEnum):
    ALPHA = auto()
    BETA = auto()
"""),
        call="(StringEnum.ALPHA.value, f'{StringEnum.BETA}')",
        expected=("alpha", "beta"),
        since=(3, 11),
    ),
    Definition(
        name="Pair",
        cell=cell("""
from typing import NamedTuple
class Pair(NamedTuple):
    first: int
    second: str = "two"
    def both(self):
        return f"{self.first}{self.second}"
    @property
    def doubled(self):
        return self._replace(first=2 * self.first)
"""),
        call="(tuple(Pair(1)), Pair(3, 'x').both(), Pair._fields, tuple(Pair(1).doubled), repr(Pair(1)), Pair(2)._asdict(), Pair._field_defaults)",
        expected=(
            (1, "two"),
            "3x",
            ("first", "second"),
            (2, "two"),
            "Pair(first=1, second='two')",
            {"first": 2, "second": "two"},
            {"second": "two"},
        ),
    ),
    Definition(
        name="plain_tuple",
        cell=cell("""
from collections import namedtuple
Row = namedtuple("Row", ["a", "b", "c"], defaults=[5])
class BigRow(Row):
    __slots__ = ()
    def total(self):
        return self.a + self.b + self.c
plain_tuple = [Row(1, 2), BigRow(1, 2, 3)]
"""),
        call="(plain_tuple[0].c, plain_tuple[1].total(), repr(plain_tuple[1]), plain_tuple[1] == (1, 2, 3))",
        expected=(5, 6, "BigRow(a=1, b=2, c=3)", True),
    ),
    Definition(
        name="movie",
        cell=cell("""
from typing import TypedDict
class Base(TypedDict):
    title: str
class Movie(Base, total=False):
    year: int
class Rated(TypedDict, total=True):
    stars: "int"
film: Movie = {"title": "t", "year": 1999}
def movie():
    keys = sorted(Movie.__required_keys__), sorted(Movie.__optional_keys__)
    return keys, Movie(title="x"), film, sorted(Rated.__annotations__), Movie.__total__
"""),
        call="movie()",
        expected=((["title"], ["year"]), {"title": "x"}, {"title": "t", "year": 1999}, ["stars"], False),
    ),
    Definition(
        name="draw_all",
        cell=cell("""
from typing import Protocol, runtime_checkable
@runtime_checkable
class Drawable(Protocol):
    name: str
    def draw(self, scale: int) -> str: ...
class Line:
    name = "line"
    def draw(self, scale):
        return self.name * scale
class Dot(Drawable):
    name = "dot"
    def draw(self, scale):
        return f"{self.name}{scale}"
def draw_all():
    return [isinstance(thing, Drawable) for thing in (Line(), Dot(), 3)], Line().draw(2), Dot().draw(1)
"""),
        call="draw_all()",
        expected=([True, True, False], "lineline", "dot1"),
    ),
    Definition(
        name="abstract",
        cell=cell("""
from abc import ABC, abstractmethod
class Model(ABC):
    @abstractmethod
    def fit(self, x): ...
    @property
    @abstractmethod
    def name(self): ...
    def run(self, x):
        return f"{self.name}:{self.fit(x)}"
class Mean(Model):
    name = "mean"
    def fit(self, x):
        return sum(x) / len(x)
@Model.register
class Foreign:
    pass
def abstract():
    try:
        Model()
    except TypeError as error:
        failed = "abstract" in str(error)
    return failed, Mean().run([1, 3]), issubclass(Foreign, Model), issubclass(int, Model)
"""),
        call="abstract()",
        expected=(True, "mean:2.0", True, False),
    ),
]
