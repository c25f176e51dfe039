"""Whether a reference's signature is what the control plane has registered: told before an execution is created."""

from collections.abc import Iterator, Mapping
from typing import Any

from flyteidl.admin import common_pb2
from flyteidl.core import identifier_pb2, types_pb2

from autocontainer_nb.compiler.types import castable
from autocontainer_nb.errors import ConversionError, DefinitionError, NotFoundError
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.scope import Scope
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.type_engine.wording import show_type

Types = Mapping[str, types_pb2.LiteralType]


def identifier_to_start(reference: Any) -> identifier_pb2.Identifier:
    """Return what an execution of the reference names: itself, of a workflow the launch plan of its name and version.

    Executions are of tasks and launch plans only. Flyte's clients register such a plan along with each workflow.
    """
    found: identifier_pb2.Identifier = reference.id
    if found.resource_type == identifier_pb2.WORKFLOW:
        found.resource_type = identifier_pb2.LAUNCH_PLAN
    return found


def check_reference(scope: Scope, reference: Any) -> None:
    """Ask for what is registered, and compare it with the signature.

    Raises:
        NotFoundError: nothing is registered under that identifier.
        DefinitionError: an input or output has another name or type; the message says which, and what is right.
    """
    started = identifier_to_start(reference)
    try:
        registered = _registered(scope, started)
    except NotFoundError as error:
        if started == reference.id:
            raise
        raise _no_plan(reference, error) from None
    if registered is None:
        return
    inputs, required, outputs = registered
    here = reference.interface
    mine = {name: variable.type for name, variable in here.inputs.variables.items()}
    given = {name: variable.type for name, variable in here.outputs.variables.items()}
    found = [*_wrong_inputs(mine, inputs, required), *_wrong_outputs(given, outputs)]
    if found:
        name = reference.id.name
        signature = ", ".join(f"{each}: {_shown(kind)}" for each, kind in inputs.items())
        raise DefinitionError(
            f"{reference.noun} {name!r}: {found[0]}. Registered as version {reference.id.version!r} are the inputs "
            f"({signature or 'none'}) and the outputs "
            f"({', '.join(f'{each}: {_shown(kind)}' for each, kind in outputs.items()) or 'none'}): write them so."
        )


def _no_plan(reference: Any, error: NotFoundError) -> NotFoundError:
    name, version = reference.id.name, reference.id.version
    return NotFoundError(
        f"Workflow {name!r} can't be started by its name: there is no launch plan {name!r} of version {version!r} at "
        f"{error.endpoint} ({error.details.rstrip('.')}). Check name and version, or refer to one of its launch plans "
        "with reference_launch_plan(...).",
        endpoint=error.endpoint,
        method=error.method,
        status=error.status,
        details=error.details,
    )


def _registered(scope: Scope, identifier: identifier_pb2.Identifier) -> tuple[Types, set[str], Types] | None:
    """Return the inputs' types, which of them have no default, and the outputs' types; None where it isn't said."""
    request = common_pb2.ObjectGetRequest(id=identifier)
    if identifier.resource_type == identifier_pb2.LAUNCH_PLAN:
        closure = scope.calls.call(methods.GET_LAUNCH_PLAN, request).closure
        if not (closure.HasField("expected_inputs") or closure.HasField("expected_outputs")):
            return None
        parameters = closure.expected_inputs.parameters
        inputs = {name: parameter.var.type for name, parameter in parameters.items()}
        required = {name for name, parameter in parameters.items() if parameter.WhichOneof("behavior") != "default"}
        outputs = closure.expected_outputs.variables
    else:
        template = scope.calls.call(methods.GET_TASK, request).closure.compiled_task.template
        if not template.HasField("id"):
            return None
        interface = template.interface
        inputs = {name: variable.type for name, variable in interface.inputs.variables.items()}
        required = set(inputs)
        outputs = interface.outputs.variables
    return inputs, required, {name: variable.type for name, variable in outputs.items()}


def _wrong_inputs(mine: Types, theirs: Types, required: set[str]) -> Iterator[str]:
    for name, kind in mine.items():
        if name not in theirs:
            yield f"it has no input {name!r}"
        elif not castable(kind, theirs[name]):
            yield f"its input {name!r} is {_shown(theirs[name])}, and {_shown(kind)} in the signature"
    for name in sorted(required - mine.keys()):
        yield f"its input {name!r} isn't in the signature"


def _wrong_outputs(mine: Types, theirs: Types) -> Iterator[str]:
    for name, kind in mine.items():
        if name not in theirs:
            yield f"it has no output {name!r}"
        elif not castable(theirs[name], kind):
            yield f"its output {name!r} is {_shown(theirs[name])}, and {_shown(kind)} in the signature"


def _shown(kind: types_pb2.LiteralType) -> str:
    """Return the type as Python has it, or as Flyte has it where Python has none."""
    try:
        return show_type(type_engine.guess_python_type(kind))
    except ConversionError:
        return str(kind).replace("\n", " ").strip()
