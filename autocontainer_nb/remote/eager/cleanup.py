"""Ends the executions that a killed eager task has left running; fills the slot `eager_cleanup`."""

from contextlib import suppress
from typing import Final

from flyteidl.admin import execution_pb2
from flyteidl.core import identifier_pb2

from autocontainer_nb.errors import FailedPreconditionError, NotFoundError
from autocontainer_nb.remote import environment
from autocontainer_nb.remote.nodes.eager_children import started_by
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.scope import Scope, scope_in_container

_PAUSE_S: Final = 1.0
_MAX_ROUNDS: Final = 60  # executions need time to end; one that never ends isn't waited for
_RUNNING: Final = "UNDEFINED;QUEUED;RUNNING"


def end_left_behind(parent: identifier_pb2.WorkflowExecutionIdentifier) -> int:
    """Terminate the executions that the eager task of this execution has started; returns how many there were.

    Raises:
        ConfigError: the container has no address of the control plane.
        RemoteError: the control plane refuses, or can't be reached.
    """
    scope = scope_in_container("clean-up", parent.project, parent.domain)
    seen: set[str] = set()
    for _ in range(_MAX_ROUNDS):
        left = [each.id for each in started_by(scope, parent, _RUNNING)]
        for identifier in left:
            _terminate(scope, identifier, f"clean up after the eager execution {parent.name}")
            seen.add(identifier.name)
        if not left:
            break
        environment.pause(_PAUSE_S)
    return len(seen)


def _terminate(scope: Scope, identifier: identifier_pb2.WorkflowExecutionIdentifier, cause: str) -> None:
    request = execution_pb2.ExecutionTerminateRequest(id=identifier, cause=cause)
    with suppress(FailedPreconditionError, NotFoundError):  # it has ended meanwhile
        scope.calls.call(methods.TERMINATE_EXECUTION, request)
