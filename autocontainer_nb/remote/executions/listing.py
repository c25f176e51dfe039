"""Lists of executions, and the rows to show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from flyteidl.admin import execution_pb2

from autocontainer_nb.errors import InputError, InvalidArgumentError
from autocontainer_nb.pickling.wording import shown_duration
from autocontainer_nb.remote import environment
from autocontainer_nb.remote.executions.state import read_state
from autocontainer_nb.remote.lists.entities import GENERATED
from autocontainer_nb.remote.lists.filters import (
    before_time,
    contains,
    equals,
    from_time,
    is_one_of,
    joined,
    moment_of,
    phases,
)
from autocontainer_nb.remote.lists.pages import Listed, entries
from autocontainer_nb.remote.lists.projects import caller
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LOOKED_AT: Final = 1000  # the last executions of single tasks, looked at for a tag
_ARCHIVED: Final = str(execution_pb2.EXECUTION_ARCHIVED)  # Flyte's filters take states by number only
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
    owner: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which executions are listed: all that is said has to hold.

    `task` is what was started: a task, workflow or launch plan, or its name, of which the last part is enough. `phase`
    is one or several. `owner` is who started them as the control plane knows them, or "me". `since` and `until` are
    times, days, texts of them, or spans before now. `tag` is one of their tags. With `archived`, those are listed
    that are left out else.
    """

    task: Any = None
    phase: str | Sequence[str] | None = None
    owner: str | None = None
    since: Any = None
    until: Any = None
    tag: str | None = None
    archived: bool = False


EVERYTHING: Final = Wanted()


def list_executions(scope: Scope, limit: int, wanted: Wanted = EVERYTHING) -> Listed[ExecutionSummary]:
    """Return executions, newest first.

    Raises:
        InputError: a condition isn't one that Flyte can look for.
        NotFoundError: there is no such project, if nothing was found.
    """
    found = Listed(_summaries(_merged(_sources(scope, limit, wanted)), wanted), limit)
    if not found:
        scope.check_project()
    return found


def _sources(scope: Scope, limit: int, wanted: Wanted) -> "list[Iterable[execution_pb2.Execution]]":
    """Return lists that have together what is wanted, each newest first, and more: Flyte's filters have no `or`."""
    common = _filters(scope, wanted)
    if wanted.tag is not None:
        return [_tagged(scope, limit, common, wanted.tag), _tasks_to_look_at(scope, common)]
    name = _name_of(wanted.task).rpartition(".")[2]
    if not name:
        return [_pages(scope, limit, common)]
    # What runs a single task has a workflow of its own, whose name contains the task's, and no launch plan.
    by_workflow = _pages(scope, limit, joined([contains("workflow.name", name), common]))
    if hasattr(wanted.task, "name") and not hasattr(wanted.task, "workflow"):  # no launch plan
        return [by_workflow]
    return [by_workflow, _pages(scope, limit, joined([contains("launch_plan.name", name), common]))]


def _pages(scope: Scope, limit: int, filters: str) -> "Iterator[execution_pb2.Execution]":
    return entries(scope, methods.LIST_EXECUTIONS, lambda page: page.executions, filters=filters, limit=limit)


def _tagged(scope: Scope, limit: int, common: str, tag: str) -> "Iterator[execution_pb2.Execution]":
    """Yield the executions of workflows and launch plans with the tag."""
    try:
        yield from _pages(scope, limit, joined([equals("admin_tag.name", tag), common]))
    except InvalidArgumentError:  # a control plane that can't look for tags, such as the sandbox
        return


def _tasks_to_look_at(scope: Scope, common: str) -> "Iterator[execution_pb2.Execution]":
    """Yield the last executions of single tasks, whose tags Flyte v1.16 can't look for: only the specs have them."""
    return islice(_pages(scope, _LOOKED_AT, joined([equals("launch_entity", "task"), common])), _LOOKED_AT)


def _merged(sources: "list[Iterable[execution_pb2.Execution]]") -> "Iterable[execution_pb2.Execution]":
    return merge(*sources, key=lambda each: -each.closure.created_at.ToNanoseconds()) if sources[1:] else sources[0]


def _name_of(entity: Any) -> str:
    return "" if entity is None else str(getattr(entity, "name", entity))


def _filters(scope: Scope, wanted: Wanted) -> str:
    now = datetime.fromtimestamp(environment.now_s(), timezone.utc)
    said = []
    if wanted.phase is not None:
        said.append(is_one_of("phase", phases(wanted.phase)))
    if wanted.owner is not None:
        said.append(equals("user", _owner(scope) if wanted.owner == "me" else wanted.owner))
    if wanted.since is not None:
        said.append(from_time("created_at", moment_of("since", wanted.since, now)))
    if wanted.until is not None:
        said.append(before_time("created_at", moment_of("until", wanted.until, now)))
    if wanted.archived:
        said.append(equals("state", _ARCHIVED))
    return joined(said)


def _owner(scope: Scope) -> str:
    subject = caller(scope).subject
    if not subject:
        raise InputError(
            f"owner='me': the control plane at {scope.where()} asks nobody to sign in, so it doesn't know who you are."
        )
    return subject


def _summaries(found: "Iterable[execution_pb2.Execution]", wanted: Wanted) -> "Iterator[ExecutionSummary]":
    """Yield those that are wanted, each once: by tag, Flyte lists an execution several times."""
    name, seen = _name_of(wanted.task), set[str]()
    for execution in found:
        entity = execution.spec.launch_plan
        ran = {entity.name, execution.closure.workflow_id.name.removeprefix(GENERATED)}
        is_named = not name or any(each == name or each.endswith(f".{name}") for each in ran)
        is_tagged = (
            wanted.tag is None or wanted.tag in execution.spec.tags or wanted.tag in execution.spec.labels.values
        )
        if execution.id.name in seen or not is_named or not is_tagged:
            continue
        seen.add(execution.id.name)
        state = read_state(execution)
        yield ExecutionSummary(
            id=execution.id.name,
            task=entity.name,
            version=entity.version,
            phase=state.phase,
            created_at=state.created_at,
            elapsed_s=state.elapsed_s,
            error=state.error,
            owner=execution.spec.metadata.principal,
            tags=tuple(execution.spec.tags),
        )


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
            "owner": one.owner or None,
            "tags": list(one.tags),
        }
        for one in executions
    ]
