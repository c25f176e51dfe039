"""A call in a graph gets the value of that moment, as a call of the task would."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pydantic
import pytest

from autocontainer_nb.core.dynamic.dynamic import dynamic
from autocontainer_nb.core.graph.conditional import conditional
from autocontainer_nb.core.maps.map_task import map_task
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.imperative import ImperativeWorkflow
from autocontainer_nb.core.workflows.workflow import workflow
from autocontainer_nb.type_engine.values.flyte_file import FlyteFile


@dataclasses.dataclass
class Config:
    rate: int
    tags: list[str] = dataclasses.field(default_factory=list)


class Model(pydantic.BaseModel):
    rate: int


class Plain:
    def __init__(self) -> None:
        self.rate = 0


def _grow(value: Any, number: int) -> Any:
    """Change the value in place, and return it."""
    if isinstance(value, list):
        value.append(number)
    elif isinstance(value, dict):
        value[str(number)] = [number]
        value["0"].append(number)
    elif isinstance(value, np.ndarray):
        value[0] = number
    elif isinstance(value, pd.DataFrame):
        value.loc[0, "a"] = number
    elif isinstance(value, bytearray):
        value[0] = number
    elif isinstance(value, FlyteFile | Path):
        Path(value).write_text(str(number), encoding="utf-8")
    else:
        value.rate = number
    return value


def _shown(value: Any) -> str:
    if isinstance(value, FlyteFile | Path):
        return Path(value).read_text(encoding="utf-8")
    if isinstance(value, Plain):
        return str(value.rate)
    return str(value.to_dict("list")) if isinstance(value, pd.DataFrame) else str(value)


def _first(kind: Any) -> Any:
    made = {
        dict[str, list[int]]: lambda: {"0": [0]},
        np.ndarray: lambda: np.zeros(2, int),
        pd.DataFrame: lambda: pd.DataFrame({"a": [0]}),
        Config: lambda: Config(0),
        Model: lambda: Model(rate=0),
        FlyteFile: lambda: FlyteFile("a.txt"),
        Path: lambda: Path("a.txt"),
    }
    return made[kind]() if kind in made else kind() if isinstance(kind, type) and kind is Plain else []


KINDS = [list[int], list, dict[str, list[int]], np.ndarray, pd.DataFrame, Config, Model, Plain, FlyteFile, Path]
# Files that a workflow's function names are read when the workflow runs.
STORED_LATER = {FlyteFile, Path}


def _task(kind: Any) -> Any:
    def show(value, number: int) -> str:  # type: ignore[no-untyped-def]  # annotated below
        return _shown(value)

    show.__annotations__["value"] = kind
    return task(show)


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _called(show: Any, kind: Any) -> list[Any]:
    value = _first(kind)
    return [show(value=_grow(value, number), number=number) for number in range(1, 4)]


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_dynamic_task_gives_each_call_what_it_has_then(kind: Any) -> None:
    """Loops that fill a list, a configuration that is set anew, a file that is written again: as plain calls."""
    show = _task(kind)

    @dynamic
    def draw() -> list[str]:
        return _called(show, kind)

    @workflow
    def whole() -> list[str]:
        return draw()

    @task
    def one(x: int) -> int:
        return x

    @dynamic
    def branches(n: int) -> list[str]:
        value = _first(kind)
        found = []
        for number in range(1, n):
            which = one(x=number)
            _grow(value, number)
            chosen = conditional(f"c{number}").if_(which > 1).then(show(value=value, number=number))
            found.append(chosen.else_().then(show(value=value, number=-number)))
        return found

    expected = _called(show, kind)
    assert len(set(expected)) == 3
    assert draw() == whole() == expected
    assert branches(n=4) == expected


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in STORED_LATER], ids=str)
def test_a_workflow_gives_each_call_what_it_has_then(kind: Any) -> None:
    show = _task(kind)

    @workflow
    def draw() -> list[str]:
        return _called(show, kind)

    by_hand = ImperativeWorkflow(name="given_values.by_hand")
    value = _first(kind)
    nodes = [by_hand.add_entity(show, value=_grow(value, number), number=number) for number in range(1, 4)]
    by_hand.add_workflow_output("found", [node.outputs["o0"] for node in nodes], list[str])
    expected = _called(show, kind)
    assert draw() == by_hand() == expected


LATER: list[int] = []
CONFIG = Config(1)


def test_a_workflow_takes_the_notebooks_own_objects_as_they_are_when_it_runs() -> None:
    """As a call of its function would; the graph was drawn at its cell."""
    show, of_config = _task(list[int]), _task(Config)
    LATER[:] = [1]
    CONFIG.rate = 1

    @workflow
    def draw() -> list[str]:
        return [show(value=LATER, number=1), of_config(value=CONFIG, number=1)]

    assert draw() == ["[1]", str(Config(1))]
    LATER.append(2)
    CONFIG.rate = 2
    assert draw() == ["[1, 2]", str(Config(2))]


def test_a_list_of_what_nodes_give_may_grow() -> None:
    """A node isn't made to wait for those that are added to its list later, itself among them."""

    @task
    def total(xs: list[int]) -> int:
        return sum(xs)

    def add_up(n: int) -> list[int]:
        seen: list[int] = [1]
        for _ in range(n):
            seen.append(total(xs=seen))
        return seen

    @workflow
    def drawn() -> list[int]:
        return add_up(4)

    @dynamic
    def dynamically(n: int) -> list[int]:
        return add_up(n)

    assert drawn() == dynamically(n=4) == add_up(4) == [1, 1, 2, 4, 8]


def test_a_map_gets_its_list_as_it_is_then() -> None:
    @task
    def double(x: int) -> int:
        return 2 * x

    def grown() -> list[list[int]]:
        xs: list[int] = []
        found = []
        for x in range(3):
            xs.append(x)
            found.append(map_task(double)(x=xs))
        return found

    @dynamic
    def dynamically(n: int) -> list[list[int]]:
        return grown()

    @workflow
    def drawn() -> list[list[int]]:
        return grown()

    assert drawn() == dynamically(n=1) == grown() == [[0], [0, 2], [0, 2, 4]]


def test_what_cant_be_copied_is_passed_itself() -> None:
    """A value with a lock in it, which a local task could take."""

    class Locked(Plain):
        def __deepcopy__(self, memo: Any) -> Any:
            raise TypeError("can't be copied")

    show = _task(Any)
    held = Locked()

    @workflow
    def draw() -> str:
        return show(value=held, number=1)

    assert draw() == "0"
    held.rate = 2
    assert draw() == "2"


def _in_a_circle() -> Any:
    ring: list[Any] = [1]
    ring.append(ring)
    return ring


def _knows_itself() -> Any:
    class Own(Plain):
        """Of a function's own: pickle doesn't know it."""

    own = Own()
    own.me = own  # type: ignore[attr-defined]  # any attribute
    return own


def _shared() -> Any:
    part: list[Any] = []
    return [part, {"a": part}]


@pytest.mark.parametrize("make", [_in_a_circle, _knows_itself, _shared])
def test_a_value_keeps_its_shape(make: Any) -> None:
    """What contains itself does so for the task; what is shared is one thing there, also when it was changed since."""

    @task
    def shape(value: Any) -> list[bool]:
        if isinstance(value, list):
            return [value[-1] is value, value[0] is (value[1]["a"] if isinstance(value[1], dict) else None)]
        return [value.me is value]

    value, other = make(), make()

    @workflow
    def draw() -> tuple[list[bool], list[bool]]:
        before = shape(value=value)
        found = shape(value=other)
        (other if isinstance(other, list) else vars(other).setdefault("more", [])).append(5)
        return before, found

    assert draw() == (shape.task_function(value), shape.task_function(value))
