"""The environment of a container's process: variables, arguments, the clock. They are read only here."""

import os
import sys
import time
from collections.abc import Mapping
from typing import NamedTuple

from flyteidl.core import identifier_pb2

from autocontainer_nb.wire import (
    ENV_ARRAY_INDEX_OFFSET,
    ENV_ARRAY_INDEX_VARIABLE,
    ENV_ATTEMPT,
    ENV_CHILDREN_SETTINGS,
    ENV_DIST_ERROR_STRATEGY,
    ENV_DIST_ERROR_STRATEGY_SHORT,
    ENV_DOMAIN,
    ENV_EXECUTION_DOMAIN,
    ENV_EXECUTION_ID,
    ENV_EXECUTION_PROJECT,
    ENV_EXECUTION_WORKFLOW,
    ENV_FAIL_ON_ERROR,
    ENV_ITEM_TOLERANCE,
    ENV_NAME,
    ENV_OFFLOAD_MAX_MB,
    ENV_OFFLOAD_MIN_MB,
    ENV_PROJECT,
    ENV_RUNTIME_PACKAGES,
    ENV_TASK_DOMAIN,
    ENV_TASK_NAME,
    ENV_TASK_PROJECT,
    ENV_TASK_VERSION,
    ENV_VERSION,
    ENV_WORKER_NAME,
    ENV_WORKER_NAME_SHORT,
    GENERATED_PREFIX,
    MODULES_FOLDER,
)

_TRUE = frozenset({"1", "true", "t", "yes", "y", "on"})


class ContainerEnvironment(NamedTuple):
    """The identity and settings of this run, from Flyte's variables."""

    execution_id: identifier_pb2.WorkflowExecutionIdentifier
    task_id: identifier_pb2.Identifier
    attempt: int
    fail_on_error: bool  # exit with 1 if the task fails, in addition to error.pb
    worker_name: str  # of a distributed task's worker, otherwise empty
    is_distributed: bool  # if True, each worker writes its own error file
    offloading: Mapping[str, str] = {}  # the variables with which Flyte asks to offload large literals
    runtime_packages: tuple[str, ...] = ()  # installed before the task is loaded
    array_index: int | None = None  # the item of a map task for this container; None for no single item
    item_tolerance: str = ""  # how many items of a map task must succeed, if this container runs all
    children_settings: str = ""  # settings for the tasks that a dynamic task makes
    runs_alone: bool = False  # the execution is of this task, in no workflow of a user


def container_environment(variables: Mapping[str, str] = os.environ) -> ContainerEnvironment:
    """Return the environment from the variables; outside Flyte, everything is empty and the attempt is 0."""

    def first(*names: str) -> str:
        return next((variables[name] for name in names if variables.get(name)), "")

    attempt = first(ENV_ATTEMPT)
    return ContainerEnvironment(
        execution_id=identifier_pb2.WorkflowExecutionIdentifier(
            project=first(ENV_EXECUTION_PROJECT), domain=first(ENV_EXECUTION_DOMAIN), name=first(ENV_EXECUTION_ID)
        ),
        task_id=identifier_pb2.Identifier(
            resource_type=identifier_pb2.TASK,
            project=first(ENV_TASK_PROJECT, ENV_PROJECT),
            domain=first(ENV_TASK_DOMAIN, ENV_DOMAIN),
            name=first(ENV_TASK_NAME, ENV_NAME),
            version=first(ENV_TASK_VERSION, ENV_VERSION),
        ),
        attempt=int(attempt) if attempt.isdigit() else 0,
        fail_on_error=first(ENV_FAIL_ON_ERROR).lower() in _TRUE,
        worker_name=first(ENV_WORKER_NAME, ENV_WORKER_NAME_SHORT),
        is_distributed=bool(first(ENV_DIST_ERROR_STRATEGY, ENV_DIST_ERROR_STRATEGY_SHORT)),
        offloading={name: variables[name] for name in (ENV_OFFLOAD_MIN_MB, ENV_OFFLOAD_MAX_MB) if name in variables},
        runtime_packages=tuple(first(ENV_RUNTIME_PACKAGES).split()),
        array_index=_array_index(variables),
        item_tolerance=first(ENV_ITEM_TOLERANCE),
        children_settings=first(ENV_CHILDREN_SETTINGS),
        runs_alone=first(ENV_EXECUTION_WORKFLOW).endswith(f":{GENERATED_PREFIX}{first(ENV_TASK_NAME, ENV_NAME)}"),
    )


def _array_index(variables: Mapping[str, str]) -> int | None:
    """Return the index of the item; as in `flyteplugins/go/tasks/plugins/array`, a variable names that variable."""
    number = variables.get(variables.get(ENV_ARRAY_INDEX_VARIABLE, ""), "")
    if not number.isdigit():
        return None
    offset = variables.get(ENV_ARRAY_INDEX_OFFSET, "")
    return int(number) + (int(offset) if offset.isdigit() else 0)


def share_modules_with_children() -> None:
    """Make the local modules of the pickled-entity file importable in Python processes that the task starts."""
    own = [folder for folder in sys.path if MODULES_FOLDER in os.path.basename(folder)]
    if own:
        before = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = os.pathsep.join([*own, *([before] if before else [])])


def command_line() -> list[str]:
    """Return the process's arguments, without its own name."""
    return sys.argv[1:]


def now_ns() -> int:
    """Return the time since the epoch, in nanoseconds."""
    return time.time_ns()


def monotonic_s() -> float:
    """Return the seconds of a clock that never jumps."""
    return time.monotonic()


def unique_suffix() -> str:
    """Return 32 random hexadecimal digits."""
    return os.urandom(16).hex()
