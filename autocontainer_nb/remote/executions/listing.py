"""Lists of executions, and the rows to show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final

from flyteidl.admin import execution_pb2

from autocontainer_nb.errors import InputError
from autocontainer_nb.pickling.wording import shown_duration
from autocontainer_nb.remote import environment
from autocontainer_nb.remote.executions.state import read_state
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
    name = "" if wanted.task is None else str(getattr(wanted.task, "name", wanted.task))
    pages = entries(
        scope,
        methods.LIST_EXECUTIONS,
        lambda page: page.executions,
        filters=_filters(scope, wanted, name),
        limit=limit,
    )
    found = Listed(_summaries(pages, name), limit)
    if not found:
        scope.check_project()
    return found


def _filters(scope: Scope, wanted: Wanted, name: str) -> str:
    now = datetime.fromtimestamp(environment.now_s(), timezone.utc)
    said = []
    if name:  # what runs a single task has a launch plan, too, whose name contains the task's
        said.append(contains("launch_plan.name", name.rpartition(".")[2]))
    if wanted.phase is not None:
        said.append(is_one_of("phase", phases(wanted.phase)))
    if wanted.owner is not None:
        said.append(equals("user", _owner(scope) if wanted.owner == "me" else wanted.owner))
    if wanted.since is not None:
        said.append(from_time("created_at", moment_of("since", wanted.since, now)))
    if wanted.until is not None:
        said.append(before_time("created_at", moment_of("until", wanted.until, now)))
    if wanted.tag is not None:
        said.append(equals("admin_tag.name", wanted.tag))
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


def _summaries(found: "Iterable[execution_pb2.Execution]", name: str) -> "Iterator[ExecutionSummary]":
    """Yield each once: by tag, Flyte lists an execution several times."""
    seen: set[str] = set()
    for execution in found:
        entity = execution.spec.launch_plan
        if execution.id.name in seen or (name and entity.name != name and not entity.name.endswith(f".{name}")):
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
