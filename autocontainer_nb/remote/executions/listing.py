"""Lists of executions and tasks, and the rows to show them."""

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final

from flyteidl.admin import common_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from autocontainer_nb.pickling.wording import shown_duration
from autocontainer_nb.remote.executions.state import read_state
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Iterable

HEADERS: Final = ("id", "task", "phase", "started", "elapsed")


@dataclass(frozen=True, kw_only=True)
class ExecutionSummary:
    """An entry in a list of executions."""

    id: str
    task: str
    version: str
    phase: str
    created_at: datetime | None
    elapsed_s: float
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class TaskSummary:
    """An entry in a list of tasks: the newest version of a task."""

    name: str
    version: str
    created_at: datetime | None


def list_executions(scope: Scope, limit: int) -> list[ExecutionSummary]:
    """Return the last executions, newest first."""
    answer = scope.calls.call(
        methods.LIST_EXECUTIONS,
        common_pb2.ResourceListRequest(id=_all_in(scope), limit=limit, sort_by=_newest_first()),
    )
    summaries = []
    for execution in answer.executions:
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


def list_tasks(scope: Scope, limit: int) -> list[TaskSummary]:
    """Return the newest version of each task among the last `limit` registrations, newest first."""
    answer = scope.calls.call(
        methods.LIST_TASKS,
        common_pb2.ResourceListRequest(id=_all_in(scope), limit=limit, sort_by=_newest_first()),
    )
    newest: dict[str, TaskSummary] = {}
    for task in answer.tasks:
        created_at = _moment(task.closure.created_at)
        newest.setdefault(task.id.name, TaskSummary(name=task.id.name, version=task.id.version, created_at=created_at))
    return list(newest.values())


def _all_in(scope: Scope) -> common_pb2.NamedEntityIdentifier:
    return common_pb2.NamedEntityIdentifier(project=scope.project, domain=scope.domain)


def _newest_first() -> common_pb2.Sort:
    return common_pb2.Sort(key="created_at", direction=common_pb2.Sort.DESCENDING)


def _moment(timestamp: Timestamp) -> datetime | None:
    return timestamp.ToDatetime(timezone.utc) if timestamp.seconds or timestamp.nanos else None


def execution_rows(executions: "Iterable[ExecutionSummary]") -> list[tuple[str, ...]]:
    """Return the cells under HEADERS, times in this machine's time zone."""
    rows: list[tuple[str, ...]] = []
    for one in executions:
        started = one.created_at.astimezone().strftime("%Y-%m-%d %H:%M:%S") if one.created_at else ""
        rows.append((one.id, one.task, one.phase, started, shown_duration(one.elapsed_s)))
    return rows


def execution_records(executions: "Iterable[ExecutionSummary]") -> list[dict[str, Any]]:
    """Return one object for each; `created_at` is in ISO 8601 and UTC."""
    return [
        {
            "id": one.id,
            "task": one.task,
            "version": one.version,
            "phase": one.phase,
            "created_at": one.created_at.isoformat() if one.created_at else None,
            "elapsed_s": one.elapsed_s,
            "error": one.error or None,
        }
        for one in executions
    ]
