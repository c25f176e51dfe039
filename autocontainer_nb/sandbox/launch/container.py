"""The process for a task template: its program, arguments and variables.

The image `interpreter:/abs/python` means that Python on this machine. The variables are those that Flyte sets
(`flyteplugins/go/tasks/pluginmachinery/flytek8s/k8s_resource_adds.go`) and those of an image.
"""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from flyteidl.admin import execution_pb2
from flyteidl.core import tasks_pb2

from autocontainer_nb.errors import ImageError
from autocontainer_nb.sandbox.environment import SYSTEM_PATH, machine_variables
from autocontainer_nb.wire import (
    ENV_ATTEMPT,
    ENV_AUTH_COMMAND,
    ENV_AUTH_MODE,
    ENV_DOMAIN,
    ENV_ENDPOINT,
    ENV_EXECUTION_DOMAIN,
    ENV_EXECUTION_ID,
    ENV_EXECUTION_PROJECT,
    ENV_EXECUTION_WORKFLOW,
    ENV_INSECURE,
    ENV_NAME,
    ENV_PROJECT,
    ENV_SANDBOX_TOKEN_FILE,
    ENV_TASK_DOMAIN,
    ENV_TASK_NAME,
    ENV_TASK_PROJECT,
    ENV_TASK_VERSION,
    ENV_VERSION,
    GENERATED_PREFIX,
    INTERPRETER_IMAGE_PREFIX,
)

Mark = tuple[str, str]  # (name, value) of a variable that only the processes of one attempt have
_TEMPORARY_VARIABLE: Final = "TMPDIR"
_MAX_TEMPORARY_BYTES: Final = 60
_HASH_DIGITS: Final = 20
_PYTHON_NAMES: Final = ("python", "python3")
_ENGINES: Final = ("podman", "docker")


@dataclass(frozen=True, kw_only=True)
class Container:
    """Everything needed to start one attempt."""

    argv: tuple[str, ...]
    variables: Mapping[str, str]
    directory: Path
    temporary: Path
    log: Path


def interpreter_of(image: str) -> Path:
    """Return the Python for an image reference.

    Raises:
        ImageError: it is another image, or that Python doesn't exist.
    """
    if not image.startswith(INTERPRETER_IMAGE_PREFIX):
        engine = next((name for name in _ENGINES if shutil.which(name)), "")
        reason = f"{engine} is installed, but this version doesn't use it" if engine else "without a container engine"
        raise ImageError(
            f"The sandbox can't run the image {image!r}: it runs tasks as local processes ({reason}). "
            f"Register the task with the image {INTERPRETER_IMAGE_PREFIX}/path/to/python (the default when a task "
            "has no container_image), or run it on a Flyte cluster."
        )
    interpreter = Path(image.removeprefix(INTERPRETER_IMAGE_PREFIX))
    if not interpreter.is_absolute():
        raise ImageError(f"Invalid image {image!r}: expected an absolute path after the colon.")
    if not (interpreter.is_file() and os.access(interpreter, os.X_OK)):
        raise ImageError(
            f"The image {image!r} can't be run: {interpreter} is no longer an executable file. If its environment was "
            "removed, register the task again from the environment that should run it."
        )
    return interpreter


def search_path(interpreter: Path) -> str:
    """Return the container's PATH: programs beside its Python come first."""
    return f"{interpreter.parent}{os.pathsep}{SYSTEM_PATH}"


def program(name: str, interpreter: Path, directory: Path) -> str:
    """Return the absolute path of the program in a container's first argument.

    Raises:
        ImageError: there is no such program.
    """
    if os.sep in name:
        return str(directory / name)
    path = shutil.which(name, path=search_path(interpreter))
    if path is None and name in _PYTHON_NAMES:
        return str(interpreter)
    if path is None:
        raise ImageError(
            f"The program {name!r} isn't in the environment of {interpreter}: expected it in {interpreter.parent}. "
            "To get this package's commands, run pip install autocontainer-nb in that environment."
        )
    return path


def flyte_variables(execution: execution_pb2.Execution, task: tasks_pb2.TaskTemplate, attempt: int) -> dict[str, str]:
    """Return the variables that Flyte sets in every container."""
    return {
        ENV_EXECUTION_WORKFLOW: f"{task.id.project}:{task.id.domain}:{GENERATED_PREFIX}{task.id.name}",
        ENV_EXECUTION_ID: execution.id.name,
        ENV_EXECUTION_PROJECT: execution.id.project,
        ENV_EXECUTION_DOMAIN: execution.id.domain,
        ENV_ATTEMPT: str(attempt),
        ENV_TASK_PROJECT: task.id.project,
        ENV_TASK_DOMAIN: task.id.domain,
        ENV_TASK_NAME: task.id.name,
        ENV_TASK_VERSION: task.id.version,
        ENV_PROJECT: task.id.project,
        ENV_DOMAIN: task.id.domain,
        ENV_NAME: task.id.name,
        ENV_VERSION: task.id.version,
    }


def image_variables(interpreter: Path, user_home: str, temporary: Path) -> dict[str, str]:
    """Return the variables of an image, and of this machine; output is unbuffered, so that logs are live."""
    return {
        **machine_variables(),
        "PATH": search_path(interpreter),
        "HOME": user_home,
        "LANG": "C.UTF-8",
        _TEMPORARY_VARIABLE: str(temporary),
        "PYTHONUNBUFFERED": "1",
    }


def access_variables(endpoint: str, token_file: Path) -> dict[str, str]:
    """Return flytekit's variables with which a client in a container reaches the sandbox; the token isn't among them.

    The token stays in its file, readable only by its owner, as whom the container runs.
    """
    command = f"cat,{token_file}"
    if "," in str(token_file):  # which would separate words
        command = f'sh,-c,cat "${ENV_SANDBOX_TOKEN_FILE}"'
    return {
        ENV_ENDPOINT: f"dns:///{endpoint}",
        ENV_INSECURE: "true",
        ENV_AUTH_MODE: "ExternalCommand",
        ENV_AUTH_COMMAND: command,
        ENV_SANDBOX_TOKEN_FILE: str(token_file),
    }


def names_control_plane(execution: execution_pb2.Execution, task: tasks_pb2.TaskTemplate) -> bool:
    """Whether task or execution name a control plane themselves: no other one gets this sandbox's token."""
    given = [*task.container.env, *execution.spec.envs.values]
    return any(pair.key == ENV_ENDPOINT for pair in given)


def scratch_folder(work: Path) -> Path:
    """Return the folder for temporary files of the attempt that works there: short enough for the sockets in it.

    A Unix socket's path has at most 103 characters, of which `multiprocessing` and others take up to 40 below TMPDIR.
    """
    inside = work / "tmp"
    if len(os.fsencode(inside)) <= _MAX_TEMPORARY_BYTES:
        return inside
    return Path("/tmp", f"autocontainer-nb-{os.getuid()}-{sha256(os.fsencode(work)).hexdigest()[:_HASH_DIGITS]}")  # noqa: S108 - its name is no secret: `ProcessLauncher.start` takes no folder that is another user's


def remove_work(work: Path) -> None:
    """Remove the working directory of an attempt, with its temporary files."""
    shutil.rmtree(scratch_folder(work), ignore_errors=True)
    shutil.rmtree(work, ignore_errors=True)


def mark_of(temporary: Path) -> Mark:
    """Return a variable that only this attempt's processes have, by name and value."""
    return _TEMPORARY_VARIABLE, str(temporary)


def all_variables(
    image: Mapping[str, str],
    execution: execution_pb2.Execution,
    task: tasks_pb2.TaskTemplate,
    attempt: int,
) -> dict[str, str]:
    """Return the whole environment; as in a pod, later ones win: image, template, Flyte, execution."""
    template = {pair.key: pair.value for pair in task.container.env}
    requested = {pair.key: pair.value for pair in execution.spec.envs.values}
    return {**image, **template, **flyte_variables(execution, task, attempt), **requested}
