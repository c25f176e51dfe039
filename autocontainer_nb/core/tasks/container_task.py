"""`ContainerTask`: any image and command as a task, without this package in the image.

Inputs are filled in for `{{.inputs.x}}` in the command, or are files below `input_data_dir`; outputs are files below
`output_data_dir`, each named after its output. On a cluster, a sidecar container transfers the files.
"""

import os
import re
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from autocontainer_nb.core.base_task import PythonTask
from autocontainer_nb.core.entities.interface import Interface
from autocontainer_nb.core.entities.notebook_scope import notebook_scope
from autocontainer_nb.core.settings.container_options import check_secrets
from autocontainer_nb.core.settings.options import check_classes, check_forms
from autocontainer_nb.core.settings.resources import Resources, ResourceSpec
from autocontainer_nb.core.settings.secret_requests import Secret
from autocontainer_nb.core.settings.task_metadata import TaskMetadata
from autocontainer_nb.errors import DefinitionError, ImageError, RecoverableError

if TYPE_CHECKING:
    from flyteidl.core import tasks_pb2

    from autocontainer_nb.core.settings.serialization import SerializationSettings


_TASK_TYPE: Final = "raw-container"
_PLACEHOLDER: Final = re.compile(r"\{\{\s*\.inputs\.(\w+)\s*\}\}")
_ENGINES: Final = ("docker", "podman")


class LiteralMapFormat(Enum):
    """The file format of the inputs below `input_data_dir`; the numbers are the protocol's."""

    JSON = 0
    YAML = 1
    PROTO = 2


class ContainerTask(PythonTask[None]):
    """A task that runs a command in an image. Calling it runs the container here with docker or podman."""

    MetadataFormat = LiteralMapFormat
    fetches_code = False  # the command is the image's own

    def __init__(  # noqa: PLR0913, PLR0917 - flytekit's signature
        self,
        name: str,
        image: Any,
        command: Sequence[str],
        inputs: Mapping[str, Any] | None = None,
        metadata: TaskMetadata | None = None,
        arguments: Sequence[str] | None = None,
        outputs: Mapping[str, Any] | None = None,
        requests: Resources | None = None,
        limits: Resources | None = None,
        input_data_dir: str | None = None,
        output_data_dir: str | None = None,
        metadata_format: LiteralMapFormat = LiteralMapFormat.JSON,
        secret_requests: list[Secret] | None = None,
        resources: Resources | None = None,
        **kwargs: Any,
    ) -> None:
        """Describe the task; nothing is built or run.

        Raises:
            DefinitionError: a placeholder names no input, outputs have no folder, or resources are passed twice.
        """
        mappings = [("inputs", inputs, "map"), ("outputs", outputs, "map")]
        texts = [("command", command, "texts"), ("arguments", arguments, "texts")]
        environment = ("environment", kwargs.get("environment"), "text map")
        check_forms(f"Task {name!r}", [("name", name, "text"), *texts, *mappings, environment])
        check_secrets(name, secret_requests)
        given = [("requests", requests), ("limits", limits), ("resources", resources)]
        check_classes(f"Task {name!r}", [(option, value, Resources) for option, value in given])
        interface = Interface(inputs=dict(inputs or {}), outputs=dict(outputs or {}))
        super().__init__(
            task_type=_TASK_TYPE,
            name=name,
            task_config=None,
            interface=interface,
            metadata=metadata,
            secret_requests=secret_requests,
            **kwargs,
        )
        self._name = notebook_scope.qualify_given(self.instantiated_in, name)
        if resources is not None and (requests is not None or limits is not None):
            raise DefinitionError(f"Task {name!r}: pass either `resources`, or `requests` and `limits`, not both.")
        self._image = image
        self._command = tuple(command)
        self._arguments = tuple(arguments or ())
        self._input_data_dir = input_data_dir
        self._output_data_dir = output_data_dir
        self._metadata_format = metadata_format
        spec = (
            ResourceSpec.from_multiple_resource(resources)
            if resources is not None
            else ResourceSpec(requests=requests or Resources(), limits=limits or Resources())
        )
        self._resources = spec.checked(f"Task {name!r}")
        for part in (*self._command, *self._arguments):
            for found in _PLACEHOLDER.findall(part):
                if found not in interface.inputs:
                    known = ", ".join(interface.inputs) or "none"
                    raise DefinitionError(
                        f"Task {name!r}: {part!r} names the input {found!r}, which doesn't exist. Its inputs: {known}."
                    )

    @property
    def resources(self) -> ResourceSpec:
        """Requests and limits of the container."""
        return self._resources

    def get_image(self, settings: "SerializationSettings") -> str:
        """Return the image's name as it is registered."""
        from autocontainer_nb.core.python_auto_container import get_registerable_container_image

        return get_registerable_container_image(self._image, settings.image_config)

    def get_container(self, settings: "SerializationSettings") -> "tasks_pb2.Container":
        """Return the container's message: image, command, arguments, environment, resources, and data folders."""
        from autocontainer_nb.core.settings.pod import container_message

        message = container_message(
            image=self.get_image(settings),
            args=list(self._arguments),
            environment={**settings.env, **self.environment},
            resources=self._resources,
        )
        message.command.extend(self._command)
        message.data_config.enabled = True
        message.data_config.input_path = self._input_data_dir or ""
        message.data_config.output_path = self._output_data_dir or ""
        message.data_config.format = self._metadata_format.value  # type: ignore[assignment]  # the number; the stubs want an enum of their own
        return message

    def execute(self, **kwargs: Any) -> Any:
        """Run the container with docker or podman and return the outputs that it left in its output folder.

        Raises:
            ImageError: neither is installed.
            RecoverableError: the container failed; the message has its output.
        """
        import subprocess

        from autocontainer_nb.storage.scratch import new_local_folder

        folder = new_local_folder()
        ran = subprocess.run(
            self._run_command(kwargs, folder), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        print(ran.stdout, end="")  # noqa: T201 - the container's own output
        if ran.returncode != 0:
            raise RecoverableError(
                f"Task {self.short_name!r}: its container ended with exit code {ran.returncode}:\n{ran.stdout}"
            )
        values = tuple(self._output(folder, name, kind) for name, kind in self._python_interface.outputs.items())
        return None if not values else values[0] if len(values) == 1 else values

    def _run_command(self, values: Mapping[str, Any], folder: str) -> list[str]:
        from autocontainer_nb.core.python_auto_container import get_registerable_container_image
        from autocontainer_nb.image.config import ImageConfig

        command = [_engine(self.short_name), "run", "--rm"]
        if self._output_data_dir:
            command += ["--volume", f"{folder}:{self._output_data_dir}"]
        for name, value in values.items():
            if isinstance(value, os.PathLike):
                path = os.path.abspath(os.fspath(value))
                command += ["--volume", f"{path}:{os.path.join(self._input_data_dir or '/var/inputs', name)}"]
        for key, value in self.environment.items():
            command += ["--env", f"{key}={value}"]
        filled = [_PLACEHOLDER.sub(lambda m: _text(values[m.group(1)]), part) for part in self._command]
        arguments = [_PLACEHOLDER.sub(lambda m: _text(values[m.group(1)]), part) for part in self._arguments]
        if filled:
            command += ["--entrypoint", filled[0]]
        image = get_registerable_container_image(self._image, ImageConfig())
        return [*command, image, *filled[1:], *arguments]

    def _output(self, folder: str, name: str, kind: Any) -> Any:
        path = os.path.join(folder, name)
        if not os.path.exists(path):
            raise RecoverableError(
                f"Task {self.short_name!r}: its container left no file {name!r} in the output folder."
            )
        if isinstance(kind, type) and issubclass(kind, os.PathLike):
            made: Any = kind
            return made(path)
        with open(path, encoding="utf-8") as file:
            return _value(file.read(), kind)


def _engine(name: str) -> str:
    from shutil import which

    found = next((path for path in map(which, _ENGINES) if path), None)
    if found is None:
        raise ImageError(
            f"Task {name!r} runs a container, but neither docker nor podman is installed here. Install one of them, or "
            "run the task on the control plane with .remote(...)."
        )
    return found


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value.isoformat()) if hasattr(value, "isoformat") else str(value)


def _value(text: str, kind: Any) -> Any:
    if kind is bool:
        return text.strip().lower() != "false"
    if hasattr(kind, "fromisoformat"):
        return kind.fromisoformat(text.strip())
    return kind(text if kind is str else text.strip())
