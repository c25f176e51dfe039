"""Who is told, by mail, that an execution has ended, and how it ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from flyteidl.core import execution_pb2

from autocontainer_nb.errors import DefinitionError


class WorkflowExecutionPhase(IntEnum):
    """The phases of an execution; the numbers are those of `flyteidl/core/execution.proto`."""

    UNDEFINED = execution_pb2.WorkflowExecution.UNDEFINED
    QUEUED = execution_pb2.WorkflowExecution.QUEUED
    RUNNING = execution_pb2.WorkflowExecution.RUNNING
    SUCCEEDING = execution_pb2.WorkflowExecution.SUCCEEDING
    SUCCEEDED = execution_pb2.WorkflowExecution.SUCCEEDED
    FAILING = execution_pb2.WorkflowExecution.FAILING
    FAILED = execution_pb2.WorkflowExecution.FAILED
    ABORTED = execution_pb2.WorkflowExecution.ABORTED
    TIMED_OUT = execution_pb2.WorkflowExecution.TIMED_OUT
    ABORTING = execution_pb2.WorkflowExecution.ABORTING


_ENDS = (
    WorkflowExecutionPhase.SUCCEEDED,
    WorkflowExecutionPhase.FAILED,
    WorkflowExecutionPhase.ABORTED,
    WorkflowExecutionPhase.TIMED_OUT,
)


@dataclass(frozen=True)
class Notification:
    """A mail to the recipients when an execution ends in one of the phases."""

    phases: Sequence[int]
    recipients_email: Sequence[str]

    def __post_init__(self) -> None:
        """Refuse phases that don't end an execution, and a mail to nobody."""
        kind = type(self).__name__
        wrong = [phase for phase in self.phases if phase not in _ENDS]
        if wrong or not self.phases:
            ends = ", ".join(phase.name for phase in _ENDS)
            raise DefinitionError(f"{kind}: phases: some of {ends} expected, got {list(self.phases)!r}.")
        if isinstance(self.recipients_email, str) or not self.recipients_email:
            raise DefinitionError(
                f"{kind}: recipients_email: a list of addresses expected, got {self.recipients_email!r}."
            )


class Email(Notification):
    """A mail to people."""


class Slack(Notification):
    """A mail to an address of a Slack channel."""


class PagerDuty(Notification):
    """A mail to an address of a PagerDuty service."""
