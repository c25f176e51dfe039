"""Executions, their nodes and attempts: rows with the messages that clients get, and the columns for lists."""

import sqlite3
from dataclasses import dataclass
from typing import Final

from flyteidl.admin import execution_pb2, node_execution_pb2, task_execution_pb2
from flyteidl.core import execution_pb2 as core_execution_pb2
from flyteidl.core import identifier_pb2
from google.protobuf.message import Message

from autocontainer_nb.errors import NotFoundError
from autocontainer_nb.idl.identifiers import show_execution_id
from autocontainer_nb.idl.phases import TERMINAL_EXECUTION_PHASES
from autocontainer_nb.sandbox.blobs.execution_paths import ExecutionKey
from autocontainer_nb.sandbox.records.filters import Listing
from autocontainer_nb.sandbox.records.state import State
from autocontainer_nb.wire import GENERATED_PREFIX

_TIME_COLUMNS: Final = {name: name for name in ("created_at", "updated_at", "started_at", "duration")}
_ERROR_COLUMNS: Final = {"error_kind": "error_kind", "error_code": "error_code"}
_KEY_COLUMNS: Final = {name: name for name in ("project", "domain", "name")}
_GENERATED: Final = f"'{GENERATED_PREFIX}' || task_name"
EXECUTIONS: Final = Listing(
    entity="execution",
    table="executions",
    columns={
        **_KEY_COLUMNS,
        **_TIME_COLUMNS,
        **_ERROR_COLUMNS,
        **{f"execution_{name}": name for name in ("project", "domain", "name", "created_at", "updated_at")},
        **{name: name for name in ("phase", "user", "state", "launch_entity")},
        **{f"task.{name}": f"task_{name}" for name in ("project", "domain", "name", "version")},
        **{f"workflow.{name}": f"task_{name}" for name in ("project", "domain", "version")},
        **{f"launch_plan.{name}": f"task_{name}" for name in ("project", "domain", "version")},
        "workflow.name": _GENERATED,
        "launch_plan.name": _GENERATED,
    },
    fixed_values={"state": dict(execution_pb2.ExecutionState.items())},
)
NODE_EXECUTIONS: Final = Listing(
    entity="node_execution",
    table="node_executions",
    columns={**_KEY_COLUMNS, **_TIME_COLUMNS, **_ERROR_COLUMNS, "phase": "phase", "node_id": "node_id"},
)
TASK_EXECUTIONS: Final = Listing(
    entity="task_execution",
    table="task_executions",
    columns={**_KEY_COLUMNS, **_TIME_COLUMNS, "phase": "phase", "node_id": "node_id", "retry_attempt": "retry_attempt"},
)
_KEY: Final = "project = ? AND domain = ? AND name = ?"
_TERMINAL_NAMES: Final = tuple(core_execution_pb2.WorkflowExecution.Phase.Name(p) for p in TERMINAL_EXECUTION_PHASES)


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One attempt: its message and its process (pid 0 before there is one)."""

    message: task_execution_pb2.TaskExecution
    pid: int
    identity: str


def _ns(closure: Message, name: str) -> int | None:
    """Return a point in time or a span of a closure as nanoseconds."""
    return int(getattr(closure, name).ToNanoseconds()) if closure.HasField(name) else None


def insert_execution(connection: sqlite3.Connection, execution: execution_pb2.Execution, inputs_uri: str) -> None:
    """Store a new execution; an IntegrityError means that its name is taken."""
    task = execution.spec.launch_plan
    connection.execute(
        "INSERT INTO executions (project, domain, name, phase, task_project, task_domain, task_name, task_version,"
        " created_at, updated_at, user, state, launch_entity, inputs_uri, message)"
        " VALUES (?, ?, ?, '', ?, ?, ?, ?, 0, 0, ?, ?, ?, ?, x'')",
        (
            *(execution.id.project, execution.id.domain, execution.id.name),
            *(task.project, task.domain, task.name, task.version),
            execution.spec.metadata.principal,
            execution.closure.state_change_details.state,
            identifier_pb2.ResourceType.Name(task.resource_type).lower(),
            inputs_uri,
        ),
    )
    save_execution(connection, execution)


def save_execution(connection: sqlite3.Connection, execution: execution_pb2.Execution) -> None:
    """Store an execution as it is now."""
    closure = execution.closure
    connection.execute(
        "UPDATE executions SET phase = ?, created_at = ?, updated_at = ?, started_at = ?, duration = ?,"
        " error_kind = ?, error_code = ?, message = ? WHERE project = ? AND domain = ? AND name = ?",
        (
            core_execution_pb2.WorkflowExecution.Phase.Name(closure.phase),
            *(_ns(closure, name) for name in ("created_at", "updated_at", "started_at", "duration")),
            *_error_columns(closure),
            execution.SerializeToString(),
            *(execution.id.project, execution.id.domain, execution.id.name),
        ),
    )


def _error_columns(
    closure: execution_pb2.ExecutionClosure | node_execution_pb2.NodeExecutionClosure,
) -> tuple[str | None, str | None]:
    if not closure.HasField("error"):
        return None, None
    return core_execution_pb2.ExecutionError.ErrorKind.Name(closure.error.kind), closure.error.code


def save_node(connection: sqlite3.Connection, node: node_execution_pb2.NodeExecution) -> None:
    """Store a node's execution as it is now, new or known."""
    closure, execution = node.closure, node.id.execution_id
    connection.execute(
        "INSERT INTO node_executions (project, domain, name, node_id, phase, created_at, updated_at, started_at,"
        " duration, error_kind, error_code, message) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (project, domain, name, node_id) DO UPDATE SET phase = excluded.phase,"
        " updated_at = excluded.updated_at, started_at = excluded.started_at, duration = excluded.duration,"
        " error_kind = excluded.error_kind, error_code = excluded.error_code, message = excluded.message",
        (
            *(execution.project, execution.domain, execution.name, node.id.node_id),
            core_execution_pb2.NodeExecution.Phase.Name(closure.phase),
            *(_ns(closure, name) for name in ("created_at", "updated_at", "started_at", "duration")),
            *_error_columns(closure),
            node.SerializeToString(),
        ),
    )


def save_attempt(connection: sqlite3.Connection, attempt: Attempt) -> None:
    """Store an attempt as it is now, new or known."""
    closure, identifier = attempt.message.closure, attempt.message.id
    execution = identifier.node_execution_id.execution_id
    connection.execute(
        "INSERT INTO task_executions (project, domain, name, node_id, retry_attempt, phase, created_at, updated_at,"
        " started_at, duration, pid, identity, message) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (project, domain, name, node_id, retry_attempt) DO UPDATE SET phase = excluded.phase,"
        " updated_at = excluded.updated_at, started_at = excluded.started_at, duration = excluded.duration,"
        " pid = excluded.pid, identity = excluded.identity, message = excluded.message",
        (
            *(execution.project, execution.domain, execution.name),
            *(identifier.node_execution_id.node_id, identifier.retry_attempt),
            core_execution_pb2.TaskExecution.Phase.Name(closure.phase),
            *(_ns(closure, name) for name in ("created_at", "updated_at", "started_at", "duration")),
            *(attempt.pid, attempt.identity, attempt.message.SerializeToString()),
        ),
    )


def get_execution(state: State, key: ExecutionKey) -> execution_pb2.Execution:
    """Return an execution.

    Raises:
        NotFoundError: the message names the execution.
    """
    row = state.row(f"SELECT message FROM executions WHERE {_KEY}", key)  # noqa: S608 - a constant of this module
    if row is None:
        raise NotFoundError(f"There is no execution {show_execution_id(key.identifier)} here.")
    return execution_pb2.Execution.FromString(row["message"])


def inputs_uri(state: State, key: ExecutionKey) -> str:
    """Return the URI of an execution's inputs; "" for an unknown execution."""
    row = state.row(f"SELECT inputs_uri FROM executions WHERE {_KEY}", key)  # noqa: S608 - a constant of this module
    return "" if row is None else str(row["inputs_uri"])


def unfinished_executions(state: State) -> list[ExecutionKey]:
    """Return the executions that haven't ended, oldest first."""
    marks = ", ".join("?" * len(_TERMINAL_NAMES))
    sql = f"SELECT project, domain, name FROM executions WHERE phase NOT IN ({marks}) ORDER BY id"  # noqa: S608 - marks
    return [ExecutionKey(*row) for row in state.rows(sql, _TERMINAL_NAMES)]


def get_node(state: State, key: ExecutionKey, node: str) -> node_execution_pb2.NodeExecution:
    """Return a node's execution.

    Raises:
        NotFoundError: the message names the node, and the nodes that the execution has.
    """
    rows = state.rows(f"SELECT node_id, message FROM node_executions WHERE {_KEY} ORDER BY id", key)  # noqa: S608 - as above
    for row in rows:
        if row["node_id"] == node:
            return node_execution_pb2.NodeExecution.FromString(row["message"])
    known = ", ".join(row["node_id"] for row in rows) or "none"
    raise NotFoundError(f"Execution {show_execution_id(key.identifier)} has no node {node!r}. Its nodes: {known}.")


def attempts(state: State, key: ExecutionKey, node: str) -> list[Attempt]:
    """Return all attempts of a node, the first one first."""
    rows = state.rows(
        f"SELECT message, pid, identity FROM task_executions WHERE {_KEY} AND node_id = ? ORDER BY retry_attempt",  # noqa: S608 - as above
        (*key, node),
    )
    return [
        Attempt(
            message=task_execution_pb2.TaskExecution.FromString(row["message"]),
            pid=row["pid"],
            identity=row["identity"],
        )
        for row in rows
    ]


def get_attempt(state: State, key: ExecutionKey, node: str, number: int) -> Attempt:
    """Return one attempt.

    Raises:
        NotFoundError: the message names the attempt, and how many there are.
    """
    all_attempts = attempts(state, key, node)
    for attempt in all_attempts:
        if attempt.message.id.retry_attempt == number:
            return attempt
    raise NotFoundError(
        f"Node {node!r} of execution {show_execution_id(key.identifier)} has no attempt {number}. It has "
        f"{len(all_attempts)}, counted from 0."
    )
