"""Lists of registered tasks, workflows and launch plans: of each name the newest version."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Final

from flyteidl.admin import launch_plan_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from autocontainer_nb.idl.schedules import schedule_words
from autocontainer_nb.remote import environment
from autocontainer_nb.remote.lists.filters import contains, equals
from autocontainer_nb.remote.lists.pages import Listed, entries
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.scope import Scope

GENERATED: Final = ".flytegen."  # of what flyteadmin makes to run a single task
_ACTIVE: Final = str(launch_plan_pb2.ACTIVE)  # Flyte's filters take states by number only


@dataclass(frozen=True, kw_only=True)
class TaskSummary:
    """An entry in a list of tasks: the newest version of a task."""

    name: str
    version: str
    created_at: datetime | None
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class WorkflowSummary:
    """An entry in a list of workflows: the newest version of a workflow."""

    name: str
    version: str
    created_at: datetime | None
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class LaunchPlanSummary:
    """An entry in a list of launch plans: the newest version of one, and the active version, which may be another.

    `schedule` is that of the active version if there is one, in words: `weekdays at 07:00 UTC, next on Monday`.
    """

    name: str
    version: str
    created_at: datetime | None
    workflow: str
    active_version: str = ""
    schedule: str = ""

    @property
    def is_active(self) -> bool:
        """Whether a version of it is active, so that its schedule starts executions."""
        return bool(self.active_version)


def list_tasks(scope: Scope, limit: int, name: str = "") -> Listed[TaskSummary]:
    """Return the newest version of each task, newest first; with `name`, of those with this text in their names."""
    found = _newest(entries(scope, methods.LIST_TASKS, lambda page: page.tasks, filters=_named(name)))
    made = (TaskSummary(**_said(each)) for each in found)
    return Listed(made, limit)


def list_workflows(scope: Scope, limit: int, name: str = "") -> Listed[WorkflowSummary]:
    """Return the newest version of each workflow, newest first; with `name`, of those with this text in their names."""
    found = _newest(entries(scope, methods.LIST_WORKFLOWS, lambda page: page.workflows, filters=_named(name)))
    return Listed((WorkflowSummary(**_said(each)) for each in found), limit)


def list_launch_plans(
    scope: Scope, limit: int, name: str = "", workflow: str = "", *, active_only: bool = False
) -> Listed[LaunchPlanSummary]:
    """Return the newest version of each launch plan, newest first, and which version is active."""
    filters = [_named(name), equals("workflow.name", workflow) if workflow else ""]
    joined = "+".join(filter(None, filters))
    active = {each.id.name: each for each in _plans(scope, "+".join(filter(None, [joined, equals("state", _ACTIVE)])))}
    found: Iterable[Any] = active.values() if active_only else _newest(_plans(scope, joined))
    return Listed((summary_of(each, active.get(each.id.name)) for each in found), limit)


def summary_of(plan: launch_plan_pb2.LaunchPlan, active: launch_plan_pb2.LaunchPlan | None) -> LaunchPlanSummary:
    """Return the entry of a launch plan; `active` is its active version, if there is one."""
    schedule = (active or plan).spec.entity_metadata.schedule
    now = datetime.fromtimestamp(environment.now_s(), timezone.utc)
    return LaunchPlanSummary(
        name=plan.id.name,
        version=plan.id.version,
        created_at=_moment(plan.closure.created_at),
        workflow=plan.spec.workflow_id.name,
        active_version=active.id.version if active is not None else "",
        schedule=schedule_words(schedule, now if active is not None else None),
    )


def _plans(scope: Scope, filters: str) -> Iterator[Any]:
    return entries(scope, methods.LIST_LAUNCH_PLANS, lambda page: page.launch_plans, filters=filters)


def _newest(found: Iterable[Any]) -> Iterator[Any]:
    seen: set[str] = set()
    for each in found:
        if each.id.name not in seen and not each.id.name.startswith(GENERATED):
            seen.add(each.id.name)
            yield each


def _named(name: str) -> str:
    return contains("name", name) if name else ""


def _said(entry: Any) -> dict[str, Any]:
    return {
        "name": entry.id.name,
        "version": entry.id.version,
        "created_at": _moment(entry.closure.created_at),
        "description": entry.short_description,
    }


def _moment(timestamp: Timestamp) -> datetime | None:
    return timestamp.ToDatetime(timezone.utc) if timestamp.seconds or timestamp.nanos else None
