"""One call of a task or workflow at the control plane: inputs bound and checked, registered, execution created."""

import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from flyteidl.admin import execution_pb2
from flyteidl.core import literals_pb2

from autocontainer_nb.core.base_task import PythonTask
from autocontainer_nb.core.entities.interface import bind_inputs, check_inputs
from autocontainer_nb.core.workflows.launch_plan import LaunchPlan
from autocontainer_nb.core.workflows.workflow import WorkflowBase
from autocontainer_nb.errors import AlreadyExistsError
from autocontainer_nb.remote import environment, observers
from autocontainer_nb.remote.executions.execution import Execution
from autocontainer_nb.remote.register.graph import register_graph
from autocontainer_nb.remote.register.last_runs import compared, place_of
from autocontainer_nb.remote.register.task import Registered, register_task, require_task
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.scope import Scope
from autocontainer_nb.type_engine.engine import type_engine

Launchable = PythonTask[Any] | WorkflowBase | LaunchPlan
_NAME_DIGITS: Final = 19
_CREATE_TIMEOUT_S: Final = 30.0  # the inputs travel along; that the server answers is known by now


def submit_task(
    scope: Scope,
    task: Launchable,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    *,
    allow_credentials: bool = False,
) -> Execution:
    """Return the execution, while it runs.

    In this order, so that a mistake costs nothing: inputs are bound and checked, the task is captured and registered,
    inputs are converted (which uploads files and frames), the execution is created.

    Raises:
        InputError: an argument is missing or unknown; nothing was uploaded.
        ConversionError: an argument doesn't fit its type; nothing was uploaded.
        CaptureError: something that the task reaches can't be carried; nothing was uploaded.
        CredentialError: something in it may be a credential, and nobody allowed that; nothing was uploaded.
        RemoteError: the control plane refuses, or can't be reached.
    """
    is_graph = isinstance(task, WorkflowBase | LaunchPlan)
    interface = (task if is_graph else require_task(task)).python_interface
    values = bind_inputs(task.short_name, interface, args, kwargs, task.noun)
    check_inputs(task.short_name, interface, values)
    if isinstance(task, WorkflowBase | LaunchPlan):
        registered = register_graph(scope, task, allow_credentials=allow_credentials)
    else:
        registered = register_task(scope, task, allow_credentials=allow_credentials)
    with tempfile.TemporaryDirectory(prefix="autocontainer-nb-") as scratch:
        files = scope.files(scratch)
        inputs = literals_pb2.LiteralMap(
            literals={
                name: type_engine.to_literal(
                    value, interface.inputs[name], files=files, path=f"{task.short_name}(inputs).{name}"
                )
                for name, value in values.items()
            }
        )
    name = new_execution_name(environment.random_hex)
    request = execution_pb2.ExecutionCreateRequest(
        project=scope.project,
        domain=scope.domain,
        name=name,
        inputs=inputs,
        spec=execution_pb2.ExecutionSpec(
            launch_plan=registered.identifier,
            metadata=execution_pb2.ExecutionMetadata(mode=execution_pb2.ExecutionMetadata.MANUAL),
            disable_all=True,
        ),
    )
    # The name is random: where it exists already, the first attempt arrived, and only its answer got lost.
    with suppress(AlreadyExistsError):
        scope.calls.call(methods.CREATE_EXECUTION, request, timeout_s=_CREATE_TIMEOUT_S)
    execution = Execution(scope, name, task=task, changes=_changes(scope, registered))
    observers.launched(execution)
    return execution


def _changes(scope: Scope, registered: Registered) -> str:
    """Return what changed since the task's last run; remembered for an execution that has been created, not before."""
    place = place_of(scope, registered.identifier.name)
    return compared(place, registered.meaning, registered.parts, registered.stored, was_new=registered.was_new)


def new_execution_name(random_hex: Callable[[int], str]) -> str:
    """Return a name for an execution: a letter first, then letters and digits, 20 in all.

    Flyte wants `[a-z][a-z0-9-]*` of at most 63 (flyteadmin's execution_validator.go); 20 is what its own names have,
    since they become parts of Kubernetes names.
    """
    return "a" + random_hex(_NAME_DIGITS)
