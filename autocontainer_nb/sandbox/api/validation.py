"""The checks of requests before anything happens, as in flyteadmin (`pkg/manager/impl/validation`)."""

import re
from collections.abc import Mapping
from itertools import islice
from typing import Final

from flyteidl.admin import execution_pb2, task_pb2
from flyteidl.core import identifier_pb2, interface_pb2, literals_pb2

from autocontainer_nb.errors import InvalidArgumentError
from autocontainer_nb.idl.identifiers import show_identifier
from autocontainer_nb.sandbox.api.literal_types import mismatches, show_literal_type, show_type

EXECUTION_NAME_LIMIT: Final = 63
EXECUTION_NAME: Final = re.compile(r"[a-z][a-z\-0-9]*")
_SHOWN_MISMATCHES: Final = 3


def require(fields: Mapping[str, object], what: str) -> None:
    """Refuse a request that lacks one of the fields.

    Raises:
        InvalidArgumentError: the message names the missing fields.
    """
    missing = [name for name, value in fields.items() if not value]
    if missing:
        raise InvalidArgumentError(f"{what}: missing {', '.join(missing)}.")


def check_identifier(identifier: identifier_pb2.Identifier, what: str) -> None:
    """Refuse an identifier with an empty field."""
    fields = ("project", "domain", "name", "version")
    require({f"id.{name}": getattr(identifier, name) for name in fields}, what)


def check_task_identifier(identifier: identifier_pb2.Identifier, what: str) -> None:
    """Refuse an identifier that isn't a task's or has an empty field."""
    if identifier.resource_type != identifier_pb2.TASK:
        actual = identifier_pb2.ResourceType.Name(identifier.resource_type)
        raise InvalidArgumentError(f"{what}: expected id.resource_type TASK, got {actual}.")
    check_identifier(identifier, what)


def check_execution_identifier(identifier: identifier_pb2.WorkflowExecutionIdentifier, what: str) -> None:
    """Refuse an execution's identifier with an empty field."""
    require({f"id.{name}": getattr(identifier, name) for name in ("project", "domain", "name")}, what)


def check_limit(limit: int, what: str) -> None:
    """Refuse a limit of zero."""
    if limit == 0:
        raise InvalidArgumentError(f"{what}: expected a limit of at least 1, got 0.")


def check_task(request: task_pb2.TaskCreateRequest) -> None:
    """Refuse a task that no cluster would accept."""
    check_task_identifier(request.id, "CreateTask")
    what = f"CreateTask of {show_identifier(request.id)}"
    if not request.spec.HasField("template"):
        raise InvalidArgumentError(f"{what}: missing spec.template.")
    template = request.spec.template
    require(
        {
            "spec.template.type": template.type,
            "spec.template.metadata": template.HasField("metadata"),
            "spec.template.interface": template.HasField("interface"),
        },
        what,
    )
    if template.metadata.HasField("runtime"):
        require({"spec.template.metadata.runtime.version": template.metadata.runtime.version}, what)
    if template.HasField("container"):
        require({"spec.template.container.image": template.container.image}, what)
    if template.HasField("k8s_pod") and not template.k8s_pod.HasField("pod_spec"):
        raise InvalidArgumentError(f"{what}: missing spec.template.k8s_pod.pod_spec.")


def check_execution(request: execution_pb2.ExecutionCreateRequest) -> None:
    """Refuse a malformed request for an execution."""
    what = f"CreateExecution {request.name}".rstrip()
    require({"project": request.project, "domain": request.domain, "spec": request.HasField("spec")}, what)
    if request.name:
        check_execution_name(request.name)
    check_identifier(request.spec.launch_plan, f"{what}, spec.launch_plan")
    if request.spec.launch_plan.resource_type != identifier_pb2.TASK:
        actual = identifier_pb2.ResourceType.Name(request.spec.launch_plan.resource_type)
        raise InvalidArgumentError(
            f"{what}: the sandbox runs single tasks only. Expected spec.launch_plan.resource_type TASK, got {actual}. "
            "Connect to a Flyte cluster to run workflows and launch plans."
        )


def check_execution_name(name: str) -> None:
    """Refuse a name that can't be the name of a Kubernetes object."""
    if len(name) > EXECUTION_NAME_LIMIT:
        raise InvalidArgumentError(
            f"Invalid execution name {name!r}: expected at most {EXECUTION_NAME_LIMIT} characters, got {len(name)}."
        )
    if not EXECUTION_NAME.fullmatch(name):
        raise InvalidArgumentError(
            f"Invalid execution name {name!r}: expected a lower-case letter, then lower-case letters, digits and '-' "
            f"({EXECUTION_NAME.pattern})."
        )


def check_inputs(
    task: identifier_pb2.Identifier, declared: interface_pb2.VariableMap, given: literals_pb2.LiteralMap
) -> None:
    """Refuse inputs that aren't exactly those of the task; a single task requires all its inputs.

    Raises:
        InvalidArgumentError: the message names the task and each input, with the expected and the actual type.
    """
    problems = [
        f"unknown input {name!r} (expected {', '.join(map(repr, sorted(declared.variables))) or 'no inputs'})"
        for name in sorted(set(given.literals) - set(declared.variables))
    ]
    for name in sorted(declared.variables):
        expected = declared.variables[name].type
        if name not in given.literals:
            problems.append(f"missing input {name!r} of type {show_type(expected)}")
            continue
        wrong = islice(mismatches(given.literals[name], expected, name), _SHOWN_MISMATCHES)
        problems += [
            f"input {path!r}: expected {show_type(wanted)}, got {show_literal_type(literal)}"
            for path, wanted, literal in wrong
        ]
    if problems:
        raise InvalidArgumentError(f"Task {show_identifier(task)} can't be run: {'; '.join(problems)}.")
