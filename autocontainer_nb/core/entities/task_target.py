"""What a task runs in: container, pod, or this process."""

from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flyteidl.core import tasks_pb2

    from autocontainer_nb.core.settings.serialization import SerializationSettings


class ExecutionMode(Enum):
    """Where a task's code runs."""

    TASK_EXECUTION = "task execution"  # in a container, by the control plane's order
    LOCAL_TASK_EXECUTION = "local task execution"  # in this process, called by itself
    EAGER_EXECUTION = "eager execution"  # in a container, what it calls as executions of their own
    EAGER_LOCAL_EXECUTION = "eager local execution"  # in this process, what it calls with it
    LOCAL_WORKFLOW_EXECUTION = "local workflow execution"  # in this process, as a node of a workflow


class TaskTarget:
    """The parts of a registered task that kinds of tasks differ in; each is a method that a kind overrides."""

    def get_container(self, settings: "SerializationSettings") -> "tasks_pb2.Container | None":  # noqa: ARG002 - for subclasses
        """Return the container's message; None for a task that runs in none."""
        return None

    def get_k8s_pod(self, settings: "SerializationSettings") -> "tasks_pb2.K8sPod | None":  # noqa: ARG002 - likewise
        """Return the pod's message; None for a task without pod template."""
        return None

    def get_sql(self, settings: "SerializationSettings") -> "tasks_pb2.Sql | None":  # noqa: ARG002 - likewise
        """Return the statement that the task is; a task of Python code is none."""
        return None

    def get_config(self, settings: "SerializationSettings") -> dict[str, str] | None:  # noqa: ARG002 - likewise
        """Return the task type's configuration for the control plane; a plain task has none."""
        return {}

    def get_custom(self, settings: "SerializationSettings") -> dict[str, Any] | None:  # noqa: ARG002 - likewise
        """Return the task type's own data for the control plane; a plain task has none."""
        return None

    def get_extended_resources(
        self,
        settings: "SerializationSettings",  # noqa: ARG002 - likewise
    ) -> "tasks_pb2.ExtendedResources | None":
        """Return accelerator and shared memory as Flyte's message, None where there are none."""
        return None
