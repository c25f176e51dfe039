"""Registered tasks, workflows and launch plans as Python objects: a node in a workflow, or started by `.remote()`."""

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import Any, Final, Literal

from flyteidl.admin import common_pb2, launch_plan_pb2
from flyteidl.core import identifier_pb2, interface_pb2, literals_pb2, types_pb2

from autocontainer_nb.core.entities.interface import Interface
from autocontainer_nb.core.workflows.fetched import FetchedLaunchPlan, FetchedTask, FetchedWorkflow
from autocontainer_nb.errors import (
    AutocontainerError,
    ConversionError,
    InputError,
    NotFoundError,
    UnimplementedError,
)
from autocontainer_nb.remote.entities.description import described, description_of
from autocontainer_nb.remote.entities.lookup import (
    KINDS,
    LAUNCH_PLAN,
    NO_VERSION,
    TASK,
    WORKFLOW,
    Kind,
    fetched,
    newest,
)
from autocontainer_nb.remote.entities.source import source_of
from autocontainer_nb.remote.lists.filters import equals
from autocontainer_nb.remote.lists.pages import entries
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.scope import Scope
from autocontainer_nb.storage.scratch import scratch_files
from autocontainer_nb.type_engine.engine import type_engine

_MANY: Final = 20
FetchedEntity = FetchedTask | FetchedWorkflow | FetchedLaunchPlan


def fetch(scope: Scope, name: str, version: str | None = None, kind: str | None = None) -> FetchedEntity:
    """Return the task, workflow or launch plan of this name: the first of these kinds that has it, or the one named.

    Raises:
        NotFoundError: nothing has the name.
        InputError: several names end so, or there is no such kind.
    """
    makers: dict[str, Callable[..., FetchedEntity]] = {
        "task": fetch_task,
        "workflow": fetch_workflow,
        "launch_plan": fetch_launch_plan,
    }
    if kind is not None and kind not in makers:
        raise InputError(f"kind: expected one of {', '.join(map(repr, KINDS))}, got {kind!r}.")
    if kind is not None:
        return makers[kind](scope, name, version)
    failures: list[NotFoundError] = []
    for make in makers.values():
        with _noting(failures):
            return make(scope, name, version)
    for each in failures:
        if NO_VERSION in str(each):
            raise each
    hinted = next((each for each in failures if "Did you mean" in str(each)), failures[0])
    raise NotFoundError(
        f"No task, workflow or launch plan is named {name!r}{f', version {version!r}' if version else ''}, in "
        f"{scope.project}/{scope.domain} at {scope.where()}. {hinted}",
        endpoint=scope.where(),
        status="NOT_FOUND",
    )


@contextmanager
def _noting(failures: list[NotFoundError]) -> Iterator[None]:
    try:
        yield
    except NotFoundError as error:
        failures.append(error)
    except UnimplementedError:  # the sandbox has tasks alone, and that one is none of them is known by now
        if not failures:
            raise


def fetch_task(scope: Scope, name: str, version: str | None = None) -> FetchedTask:
    """Return the registered task, by default its newest version.

    Raises:
        NotFoundError: nothing has the name.
    """
    message = fetched(scope, TASK, name, version)
    template = message.closure.compiled_task.template
    found = FetchedTask(_named(message.id, TASK), _interface(template.interface))
    words = description_of(scope, message.id) or message.short_description
    text = described("Task", message.id, template.interface, words)
    found.tell(template.interface, description=text, find_source=partial(source_of, scope, [template], found.name))
    return found


def fetch_workflow(scope: Scope, name: str, version: str | None = None) -> FetchedWorkflow:
    """Return the registered workflow, by default its newest version. What runs is its own launch plan.

    If the newest version was registered for another launch plan alone, the newest with its own is returned, and a
    warning says so.

    Raises:
        NotFoundError: nothing has the name.
    """
    message = fetched(scope, WORKFLOW, name, version)
    plan = _own_plan(scope, message.id)
    if plan is None and not version:
        startable = newest(scope, LAUNCH_PLAN, message.id.name)
        if startable is not None:
            warnings.warn(
                f"Workflow {message.id.name!r}: its newest version {message.id.version} has no launch plan of its own, "
                f"so version {startable.version} is fetched, which has one.",
                stacklevel=4,
            )
            return fetch_workflow(scope, message.id.name, startable.version)
    compiled = message.closure.compiled_workflow
    typed, optional = _of_plan(plan) if plan is not None else (compiled.primary.template.interface, frozenset[str]())
    found = FetchedWorkflow(_named(message.id, LAUNCH_PLAN), _interface(typed, plan))
    found.has_plan = plan is not None
    if plan is None:
        found.other_plans = _plans_of(scope, message.id)
    words = description_of(scope, message.id) or message.short_description
    templates = [each.template for each in compiled.tasks]
    text = described("Workflow", message.id, typed, words)
    found.tell(typed, optional, text, partial(source_of, scope, templates, found.name))
    return found


def _own_plan(scope: Scope, workflow: identifier_pb2.Identifier) -> launch_plan_pb2.LaunchPlan | None:
    try:
        return fetched_plan(scope, workflow.name, workflow.version)
    except NotFoundError:
        return None


def _plans_of(scope: Scope, workflow: identifier_pb2.Identifier) -> tuple[str, ...]:
    """Return the names of the launch plans that start this version of the workflow."""
    filters = "+".join([equals("workflow.name", workflow.name), equals("workflow.version", workflow.version)])
    found = entries(scope, methods.LIST_LAUNCH_PLANS, lambda page: page.launch_plans, filters=filters)
    return tuple(dict.fromkeys(each.id.name for each in islice(found, _MANY)))


def fetch_launch_plan(scope: Scope, name: str, version: str | None = None) -> FetchedLaunchPlan:
    """Return the registered launch plan, by default its newest version, whether or not it is active.

    Raises:
        NotFoundError: nothing has the name.
    """
    return launch_plan_of(scope, fetched(scope, LAUNCH_PLAN, name, version))


def launch_plan_of(scope: Scope, message: launch_plan_pb2.LaunchPlan) -> FetchedLaunchPlan:
    """Return the launch plan of Flyte's message."""
    typed, optional = _of_plan(message)
    found = FetchedLaunchPlan(_named(message.id, LAUNCH_PLAN), _interface(typed, message))
    of = message.spec.workflow_id
    words = f"Starts the workflow {of.name}, version {of.version}."
    find = partial(_source_of_workflow, scope, of)
    found.tell(typed, optional, described("Launch plan", message.id, typed, words), find)
    return found


def fetched_plan(scope: Scope, name: str, version: str) -> launch_plan_pb2.LaunchPlan:
    """Return Flyte's message of the launch plan of this name and version.

    Raises:
        NotFoundError: there is none.
    """
    identifier = identifier_pb2.Identifier(
        resource_type=identifier_pb2.LAUNCH_PLAN,
        project=scope.project,
        domain=scope.domain,
        name=name,
        version=version,
    )
    return scope.calls.call(methods.GET_LAUNCH_PLAN, common_pb2.ObjectGetRequest(id=identifier))


def _source_of_workflow(scope: Scope, identifier: identifier_pb2.Identifier) -> str | None:
    message = scope.calls.call(methods.GET_WORKFLOW, common_pb2.ObjectGetRequest(id=identifier))
    templates = [each.template for each in message.closure.compiled_workflow.tasks]
    return source_of(scope, templates, identifier.name)


def _named(identifier: identifier_pb2.Identifier, kind: Kind) -> identifier_pb2.Identifier:
    made = identifier_pb2.Identifier()
    made.CopyFrom(identifier)
    made.resource_type = kind.number
    return made


def _interface(typed: interface_pb2.TypedInterface, plan: launch_plan_pb2.LaunchPlan | None = None) -> Interface:
    inputs = {name: python_type(variable.type) for name, variable in sorted(typed.inputs.variables.items())}
    outputs = {name: python_type(typed.outputs.variables[name].type) for name in _in_order(typed.outputs.variables)}
    defaults = {}
    if plan is not None:
        for name, parameter in plan.closure.expected_inputs.parameters.items():
            if parameter.WhichOneof("behavior") == "default":
                defaults.update(_default(name, parameter.default, inputs[name]))
    return Interface(inputs, outputs, defaults, keyword_only=frozenset(inputs))


def python_type(kind: types_pb2.LiteralType) -> Any:
    """Return the Python type whose values the registered type takes: of an enum its texts, of a dataclass a dict."""
    if kind.WhichOneof("type") == "enum_type" and kind.enum_type.values:
        one_of: Any = Literal
        return one_of[tuple(kind.enum_type.values)]
    try:
        return type_engine.guess_python_type(kind)
    except ConversionError:
        return Any


def _in_order(variables: Mapping[str, Any]) -> list[str]:
    """Return the names in order: o0, o1, ..., o10 by number, others by the alphabet, since a map has no order."""
    return sorted(variables, key=lambda name: (len(name), name) if name[1:].isdigit() else (0, name))


def _default(name: str, literal: literals_pb2.Literal, kind: Any) -> dict[str, Any]:
    """Return the default as a value, where it is one that needs no store."""
    if literal.scalar.WhichOneof("value") not in {"primitive", "none_type"}:
        return {}
    try:
        return {name: type_engine.from_literal(literal, kind, files=scratch_files(), path=name)}
    except AutocontainerError:
        return {}


def _of_plan(plan: launch_plan_pb2.LaunchPlan) -> tuple[interface_pb2.TypedInterface, frozenset[str]]:
    """Return what a launch plan takes and gives, and which inputs needn't be passed."""
    typed = interface_pb2.TypedInterface(outputs=plan.closure.expected_outputs)
    optional = set()
    for name, parameter in plan.closure.expected_inputs.parameters.items():
        typed.inputs.variables[name].CopyFrom(parameter.var)
        if parameter.WhichOneof("behavior") not in {None, "required"}:
            optional.add(name)
    return typed, frozenset(optional)
