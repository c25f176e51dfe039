"""A launch without a control plane: what `.remote()` does up to the messages, and the commands that those ask for."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from container import Containers, modules_of
from flyteidl.core import dynamic_job_pb2, errors_pb2, literals_pb2, tasks_pb2
from graph_driver import run_graph

from autocontainer_nb.core.capture.capture import Capture, registered_form
from autocontainer_nb.core.capture.constants import constants_by_meaning
from autocontainer_nb.core.capture.credential_check import refuse_credentials
from autocontainer_nb.core.entities.launch_inputs import launch_inputs
from autocontainer_nb.core.serialize.tasks import task_template
from autocontainer_nb.core.settings.serialization import FastSerializationSettings, SerializationSettings
from autocontainer_nb.core.workflows.launch_plan import LaunchPlan
from autocontainer_nb.core.workflows.workflow import WorkflowBase
from autocontainer_nb.image.config import Image, ImageConfig
from autocontainer_nb.remote.executions.outcome import outputs_as_values, result_of, types_of_task
from autocontainer_nb.remote.executions.submit import checked_inputs
from autocontainer_nb.remote.register.order import identifier_of, registrations, version_of
from autocontainer_nb.storage.access import PrefixAccess
from autocontainer_nb.wire import PICKLE_FILE_PATH

_IMAGE = ImageConfig(Image("default", "example.org/image", "1"))
_OPEN = "uri-of-the-file"
_INDEX = {"BATCH_JOB_ARRAY_INDEX_VAR_NAME": "INDEX_OF_ITEM"}
_PLACEHOLDERS = {
    "{{.checkpointOutputPrefix}}": '""',
    "{{.prevCheckpointPrefix}}": '""',
}


class TaskFailedError(Exception):
    """A container left an `error.pb`, or nothing; the message is what it says."""


@dataclass(frozen=True)
class Written:
    """A capture in its file, as it is registered."""

    entity: Any
    settings: SerializationSettings
    version: str


class Launcher:
    """Launches entities of this process; all files of one launch are in a folder of its own below `folder`."""

    def __init__(self, folder: Path, containers: Containers) -> None:
        self._folder = folder
        self._containers = containers
        self._numbers = itertools.count()
        self.by_script = False
        self.modules: tuple[str, ...] = modules_of("pd.")  # that the warm process has loaded
        self.texts: list[str] = []  # of cells, that it has compiled
        self.known: dict[str, tuple[str, str]] = {}  # what is registered: name and version ► file, digest

    def prepare(self, entity: Any) -> Written:
        """Write the entity's pickled-entity file unless its version is registered, with the checks of a launch."""
        capture = Capture(entity)
        refuse_credentials(capture, allowed=False)
        version = self._version(entity, capture)
        key = f"{entity.name} {version}"
        if key not in self.known:
            path = self._new("code") / PICKLE_FILE_PATH
            digest = capture.write(str(path)).digest
            refuse_credentials(capture, allowed=False)
            self.known[key] = str(path), digest
        file, digest = self.known[key]
        return Written(entity, replace(self._settings(file), pickled_entity_digest=digest), version)

    def version(self, entity: Any) -> str:
        """Return the version that the entity would be registered under now."""
        return self._version(entity, Capture(entity))

    def _version(self, entity: Any, capture: Capture) -> str:
        with constants_by_meaning():
            forms = registrations(_started(entity), self._settings(_OPEN), self._files("version"), capture.reached)
        return version_of(forms, capture.version)

    def run(self, written: Written, inputs: Mapping[str, Any]) -> Any:
        """Return the value of a task that one container runs, read in this process as an execution's result is.

        Raises:
            TaskFailedError: the container says so.
        """
        entity = written.entity
        literals = self._literals(entity, inputs)
        outcome = self.outcome(self.template(written), literals)
        assert isinstance(outcome, literals_pb2.LiteralMap), "expected outputs, got the graph of a dynamic task"
        return self.value(entity, outcome)

    def run_items(self, written: Written, inputs: Mapping[str, Any]) -> list[Any]:
        """Return the values of a map task's items, each run by a container of its own."""
        entity = written.entity
        literals = self._literals(entity, inputs)
        template = self.template(written)
        count = len(next(iter(literals.literals.values())).collection.literals)
        values = []
        for index in range(count):
            outcome = self.outcome(template, literals, {**_INDEX, "INDEX_OF_ITEM": str(index)})
            assert isinstance(outcome, literals_pb2.LiteralMap)
            values.append(self.value(entity.mapped_task, outcome))
        return values

    def run_graph(
        self, written: Written, inputs: Mapping[str, Any], signals: Mapping[str, literals_pb2.Literal] | None = None
    ) -> Any:
        """Return the value of a workflow, launch plan or dynamic task, each of whose nodes runs in a container.

        Raises:
            TaskFailedError: a container says so.
            GraphError: the graph fails by itself.
        """
        entity, settings = written.entity, written.settings
        started = _started(entity)
        forms = registrations(started, settings, self._files("forms"))
        literals = self._literals(entity, inputs)
        return self.value(entity, run_graph(forms, identifier_of(started, settings), literals, self.outcome, signals))

    def template(self, written: Written) -> tasks_pb2.TaskTemplate:
        """Return the template that is registered."""
        return task_template(registered_form(written.entity), written.settings)

    def value(self, entity: Any, outputs: literals_pb2.LiteralMap) -> Any:
        """Return the outputs as `Execution.result()` does."""
        types = types_of_task(entity)
        return result_of(outputs_as_values(outputs, types, self._files("results"), entity.short_name), types)

    def outcome(
        self,
        template: tasks_pb2.TaskTemplate,
        inputs: literals_pb2.LiteralMap,
        variables: Mapping[str, str] | None = None,
    ) -> literals_pb2.LiteralMap | dynamic_job_pb2.DynamicJobSpec:
        """Run the template's container once and return what it leaves: outputs, or the graph of a dynamic task.

        Raises:
            TaskFailedError: it leaves an error, or nothing.
        """
        folder = self._new("run")
        (folder / "work").mkdir()
        (folder / "inputs.pb").write_bytes(inputs.SerializeToString())
        filled = {
            "{{.input}}": str(folder / "inputs.pb"),
            "{{.outputPrefix}}": str(folder / "out"),
            "{{.rawOutputDataPrefix}}": str(folder / "raw"),
            **_PLACEHOLDERS,
        }
        container = template.container
        command = [filled.get(part, part) for part in (*container.command, *container.args)]
        environment = {**{pair.key: pair.value for pair in container.env}, **(variables or {})}
        ran = self._containers.run(
            command,
            folder / "work",
            environment,
            by_script=self.by_script,
            modules=self.modules,
            texts=self.texts,
        )
        for name, message in _OUTCOMES.items():
            path = folder / "out" / name
            if path.exists():
                found = message.FromString(path.read_bytes())
                if isinstance(found, errors_pb2.ErrorDocument):
                    raise TaskFailedError(found.error.message)
                return found
        raise TaskFailedError(f"nothing but exit code {ran.code} is left. The log:\n{ran.log}")

    def _literals(self, entity: Any, inputs: Mapping[str, Any]) -> literals_pb2.LiteralMap:
        values = checked_inputs(entity, (), inputs)
        types = entity.python_interface.inputs
        literals = launch_inputs(values, types, self._files("inputs"), f"{entity.short_name}(inputs)")
        return literals_pb2.LiteralMap(literals=literals)

    def _files(self, name: str) -> PrefixAccess:
        folder = self._new(name)
        return PrefixAccess(str(folder / "store"), str(folder / "scratch"))

    def _new(self, name: str) -> Path:
        folder = self._folder / f"{next(self._numbers)}-{name}"
        folder.mkdir(parents=True)
        return folder

    def _settings(self, uri: str) -> SerializationSettings:
        fast = FastSerializationSettings(enabled=True, destination_dir=".", distribution_location=uri)
        return SerializationSettings(image_config=_IMAGE, project="p", domain="d", fast_serialization_settings=fast)


def _started(entity: Any) -> Any:
    """Return what is started of the entity: a workflow's launch plan."""
    return LaunchPlan(entity.name, entity) if isinstance(entity, WorkflowBase) else entity


_OUTCOMES: dict[str, Callable[..., Any]] = {
    "error.pb": errors_pb2.ErrorDocument,
    "outputs.pb": literals_pb2.LiteralMap,
    "futures.pb": dynamic_job_pb2.DynamicJobSpec,
}
