"""Tasks of each kind, launched by themselves: the value, and what of it is Python's."""

from pathlib import Path
from typing import Any

import client_tasks as tasks
import pytest

from autocontainer_nb import task
from autocontainer_nb.image.interpreter import this_interpreter_image

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(170)]

KINDS: dict[str, tuple[Any, dict[str, Any], Any]] = {
    "function": (tasks.increment, {"x": 1}, 2),
    "default": (tasks.add, {"a": 1}, 5),
    "default replaced": (tasks.add, {"a": 1, "b": 2}, 3),
    "no inputs": (tasks.take_nothing, {}, "something"),
    "no outputs": (tasks.silent, {"x": 1}, None),
    "named outputs": (tasks.named, {"x": 4}, tasks.Score(2.0, 4)),
    "unnamed outputs": (tasks.unnamed, {"x": 4}, (4, "4")),
    "coroutine": (tasks.later, {"x": 1}, 2),
    "map": (tasks.incremented, {"x": [1, 2]}, [2, 3]),
    "map of a partial": (tasks.added, {"a": [1]}, [101]),
    "dynamic without calls": (tasks.calls_nothing, {"x": 1}, 0),
    "eager": (tasks.squares, {"n": 2}, 1),
    "resources": (tasks.with_resources, {"x": 3}, 3),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_task_of_this_kind_gives_its_value(once: Any, kind: str) -> None:
    """The one that a local call gives."""
    entity, inputs, value = KINDS[kind]
    assert once(entity, **inputs).result(timeout_s=150) == value


def test_no_outputs_are_none(once: Any) -> None:
    """An empty dict of them."""
    assert once(tasks.silent, x=1).wait(timeout_s=150).outputs == {}


def test_named_outputs_have_their_class(once: Any) -> None:
    """The notebook's own NamedTuple; and the outputs by name."""
    run = once(tasks.named, x=4)
    assert isinstance(run.result(timeout_s=150), tasks.Score)
    assert run.outputs == {"loss": 2.0, "steps": 4}


def test_a_shell_tasks_file_comes_back(once: Any) -> None:
    """Written by the script, read here."""
    assert Path(once(tasks.doubled_by_shell, x=4).result(timeout_s=150)).read_text().strip() == "8"


def test_a_foreign_container_has_its_inputs(remote: Any) -> None:
    """In its command line; what it prints is the log."""
    image = this_interpreter_image() if remote.is_sandbox else "python:3.11"
    run = remote.launch(tasks.foreign(image), x=4)
    assert run.result(timeout_s=150) is None
    assert run.task_name == "foreign"
    if remote.is_sandbox:  # elsewhere its log isn't always to be had
        assert "the foreign 4" in run.logs()


CAPTURED = {
    "global": "10",
    "container": "{'a': [1, 2, 3]}",
    "function": "True",
    "generator": "3",
    "decorator": "8",
    "closure": "77",
    "partial": "9",
    "class": "6",
    "subclass": "7",
    "instance": "4",
    "dataclass": "Kept(text='kept')",
    "module": "b",
}


@pytest.mark.parametrize("kind", CAPTURED)
def test_what_a_task_uses_travels_with_it(once: Any, kind: str) -> None:
    """Of each kind of thing outside of a function."""
    assert once(tasks.captured).result(timeout_s=150)[kind] == CAPTURED[kind]


def cell(code: str, **names: Any) -> dict[str, Any]:
    """Run the code as a notebook's cell does, and return the notebook's names."""
    notebook = {"__name__": "__main__", "task": task, **names}
    exec(code, notebook)
    return notebook


def test_a_cell_is_launched_with_what_its_names_mean_now(remote: Any) -> None:
    """A change of a global is another version, and another value."""
    notebook = cell("@task\ndef scaled(x: int) -> int:\n    return x * FACTOR", FACTOR=10)
    first = remote.launch(notebook["scaled"], x=2)
    notebook["FACTOR"] = 100
    second = remote.launch(notebook["scaled"], x=2)
    assert (first.result(timeout_s=150), second.result(timeout_s=150)) == (20, 200)
    assert first.launched.version != second.launched.version
