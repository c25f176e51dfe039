"""Registered tasks, and the differences between two tasks of one version."""

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from flyteidl.admin import common_pb2, task_pb2
from flyteidl.core import compiler_pb2, identifier_pb2, tasks_pb2
from google.protobuf.message import Message

from autocontainer_nb.errors import AlreadyExistsError, InvalidArgumentError, NotFoundError
from autocontainer_nb.idl.identifiers import show_identifier
from autocontainer_nb.idl.times import timestamp_of_ns
from autocontainer_nb.sandbox.records.filters import Listing, Page, equal, parse_filters, select
from autocontainer_nb.sandbox.records.state import State

SHOWN_DIFFERENCES: Final = 10
_SHOWN_CHARACTERS: Final = 120
_NOTHING: Final = object()
LISTING: Final = Listing(
    entity="task",
    table="tasks",
    columns={
        name: name for name in ("project", "domain", "name", "version", "type", "created_at", "short_description")
    },
)
# One row per name, for the pages of ListTaskIds.
NAMES_LISTING: Final = Listing(
    entity="task",
    table="(SELECT MIN(id) AS id, project, domain, name, MIN(created_at) AS created_at FROM tasks"
    " GROUP BY project, domain, name)",
    columns={name: name for name in ("project", "domain", "name", "created_at")},
    order="name",
)
_BY_IDENTIFIER: Final = (
    "SELECT message, digest FROM tasks WHERE project = ? AND domain = ? AND name = ? AND version = ?"
)


def _show(value: Any) -> str:
    if value is _NOTHING:
        return "nothing"
    text = " ".join(str(value).split()) if isinstance(value, Message) else repr(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}..."


def _children(value: Any) -> dict[str, Any] | None:
    if isinstance(value, Message):
        return {f".{descriptor.name}": child for descriptor, child in value.ListFields()}
    if isinstance(value, Mapping):
        return {f"[{key!r}]": child for key, child in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return {f"[{index}]": child for index, child in enumerate(value)}
    return None


def differences(old: Any, new: Any, path: str = "") -> Iterator[str]:
    """Yield one line `path: old -> new` for each field in which two messages differ."""
    old_children, new_children = _children(old), _children(new)
    if old_children is None or new_children is None or type(old) is not type(new):
        if old is _NOTHING or new is _NOTHING or old != new:
            yield f"{path.lstrip('.')}: {_show(old)} -> {_show(new)}"
        return
    for name in [*old_children, *(name for name in new_children if name not in old_children)]:
        yield from differences(old_children.get(name, _NOTHING), new_children.get(name, _NOTHING), path + name)


def show_differences(old: Message, new: Message) -> str:
    """Return the first differences as lines, with the old value first."""
    lines = list(differences(old, new))
    more = [f"... and {len(lines) - SHOWN_DIFFERENCES} more"] if len(lines) > SHOWN_DIFFERENCES else []
    return "\n".join(f"  {line}" for line in [*lines[:SHOWN_DIFFERENCES], *more])


def digest_of(template: tasks_pb2.TaskTemplate) -> bytes:
    """Return a hash that two templates share exactly if they are the same."""
    return hashlib.sha256(template.SerializeToString(deterministic=True)).digest()


def register_task(state: State, request: task_pb2.TaskCreateRequest, at_ns: int) -> None:
    """Store a new task.

    Raises:
        AlreadyExistsError: the same task is registered; clients treat it as a success, as with flyteadmin.
        InvalidArgumentError: a different task has this identifier; the message lists the differences.
    """
    template = tasks_pb2.TaskTemplate()
    template.CopyFrom(request.spec.template)
    template.id.CopyFrom(request.id)
    short = request.spec.description.short_description
    task = task_pb2.Task(
        id=request.id,
        closure=task_pb2.TaskClosure(
            compiled_task=compiler_pb2.CompiledTask(template=template), created_at=timestamp_of_ns(at_ns)
        ),
        short_description=short,
    )
    digest = digest_of(template)
    key = (request.id.project, request.id.domain, request.id.name, request.id.version)
    try:
        with state.change() as connection:
            connection.execute(
                "INSERT INTO tasks (project, domain, name, version, type, digest, short_description, created_at,"
                " message) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*key, template.type, digest, short, at_ns, task.SerializeToString()),
            )
    except sqlite3.IntegrityError:
        _refuse_again(state, request.id, template, digest)


def _refuse_again(
    state: State, identifier: identifier_pb2.Identifier, template: tasks_pb2.TaskTemplate, digest: bytes
) -> None:
    registered = get_task(state, identifier).closure
    name = show_identifier(identifier)
    if digest_of(registered.compiled_task.template) == digest:
        raise AlreadyExistsError(f"Task {name} is already registered, with identical content.")
    raise InvalidArgumentError(
        f"Task {name} has been registered since {registered.created_at.ToJsonString()} with different content. "
        f"Register it under a new version. Differences (registered -> new):\n"
        f"{show_differences(registered.compiled_task.template, template)}"
    )


def get_task(state: State, identifier: identifier_pb2.Identifier) -> task_pb2.Task:
    """Return a registered task.

    Raises:
        NotFoundError: the message names the task and its latest versions.
    """
    key = (identifier.project, identifier.domain, identifier.name, identifier.version)
    row = state.row(_BY_IDENTIFIER, key)
    if row is not None:
        return task_pb2.Task.FromString(row["message"])
    versions = state.rows(
        "SELECT version FROM tasks WHERE project = ? AND domain = ? AND name = ? ORDER BY id DESC LIMIT 3", key[:3]
    )
    known = ", ".join(row["version"] for row in versions)
    hint = f"its latest versions: {known}" if known else "it has no versions"
    raise NotFoundError(f"Task {show_identifier(identifier)} isn't registered here ({hint}).")


def list_tasks(state: State, request: common_pb2.ResourceListRequest) -> task_pb2.TaskList:
    """Return one page of the tasks of a project and domain, of one name if the request has one."""
    conditions = [equal("project", request.id.project), equal("domain", request.id.domain)]
    if request.id.name:
        conditions.append(equal("name", request.id.name))
    conditions += parse_filters(request.filters, LISTING)
    page = Page(limit=request.limit, token=request.token, sort_by=request.sort_by)
    rows = state.rows(*select(LISTING, conditions, page))
    tasks = [task_pb2.Task.FromString(row["message"]) for row in rows]
    return task_pb2.TaskList(tasks=tasks, token=page.next_token(len(tasks)))


def list_task_names(
    state: State, request: common_pb2.NamedEntityIdentifierListRequest
) -> common_pb2.NamedEntityIdentifierList:
    """Return one page of task names, each only once."""
    conditions = [equal("project", request.project), equal("domain", request.domain)]
    conditions += parse_filters(request.filters, NAMES_LISTING)
    page = Page(limit=request.limit, token=request.token, sort_by=request.sort_by)
    rows = state.rows(*select(NAMES_LISTING, conditions, page))
    names = [
        common_pb2.NamedEntityIdentifier(project=row["project"], domain=row["domain"], name=row["name"]) for row in rows
    ]
    return common_pb2.NamedEntityIdentifierList(entities=names, token=page.next_token(len(names)))
