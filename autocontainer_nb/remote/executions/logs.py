"""The output of an execution's containers, if the control plane links to it as text."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from flyteidl.admin import node_execution_pb2, task_execution_pb2
from flyteidl.core import execution_pb2, identifier_pb2

from autocontainer_nb.remote import http
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.scope import Scope
from autocontainer_nb.wire import OWN_LINE

TAIL_LINES: Final = 8
_TAIL_BYTES: Final = 4096
_HEAD_BYTES: Final = 4096
_LIMIT_BYTES: Final = 64 << 20
_TIMEOUT_S: Final = 5.0
_PAGE: Final = 100
_OK: Final = 200
_PARTIAL_CONTENT: Final = 206


@dataclass(frozen=True)
class Attempt:
    """One attempt of one node; `number` counts from 0."""

    node: str
    number: int
    phase: str
    logs: tuple[execution_pb2.TaskLog, ...]


def attempts_of(
    scope: Scope, identifier: identifier_pb2.WorkflowExecutionIdentifier, *, may_restart: bool = True
) -> list[Attempt]:
    """Return all attempts that the control plane lists, nodes in its order, attempts from the first to the last."""
    found = []
    for node in _nodes(scope, identifier, may_restart=may_restart):
        tasks = scope.calls.call(
            methods.LIST_TASK_EXECUTIONS,
            task_execution_pb2.TaskExecutionListRequest(node_execution_id=node.id, limit=_PAGE),
            may_restart=may_restart,
        )
        for task in sorted(tasks.task_executions, key=lambda task: task.id.retry_attempt):
            phase = execution_pb2.TaskExecution.Phase.Name(task.closure.phase)
            found.append(Attempt(node.id.node_id, task.id.retry_attempt, phase, tuple(task.closure.logs)))
    return found


def logs_text(attempts: list[Attempt]) -> str:
    """Return the text of all attempts, each under a heading if there are several; links if there is no text."""
    parts = []
    for attempt in attempts:
        if len(attempts) > 1:
            parts.append(f"── {attempt.node}, attempt {attempt.number + 1}: {attempt.phase} ──")
        for log in attempt.logs:
            text = fetch_text(log.uri)
            parts.append(text.rstrip("\n") if text is not None else f"{log.name or 'Logs'}: {log.uri}")
    return "".join(part + "\n" for part in parts if part)


def log_tail(attempts: list[Attempt], *, is_done: bool = False) -> tuple[str, ...]:
    """Return the last lines of the last attempt's output; empty if they aren't available at once.

    What the container itself has said (`OWN_LINE`) comes first. It is at the beginning of the output, which is asked
    for as well once the execution `is_done`.
    """
    for attempt in reversed(attempts):
        for log in attempt.logs:
            text = fetch_text(log.uri, tail=True)
            if text:
                lines = text.rstrip("\n").split("\n")
                last = lines[-TAIL_LINES:]
                if is_done and len(text) > _TAIL_BYTES // 2:
                    lines = (fetch_text(log.uri, head=True) or "").split("\n")[:-1] + lines
                own = dict.fromkeys(line for line in lines if line.startswith(OWN_LINE))
                return (*(line for line in own if line not in last), *last)
    return ()


def fetch_text(uri: str, *, tail: bool = False, head: bool = False) -> str | None:
    """Return the text at a log's link, its end or its beginning; None if the link is a web page or can't be read."""
    parts = urlsplit(uri)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    headers = {"Accept": "text/plain"}
    if tail:
        headers["Range"] = f"bytes=-{_TAIL_BYTES}"
    elif head:
        headers["Range"] = f"bytes=0-{_HEAD_BYTES - 1}"
    try:
        answer = http.look(uri, headers, _TIMEOUT_S, _LIMIT_BYTES)
    except http.NoAnswerError:
        return None
    kind = answer.headers.get("Content-Type", "text/plain").partition(";")[0].strip().lower()
    if answer.status not in (_OK, _PARTIAL_CONTENT) or kind != "text/plain":
        return None
    body, is_part = answer.body, answer.status == _PARTIAL_CONTENT
    if tail and (is_part or len(body) > _TAIL_BYTES):
        body = body[-_TAIL_BYTES:]
        body = body.partition(b"\n")[2] if len(body) == _TAIL_BYTES else body  # the first line is cut
    if head:
        body = body[:_HEAD_BYTES]
    return body.decode("utf-8", "replace")


def _nodes(
    scope: Scope, identifier: identifier_pb2.WorkflowExecutionIdentifier, *, may_restart: bool
) -> Iterator[node_execution_pb2.NodeExecution]:
    token = ""
    while True:
        page = scope.calls.call(
            methods.LIST_NODE_EXECUTIONS,
            node_execution_pb2.NodeExecutionListRequest(workflow_execution_id=identifier, limit=_PAGE, token=token),
            may_restart=may_restart,
        )
        yield from page.node_executions
        token = page.token
        if not token or not page.node_executions:
            return
