"""Phases of an execution by name, and which of them are final.

Source: `flyteidl/core/execution.proto`, messages WorkflowExecution, NodeExecution and TaskExecution.
"""

from typing import Final

from flyteidl.core import execution_pb2

TERMINAL_EXECUTION_PHASES: Final = frozenset(
    {
        execution_pb2.WorkflowExecution.SUCCEEDED,
        execution_pb2.WorkflowExecution.FAILED,
        execution_pb2.WorkflowExecution.ABORTED,
        execution_pb2.WorkflowExecution.TIMED_OUT,
    }
)


def execution_phase_name(phase: int) -> str:
    """Return the phase as the protocol spells it, such as `RUNNING`; a number of a later protocol as `PHASE_12`.

    The protocol calls an execution that was just created UNDEFINED. To a user it is QUEUED, so that name is returned.
    """
    names = execution_pb2.WorkflowExecution.Phase
    if phase == names.UNDEFINED:
        phase = names.QUEUED
    return names.Name(phase) if phase in names.values() else f"PHASE_{phase}"


def is_terminal(phase: int) -> bool:
    """Whether an execution in this phase has ended."""
    return phase in TERMINAL_EXECUTION_PHASES
