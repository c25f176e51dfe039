"""The steps of an execution's life. Each step is one change of the state, done completely or not at all.

As with flytepropeller, an execution of a single task has the nodes start-node, the task's own, and end-node; every
try of the task's node is one task execution, numbered from 0.
"""

import sqlite3
from collections.abc import Callable

from flyteidl.admin import execution_pb2, node_execution_pb2, task_execution_pb2
from flyteidl.core import execution_pb2 as core_execution_pb2
from flyteidl.core import identifier_pb2, tasks_pb2

from autocontainer_nb.errors import AlreadyExistsError, FailedPreconditionError
from autocontainer_nb.idl.identifiers import show_execution_id
from autocontainer_nb.idl.phases import execution_phase_name, is_terminal
from autocontainer_nb.idl.times import duration_of_ns, timestamp_of_ns
from autocontainer_nb.sandbox.blobs.execution_paths import (
    END_NODE,
    START_NODE,
    ExecutionKey,
    key_of,
    node_id,
    node_identifier,
)
from autocontainer_nb.sandbox.records.executions import (
    Attempt,
    attempts,
    get_attempt,
    get_execution,
    get_node,
    insert_execution,
    save_attempt,
    save_execution,
    save_node,
)
from autocontainer_nb.sandbox.records.state import State
from autocontainer_nb.sandbox.run.outcome import (
    DEFAULT_RETRIES,
    SYSTEM,
    Failure,
    Outcome,
    RetryBudget,
    Success,
    last_error,
)
from autocontainer_nb.wire import GENERATED_PREFIX

EXECUTION = core_execution_pb2.WorkflowExecution
NODE = core_execution_pb2.NodeExecution
TASK = core_execution_pb2.TaskExecution
TERMINAL_TASK_PHASES = frozenset({TASK.SUCCEEDED, TASK.FAILED, TASK.ABORTED})

AnyClosure = (
    execution_pb2.ExecutionClosure | node_execution_pb2.NodeExecutionClosure | task_execution_pb2.TaskExecutionClosure
)


def task_node(execution: execution_pb2.Execution) -> str:
    """Return the id of the node that runs the execution's task."""
    return node_id(execution.spec.launch_plan.name)


def _started(closure: AnyClosure, at_ns: int) -> None:
    if not closure.HasField("started_at"):
        closure.started_at.CopyFrom(timestamp_of_ns(at_ns))
    closure.updated_at.CopyFrom(timestamp_of_ns(at_ns))


def _ended(closure: AnyClosure, at_ns: int) -> None:
    closure.updated_at.CopyFrom(timestamp_of_ns(at_ns))
    began = closure.started_at if closure.HasField("started_at") else closure.created_at
    closure.duration.CopyFrom(duration_of_ns(max(0, at_ns - began.ToNanoseconds())))


def create(
    state: State,
    execution: execution_pb2.Execution,
    input_uri: str,
    place_inputs: Callable[[], object],
    at_ns: int,
) -> None:
    """Store a new execution in phase QUEUED, with its inputs.

    Raises:
        AlreadyExistsError: its project and domain have an execution of that name.
    """
    now = timestamp_of_ns(at_ns)
    closure = execution.closure
    closure.phase = EXECUTION.QUEUED
    for field in (closure.created_at, closure.updated_at, closure.state_change_details.occurred_at):
        field.CopyFrom(now)
    node = node_execution_pb2.NodeExecution(
        id=node_identifier(key_of(execution.id), task_node(execution)),
        input_uri=input_uri,
        closure=node_execution_pb2.NodeExecutionClosure(phase=NODE.QUEUED, created_at=now, updated_at=now),
    )
    node.metadata.spec_node_id = node.id.node_id
    try:
        with state.change() as connection:
            insert_execution(connection, execution, input_uri)
            save_node(connection, _boundary_node(key_of(execution.id), START_NODE, at_ns))
            save_node(connection, node)
            place_inputs()  # inside: a second request with the same name must not touch the first one's file
    except sqlite3.IntegrityError as error:
        raise AlreadyExistsError(
            f"Execution {show_execution_id(execution.id)} already exists: choose another name, or leave the name out."
        ) from error


def _boundary_node(key: ExecutionKey, name: str, at_ns: int) -> node_execution_pb2.NodeExecution:
    closure = node_execution_pb2.NodeExecutionClosure(phase=NODE.SUCCEEDED, created_at=timestamp_of_ns(at_ns))
    _started(closure, at_ns)
    _ended(closure, at_ns)
    metadata = node_execution_pb2.NodeExecutionMetaData(spec_node_id=name)
    return node_execution_pb2.NodeExecution(id=node_identifier(key, name), closure=closure, metadata=metadata)


def begin_attempt(state: State, key: ExecutionKey, task: tasks_pb2.TaskTemplate, input_uri: str, at_ns: int) -> int:
    """Store a new attempt in phase QUEUED and return its number."""
    now = timestamp_of_ns(at_ns)
    with state.change() as connection:
        node = task_node(get_execution(state, key))
        number = len(attempts(state, key, node))
        message = task_execution_pb2.TaskExecution(
            id=identifier_pb2.TaskExecutionIdentifier(
                task_id=task.id, node_execution_id=node_identifier(key, node), retry_attempt=number
            ),
            input_uri=input_uri,
            closure=task_execution_pb2.TaskExecutionClosure(
                phase=TASK.QUEUED, created_at=now, updated_at=now, task_type=task.type
            ),
        )
        save_attempt(connection, Attempt(message=message, pid=0, identity=""))
    return number


def attempt_runs(state: State, key: ExecutionKey, number: int, pid: int, identity: str, at_ns: int) -> None:
    """Store the process of an attempt; its node and its execution are RUNNING from now on."""
    with state.change() as connection:
        execution = get_execution(state, key)
        node = get_node(state, key, task_node(execution))
        message = get_attempt(state, key, node.id.node_id, number).message
        for closure in (message.closure, node.closure, execution.closure):
            _started(closure, at_ns)
        message.closure.phase = TASK.RUNNING
        node.closure.phase = NODE.RUNNING
        if execution.closure.phase != EXECUTION.ABORTING:
            execution.closure.phase = EXECUTION.RUNNING
        save_attempt(connection, Attempt(message=message, pid=pid, identity=identity))
        save_node(connection, node)
        save_execution(connection, execution)


def end_attempt(
    state: State, key: ExecutionKey, number: int, task: tasks_pb2.TaskTemplate, ended: Outcome, at_ns: int
) -> bool:
    """Store the outcome of an attempt; return whether the execution ended with it (else another attempt must follow).

    An execution that is being terminated can no longer succeed or fail: it is ABORTED.
    """
    with state.change() as connection:
        execution = get_execution(state, key)
        if execution.closure.phase == EXECUTION.ABORTING:
            end_aborted(state, key, at_ns)
            return True
        node = get_node(state, key, task_node(execution))
        attempt = get_attempt(state, key, node.id.node_id, number)
        closure = attempt.message.closure
        _ended(closure, at_ns)
        closure.phase = TASK.SUCCEEDED if isinstance(ended, Success) else TASK.FAILED
        if isinstance(ended, Success):
            closure.output_uri = ended.output_uri
        else:
            closure.error.CopyFrom(ended.error)
            closure.reason = ended.error.message
        over = isinstance(ended, Success) or not _budget(state, key, node.id.node_id, task, ended).allows(ended)
        node.closure.deck_uri = ended.deck_uri
        save_attempt(connection, attempt)
        if over:
            _end_execution(execution, node, ended, number + 1, at_ns)
            if isinstance(ended, Success):
                save_node(connection, _boundary_node(key, END_NODE, at_ns))
            save_execution(connection, execution)
        save_node(connection, node)
    return over


def _budget(state: State, key: ExecutionKey, node: str, task: tasks_pb2.TaskTemplate, ended: Failure) -> RetryBudget:
    """Return the budget including `ended`, whose attempt isn't stored as FAILED yet."""
    kinds = [
        attempt.message.closure.error.kind
        for attempt in attempts(state, key, node)
        if attempt.message.closure.phase == TASK.FAILED
    ]
    kinds.append(ended.error.kind)
    system = sum(kind == SYSTEM for kind in kinds)
    retries = task.metadata.retries.retries if task.metadata.HasField("retries") else DEFAULT_RETRIES
    return RetryBudget(retries=retries, user_failures=len(kinds) - system, system_failures=system)


def _end_execution(
    execution: execution_pb2.Execution,
    node: node_execution_pb2.NodeExecution,
    ended: Outcome,
    number_of_attempts: int,
    at_ns: int,
) -> None:
    _ended(node.closure, at_ns)
    _ended(execution.closure, at_ns)
    if isinstance(ended, Success):
        node.closure.phase = NODE.SUCCEEDED
        node.closure.output_uri = ended.output_uri
        execution.closure.phase = EXECUTION.SUCCEEDED
        execution.closure.outputs.uri = ended.output_uri
    else:
        error = last_error(ended, number_of_attempts)
        node.closure.phase = NODE.FAILED
        node.closure.error.CopyFrom(error)
        execution.closure.phase = EXECUTION.FAILED
        execution.closure.error.CopyFrom(error)


def fail_without_attempt(state: State, key: ExecutionKey, ended: Failure, at_ns: int) -> None:
    """Fail an execution that can't be attempted, and an attempt that is still open."""
    with state.change() as connection:
        execution = get_execution(state, key)
        if is_terminal(execution.closure.phase):
            return
        node = get_node(state, key, task_node(execution))
        for attempt in attempts(state, key, node.id.node_id):
            if attempt.message.closure.phase not in TERMINAL_TASK_PHASES:
                attempt.message.closure.phase = TASK.FAILED
                attempt.message.closure.error.CopyFrom(ended.error)
                _ended(attempt.message.closure, at_ns)
                save_attempt(connection, attempt)
        _end_execution(execution, node, ended, 1, at_ns)
        save_node(connection, node)
        save_execution(connection, execution)


def request_abort(state: State, key: ExecutionKey, cause: str, principal: str, at_ns: int) -> None:
    """Store the request to terminate the execution: phase ABORTING.

    Raises:
        NotFoundError: there is no such execution.
        FailedPreconditionError: it has already ended.
    """
    with state.change() as connection:
        execution = get_execution(state, key)
        closure = execution.closure
        if is_terminal(closure.phase):
            raise FailedPreconditionError(
                f"Execution {show_execution_id(key.identifier)} can't be terminated: it ended with phase "
                f"{execution_phase_name(closure.phase)} at {closure.updated_at.ToJsonString()}."
            )
        closure.phase = EXECUTION.ABORTING
        closure.abort_metadata.CopyFrom(execution_pb2.AbortMetadata(cause=cause, principal=principal))
        closure.updated_at.CopyFrom(timestamp_of_ns(at_ns))
        save_execution(connection, execution)


def end_aborted(state: State, key: ExecutionKey, at_ns: int) -> None:
    """Store the end of an execution that was being terminated: phase ABORTED."""
    with state.change() as connection:
        execution = get_execution(state, key)
        if is_terminal(execution.closure.phase):
            return
        node = get_node(state, key, task_node(execution))
        execution.closure.phase = EXECUTION.ABORTED
        _ended(execution.closure, at_ns)
        node.closure.phase = NODE.ABORTED
        _ended(node.closure, at_ns)
        for attempt in attempts(state, key, node.id.node_id):
            if attempt.message.closure.phase not in TERMINAL_TASK_PHASES:
                attempt.message.closure.phase = TASK.ABORTED
                attempt.message.closure.reason = execution.closure.abort_metadata.cause
                _ended(attempt.message.closure, at_ns)
                save_attempt(connection, attempt)
        save_node(connection, node)
        save_execution(connection, execution)


def new_execution(
    key: ExecutionKey, spec: execution_pb2.ExecutionSpec, principal: str, namespace: str
) -> execution_pb2.Execution:
    """Return the message of a new execution; `create` stores it."""
    execution = execution_pb2.Execution(id=key.identifier, spec=spec)
    execution.spec.ClearField("inputs")  # as flyteadmin does
    execution.spec.metadata.principal = principal
    execution.spec.metadata.system_metadata.namespace = namespace
    task = spec.launch_plan
    execution.closure.workflow_id.CopyFrom(
        identifier_pb2.Identifier(
            resource_type=identifier_pb2.WORKFLOW,
            project=task.project,
            domain=task.domain,
            name=GENERATED_PREFIX + task.name,
            version=task.version,
        )
    )
    execution.closure.state_change_details.principal = principal
    return execution
