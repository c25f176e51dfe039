"""What the suite's values are: one of each type, and tasks that return them."""

import datetime as dt
import enum
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from autocontainer_nb import FlyteDirectory, FlyteFile, task


class Colour(enum.Enum):
    """By name and value."""

    RED = "red"
    GREEN = "green"


@dataclass
class Point:
    """A dataclass."""

    x: int
    y: float = 0.5


@dataclass
class Shape:
    """A dataclass that holds others."""

    points: list[Point]
    colour: Colour = Colour.RED
    names: dict[str, str] = field(default_factory=dict)


class Own:
    """What has no type in Flyte, and goes as a pickle."""

    def __init__(self, secret: int) -> None:
        self.secret = secret

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Own) and other.secret == self.secret

    def __hash__(self) -> int:
        return hash(self.secret)

    def __repr__(self) -> str:
        return f"Own({self.secret})"


class Same(NamedTuple):
    """What came in."""

    whole: int
    negative: int
    large: int
    real: float
    whole_real: float
    infinite: float
    truth: bool
    untruth: bool
    text: str
    foreign: str
    empty: str
    moment: dt.datetime
    span: dt.timedelta
    numbers: list[int]
    nothing: list[str]
    nested: list[list[int]]
    counts: dict[str, int]
    maps: dict[str, dict[str, list[int]]]
    colour: Colour
    mode: Literal["fast", "slow"]
    number_of_either: int | str
    text_of_either: int | str
    missing: int | None
    given: int | None
    point: Point
    shape: Shape
    points: list[Point]
    own: Own
    owns: dict[str, Own]


VALUES = Same(
    whole=7,
    negative=-3,
    large=2**53 + 1,
    real=0.1,
    whole_real=3.0,
    infinite=math.inf,
    truth=True,
    untruth=False,
    text="plain",
    foreign="naïve 東京 🙂\n\t'\"{{.inputs.x}}",
    empty="",
    moment=dt.datetime(2024, 2, 29, 23, 59, 59, 123456, tzinfo=dt.timezone.utc),
    span=dt.timedelta(days=2, microseconds=5),
    numbers=[3, 1, 2],
    nothing=[],
    nested=[[1], [], [2, 3]],
    counts={"a": 1, "b c": 2},
    maps={"a": {"b": [1, 2]}, "empty": {}},
    colour=Colour.GREEN,
    mode="slow",
    number_of_either=4,
    text_of_either="4",
    missing=None,
    given=5,
    point=Point(1, 2.5),
    shape=Shape([Point(1), Point(2, -1.0)], Colour.GREEN, {"k": "v"}),
    points=[Point(3)],
    own=Own(9),
    owns={"a": Own(1)},
)
INPUTS = VALUES._asdict()


@task
def same(  # noqa: PLR0913, PLR0917 - one of each type
    whole: int,
    negative: int,
    large: int,
    real: float,
    whole_real: float,
    infinite: float,
    truth: bool,
    untruth: bool,
    text: str,
    foreign: str,
    empty: str,
    moment: dt.datetime,
    span: dt.timedelta,
    numbers: list[int],
    nothing: list[str],
    nested: list[list[int]],
    counts: dict[str, int],
    maps: dict[str, dict[str, list[int]]],
    colour: Colour,
    mode: Literal["fast", "slow"],
    number_of_either: int | str,
    text_of_either: int | str,
    missing: int | None,
    given: int | None,
    point: Point,
    shape: Shape,
    points: list[Point],
    own: Own,
    owns: dict[str, Own],
) -> Same:
    """Return what comes in."""
    return Same(**{name: value for name, value in locals().items() if name in Same._fields})


class Stored(NamedTuple):
    """Values that lie in the store."""

    path: Path
    file: FlyteFile
    folder: FlyteDirectory
    files: list[FlyteFile]
    lengths: dict[str, int]


@task
def stored(path: Path, file: FlyteFile, files: list[FlyteFile]) -> Stored:
    """Read files, and write others."""
    lengths = {"path": len(path.read_text()), "file": len(Path(file).read_text()), "files": len(files)}
    Path("a.txt").write_text(path.read_text().upper())
    Path("b.bin").write_bytes(bytes(range(256)) * 5000)
    folder = Path("folder")
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "leaf.txt").write_text("leaf")
    (folder / "top.txt").write_text("top")
    return Stored(
        Path("a.txt"),
        FlyteFile("b.bin"),
        FlyteDirectory(str(folder)),
        [FlyteFile("a.txt"), FlyteFile("b.bin")],
        lengths,
    )
