"""The place where a task runs: a container, a pod, or this process."""

from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flyteidl.core import tasks_pb2

    from autocontainer_nb.core.settings.serialization import SerializationSettings


class ExecutionMode(Enum):
    """Where a task's code runs."""

    TASK_EXECUTION = "task execution"  # in a container, started by the control plane
    LOCAL_TASK_EXECUTION = "local task execution"  # in this process, called directly
    EAGER_EXECUTION = "eager execution"  # in a container; the tasks it calls are separate executions
    EAGER_LOCAL_EXECUTION = "eager local execution"  # in this process, together with the tasks it calls
    LOCAL_WORKFLOW_EXECUTION = "local workflow execution"  # in this process, as a node of a workflow


class TaskTarget:
    """The parts of a registered task in which kinds of tasks differ, as methods to override."""

    def get_container(self, settings: "SerializationSettings") -> "tasks_pb2.Container | None":  # noqa: ARG002 - for subclasses
        """Return the container's message, or None if the task runs in none."""
        return None

    def get_k8s_pod(self, settings: "SerializationSettings") -> "tasks_pb2.K8sPod | None":  # noqa: ARG002 - likewise
        """Return the pod's message, or None for a task without a pod template."""
        return None

    def get_sql(self, settings: "SerializationSettings") -> "tasks_pb2.Sql | None":  # noqa: ARG002 - likewise
        """Return the SQL statement of the task; None for a Python task."""
        return None

    def get_config(self, settings: "SerializationSettings") -> dict[str, str] | None:  # noqa: ARG002 - likewise
        """Return the task type's configuration for the control plane; empty for a plain task."""
        return {}

    def get_custom(self, settings: "SerializationSettings") -> dict[str, Any] | None:  # noqa: ARG002 - likewise
        """Return the task type's own data for the control plane; None for a plain task."""
        return None

    def get_extended_resources(
        self,
        settings: "SerializationSettings",  # noqa: ARG002 - likewise
    ) -> "tasks_pb2.ExtendedResources | None":
        """Return accelerator and shared memory as Flyte's message, or None if there are none."""
        return None
