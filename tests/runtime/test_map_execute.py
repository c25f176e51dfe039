"""A map task's container command runs for each index, and leaves one outputs.pb there."""

from pathlib import Path
from typing import Annotated, Any

import pytest
from container_fixture import Captured, Container, Outcome, capture_task
from flyteidl.core import literals_pb2

from autocontainer_nb.core.maps.map_task import map_task
from autocontainer_nb.core.serialize.tasks import task_spec
from autocontainer_nb.core.settings.serialization import FastSerializationSettings, SerializationSettings
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.image.config import Image, ImageConfig
from autocontainer_nb.pickling.code.cells import Cell, cells
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.type_engine.families.annotated import MAY_BE_MISSING

CELL = """
from functools import partial

OFFSET = 100

def shifted(x: int) -> int:
    return x + OFFSET

@task
def scale(x: int, by: int) -> int:
    if x < 0:
        raise ValueError(f"no negative {x}")
    return shifted(x) * by

scaled = map_task(partial(scale, by=3), concurrency=2)
half = map_task(partial(scale, by=3), min_success_ratio=0.5)
one = map_task(partial(scale, by=3), min_successes=1)
"""


def captured_map(container: Container, name: str = "scaled", source: str = CELL) -> Captured:
    """Run a cell that defines a map task, and put its file where the control plane would have it."""
    namespace: dict[str, Any] = {"__name__": "__main__", "task": task, "map_task": map_task}
    filename = f"cell-{container.folder}"
    exec(compile(source, filename, "exec"), namespace)
    cells.record(Cell(filename, source, "id", 4))
    uploaded = container.prefix / "upload" / "entities.pkl"
    uploaded.parent.mkdir(exist_ok=True)
    return capture_task(namespace[name], str(uploaded))


def settings_for(captured: Captured) -> SerializationSettings:
    """Return what a registration with the captured file has."""
    return SerializationSettings(
        image_config=ImageConfig(default_image=Image("default", "example.org/image", "v1")),
        pickled_entity_digest=captured.digest,
        fast_serialization_settings=FastSerializationSettings(
            enabled=True, destination_dir=".", distribution_location=f"file://{captured.path}"
        ),
    )


def registered_command(container: Container, captured: Captured, prefix: Path, **inputs: Any) -> list[str]:
    """Return the command as it is registered, with its placeholders filled as the control plane does."""
    kinds = captured.task.python_interface.inputs
    literals = {key: type_engine.to_literal(value, kinds[key], files=container.files) for key, value in inputs.items()}
    stored = container.prefix / "inputs.pb"
    stored.write_bytes(literals_pb2.LiteralMap(literals=literals).SerializeToString())
    filled = {
        "{{.input}}": str(stored),
        "{{.outputPrefix}}": str(prefix),
        "{{.rawOutputDataPrefix}}": str(container.prefix / "raw"),
    }
    return [filled.get(part, part) for part in task_spec(captured.task, settings_for(captured)).template.container.args]


def run_item(container: Container, command: list[str], prefix: Path, kind: Any = int, **env: str) -> Outcome:
    """Run a registered command; its outputs are read where it was told to leave them."""
    (container.prefix / "out").unlink(missing_ok=True)
    (container.prefix / "out").symlink_to(prefix)
    script, *arguments = command
    return container.run(script, arguments, {"o0": kind}, **env)


def numbered(index: int, **more: str) -> dict[str, str]:
    return {"BATCH_JOB_ARRAY_INDEX_VAR_NAME": "FLYTE_K8S_ARRAY_INDEX", "FLYTE_K8S_ARRAY_INDEX": str(index), **more}


def test_the_command_runs_for_each_index(container: Container) -> None:
    """Each container takes its own item of the lists, the bound input whole, and leaves one outputs.pb."""
    captured = captured_map(container)
    for index, expected in enumerate([303, 306, 309]):
        prefix = container.prefix / str(index)
        command = registered_command(container, captured, prefix, x=[1, 2, 3], by=3)
        assert command[6] == "pyflyte-map-execute"
        outcome = run_item(container, command, prefix, **numbered(index))
        assert (outcome.code, outcome.outputs) == (0, {"o0": expected}), outcome.log
        assert [path.name for path in prefix.iterdir()] == ["outputs.pb"]


def test_an_offset_counts(container: Container) -> None:
    """Where the array runs in fewer slots than it has items, the offset is added to the slot's number."""
    captured = captured_map(container)
    command = registered_command(container, captured, container.prefix / "x", x=[1, 2, 3], by=1)
    offset = numbered(1, BATCH_JOB_ARRAY_INDEX_OFFSET="1")
    assert run_item(container, command, container.prefix / "x", **offset).outputs == {"o0": 103}


def test_without_an_index_one_container_does_all_items(container: Container) -> None:
    """Launched by itself, as a single task, its outputs are what its interface says: the list."""
    captured = captured_map(container)
    command = registered_command(container, captured, container.prefix / "x", x=[1, 2], by=2)
    assert run_item(container, command, container.prefix / "x", list[int]).outputs == {"o0": [202, 204]}


@pytest.mark.parametrize(("name", "kind"), [("half", int | None), ("one", Annotated[int, MAY_BE_MISSING])])
def test_items_may_fail_where_one_container_does_all(container: Container, name: str, kind: Any) -> None:
    """As many as the definition allows: their output is nothing, and the log says which they are, and why."""
    captured = captured_map(container, name)
    variables = {
        pair.key: pair.value for pair in task_spec(captured.task, settings_for(captured)).template.container.env
    }
    command = registered_command(container, captured, container.prefix / "x", x=[1, -2], by=2)
    outcome = run_item(container, command, container.prefix / "x", list[kind], **variables)  # type: ignore[valid-type]  # made at run time
    assert outcome.outputs == {"o0": [202, None]}, outcome.log
    assert (
        "item [1] of 2 failed: ValueError: no negative -2; its output is None (1 of 1 allowed failures)" in outcome.log
    )
    command = registered_command(container, captured, container.prefix / "x", x=[-1, -2], by=2)
    outcome = run_item(container, command, container.prefix / "x", list[kind], **variables)  # type: ignore[valid-type]  # likewise
    assert "no negative -2" in outcome.error.message


@pytest.mark.parametrize(
    ("values", "index", "message"),
    [([1, -2], 1, "no negative -2"), ([1, 2], 5, "has 2 items, but no item [5]")],
)
def test_an_items_failure_is_its_own(container: Container, values: list[int], index: int, message: str) -> None:
    captured = captured_map(container)
    command = registered_command(container, captured, container.prefix / "x", x=values, by=3)
    outcome = run_item(container, command, container.prefix / "x", **numbered(index))
    assert outcome.outputs is None
    assert message in outcome.error.message


def test_the_file_holds_the_mapped_task(container: Container) -> None:
    """The map task itself is made again from the command; what travels is the task that it maps."""
    assert captured_map(container).names == ("__main__.scale",)


def test_a_wrong_command_line_is_told(container: Container) -> None:
    outcome = container.run("pyflyte-map-execute", ["--inputs", "x"])
    assert (outcome.code, "pyflyte-map-execute: the option --output-prefix is missing" in outcome.log) == (2, True)
    paths = ["--inputs", "x", "--output-prefix", str(container.prefix / "out")]
    location = "autocontainer_nb.ArrayNodeMapTaskResolver"
    outcome = container.run("pyflyte-map-execute", [*paths, "--resolver", location, "--", "vars", "a"])
    assert "loader arguments vars NAMES resolver LOCATION" in (outcome.error.message if outcome.error else outcome.log)
