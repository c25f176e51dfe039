"""The types and values whose wire form flytekit 1.16 has shown: `write_golden.py` asks it, the tests compare."""

import datetime as dt
import enum
import os
import typing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, Optional, Union

import numpy as np
import pandas as pd

UTC = dt.timezone.utc


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


@dataclass
class Inner:
    a: int
    b: list[int]


@dataclass
class Metrics:
    name: str
    accuracy: float = 0.5
    steps: int = 3
    ok: bool = True


@dataclass(frozen=True)
class Frozen:
    x: int


@dataclass
class Full:
    name: str
    when: dt.datetime
    day: dt.date
    took: dt.timedelta
    inner: Inner
    color: Color
    level: Level
    items: list[Inner]
    table: dict[str, Inner]
    anything: Any
    maybe: int | None = None
    maybe_inner: Inner | None = None
    raw: bytes = b"x"
    either: int | str = 3
    by_key: dict[int, str] = field(default_factory=lambda: {1: "a"})
    pair: tuple[int, str] = (1, "z")
    many: tuple[int, ...] = (1, 2)
    free: dict = field(default_factory=dict)
    loose: list = field(default_factory=list)
    chosen: Literal["a", "b"] = "a"
    frozen: Frozen = Frozen(2)
    since: dt.datetime = dt.datetime(2020, 1, 1, tzinfo=UTC)
    color_by_default: Color = Color.BLUE
    wait: dt.timedelta = dt.timedelta(days=1)
    made: int = field(default=3, init=False)


class Plain:
    def __init__(self, value):
        self.value = value

    def __eq__(self, other):
        return type(other) is Plain and other.value == self.value

    __hash__ = None


def full():
    return Full(
        name="n",
        when=dt.datetime(2024, 1, 2, 3, 4, 5, 678, tzinfo=UTC),
        day=dt.date(2024, 1, 2),
        took=dt.timedelta(hours=1, milliseconds=5),
        inner=Inner(1, [1, 2]),
        color=Color.RED,
        level=Level.HIGH,
        items=[Inner(2, [])],
        table={"k": Inner(3, [9])},
        anything={"x": [1, None]},
    )


FRAME = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
A_FILE = Path(__file__)

# name ► (type, values)
CASES = {
    "int": (int, [3, -5, 0, 2**62, -(2**63)]),
    "float": (float, [1.5, 0.0, float("inf")]),
    "bool": (bool, [True, False]),
    "str": (str, ["x", "", "ü"]),
    "bytes": (bytes, [b"\x00\xff"]),
    "datetime": (
        dt.datetime,
        [
            dt.datetime(2024, 1, 2, 3, 4, 5, 678, tzinfo=UTC),
            dt.datetime(1960, 1, 2, 3, 4, 5, 678, tzinfo=UTC),
            dt.datetime(2024, 1, 2, 3, 4, tzinfo=dt.timezone(dt.timedelta(hours=2))),
        ],
    ),
    "date": (dt.date, [dt.date(2024, 1, 2)]),
    "timedelta": (dt.timedelta, [dt.timedelta(days=2, microseconds=7), -dt.timedelta(seconds=5, microseconds=3)]),
    "none": (type(None), [None]),
    "list_int": (list[int], [[1, 2, 300, 70_000, 2**40, -1], []]),
    "list_float": (list[float], [[1.0, 0.0, -2.5]]),
    "list_bool": (list[bool], [[True, False]]),
    "list_str": (typing.List[str], [["a", "", "ü" * 200]]),  # noqa: UP006 - the older spelling is a case of its own
    "list_list_str": (list[list[str]], [[["a"], []]]),
    "list_any": (list[Any], [[1]]),
    "list_plain": (list[Plain], [[Plain(1)]]),
    "dict_str_float": (dict[str, float], [{"a": 1.0}, {}]),
    "dict_str_dict": (dict[str, dict[str, int]], [{"a": {"b": 1}}]),
    "dict_str_any": (dict[str, Any], [{"a": 1}]),
    "dict": (dict, [{"a": [1, {"b": None}]}, {}]),
    "dict_int_str": (dict[int, str], [{1: "x"}]),
    "dict_str_untyped": (dict[str, dict], [{"a": {"b": 1}}]),
    "optional_int": (Optional[int], [3, None]),  # noqa: UP045 - the older spelling is a case of its own
    "union_int_str_none": (int | str | None, [3, "x", None]),
    "union_float_int": (Union[float, int], [1, 1.0]),  # noqa: UP007 - the same
    "union_in_list": (list[int | str | None], [[1, "a", None]]),
    "union_list_dict": (list[int] | dict[str, int], [[1], {"a": 1}]),
    "union_dataclass_int": (Metrics | int, [Metrics("m"), 4]),
    "union_int_enum": (int | Color, [Color.RED, 3]),
    "union_moments": (
        dt.datetime | dt.timedelta | dt.date,
        [dt.timedelta(1), dt.datetime(2024, 1, 2, tzinfo=UTC), dt.date(2024, 1, 1)],
    ),
    "optional_dataclass": (Metrics | None, [Metrics("m"), None]),
    "optional_frame": (pd.DataFrame | None, [FRAME, None]),
    "enum": (Color, [Color.RED]),
    "list_enum": (list[Color], [[Color.BLUE]]),
    "choice_str": (Literal["a", "b"], ["a"]),
    "choice_int": (Literal[1, 2], [2]),
    "metrics": (Metrics, [Metrics("m"), Metrics("m", 0.25, 7, False)]),
    "inner": (Inner, [Inner(1, [2])]),
    "frozen": (Frozen, [Frozen(3)]),
    "full": (Full, [full()]),
    "list_metrics": (list[Metrics], [[Metrics("a"), Metrics("b")]]),
    "dict_metrics": (dict[str, Metrics], [{"a": Metrics("a")}]),
    "any": (Any, [1, "x"]),
    "plain": (Plain, [Plain(3)]),
    "set": (set, [{1}]),
    "complex": (complex, [1j]),
    "annotated": (Annotated[int, "doc"], [3]),
    "annotated_in_list": (list[Annotated[int, "doc"]], [[3]]),
    "frame": (pd.DataFrame, [FRAME, FRAME.set_index("b")]),
    "list_frame": (list[pd.DataFrame], [[FRAME]]),
    "array": (np.ndarray, [np.arange(6.0).reshape(2, 3)]),
    "path_like": (os.PathLike, [A_FILE]),
}
