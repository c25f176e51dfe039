"""In a local run each node gets what its container would read: the values of both runs are the same."""

import datetime as dt
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import numpy as np
import pandas as pd
import pytest

from autocontainer_nb.core.capture.own_classes import recognize_own_classes
from autocontainer_nb.core.dynamic.dynamic import dynamic
from autocontainer_nb.core.maps.map_task import map_task
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.workflow import workflow
from autocontainer_nb.errors import ConversionError
from autocontainer_nb.pickling.portable import class_table
from autocontainer_nb.type_engine.values.flyte_directory import FlyteDirectory
from autocontainer_nb.type_engine.values.flyte_file import FlyteFile
from autocontainer_nb.type_engine.values.structured_dataset import StructuredDataset, kwtypes

EVENING = dt.datetime(2026, 1, 2, 23, tzinfo=dt.timezone(dt.timedelta(hours=-5)))


class Color(Enum):
    RED = "red"
    BLUE = "blue"


class Shade(Enum):
    DARK = "red"
    LIGHT = "blue"


@dataclass
class Large:
    a: int
    b: str = "b"
    color: Color = Color.RED
    day: dt.date = dt.date(2026, 1, 2)


@dataclass
class Small:
    a: int


class Bag:
    def __init__(self) -> None:
        self.items: list[int] = []


@task
def shown(value: str) -> str:
    return value


def _case(made: Any, given: Any, wanted: Any, show: Callable[[Any], Any], expected: Any) -> Any:
    """Return a run of two tasks, of which one makes a value of type `given` and the other gets it as `wanted`."""

    def make():  # type: ignore[no-untyped-def]  # annotated below
        return made

    def show_it(value):  # type: ignore[no-untyped-def]  # likewise
        return repr(show(value))

    make.__annotations__ = {"return": given}
    show_it.__annotations__ = {"value": wanted, "return": str}
    maker, shower = task(make), task(show_it)

    @workflow
    def run() -> str:
        return shower(value=maker())

    return pytest.param(run, repr(expected), id=f"{given}-{wanted}")


def same(value: Any) -> Any:
    return value


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        _case(3, float, float, same, 3.0),
        _case([1, 2.5], list[float], list[float], same, [1.0, 2.5]),
        _case({"a": 1}, dict[str, float], dict[str, float], same, {"a": 1.0}),
        _case(EVENING.replace(tzinfo=None), dt.datetime, dt.datetime, lambda v: v.tzinfo, None),
        _case(EVENING, dt.datetime, dt.date, same, dt.date(2026, 1, 3)),
        _case(EVENING.date(), dt.date, dt.datetime, lambda v: v.hour, 0),
        _case("blue", str, Color, lambda v: v.name, "BLUE"),
        _case(Color.BLUE, Color, str, same, "blue"),
        _case(Color.BLUE, Color, Shade, lambda v: v.name, "LIGHT"),
        _case(Large(1), Large, Small, lambda v: (type(v).__name__, v.a), ("Small", 1)),
        _case({"a": 1}, dict, Small, lambda v: (type(v).__name__, v.a), ("Small", 1)),
        _case(Small(1), Small, dict, same, {"a": 1}),
        _case({"a": (1, 2)}, dict, dict, same, {"a": (1, 2)}),
        _case(
            pd.DataFrame({"a": [1, 2]}), pd.DataFrame, StructuredDataset, lambda v: len(v.open(pd.DataFrame).all()), 2
        ),
        _case([pd.DataFrame({"a": [1]})], list[pd.DataFrame], list[StructuredDataset], len, 1),
        _case(StructuredDataset(dataframe=pd.DataFrame({"a": [1, 2]})), StructuredDataset, pd.DataFrame, len, 2),
    ],
)
def test_a_value_is_what_its_container_would_read(run: Any, expected: str) -> None:
    """Of another type that is accepted, it becomes one of the declared type; of the same, it has its exact form."""
    assert run() == expected


def test_a_wrong_text_for_an_enum_is_refused_as_in_a_container() -> None:
    @task
    def make() -> str:
        return "green"

    @task
    def name(color: Color) -> str:
        return color.name

    @workflow
    def run() -> str:
        return name(color=make())

    with pytest.raises(ConversionError, match=r"name\(inputs\).color: expected a Color, got a string literal 'green'"):
        run()


def test_nodes_share_no_list() -> None:
    """What one changes, no other sees: on a cluster each has read its own."""

    @task
    def make() -> list[int]:
        return [1]

    @task
    def append(items: list[int]) -> int:
        items.append(5)
        return len(items)

    @workflow
    def run() -> tuple[int, int, list[int]]:
        made = make()
        first, second = append(items=made), append(items=made)
        first >> second
        return first, second, made

    assert run() == (2, 2, [1])


def test_parts_and_constants_are_passed_likewise() -> None:
    """A part has its field's type; an int that is written where a float is declared is one; so are outputs."""

    @task
    def make() -> Large:
        return Large(1, color=Color.BLUE)

    @task
    def show(color: str, day: dt.datetime, number: float, numbers: list[float]) -> str:
        return f"{color} {day.isoformat()} {number} {numbers}"

    @workflow
    def run(x: float) -> tuple[str, float]:
        made = make()
        return show(color=made.color, day=made.day, number=2, numbers=[x, 1]), x

    shown, x = run(x=3)
    assert shown == "blue 2026-01-02T00:00:00+00:00 2.0 [3.0, 1.0]"
    assert repr(x) == "3.0"


def test_a_dynamic_task_passes_values_likewise() -> None:
    @task
    def half(x: float) -> str:
        return repr(x)

    @dynamic
    def run(x: int) -> tuple[str, float]:
        return half(x=x), x

    assert repr(run(x=3)) == "('3.0', 3.0)"


def test_nodes_share_no_object() -> None:
    """Nor an array, a table or an object that is pickled."""

    @task
    def make() -> tuple[np.ndarray, pd.DataFrame, Bag]:
        return np.zeros(2), pd.DataFrame({"a": [1]}), Bag()

    @task
    def change(array: np.ndarray, table: pd.DataFrame, bag: Bag) -> str:
        array += 1
        table["a"] += 1
        bag.items.append(1)
        return f"{array.tolist()} {table.a.tolist()} {bag.items}"

    @workflow
    def run() -> tuple[str, str]:
        array, table, bag = make()
        first, second = (change(array=array, table=table, bag=bag) for _ in range(2))
        first >> second
        return first, second

    assert run() == ("[1.0, 1.0] [2] [1]",) * 2


def test_a_table_has_the_columns_that_are_declared() -> None:
    """Others aren't stored."""
    kind = Annotated[StructuredDataset, kwtypes(a=int)]

    @task
    def make() -> kind:
        return StructuredDataset(dataframe=pd.DataFrame({"a": [1], "b": [2]}))

    @task
    def columns(table: kind) -> list[str]:
        return list(table.open(pd.DataFrame).all().columns)

    @workflow
    def run() -> list[str]:
        return columns(table=make())

    assert run() == ["a"]


@pytest.fixture
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("_in_a_folder")
def test_files_of_one_name_are_two() -> None:
    """What the next task writes under the same name doesn't take the place of what this one has returned."""

    @task
    def make(n: int) -> FlyteFile:
        Path("n.txt").write_text("x" * n, encoding="utf-8")
        return FlyteFile("n.txt")

    @task
    def size(file: FlyteFile) -> int:
        return len(Path(file).read_text(encoding="utf-8"))

    @workflow
    def run() -> list[int]:
        first, second = make(n=1), make(n=2)
        return [size(file=first), size(file=second)]

    @workflow
    def mapped(ns: list[int]) -> list[int]:
        return map_task(size)(file=map_task(make)(n=ns))

    assert run() == [1, 2]
    assert mapped(ns=[1, 2, 3]) == [1, 2, 3]


@pytest.mark.usefixtures("_in_a_folder")
def test_each_node_has_its_own_copy_of_a_file() -> None:
    """What it writes into it, or beside it, neither another node nor the notebook sees."""
    Path("a.txt").write_text("a", encoding="utf-8")
    Path("d").mkdir()
    Path("d/b.txt").write_text("b", encoding="utf-8")

    @task
    def extend(file: FlyteFile, folder: FlyteDirectory, path: Path) -> list[str]:
        for each in (Path(file), Path(folder) / "b.txt", path):
            with each.open("a", encoding="utf-8") as text:
                text.write("!")
        return [each.read_text(encoding="utf-8") for each in (Path(file), Path(folder) / "b.txt", path)]

    @workflow
    def run(file: FlyteFile, folder: FlyteDirectory, path: Path) -> list[list[str]]:
        return [extend(file=file, folder=folder, path=path) for _ in range(2)]

    assert run(file=FlyteFile("a.txt"), folder=FlyteDirectory("d"), path=Path("a.txt")) == [["a!", "b!", "a!"]] * 2
    assert Path("a.txt").read_text(encoding="utf-8") == "a"
    assert [each.name for each in Path("d").iterdir()] == ["b.txt"]
    assert Path("d/b.txt").read_text(encoding="utf-8") == "b"


@pytest.mark.usefixtures("_in_a_folder")
def test_an_input_file_that_is_returned_is_what_the_task_has_made_of_it() -> None:
    """As a direct call gives it; the one that came stays as it was, and one that wasn't changed isn't stored again."""
    Path("a.txt").write_text("a", encoding="utf-8")

    @task
    def extend(file: FlyteFile) -> tuple[FlyteFile, str]:
        with file.open("a") as text:
            text.write("!")
        return file, file.place()

    @task
    def look(file: FlyteFile) -> tuple[str, str, FlyteFile]:
        return Path(file).read_text(encoding="utf-8"), file.place(), file

    @workflow
    def run(file: FlyteFile) -> tuple[list[str], list[str]]:
        made, came_from = extend(file=file)
        first, first_place, unchanged = look(file=file)
        second, second_place, _ = look(file=made)
        third, third_place, _ = look(file=unchanged)
        return [first, second, third], [came_from, first_place, second_place, third_place]

    contents, (came_from, first, second, third) = run(file=FlyteFile("a.txt"))
    assert contents == ["a", "a!", "a"]
    assert came_from == first == third != second
    assert Path("a.txt").read_text(encoding="utf-8") == "a"


def test_an_output_is_what_it_was_when_its_task_ended() -> None:
    """A list that the task's module keeps and changes later isn't what the node has left."""
    kept: list[int] = []

    @task
    def grow() -> list[int]:
        kept.append(len(kept))
        return kept

    @workflow
    def run() -> tuple[list[int], list[int]]:
        first, second = grow(), grow()
        return first, second

    assert run() == ([0], [0, 1])


CLASS = "class Model:\n    def rate(self): return 1"
WORKFLOW = """
kept = Model()
@task
def give(x: int) -> Any: return [kept, kept]
@task
def add(v: Any) -> Any: return [*v, Model()]
@workflow
def both(x: int) -> tuple[Any, Any]:
    given = give(x=x)
    return given, add(v=add(v=given))
"""


def test_classes_are_in_all_nodes_those_of_the_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a cell kept of the class of before its cell ran again is of that class, through however many nodes."""
    monkeypatch.setattr(class_table, "recognize", None)
    monkeypatch.setattr(class_table, "identify", None)
    recognize_own_classes()
    module = ModuleType("__main__")
    names = vars(module)
    names.update(task=task, workflow=workflow, Any=Any)
    monkeypatch.setitem(sys.modules, "__main__", module)
    exec(CLASS, names)
    exec(WORKFLOW, names)
    for _ in range(2):
        exec(CLASS, names)
        old, new = type(names["kept"]), names["Model"]
        for _ in range(2):
            given, added = names["both"](x=1)
            assert [type(each) for each in (*given, *added)] == [old, old, old, old, new, new]
