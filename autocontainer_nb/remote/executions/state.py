"""The state of an execution, as the control plane tells it."""

from dataclasses import dataclass
from datetime import datetime, timezone

from flyteidl.admin import execution_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from autocontainer_nb.idl.phases import execution_phase_name, is_terminal
from autocontainer_nb.remote import environment


@dataclass(frozen=True, kw_only=True)
class ExecutionState:
    """The state of an execution at one moment. `note` says why it could not be read, such as an unreachable server."""

    phase: str = "QUEUED"
    is_done: bool = False
    created_at: datetime | None = None
    started_at: datetime | None = None
    updated_at: datetime | None = None
    elapsed_s: float = 0.0
    error: str = ""
    log_tail: tuple[
        str, ...
    ] = ()  # of the last attempt, without line ends: what the container says itself, and the last
    note: str = ""


def read_state(execution: execution_pb2.Execution) -> ExecutionState:
    """Return the state in the control plane's message."""
    closure = execution.closure
    done = is_terminal(closure.phase)
    started = _moment(closure.started_at) or _moment(closure.created_at)
    elapsed_s = closure.duration.ToTimedelta().total_seconds()
    if started and not (done and elapsed_s):
        end_s = closure.updated_at.ToDatetime(timezone.utc).timestamp() if done else environment.now_s()
        elapsed_s = max(0.0, end_s - started.timestamp())
    return ExecutionState(
        phase=execution_phase_name(closure.phase),
        is_done=done,
        created_at=_moment(closure.created_at),
        started_at=_moment(closure.started_at),
        updated_at=_moment(closure.updated_at),
        elapsed_s=elapsed_s,
        error=closure.error.message or abort_cause(closure),
    )


def abort_cause(closure: execution_pb2.ExecutionClosure) -> str:
    """Return the reason given for aborting the execution; empty if it was not aborted."""
    return closure.abort_metadata.cause or closure.abort_cause


def _moment(timestamp: Timestamp) -> datetime | None:
    return timestamp.ToDatetime(timezone.utc) if timestamp.seconds or timestamp.nanos else None
