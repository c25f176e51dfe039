"""The types and values whose wire form flytekit 1.16 has shown: `write_golden.py` asks it, the tests compare."""

import datetime as dt
import decimal
import enum
import os
import typing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, Optional, Union

import attrs
import numpy as np
import pandas as pd
import pyarrow as pa
from flyteidl.core import identifier_pb2
from golden_names import FlyteDirectory, FlyteFile, HashMethod, StructuredDataset, kwtypes
from google.protobuf import struct_pb2

try:
    import polars as pl
except ImportError:  # an extra that not every environment has
    pl = None

try:
    import pydantic
except ImportError:  # the same
    pydantic = None

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


CSV = FlyteFile["csv"]


@dataclass
class Places:
    file: FlyteFile
    table: CSV
    folder: FlyteDirectory
    maybe: FlyteFile | None = None
    many: list[FlyteFile] = field(default_factory=list)


FRAME = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
TABLE = pa.table({"a": [1, 2], "b": ["x", "y"]})


@attrs.define
class Attrs:
    size: int


@dataclass
class Columns:
    a: int
    b: str


@dataclass
class WithTable:
    table: StructuredDataset
    maybe: StructuredDataset | None = None


A_STRUCT = struct_pb2.Struct()
A_STRUCT.update({"a": 1, "b": ["x", {"c": None}]})
A_LIST = struct_pb2.ListValue()
A_LIST.extend(["x", 1.5, True])
A_FILE = Path(__file__)
A_FOLDER = Path(__file__).parent / "golden"
REMOTE = "s3://bucket/data.csv"

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
    "message": (identifier_pb2.Identifier, [identifier_pb2.Identifier(project="p", name="n", resource_type=1)]),
    "message_struct": (struct_pb2.Struct, [A_STRUCT]),
    "message_list": (struct_pb2.ListValue, [A_LIST]),
    "optional_message": (identifier_pb2.Identifier | None, [identifier_pb2.Identifier(name="n"), None]),
    "attrs": (Attrs, [Attrs(3)]),
    "decimal": (decimal.Decimal, [decimal.Decimal("1.50")]),
    "path_like": (os.PathLike, [A_FILE]),
    "table": (pa.Table, [TABLE]),
    "frame_columns": (Annotated[pd.DataFrame, kwtypes(a=int)], [FRAME]),
    "frame_csv": (Annotated[pd.DataFrame, "csv"], [FRAME]),
    "frame_hash": (Annotated[pd.DataFrame, HashMethod(lambda frame: str(len(frame)))], [FRAME]),
    "int_hash": (list[Annotated[int, HashMethod(str)]], [[1, 2]]),
    "dataset": (
        StructuredDataset,
        [
            StructuredDataset(FRAME),
            StructuredDataset(TABLE),
            StructuredDataset(uri="s3://bucket/table", file_format="parquet"),
            StructuredDataset(uri="s3://bucket/table"),
        ],
    ),
    "dataset_columns": (
        Annotated[StructuredDataset, kwtypes(a=int, b=list[str], c=dict[str, float], d={"e": dt.datetime})],
        [StructuredDataset(uri="s3://bucket/table")],
    ),
    "dataset_subset": (Annotated[StructuredDataset, kwtypes(b=str)], [StructuredDataset(FRAME)]),
    "dataset_class": (Annotated[StructuredDataset, Columns], [StructuredDataset(FRAME)]),
    "dataset_csv": (
        Annotated[StructuredDataset, kwtypes(a=int), "csv"],
        [StructuredDataset(FRAME), StructuredDataset(uri="s3://bucket/table", file_format="parquet")],
    ),
    "dataset_arrow": (Annotated[StructuredDataset, TABLE.schema], [StructuredDataset(TABLE)]),
    "optional_dataset": (StructuredDataset | None, [StructuredDataset(FRAME), None]),
    "with_table": (WithTable, [WithTable(StructuredDataset(FRAME), StructuredDataset(uri="s3://bucket/table"))]),
    "file": (FlyteFile, [FlyteFile(str(A_FILE)), FlyteFile(REMOTE), FlyteFile(REMOTE, metadata={"k": "v"})]),
    "file_csv": (FlyteFile["csv"], [FlyteFile(str(A_FILE)), FlyteFile["csv"](REMOTE)]),
    "file_by_text": (FlyteFile, [str(A_FILE), REMOTE, A_FILE]),
    "optional_file": (FlyteFile | None, [FlyteFile(REMOTE), None]),
    "list_file": (list[CSV], [[FlyteFile(REMOTE)]]),
    "folder": (FlyteDirectory, [FlyteDirectory("s3://bucket/tree"), FlyteDirectory(str(A_FOLDER))]),
    "folder_svg": (FlyteDirectory["svg"], [FlyteDirectory["svg"]("s3://bucket/tree")]),
    "folder_by_text": (FlyteDirectory, [str(A_FOLDER), "s3://bucket/tree", A_FOLDER]),
    "places": (
        Places,
        [
            Places(
                FlyteFile(str(A_FILE)),
                FlyteFile["csv"](REMOTE, metadata={"k": "v"}),
                FlyteDirectory(str(A_FOLDER)),
                FlyteFile(REMOTE),
                [FlyteFile(REMOTE)],
            ),
        ],
    ),
}
OPTIONAL = {
    "estimator",
    "polars",
    "polars_lazy",
    "dataset_polars",
    "model",
    "model_places",
    "list_model",
    "optional_model",
}  # whose library may be missing

if pl is not None:
    POLARS = pl.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    CASES.update(
        polars=(pl.DataFrame, [POLARS]),
        polars_lazy=(pl.LazyFrame, [POLARS.lazy()]),
        dataset_polars=(StructuredDataset, [StructuredDataset(POLARS)]),
    )

if pydantic is not None:

    class Part(pydantic.BaseModel):
        size: int
        color: Color = Color.RED

    class Model(pydantic.BaseModel):
        name: str
        when: dt.datetime
        part: Part
        parts: list[Part] = []  # noqa: RUF012 - pydantic copies it
        by_name: dict[str, float] = {}  # noqa: RUF012 - the same
        maybe: int | None = None
        pair: tuple[int, str] = (1, "z")
        took: dt.timedelta = dt.timedelta(seconds=5)

    class PlacesModel(pydantic.BaseModel):
        file: FlyteFile
        folder: FlyteDirectory
        table: StructuredDataset
        maybe: FlyteFile | None = None
        many: list[FlyteFile] = []  # noqa: RUF012 - the same

    MODEL = Model(name="m", when=dt.datetime(2024, 1, 2, tzinfo=UTC), part=Part(size=1), parts=[Part(size=2)])
    CASES.update(
        model=(Model, [MODEL]),
        list_model=(list[Part], [[Part(size=1, color=Color.BLUE)]]),
        optional_model=(Part | None, [Part(size=1), None]),
        model_places=(
            PlacesModel,
            [
                PlacesModel(
                    file=FlyteFile(str(A_FILE)),
                    folder=FlyteDirectory("s3://bucket/tree"),
                    table=StructuredDataset(FRAME),
                    many=[FlyteFile(REMOTE)],
                ),
            ],
        ),
    )

try:
    from sklearn.linear_model import LinearRegression
except ImportError:  # the same
    pass
else:
    CASES["estimator"] = (LinearRegression, [LinearRegression().fit([[0.0], [1.0]], [0.0, 2.0])])
