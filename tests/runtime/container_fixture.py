"""A container as the control plane would start it: an empty folder, a command, and nothing else."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flyteidl.core import errors_pb2, literals_pb2

from autocontainer_nb.core.capture.capture import Capture, registered_form
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.pickling.code.cells import Cell, cells
from autocontainer_nb.storage.access import PrefixAccess
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.wire import NOTEBOOK_RESOLVER_LOCATION

SCRIPTS = Path(sys.executable).parent


@dataclass(frozen=True)
class Captured:
    """A written file with the names of the tasks in it, and the captured task as it is registered."""

    task: Any
    path: str
    digest: str
    names: tuple[str, ...]


def capture_task(entity: Any, path: str) -> Captured:
    """Write the file of a task."""
    written = Capture(entity).write(path)
    return Captured(registered_form(entity), path, written.digest, written.names)


@dataclass
class Outcome:
    """What one run of a command left behind."""

    code: int
    log: str
    outputs: dict[str, Any] | None
    error: errors_pb2.ContainerError | None


@dataclass
class Container:
    """One empty working directory, the outputs' prefix, and the commands run there."""

    folder: Path
    prefix: Path
    files: PrefixAccess

    def capture(self, source: str, name: str = "train", execution_count: int = 7) -> Captured:
        """Run a cell that defines the task `name`, and capture it into the working directory."""
        filename = f"cell-{self.folder}"
        namespace: dict[str, Any] = {"__name__": "__main__", "task": task}
        exec(compile(source, filename, "exec"), namespace)
        cells.record(Cell(filename, source, "id", execution_count))
        return capture_task(namespace[name], str(self.folder / "entities.pkl"))

    def arguments(self, captured: Captured, resolver: str = NOTEBOOK_RESOLVER_LOCATION, **inputs: Any) -> list[str]:
        """Return the arguments of `pyflyte-execute` for the captured task, with these inputs stored."""
        kinds = captured.task.python_interface.inputs
        literals = {key: type_engine.to_literal(value, kinds[key], files=self.files) for key, value in inputs.items()}
        stored = self.prefix / "inputs.pb"
        stored.write_bytes(literals_pb2.LiteralMap(literals=literals).SerializeToString())
        paths = ["--inputs", str(stored), "--output-prefix", str(self.prefix / "out")]
        raw = ["--raw-output-data-prefix", str(self.prefix / "raw"), "--checkpoint-path", "{{.checkpointOutputPrefix}}"]
        loader = ["entity-name", captured.task.name, "digest", captured.digest]
        return [*paths, *raw, "--prev-checkpoint", '""', "--resolver", resolver, "--", *loader]

    def run(self, script: str, arguments: list[str], outputs: dict[str, Any] | None = None, **env: str) -> Outcome:
        """Run an installed script with only a PATH and the given variables; returns what it left behind."""
        ran = subprocess.run(
            [SCRIPTS / script, *arguments],
            cwd=self.folder,
            env={"PATH": f"{SCRIPTS}:/usr/bin:/bin", **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=60,
        )
        return Outcome(ran.returncode, ran.stdout, self._outputs(outputs or {}), self._error())

    def execute(self, captured: Captured, env: dict[str, str] | None = None, **inputs: Any) -> Outcome:
        """Run the captured task with these inputs by `pyflyte-execute`."""
        arguments = self.arguments(captured, **inputs)
        return self.run("pyflyte-execute", arguments, dict(captured.task.python_interface.outputs), **(env or {}))

    def _outputs(self, kinds: dict[str, Any]) -> dict[str, Any] | None:
        path = self.prefix / "out" / "outputs.pb"
        if not path.exists():
            return None
        literals = literals_pb2.LiteralMap.FromString(path.read_bytes()).literals
        return {key: type_engine.from_literal(literals[key], kind, files=self.files) for key, kind in kinds.items()}

    def _error(self) -> errors_pb2.ContainerError | None:
        path = self.prefix / "out" / "error.pb"
        return errors_pb2.ErrorDocument.FromString(path.read_bytes()).error if path.exists() else None


@pytest.fixture
def container(tmp_path: Path) -> Container:
    return _container(tmp_path)


def _container(folder: Path) -> Container:
    for name in ("work", "store", "scratch"):
        (folder / name).mkdir(parents=True)
    return Container(folder / "work", folder / "store", PrefixAccess(str(folder / "store"), str(folder / "scratch")))
