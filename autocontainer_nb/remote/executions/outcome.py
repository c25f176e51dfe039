"""The outcome of an execution: its outputs as Python values, or the error that says why there are none."""

from collections import namedtuple
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flyteidl.admin import common_pb2, execution_pb2
from flyteidl.core import execution_pb2 as core_execution_pb2
from flyteidl.core import identifier_pb2, interface_pb2, literals_pb2

from autocontainer_nb.errors import (
    ExecutionAbortedError,
    ExecutionError,
    ExecutionFailedError,
    ExecutionTimedOutError,
    TaskTimedOutError,
    shortened,
)
from autocontainer_nb.remote import http
from autocontainer_nb.remote.executions.state import abort_cause
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.scope import Scope
from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.wire import ERROR_CODE_TIMEOUT

_Phase = core_execution_pb2.WorkflowExecution


@dataclass(frozen=True)
class OutputTypes:
    """The outputs' names and Python types in order; `output_tuple` is the class of several, where the task has one."""

    types: Mapping[str, Any]
    output_tuple: type[tuple[Any, ...]] | None = None


def types_of_task(task: Any) -> OutputTypes:
    """Return the types that the own annotations of the task or workflow declare."""
    return OutputTypes(task.python_interface.outputs, task.python_interface.output_tuple)


def guessed_types(scope: Scope, execution: execution_pb2.Execution) -> OutputTypes:
    """Return the types that fit the registered interface best, for an execution whose task isn't at hand."""
    interface = _registered_interface(scope, execution)
    # A protobuf map has no order: o0, o1, ..., o10 by number, other names by the alphabet.
    names = sorted(interface.outputs.variables, key=lambda name: (len(name), name) if name[1:].isdigit() else (0, name))
    return OutputTypes({name: type_engine.guess_python_type(interface.outputs.variables[name].type) for name in names})


def _registered_interface(scope: Scope, execution: execution_pb2.Execution) -> interface_pb2.TypedInterface:
    entity = execution.spec.launch_plan
    if entity.resource_type == identifier_pb2.TASK:
        task = scope.calls.call(methods.GET_TASK, common_pb2.ObjectGetRequest(id=entity))
        return task.closure.compiled_task.template.interface
    workflow = scope.calls.call(methods.GET_WORKFLOW, common_pb2.ObjectGetRequest(id=execution.closure.workflow_id))
    return workflow.closure.compiled_workflow.primary.template.interface


def fetch_outputs(scope: Scope, identifier: identifier_pb2.WorkflowExecutionIdentifier) -> literals_pb2.LiteralMap:
    """Return the outputs as literals; those too large for the answer are fetched by their signed URL."""
    data = scope.calls.call(
        methods.GET_EXECUTION_DATA, execution_pb2.WorkflowExecutionGetDataRequest(id=identifier), timeout_s=60.0
    )
    if not data.full_outputs.literals and data.outputs.url:
        return literals_pb2.LiteralMap.FromString(http.get(data.outputs.url, network=scope.calls.endpoint.network))
    return data.full_outputs


def outputs_as_values(
    literals: literals_pb2.LiteralMap, types: OutputTypes, files: FileAccess, name: str
) -> dict[str, Any]:
    """Return {output: value} in declared order.

    Raises:
        ExecutionError: a declared output isn't there.
    """
    values = {}
    for output, kind in types.types.items():
        if output not in literals.literals:
            names = ", ".join(sorted(literals.literals)) or "none"
            raise ExecutionError(f"{name} succeeded, but it has no output {output!r}, only: {names}.")
        values[output] = type_engine.from_literal(
            literals.literals[output], kind, files=files, path=f"{name}(outputs).{output}"
        )
    return values


def result_of(values: Mapping[str, Any], types: OutputTypes) -> Any:
    """Return what the call of the task would have returned: nothing, the value, or all of them with their names."""
    if types.output_tuple is not None:
        return types.output_tuple(*values.values())
    if len(values) <= 1:
        return next(iter(values.values()), None)
    return namedtuple("Outputs", list(values), rename=True)(*values.values())  # noqa: PYI024 - the names are data


def raise_for_failure(execution: execution_pb2.Execution, what: str, where: str = "") -> None:
    """Return if the execution succeeded; `where` says in which of its nodes it failed.

    Raises:
        ExecutionFailedError: with the container's message, the user's traceback in it.
        ExecutionAbortedError: with the cause that was given.
        TaskTimedOutError: it is both an `ExecutionFailedError` and an `ExecutionTimedOutError`.
        ExecutionTimedOutError: with the control plane's words.
    """
    closure = execution.closure
    error = closure.error
    if closure.phase == _Phase.SUCCEEDED:
        return
    if closure.phase == _Phase.ABORTED:
        who = f" by {closure.abort_metadata.principal}" if closure.abort_metadata.principal else ""
        cause = abort_cause(closure) or "no reason was given"
        raise ExecutionAbortedError(f"{what} was terminated{who}: {cause}.".replace("..", "."))
    if closure.phase == _Phase.TIMED_OUT:
        raise ExecutionTimedOutError(f"{what} timed out: {error.message or 'it ran longer than its timeout'}")
    kind = core_execution_pb2.ExecutionError.ErrorKind.Name(error.kind) if error.kind else ""
    label = error.code if kind and error.code.startswith(kind) else ", ".join(filter(None, (kind, error.code)))
    words = shortened(error.message.strip()) or "the control plane gave no reason"
    told = f"{what} failed{f' in {where}' if where else ''}{f' ({label})' if label else ''}"
    # Of several retries Flyte says "RetriesExhausted|TimeoutExpired".
    failed = TaskTimedOutError if ERROR_CODE_TIMEOUT in error.code.split("|") else ExecutionFailedError
    raise failed(
        f"{told}:{chr(10) if chr(10) in words else ' '}{words}",
        code=error.code,
        kind=kind,
        execution_id=execution.id.name,
    )
