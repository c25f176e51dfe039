"""The launch of a task or workflow: inputs bound and checked, entity registered, execution created."""

import tempfile
from collections.abc import Mapping
from typing import Any

from flyteidl.admin import execution_pb2
from flyteidl.core import literals_pb2

from autocontainer_nb.core.capture.credential_check import refuse_credentials_in_inputs
from autocontainer_nb.core.entities.execution_options import NO_OPTIONS, ExecutionOptions, execution_options
from autocontainer_nb.core.entities.interface import bind_inputs
from autocontainer_nb.core.entities.launch_inputs import CheckedInputs, converted_at_once, launch_inputs
from autocontainer_nb.core.entities.with_options import WithOptions
from autocontainer_nb.core.workflows.reference import ReferenceLaunchPlan, ReferenceTask, ReferenceWorkflow
from autocontainer_nb.errors import ConfigError
from autocontainer_nb.remote import environment
from autocontainer_nb.remote.control.named import is_own, new_execution_name, refuse_taken
from autocontainer_nb.remote.executions.creation import create_execution
from autocontainer_nb.remote.executions.execution import Execution
from autocontainer_nb.remote.executions.launch_options import put_options, refuse_credentials_in_options
from autocontainer_nb.remote.executions.reference_check import check_reference, identifier_to_start
from autocontainer_nb.remote.register.last_runs import compared, place_of
from autocontainer_nb.remote.register.register import (
    Registered,
    Registrable,
    register,
    require_registrable,
)
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.scope import Scope
from autocontainer_nb.wire import ENV_NEEDS, NEEDS_MODES

Launched = Registrable | ReferenceTask | ReferenceLaunchPlan


def submit(
    scope: Scope,
    entity: Any,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    *,
    allow_credentials: bool = False,
    needs: str = "",
    trial: str = "",
    options: ExecutionOptions = NO_OPTIONS,
) -> Execution:
    """Return the execution, while it runs.

    In this order, so that a mistake costs nothing: inputs are bound and checked, the entity is captured and registered,
    inputs are converted (which uploads files and frames), the execution is created. `needs` is what its containers do
    about packages that are missing or too old ("check", "warn" or "off"), by default what this process's variable says;
    `trial`, likewise, what is done where a new file doesn't load.

    Raises:
        InputError: an argument is missing or unknown; nothing was uploaded.
        ConversionError: an argument doesn't fit its type; nothing was uploaded.
        CaptureError: something that it reaches can't travel; nothing was uploaded.
        CredentialError: it seems to contain a credential, which isn't allowed; nothing was uploaded.
        DefinitionError: a reference's signature isn't what is registered; nothing was uploaded.
        RemoteError: the control plane refuses, or can't be reached.
    """
    if isinstance(entity, WithOptions):
        entity, options = entity.entity, execution_options(options, entity.options)
    chosen = getattr(entity, "for_call", None)
    entity = entity if chosen is None else chosen(args, kwargs)
    scope = scope.within(options.project, options.domain)
    refuse_credentials_in_options(options, entity, allowed=allow_credentials)
    if isinstance(entity, ReferenceTask | ReferenceLaunchPlan | ReferenceWorkflow):
        there = Registered(identifier_to_start(entity), was_new=False)
        values = checked_inputs(entity, args, kwargs)
        refuse_credentials_in_inputs(entity, values, allowed=allow_credentials)
        if not entity.is_fetched:
            check_reference(scope, entity)
        return start(scope, entity, there, values, needs, options)
    launched = require_registrable(entity)
    checked_mode(needs)
    values = checked_inputs(launched, args, kwargs)
    refuse_credentials_in_inputs(launched, values, allowed=allow_credentials)
    registered = register(scope, launched, allow_credentials=allow_credentials, trial=trial)
    return start(scope, launched, registered, values, needs, options)


def checked_inputs(entity: Launched, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> CheckedInputs:
    """Return the arguments by the names of the inputs.

    Raises:
        InputError: an argument is missing or unknown.
        ConversionError: an argument doesn't fit its type.
    """
    interface = entity.python_interface
    values = bind_inputs(entity.short_name, interface, args, kwargs, entity.noun)
    return converted_at_once(values, interface.inputs, f"{entity.short_name}(inputs)")


def checked_mode(needs: str) -> str:
    """Return what containers do about packages, by the argument or the variable; empty where nobody says anything.

    Raises:
        ConfigError: it is none of the known modes.
    """
    mode = needs or environment.variables().get(ENV_NEEDS, "")
    if mode and mode not in NEEDS_MODES:
        where = "needs" if needs else f"the variable {ENV_NEEDS}"
        raise ConfigError(f"Expected {where} to be one of {', '.join(map(repr, NEEDS_MODES))}, got {mode!r}.")
    return mode


def start(
    scope: Scope,
    entity: Launched,
    registered: Registered,
    values: Mapping[str, Any],
    needs: str = "",
    options: ExecutionOptions = NO_OPTIONS,
) -> Execution:
    """Return the execution of what is registered, on these inputs."""
    mode = checked_mode(needs)
    if options.name:
        refuse_taken(scope, options.name)
    inputs = entity.python_interface.inputs
    with tempfile.TemporaryDirectory(prefix="autocontainer-nb-") as scratch:
        literals = launch_inputs(values, inputs, scope.files(scratch), f"{entity.short_name}(inputs)")
    name = options.name or new_execution_name(environment.random_hex)
    request = execution_pb2.ExecutionCreateRequest(
        project=scope.project,
        domain=scope.domain,
        name=name,
        inputs=literals_pb2.LiteralMap(literals=literals),
        spec=execution_pb2.ExecutionSpec(
            launch_plan=registered.identifier,
            metadata=execution_pb2.ExecutionMetadata(mode=execution_pb2.ExecutionMetadata.MANUAL),
        ),
    )
    put_options(options, request.spec)
    if mode:
        request.spec.envs.values.add(key=ENV_NEEDS, value=mode)

    def create() -> None:
        # A random name is another one's only by a miracle.
        def resembles(found: execution_pb2.Execution) -> bool:
            return not options.name or found.spec.launch_plan == request.spec.launch_plan

        with is_own(scope, name, resembles, only_if_lost=bool(options.name)):
            scope.calls.call(methods.CREATE_EXECUTION, request)

    return create_execution(
        scope, name, create, lambda: Execution(scope, name, task=entity, changes=_changes(scope, registered))
    )


def _changes(scope: Scope, registered: Registered) -> str:
    """Return what changed since the task's last run; remembered for an execution that has been created, not before."""
    if not registered.meaning:  # of a reference nothing is known
        return ""
    place = place_of(scope, registered.identifier.name)
    return compared(place, registered.meaning, registered.parts, registered.stored, was_new=registered.was_new)
