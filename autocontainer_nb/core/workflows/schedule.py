"""When a launch plan starts by itself, and who is told how it ended."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum
from typing import Final

from flyteidl.core import execution_pb2

from autocontainer_nb.errors import DefinitionError

# What the control plane accepts: `cron.ParseStandard` of github.com/robfig/cron/v3, which flyteadmin's
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


@dataclass(frozen=True, kw_only=True)
class CronSchedule:
    """Start at the times of a cron expression: five fields, an alias such as `@daily`, or `@every 1h30m`; in UTC.

    `offset` is an ISO 8601 duration that shifts the times. The input named by `kickoff_time_input_arg`, a datetime,
    gets the time of the start.
    """

    schedule: str
    offset: str | None = None
    kickoff_time_input_arg: str | None = None

    def __post_init__(self) -> None:
        """Refuse what the control plane would refuse."""
        _check_cron(self.schedule)
        if self.offset is not None and not _OFFSET.fullmatch(self.offset):
            raise DefinitionError(
                f"CronSchedule: offset: an ISO 8601 duration such as 'PT30M' expected, got {self.offset!r}."
            )


@dataclass(frozen=True)
class FixedRate:
    """Start again and again after this time: whole minutes. The input of `kickoff_time_input_arg` gets the time."""

    duration: timedelta
    kickoff_time_input_arg: str | None = None

    def __post_init__(self) -> None:
        """Refuse what the protocol has no form for."""
        if not isinstance(self.duration, timedelta) or self.duration <= timedelta(0) or self.duration % _MINUTE:
            raise DefinitionError(f"FixedRate: whole minutes, at least one, expected, got {self.duration!r}.")


@dataclass(frozen=True)
class OnSchedule:
    """A schedule given as a launch plan's `trigger`: the same as giving it as its `schedule`."""

    schedule: "CronSchedule | FixedRate"


Schedule = CronSchedule | FixedRate


def _check_cron(text: str) -> None:
    if not isinstance(text, str):
        raise DefinitionError(f"CronSchedule: a cron expression expected, got {text!r}.")
    if text in _ALIASES or _EVERY.fullmatch(text):
        return
    fields = re.sub(r"^(?:CRON_)?TZ=\S+\s+", "", text.strip()).split()
    if len(fields) != len(_FIELDS):
        aliases = ", ".join(sorted(_ALIASES))
        raise DefinitionError(
            f"CronSchedule: {text!r} has {len(fields)} fields; five expected (minute, hour, day of the month, month, "
            f"day of the week), or one of {aliases}."
        )
    for field, (name, lowest, highest, names) in zip(fields, _FIELDS, strict=True):
        for part in field.split(","):
            if not _fits_field(part, lowest, highest, names):
                raise DefinitionError(
                    f"CronSchedule: {text!r}: {part!r} is no {name}: {lowest} to {highest}, *, a range such as "
                    f"{lowest}-{highest}, or a step such as */2 expected."
                )


def _fits_field(part: str, lowest: int, highest: int, names: dict[str, int]) -> bool:
    match = _PART.fullmatch(part)
    if match is None or (match["step"] is not None and int(match["step"]) == 0):
        return False
    ends = [names.get(end.lower(), int(end) if end.isdigit() else -1) for end in match.group("first", "last") if end]
    return all(lowest <= end <= highest for end in ends) and ends == sorted(ends)
