"""An eager task's container: what it needs, and what it says where that isn't there."""

from pathlib import Path
from typing import Any

import pytest
from container_fixture import Captured, Container, Outcome, capture_task

from autocontainer_nb.core.dynamic.eager import eager
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.pickling.code.cells import Cell, cells

CELL = """
@task
async def later(x: int) -> int:
    return x + 1

@eager
async def train(x: int) -> int:
    if x < 0:
        raise ValueError(f"below nothing: {x}")
    return await later(x=x) if x else 0
"""


def captured_eager(container: Container) -> Captured:
    namespace: dict[str, Any] = {"__name__": "__main__", "task": task, "eager": eager}
    filename = f"cell-{container.folder}"
    exec(compile(CELL, filename, "exec"), namespace)
    cells.record(Cell(filename, CELL, "id", 4))
    return capture_task(namespace["train"], str(container.folder / "entities.pkl"))


@pytest.fixture
def run(container: Container):
    """Runs the task on one input, in a home without configuration."""
    captured = captured_eager(container)

    def run_it(x: int, **env: str) -> Outcome:
        return container.execute(captured, env={"HOME": str(container.folder), **env}, x=x)

    run_it.names = captured.names
    return run_it


def test_its_file_has_the_children(run) -> None:
    assert set(run.names) == {"__main__.train", "__main__.later"}


def test_without_an_endpoint_the_error_says_what_to_set(run) -> None:
    """It is told before anything is started, also to a task that would call nothing; no sandbox appears."""
    outcome = run(0)
    assert outcome.outputs is None
    assert outcome.error.code == "USER:ConfigError"
    for words in ("Eager task 'train'", "FLYTE_PLATFORM_URL", "FLYTE_CREDENTIALS_CLIENT_ID", "secret_requests"):
        assert words in outcome.error.message
    assert "never awaited" not in outcome.log


def test_one_that_calls_nothing_needs_nobody_at_the_endpoint(run) -> None:
    """Nothing is asked before the first call; an error of its own has its line in the cell."""
    address = {"FLYTE_PLATFORM_URL": "127.0.0.1:1", "FLYTE_PLATFORM_INSECURE": "true"}
    assert run(0, **address).outputs == {"o0": 0}
    failed = run(-1, **address)
    assert failed.error.code == "USER:ValueError"
    assert "Cell In[4], line 9" in failed.error.message
    assert "asyncio" not in failed.error.message


def test_without_the_clients_packages_it_says_what_the_image_lacks(run, container: Container) -> None:
    """An image for tasks has no gRPC by itself; only eager tasks call the control plane."""
    hidden = container.prefix / "hidden"
    hidden.mkdir()
    Path(hidden, "grpc.py").write_text("raise ModuleNotFoundError(\"No module named 'grpc'\", name='grpc')")
    outcome = run(1, PYTHONPATH=str(hidden), FLYTE_PLATFORM_URL="127.0.0.1:1")
    assert outcome.error.code == "USER:SlotError"
    for words in ("'eager_children'", "'grpc'", "pip install"):
        assert words in outcome.error.message
