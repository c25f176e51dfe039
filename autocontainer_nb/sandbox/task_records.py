"""Registered tasks: kept once, found again, listed."""

import hashlib
import sqlite3
from typing import Final

from flyteidl.admin import common_pb2, task_pb2
from flyteidl.core import compiler_pb2, identifier_pb2, tasks_pb2

from autocontainer_nb.errors import AlreadyExistsError, InvalidArgumentError, NotFoundError
from autocontainer_nb.idl.identifiers import show_identifier
from autocontainer_nb.sandbox.filters import Listing, Page, equal, parse_filters, select
from autocontainer_nb.sandbox.stamps import timestamp
from autocontainer_nb.sandbox.state import State
from autocontainer_nb.sandbox.task_difference import show_differences

LISTING: Final = Listing(
    entity="task",
    table="tasks",
    columns={
        name: name for name in ("project", "domain", "name", "version", "type", "created_at", "short_description")
    },
)
# One row for each name: what ListTaskIds pages over.
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


def digest_of(template: tasks_pb2.TaskTemplate) -> bytes:
    """Return what two templates share exactly when they are the same."""
    return hashlib.sha256(template.SerializeToString(deterministic=True)).digest()


def register_task(state: State, request: task_pb2.TaskCreateRequest, at_ns: int) -> None:
    """Keep a new task.

    Raises:
        AlreadyExistsError: the very same task is registered; clients take it for a success, as with flyteadmin.
        InvalidArgumentError: another one is, under the same identifier; the message tells the differences.
    """
    template = tasks_pb2.TaskTemplate()
    template.CopyFrom(request.spec.template)
    template.id.CopyFrom(request.id)
    short = request.spec.description.short_description
    task = task_pb2.Task(
        id=request.id,
        closure=task_pb2.TaskClosure(
            compiled_task=compiler_pb2.CompiledTask(template=template), created_at=timestamp(at_ns)
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
        raise AlreadyExistsError(f"Task {name} is registered already, with identical content.")
    raise InvalidArgumentError(
        f"Task {name} is registered already, since {registered.created_at.ToJsonString()}, with different content. "
        f"Register under a new version. Registered -> given:\n"
        f"{show_differences(registered.compiled_task.template, template)}"
    )


def get_task(state: State, identifier: identifier_pb2.Identifier) -> task_pb2.Task:
    """Return a registered task.

    Raises:
        NotFoundError: naming the task, and the versions there are.
    """
    key = (identifier.project, identifier.domain, identifier.name, identifier.version)
    row = state.row(_BY_IDENTIFIER, key)
    if row is not None:
        return task_pb2.Task.FromString(row["message"])
    versions = state.rows(
        "SELECT version FROM tasks WHERE project = ? AND domain = ? AND name = ? ORDER BY id DESC LIMIT 3", key[:3]
    )
    known = ", ".join(row["version"] for row in versions)
    hint = f"its latest versions: {known}" if known else "no version of it is"
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
    """Return one page of task names, each once, however many versions it has."""
    conditions = [equal("project", request.project), equal("domain", request.domain)]
    conditions += parse_filters(request.filters, NAMES_LISTING)
    page = Page(limit=request.limit, token=request.token, sort_by=request.sort_by)
    rows = state.rows(*select(NAMES_LISTING, conditions, page))
    names = [
        common_pb2.NamedEntityIdentifier(project=row["project"], domain=row["domain"], name=row["name"]) for row in rows
    ]
    return common_pb2.NamedEntityIdentifierList(entities=names, token=page.next_token(len(names)))
