"""Schedules on which a launch plan starts, and notifications when its executions end.

Cron expressions are read by our own grammar, so that a mistake is an error of its cell: the one that counts is the
control plane's, in Go, and libraries for Python take forms that it refuses.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum
from typing import Final

from flyteidl.core import execution_pb2

from autocontainer_nb.errors import DefinitionError

# The control plane accepts what `cron.ParseStandard` does, of github.com/robfig/cron/v3, which flyteadmin's
# `validation/launch_plan_validator.go` calls.
_ALIASES: Final = {"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"}
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: Final[tuple[tuple[str, int, int, dict[str, int]], ...]] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, {name: place for place, name in enumerate(_MONTHS, 1)}),
    ("day of the week", 0, 6, {name: place for place, name in enumerate(_DAYS)}),
)
_PART: Final = re.compile(r"(?:[*?]|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>\d+))?")
_EVERY: Final = re.compile(r"@every (?:\d+(?:\.\d+)?(?:h|m|s))+")
_NUMBER: Final = r"\d+(?:[.,]\d+)?"
_OFFSET: Final = re.compile(
    rf"[-+]?P(?=.)(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}W)?(?:{_NUMBER}D)?"
    rf"(?:T(?=.)(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?"
)
_MINUTE: Final = timedelta(minutes=1)


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
    """A mail to the recipients, sent when an execution ends in one of the phases."""

    phases: Sequence[int]
    recipients_email: Sequence[str]

    def __post_init__(self) -> None:
        """Raise DefinitionError for phases that don't end an execution, or without recipients."""
        kind = type(self).__name__
        wrong = [phase for phase in self.phases if phase not in _ENDS]
        if wrong or not self.phases:
            ends = ", ".join(f"WorkflowExecutionPhase.{phase.name}" for phase in _ENDS)
            raise DefinitionError(f"{kind}: phases: expected a list of some of {ends}, got {self.phases!r}.")
        if isinstance(self.recipients_email, str) or not self.recipients_email:
            raise DefinitionError(
                f"{kind}: recipients_email: expected a list of addresses, got {self.recipients_email!r}."
            )


class Email(Notification):
    """A mail to people."""


class Slack(Notification):
    """A mail to the address of a Slack channel."""


class PagerDuty(Notification):
    """A mail to the address of a PagerDuty service."""


@dataclass(frozen=True, kw_only=True)
class CronSchedule:
    """Starts at the times of a cron expression, in UTC: five fields, an alias such as `@daily`, or `@every 1h30m`.

    `offset` is an ISO 8601 duration that shifts the times. The input named by `kickoff_time_input_arg`, a datetime,
    receives the time of the start.
    """

    schedule: str
    offset: str | None = None
    kickoff_time_input_arg: str | None = None

    def __post_init__(self) -> None:
        """Raise DefinitionError for an expression or offset that the control plane would refuse."""
        _check_cron(self.schedule)
        if self.offset is not None and not _OFFSET.fullmatch(self.offset):
            raise DefinitionError(
                f"CronSchedule: offset: expected an ISO 8601 duration such as 'PT30M', got {self.offset!r}."
            )


@dataclass(frozen=True)
class FixedRate:
    """Starts at a fixed interval of whole minutes. The input named by `kickoff_time_input_arg` receives the time."""

    duration: timedelta
    kickoff_time_input_arg: str | None = None

    def __post_init__(self) -> None:
        """Raise DefinitionError for an interval that the protocol can't express."""
        if not isinstance(self.duration, timedelta) or self.duration <= timedelta(0) or self.duration % _MINUTE:
            raise DefinitionError(f"FixedRate: duration: expected whole minutes, at least one, got {self.duration!r}.")


@dataclass(frozen=True)
class OnSchedule:
    """A schedule passed as a launch plan's `trigger`; the same as passing it as `schedule`."""

    schedule: "CronSchedule | FixedRate"


Schedule = CronSchedule | FixedRate


def _check_cron(text: str) -> None:
    if not isinstance(text, str):
        raise DefinitionError(f"CronSchedule: expected a cron expression, got {text!r}.")
    if text in _ALIASES or _EVERY.fullmatch(text):
        return
    fields = re.sub(r"^(?:CRON_)?TZ=\S+\s+", "", text.strip()).split()
    if len(fields) != len(_FIELDS):
        aliases = ", ".join(sorted(_ALIASES))
        raise DefinitionError(
            f"CronSchedule: expected five fields (minute, hour, day of the month, month, day of the week) or one of "
            f"{aliases}, got {text!r} with {len(fields)} fields."
        )
    for field, (name, lowest, highest, names) in zip(fields, _FIELDS, strict=True):
        for part in field.split(","):
            if not _fits_field(part, lowest, highest, names):
                raise DefinitionError(
                    f"CronSchedule: {text!r}: {name}: expected {lowest} to {highest}, *, a range such as "
                    f"{lowest}-{highest}, or a step such as */2, got {part!r}."
                )


def _fits_field(part: str, lowest: int, highest: int, names: dict[str, int]) -> bool:
    match = _PART.fullmatch(part)
    if match is None or (match["step"] is not None and int(match["step"]) == 0):
        return False
    ends = [names.get(end.lower(), int(end) if end.isdigit() else -1) for end in match.group("first", "last") if end]
    return all(lowest <= end <= highest for end in ends) and ends == sorted(ends)
