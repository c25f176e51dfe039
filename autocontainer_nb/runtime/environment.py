"""What the container's process is told by its surroundings: variables, arguments, the clock. Read here only."""

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
    MODULES_FOLDER,
)

_TRUE = frozenset({"1", "true", "t", "yes", "y", "on"})


class ContainerEnvironment(NamedTuple):
    """Which run this process is, in the words of Flyte's variables."""

    execution_id: identifier_pb2.WorkflowExecutionIdentifier
    task_id: identifier_pb2.Identifier
    attempt: int
    fail_on_error: bool  # exit with 1 when the task failed, although error.pb tells it
    worker_name: str  # of a distributed task's worker, else empty
    is_distributed: bool  # each worker then writes an error file of its own
    offloading: Mapping[str, str] = {}  # the variables by which Flyte asks for large literals in files of their own
    runtime_packages: tuple[str, ...] = ()  # to be installed before the task is loaded
    array_index: int | None = None  # the item of a map task that this container is for; None: no single one
    item_tolerance: str = ""  # how many items of a map task must succeed, where this container runs all
    children_settings: str = ""  # what the tasks that a dynamic task makes are registered with


def container_environment(variables: Mapping[str, str] = os.environ) -> ContainerEnvironment:
    """Return what the variables say; outside of Flyte, everything is empty and the attempt is 0."""

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
    )


def _array_index(variables: Mapping[str, str]) -> int | None:
    """Return the number of the item, as `flyteplugins/go/tasks/plugins/array` tells it: a variable names another."""
    number = variables.get(variables.get(ENV_ARRAY_INDEX_VARIABLE, ""), "")
    if not number.isdigit():
        return None
    offset = variables.get(ENV_ARRAY_INDEX_OFFSET, "")
    return int(number) + (int(offset) if offset.isdigit() else 0)


def share_modules_with_children() -> None:
    """Let the Python processes that the task starts find the local modules that came in the pickled-entity file."""
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


def unique_suffix() -> str:
    """Return 32 random hexadecimal digits."""
    return os.urandom(16).hex()
