"""Where a task's code runs: in a container, or in this process."""

from enum import Enum


class ExecutionMode(Enum):
    """Where a task's code runs."""

    TASK_EXECUTION = "task execution"  # in a container, by the control plane's order
    LOCAL_TASK_EXECUTION = "local task execution"  # in this process, called by itself
    EAGER_EXECUTION = "eager execution"  # in a container, what it calls as executions of their own
    EAGER_LOCAL_EXECUTION = "eager local execution"  # in this process, what it calls with it
    LOCAL_WORKFLOW_EXECUTION = "local workflow execution"  # in this process, as a node of a workflow
