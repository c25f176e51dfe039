"""The last lines of an execution's output, for displays, if the control plane links to it as text."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from flyteidl.admin import node_execution_pb2, task_execution_pb2
from flyteidl.core import execution_pb2, identifier_pb2

from autocontainer_nb.remote.config.network import THIS_MACHINES, Network
from autocontainer_nb.remote.logs.links import TAIL_BYTES, fetch_text
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.scope import Scope
from autocontainer_nb.wire import OWN_LINE

TAIL_LINES: Final = 8
_PAGE: Final = 100


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


def log_tail(attempts: list[Attempt], *, is_done: bool = False, network: Network = THIS_MACHINES) -> tuple[str, ...]:
    """Return the last lines of the last attempt's output; empty if they aren't available at once.

    What the container itself has said (`OWN_LINE`) comes first. It is at the beginning of the output, which is asked
    for as well once the execution `is_done`.
    """
    for attempt in reversed(attempts):
        for log in attempt.logs:
            text = fetch_text(log.uri, tail=True, network=network)
            if text:
                lines = text.rstrip("\n").split("\n")
                last = lines[-TAIL_LINES:]
                if is_done and len(text) > TAIL_BYTES // 2:
                    lines = (fetch_text(log.uri, head=True, network=network) or "").split("\n")[:-1] + lines
                own = dict.fromkeys(line for line in lines if line.startswith(OWN_LINE))
                return (*(line for line in own if line not in last), *last)
    return ()


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
