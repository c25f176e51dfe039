"""Lists of what a control plane has: executions and tasks, as plain data for tables."""

from dataclasses import dataclass
from datetime import datetime, timezone

from flyteidl.admin import common_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from autocontainer_nb.remote import rpcs
from autocontainer_nb.remote.session import Session
from autocontainer_nb.remote.state import read_state


@dataclass(frozen=True, kw_only=True)
class ExecutionSummary:
    """One line of a list of executions."""

    id: str
    task: str
    version: str
    phase: str
    created_at: datetime | None
    elapsed_s: float
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class TaskSummary:
    """One line of a list of tasks: the newest version of a task."""

    name: str
    version: str
    created_at: datetime | None


def list_executions(session: Session, limit: int) -> list[ExecutionSummary]:
    """Return the last executions, the newest first."""
    found = session.calls.call(
        rpcs.LIST_EXECUTIONS,
        common_pb2.ResourceListRequest(id=_scope(session), limit=limit, sort_by=_newest_first()),
    )
    summaries = []
    for execution in found.executions:
        state = read_state(execution)
        entity = execution.spec.launch_plan
        summaries.append(
            ExecutionSummary(
                id=execution.id.name,
                task=entity.name,
                version=entity.version,
                phase=state.phase,
                created_at=state.created_at,
                elapsed_s=state.elapsed_s,
                error=state.error,
            )
        )
    return summaries


def list_tasks(session: Session, limit: int) -> list[TaskSummary]:
    """Return the newest version of each of the tasks among the last `limit` registrations, the newest first."""
    found = session.calls.call(
        rpcs.LIST_TASKS,
        common_pb2.ResourceListRequest(id=_scope(session), limit=limit, sort_by=_newest_first()),
    )
    newest: dict[str, TaskSummary] = {}
    for task in found.tasks:
        created_at = _moment(task.closure.created_at)
        newest.setdefault(task.id.name, TaskSummary(name=task.id.name, version=task.id.version, created_at=created_at))
    return list(newest.values())


def _scope(session: Session) -> common_pb2.NamedEntityIdentifier:
    return common_pb2.NamedEntityIdentifier(project=session.project, domain=session.domain)


def _newest_first() -> common_pb2.Sort:
    return common_pb2.Sort(key="created_at", direction=common_pb2.Sort.DESCENDING)


def _moment(timestamp: Timestamp) -> datetime | None:
    return timestamp.ToDatetime(timezone.utc) if timestamp.seconds or timestamp.nanos else None
