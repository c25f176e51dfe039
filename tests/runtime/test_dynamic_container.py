"""A dynamic task's container leaves a graph, and each child's command runs from the same pickled-entity file."""

import os
from pathlib import Path
from typing import Any

from container_fixture import Captured, Container, capture_task
from flyteidl.core import dynamic_job_pb2, literals_pb2
from google.protobuf import text_format
from test_map_execute import registered_command

from autocontainer_nb.core.dynamic.dynamic import dynamic
from autocontainer_nb.core.maps.map_task import map_task
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.workflow import workflow
from autocontainer_nb.pickling.code.cells import Cell, cells
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.wire import FLYTEKIT_PROTOCOL_VERSION

GOLDEN = Path(__file__).parent.parent / "core" / "golden" / "dynamic_job.textproto"
CELL = """
FACTOR = 10

def times(x: int) -> int:
    return x * FACTOR

@task
def scale(x: int, by: int = 1) -> int:
    return times(x) * by

@task(container_image="example.org/other:v2")
async def add(values: list[int]) -> int:
    return sum(values)

@workflow
def both(x: int) -> int:
    return add(values=[scale(x=x), 1])

@dynamic
def train(count: int) -> int:
    if count == 0:
        return -1
    parts = [scale(x=index, by=2) for index in range(count)]
    more = map_task(scale)(x=parts, by=parts)
    return add(values=[both(x=parts[0]), more[1]])
"""
IDENTITY = {
    "FLYTE_INTERNAL_TASK_PROJECT": "p", "FLYTE_INTERNAL_TASK_DOMAIN": "d", "FLYTE_INTERNAL_TASK_VERSION": "v7",
}  # fmt: skip


def captured_dynamic(container: Container) -> Captured:
    decorators = {"task": task, "map_task": map_task, "workflow": workflow, "dynamic": dynamic}
    namespace: dict[str, Any] = {"__name__": "__main__", **decorators}
    filename = f"cell-{container.folder}"
    exec(compile(CELL, filename, "exec"), namespace)
    cells.record(Cell(filename, CELL, "id", 4))
    uploaded = container.prefix / "upload" / "entities.pkl"
    uploaded.parent.mkdir()
    return capture_task(namespace["train"], str(uploaded))


def variables(captured: Captured, settings: Any) -> dict[str, str]:
    return {pair.key: pair.value for pair in captured.task.get_container(settings).env}


def expand(container: Container, captured: Captured, count: int) -> list[str]:
    """Run the dynamic task's registered command; return the names of the files that it left."""
    from test_map_execute import settings_for

    prefix = container.prefix / "parent"
    script, *arguments = registered_command(container, captured, prefix, count=count)
    env = {**IDENTITY, **variables(captured, settings_for(captured))}
    outcome = container.run(script, arguments, **env)
    assert outcome.code == 0, outcome.log
    left = sorted(path.name for path in prefix.iterdir())
    assert "error.pb" not in left, outcome.log
    return left


def test_the_container_leaves_the_golden_graph(container: Container) -> None:
    """futures.pb has the nodes, the tasks' templates, the subworkflow and the outputs (WRITE_GOLDEN=1 stores it)."""
    captured = captured_dynamic(container)
    assert set(captured.names) == {"__main__.train", "__main__.scale", "__main__.add"}
    assert expand(container, captured, 2) == ["futures.pb"]
    spec = dynamic_job_pb2.DynamicJobSpec.FromString((container.prefix / "parent" / "futures.pb").read_bytes())
    for template in spec.tasks:
        assert template.metadata.runtime.version == FLYTEKIT_PROTOCOL_VERSION
        template.metadata.runtime.version = "VERSION"
    text = text_format.MessageToString(spec)
    text = text.replace(captured.digest, "DIGEST").replace(str(container.prefix), "PREFIX")
    if os.environ.get("WRITE_GOLDEN"):
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()


def test_each_childs_command_runs_from_the_same_file(container: Container) -> None:
    """Nothing more is uploaded: the commands in futures.pb load the children from the parent's file."""
    captured = captured_dynamic(container)
    expand(container, captured, 2)
    spec = dynamic_job_pb2.DynamicJobSpec.FromString((container.prefix / "parent" / "futures.pb").read_bytes())
    inputs = {"__main__.scale": {"x": 4, "by": 2}, "__main__.add": {"values": [1, 2]}}
    results = {}
    for template in spec.tasks:
        name = template.id.name
        values = inputs.get(name, {"x": [4, 5], "by": [2, 2]})
        literals = {
            key: type_engine.to_literal(value, list[int] if isinstance(value, list) else int, files=container.files)
            for key, value in values.items()
        }
        stored = container.prefix / "child.pb"
        stored.write_bytes(literals_pb2.LiteralMap(literals=literals).SerializeToString())
        filled = {"{{.input}}": str(stored), "{{.outputPrefix}}": str(container.prefix / "out")}
        script, *arguments = [filled.get(part, part) for part in template.container.args]
        kind = list[int] if "arraynode" in name else int
        outcome = container.run(script, arguments, {"o0": kind}, FLYTE_INTERNAL_TASK_NAME=name)
        assert outcome.code == 0, outcome.log
        results[name.rpartition(".")[2].split("_")[0]] = outcome.outputs
    assert results == {"scale": {"o0": 80}, "add": {"o0": 3}, "map": {"o0": [80, 100]}}


def test_without_nodes_it_has_outputs(container: Container) -> None:
    """A run that calls nothing ends with its outputs, like any other task."""
    captured = captured_dynamic(container)
    assert expand(container, captured, 0) == ["outputs.pb"]


def test_a_settings_variable_that_cannot_be_read_is_told(container: Container) -> None:
    captured = captured_dynamic(container)
    script, *arguments = registered_command(container, captured, container.prefix / "out", count=1)
    outcome = container.run(script, arguments, **IDENTITY, _F_SS_C="nonsense")
    assert "The variable _F_SS_C can't be read" in outcome.error.message
