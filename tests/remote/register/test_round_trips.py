"""What a launch costs over a slow line: round trips, counted by who waits for whom, not by a clock."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.reference import reference_task
from autocontainer_nb.core.workflows.workflow import workflow
from autocontainer_nb.remote.client import FlyteRemote

sys.path.insert(0, str(Path(__file__).parents[1]))  # pytest's importlib mode adds nothing

from line import Line

ONE_WAY_S = 0.15  # calls that are begun together are sent within it, on a busy machine as well
SINGLE = "@task\ndef scaled(x: int) -> int:\n    return FACTOR * x\n"
ARRAYS = "@task\ndef scaled(x: int) -> int:\n    return int(FIRST[x] + SECOND[x]) * FACTOR\n"


def graph(number: int) -> str:
    """Return the cells of a workflow of so many tasks, one after the other."""
    tasks = "".join(f"@task\ndef step_{n}(x: int) -> int:\n    return FACTOR * x + {n}\n" for n in range(number))
    calls = "".join(f"    x = step_{n}(x=x)\n" for n in range(number))
    return f"{tasks}@workflow\ndef scaled(x: int) -> int:\n{calls}    return x\n"


@pytest.fixture
def line(control_plane: Any, flyteadmin: Any) -> Iterator[Line]:
    """A line with 300 ms of round trip to the quirky flyteadmin."""
    assert flyteadmin.store.url
    with Line("127.0.0.1", control_plane.port, delay_s=ONE_WAY_S) as made:
        yield made


@pytest.fixture
def remote(line: Line, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FlyteRemote]:
    """A client at the end of the line, of a machine that has launched nothing so far."""
    monkeypatch.setenv("AUTOCONTAINER_NB_HOME", str(tmp_path))
    endpoint = f"127.0.0.1:{line.port}"
    made = FlyteRemote(endpoint, "flytesnacks", "development", insecure=True, image="ghcr.io/me/image:v1")
    yield made
    made.close()


def notebook(cells: str, **names: Any) -> dict[str, Any]:
    made = {"__name__": "__main__", "task": task, "workflow": workflow, "FACTOR": 1, **names}
    exec(cells, made)
    return made


def trips(line: Line, launch: Any, names: dict[str, Any] | None = None, *, expected: int) -> int:
    """Return the round trips until the launch has returned; of the best of three, where a busy machine was late.

    With `names`, each is of a changed notebook.
    """
    for turn in range(3):
        line.round_trips = 0
        if names is not None and turn:
            names["FACTOR"] += 10
        launch()
        if line.round_trips <= expected:
            break
    return line.round_trips


@pytest.mark.parametrize(
    ("cells", "first", "unchanged"), [(SINGLE, 4, 2), (graph(3), 6, 2), (graph(20), 7, 2)], ids=["task", "3", "20"]
)
def test_a_launch_and_another_one(line: Line, remote: FlyteRemote, cells: str, first: int, unchanged: int) -> None:
    """First: is it registered, where does the code go, CreateTask, CreateExecution; a graph adds itself and its plan.

    Sixteen tasks are registered at once. Unchanged, it is asked whether it is registered, and started; changed, it is
    as new.
    """
    names = notebook(cells)
    assert 0 < trips(line, lambda: remote.launch(names["scaled"], x=1), names, expected=first) <= first
    assert 0 < trips(line, lambda: remote.launch(names["scaled"], x=2), expected=unchanged) <= unchanged
    names["FACTOR"] = 2
    assert 0 < trips(line, lambda: remote.launch(names["scaled"], x=1), names, expected=first) <= first


@pytest.mark.parametrize(("is_packed", "first"), [(True, 5), (False, 4)], ids=["packed", "as they are"])
def test_with_two_arrays(
    line: Line, remote: FlyteRemote, monkeypatch: pytest.MonkeyPatch, is_packed: bool, first: int
) -> None:
    """Both are asked for beside the first look, and uploaded side by side; then the code, which names their places."""
    monkeypatch.setattr("autocontainer_nb.remote.register.objects.Uploads._is_packed", lambda *_: is_packed)
    random = np.random.default_rng(1)
    arrays = {name: random.integers(0, 4, 2_000_000, dtype=np.uint8) for name in ("FIRST", "SECOND")}
    names = notebook(ARRAYS, **arrays)
    assert 0 < trips(line, lambda: remote.launch(names["scaled"], x=1), names, expected=first) <= first
    assert 0 < trips(line, lambda: remote.launch(names["scaled"], x=2), expected=2) <= 2
    names["FACTOR"] = 2
    assert 0 < trips(line, lambda: remote.launch(names["scaled"], x=1), names, expected=4) <= 4


def test_a_reference(line: Line, remote: FlyteRemote) -> None:
    """What is registered is compared with the signature, and started."""
    there = remote.register(notebook(SINGLE)["scaled"])

    @reference_task(project="flytesnacks", domain="development", name=there.name, version=there.version)
    def scaled(x: int) -> int: ...

    assert 0 < trips(line, lambda: remote.launch(scaled, x=1), expected=2) <= 2
    assert 0 < trips(line, lambda: there.launch(x=1), expected=1) <= 1
