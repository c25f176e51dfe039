"""Runs a registered graph without a control plane: one container command for each node, and literals from one to the next.

    forms = registrations(LaunchPlan(w.name, w), settings, files)
    outputs = run_graph(forms, identifier_of(LaunchPlan(w.name, w), settings), inputs, launcher.outcome)

`run_graph` starts a launch plan, workflow or task by its identifier. For each task that a node runs it calls
`run_container(template, inputs, variables)`, which runs the template's command once and returns the `LiteralMap` or
`DynamicJobSpec` that it leaves, or raises. An item of a map is such a call whose variables tell its number; the job of a
dynamic task is run like a workflow. Gates are answered out of `signals`: a signal's name ► its literal; where none is
given, an approval is given.

It reads the registered messages only, by flytepropeller's rules, and nothing of the task model: so what it gives is what
the wire says.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

import msgpack
from flyteidl.admin import launch_plan_pb2, task_pb2, workflow_pb2
from flyteidl.core import (
    condition_pb2,
    dynamic_job_pb2,
    identifier_pb2,
    interface_pb2,
    literals_pb2,
    tasks_pb2,
    types_pb2,
)
from flyteidl.core import workflow_pb2 as core_workflow_pb2
from google.protobuf import json_format, struct_pb2

Literals = dict[str, literals_pb2.Literal]
Left = literals_pb2.LiteralMap | dynamic_job_pb2.DynamicJobSpec
RunContainer = Callable[[tasks_pb2.TaskTemplate, literals_pb2.LiteralMap, Mapping[str, str] | None], Left]

_INDEX: Final = "GRAPH_DRIVER_ITEM"
_NONE: Final = literals_pb2.Literal(scalar=literals_pb2.Scalar(none_type=literals_pb2.Void()))
_GOES_ON: Final = core_workflow_pb2.WorkflowMetadata.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE


class Form(Protocol):
    """What is registered: the specification of a task, workflow or launch plan, under an identifier."""

    @property
    def identifier(self) -> identifier_pb2.Identifier:
        """Its name and version."""

    @property
    def spec(self) -> Any:
        """Its `TaskSpec`, `WorkflowSpec` or `LaunchPlanSpec`."""


class GraphError(Exception):
    """The graph fails by itself, no container: no condition holds, an approval is refused, or a value lacks a part."""


def run_graph(
    forms: Iterable[Form],
    started: identifier_pb2.Identifier,
    inputs: literals_pb2.LiteralMap,
    run_container: RunContainer,
    signals: Mapping[str, literals_pb2.Literal] | None = None,
) -> literals_pb2.LiteralMap:
    """Run what is registered under the identifier, and return its outputs.

    Raises:
        Exception: what `run_container` has raised for the failing node, or for the failure handler.
        GraphError: the graph fails by itself.
    """
    scope = _Scope(run_container, dict(signals or {}))
    for form in forms:
        scope.add(form.identifier, form.spec)
    given = dict(inputs.literals)
    if started.resource_type == identifier_pb2.TASK:
        outputs = scope.task(started, given)
    elif started.resource_type == identifier_pb2.LAUNCH_PLAN:
        outputs = scope.launch_plan(started, given)
    else:
        outputs = scope.workflow(started, given)
    return literals_pb2.LiteralMap(literals=outputs)


@dataclass(frozen=True)
class _Scope:
    """The entities that nodes can name. A dynamic task's job brings its own tasks and workflows."""

    run_container: RunContainer
    signals: Mapping[str, literals_pb2.Literal]
    tasks: dict[str, tasks_pb2.TaskTemplate] = field(default_factory=dict)
    workflows: dict[str, core_workflow_pb2.WorkflowTemplate] = field(default_factory=dict)
    plans: dict[str, launch_plan_pb2.LaunchPlanSpec] = field(default_factory=dict)
    policy: int | None = None  # of the whole execution, set by the workflow that begins it
    outer: "_Scope | None" = None  # what is registered, for the scope of a dynamic task's job

    def add(self, identifier: identifier_pb2.Identifier, spec: Any) -> None:
        """Register one form."""
        if isinstance(spec, task_pb2.TaskSpec):
            self.tasks[_key(identifier)] = spec.template
        elif isinstance(spec, workflow_pb2.WorkflowSpec):
            self.workflows[_key(identifier)] = spec.template
            self.workflows.update({_key(each.id): each for each in spec.sub_workflows})
        else:
            assert isinstance(spec, launch_plan_pb2.LaunchPlanSpec), type(spec)
            self.plans[_key(identifier)] = spec

    def launch_plan(self, identifier: identifier_pb2.Identifier, given: Literals) -> Literals:
        """Start an execution of its own: a launch plan's workflow, on defaults, inputs and fixed inputs."""
        registered = self.outer or self
        plan = registered.plans[_key(identifier)]
        unknown = given.keys() - plan.default_inputs.parameters.keys()
        assert not unknown, f"{identifier.name} has no input {', '.join(unknown)}, or a fixed one"
        parameters = plan.default_inputs.parameters.items()
        defaults = {name: each.default for name, each in parameters if each.WhichOneof("behavior") == "default"}
        inputs = {**defaults, **given, **plan.fixed_inputs.literals}
        return replace(registered, policy=None).workflow(plan.workflow_id, inputs)

    def workflow(self, identifier: identifier_pb2.Identifier, inputs: Literals) -> Literals:
        """Run a workflow's nodes, and its failure handler if one of them fails."""
        template = self.workflows[_key(identifier)]
        missing = template.interface.inputs.variables.keys() - inputs.keys()
        assert not missing, f"{identifier.name} lacks {', '.join(missing)}"
        scope = self if self.policy is not None else replace(self, policy=template.metadata.on_failure)
        run = _Run(scope, inputs)
        try:
            run.all(template.nodes)
        except Exception as error:
            if template.HasField("failure_node"):
                run.handler(template.failure_node, error)
            raise
        return {each.var: run.bound(each.binding) for each in template.outputs}

    def task(
        self, identifier: identifier_pb2.Identifier, inputs: Literals, variables: Mapping[str, str] | None = None
    ) -> Literals:
        """Run a task's container, and the graph that it leaves if it is a dynamic one."""
        template = self.tasks[_key(identifier)]
        left = self.run_container(template, literals_pb2.LiteralMap(literals=inputs), variables)
        outputs = dict(left.literals) if isinstance(left, literals_pb2.LiteralMap) else self._job(left)
        missing = template.interface.outputs.variables.keys() - outputs.keys()
        assert not missing, f"{identifier.name} has left no {', '.join(missing)}"
        return outputs

    def _job(self, job: dynamic_job_pb2.DynamicJobSpec) -> Literals:
        tasks = {_key(each.id): each for each in job.tasks}
        workflows = {_key(each.id): each for each in job.subworkflows}
        run = _Run(replace(self, tasks=tasks, workflows=workflows, outer=self.outer or self), {})
        run.all(job.nodes)
        return {each.var: run.bound(each.binding) for each in job.outputs}


class _Run:
    """One run of the nodes of one graph."""

    def __init__(self, scope: _Scope, inputs: Literals) -> None:
        self._scope = scope
        self._outputs: dict[str, Literals] = {"": inputs, "start-node": inputs}
        self._failed_node = ""

    def all(self, nodes: Sequence[core_workflow_pb2.Node]) -> None:
        """Run each node after those that it waits for."""
        waiting, done, left_out = list(nodes), {"", "start-node"}, set()
        first: Exception | None = None
        while waiting:
            node = next((each for each in waiting if _awaited(each) <= done | left_out), None)
            assert node is not None, f"{[each.id for each in waiting]} wait for each other, or for what isn't there"
            waiting.remove(node)
            if _awaited(node) & left_out:
                left_out.add(node.id)
                continue
            try:
                self._outputs[node.id] = self._node(node)
                done.add(node.id)
            except Exception as error:
                self._failed_node = self._failed_node or node.id
                if self._scope.policy != _GOES_ON:
                    raise
                first = first or error  # which of several is told depends on when they end
                left_out.add(node.id)
        if first is not None:
            raise first

    def handler(self, node: core_workflow_pb2.Node, error: Exception) -> None:
        """Run the failure handler; where it has an input for the error, that is set."""
        literal = literals_pb2.Literal(
            scalar=literals_pb2.Scalar(error=types_pb2.Error(failed_node_id=self._failed_node, message=str(error)))
        )
        kinds = self._interface(node).inputs.variables
        promised = {each.var for each in node.inputs if each.binding.WhichOneof("value") == "promise"}
        more = {name: literal for name, each in kinds.items() if name not in promised and _takes_error(each.type)}
        self._node(node, more)

    def bound(self, binding: literals_pb2.BindingData) -> literals_pb2.Literal:
        """Return the literal of a bound value."""
        kind = binding.WhichOneof("value")
        if kind == "promise":
            promise = binding.promise
            return _part(self._outputs[promise.node_id][promise.var], promise.attr_path)
        if kind == "collection":
            items = [self.bound(each) for each in binding.collection.bindings]
            return literals_pb2.Literal(collection=literals_pb2.LiteralCollection(literals=items))
        if kind == "map":
            entries = {key: self.bound(each) for key, each in binding.map.bindings.items()}
            return literals_pb2.Literal(map=literals_pb2.LiteralMap(literals=entries))
        assert kind == "scalar", f"a binding without a value: {binding}"
        return literals_pb2.Literal(scalar=binding.scalar)

    def _node(self, node: core_workflow_pb2.Node, more: Mapping[str, literals_pb2.Literal] | None = None) -> Literals:
        inputs = {each.var: self.bound(each.binding) for each in node.inputs} | dict(more or {})
        kind = node.WhichOneof("target")
        if kind == "branch_node":
            outputs = self._branch(node, inputs)
        elif kind == "gate_node":
            outputs = self._gate(node, inputs)
        elif kind == "array_node":
            outputs = self._items(node.array_node, inputs)
        elif kind == "task_node":
            outputs = self._scope.task(node.task_node.reference_id, inputs)
        elif node.workflow_node.HasField("launchplan_ref"):
            outputs = self._scope.launch_plan(node.workflow_node.launchplan_ref, inputs)
        else:
            outputs = self._scope.workflow(node.workflow_node.sub_workflow_ref, inputs)
        aliases = {each.var: each.alias for each in node.output_aliases}
        return {aliases.get(name, name): one for name, one in outputs.items()}

    def _branch(self, node: core_workflow_pb2.Node, inputs: Literals) -> Literals:
        block = node.branch_node.if_else
        for case in (block.case, *block.other):
            if _holds(case.condition, inputs):
                return self._node(case.then_node)
        if block.WhichOneof("default") == "else_node":
            return self._node(block.else_node)
        raise GraphError(block.error.message)

    def _gate(self, node: core_workflow_pb2.Node, inputs: Literals) -> Literals:
        gate = node.gate_node
        condition = gate.WhichOneof("condition")
        if condition == "sleep":
            return {}
        if condition == "signal":
            return {gate.signal.output_variable_name: self._scope.signals[gate.signal.signal_id]}
        answer = self._scope.signals.get(gate.approve.signal_id)
        if answer is not None and not answer.scalar.primitive.boolean:
            raise GraphError("received a reject signal to disapprove the node input values")
        return inputs

    def _items(self, array: core_workflow_pb2.ArrayNode, inputs: Literals) -> Literals:
        identifier = array.node.task_node.reference_id
        lengths = {
            len(each.collection.literals) for name, each in inputs.items() if name not in set(array.bound_inputs)
        }
        assert len(lengths) == 1, f"{identifier.name}: the lists have {sorted(lengths)} items"
        count = lengths.pop()
        needed = {
            "min_successes": array.min_successes,
            "min_success_ratio": math.ceil(count * array.min_success_ratio),
        }.get(array.WhichOneof("success_criteria") or "", count)
        names = list(self._interface(array.node).outputs.variables)
        found: list[Literals] = []
        failed: list[Exception] = []
        for index in range(count):
            variables = {"BATCH_JOB_ARRAY_INDEX_VAR_NAME": _INDEX, _INDEX: str(index)}
            try:
                found.append(self._scope.task(identifier, inputs, variables))
            except Exception as error:  # as many may fail as the map allows
                failed.append(error)
                if count - len(failed) < needed:
                    raise
                found.append(dict.fromkeys(names, _NONE))
        return {
            name: literals_pb2.Literal(
                collection=literals_pb2.LiteralCollection(literals=[each[name] for each in found])
            )
            for name in names
        }

    def _interface(self, node: core_workflow_pb2.Node) -> interface_pb2.TypedInterface:
        if node.WhichOneof("target") == "task_node":
            return self._scope.tasks[_key(node.task_node.reference_id)].interface
        if node.workflow_node.HasField("launchplan_ref"):
            registered = self._scope.outer or self._scope
            plan = registered.plans[_key(node.workflow_node.launchplan_ref)]
            return registered.workflows[_key(plan.workflow_id)].interface
        return self._scope.workflows[_key(node.workflow_node.sub_workflow_ref)].interface


def _key(identifier: identifier_pb2.Identifier) -> str:
    return f"{identifier.name} {identifier.version}"


def _awaited(node: core_workflow_pb2.Node) -> set[str]:
    """Return the nodes that must be done before."""
    found = set(node.upstream_node_ids)
    pending = [each.binding for each in node.inputs]
    while pending:
        binding = pending.pop()
        if binding.WhichOneof("value") == "promise":
            found.add(binding.promise.node_id)
        pending += [*binding.collection.bindings, *binding.map.bindings.values()]
    if node.WhichOneof("target") == "branch_node":
        block = node.branch_node.if_else
        inner = [block.case.then_node, *(each.then_node for each in block.other)]
        inner += [block.else_node] if block.WhichOneof("default") == "else_node" else []
        for each in inner:
            found |= _awaited(each)
    return found


def _part(literal: literals_pb2.Literal, path: Sequence[types_pb2.PromiseAttribute]) -> literals_pb2.Literal:
    """Return the part of a literal that the path names (flytepropeller: `attr_path_resolver.go`).

    Raises:
        GraphError: it has no such part.
    """
    steps = [getattr(each, each.WhichOneof("value") or "") for each in path]
    try:
        while steps and literal.WhichOneof("value") != "scalar":
            items: Any = literal.map.literals if literal.HasField("map") else literal.collection.literals
            if isinstance(steps[0], str) and steps[0] not in items:
                raise KeyError(steps[0])
            literal = items[steps.pop(0)]
        return _part_of_scalar(literal, steps) if steps else literal
    except LookupError as error:
        raise GraphError(f"{path} can't be looked up: {error!r}") from error


def _part_of_scalar(literal: literals_pb2.Literal, steps: Sequence[str | int]) -> literals_pb2.Literal:
    scalar = literal.scalar
    if scalar.HasField("binary"):
        found: Any = msgpack.unpackb(scalar.binary.value, strict_map_key=False)
        for step in steps:
            found = found[step]
        binary = literals_pb2.Binary(value=msgpack.packb(found), tag=scalar.binary.tag)
        return literals_pb2.Literal(scalar=literals_pb2.Scalar(binary=binary))
    assert scalar.HasField("generic"), f"nothing can be looked up in {literal}"
    found = json_format.MessageToDict(scalar.generic)
    for step in steps:
        found = found[step]
    assert isinstance(found, dict), "a plain part of a Struct: nothing of ours is written so"
    return literals_pb2.Literal(scalar=literals_pb2.Scalar(generic=json_format.ParseDict(found, struct_pb2.Struct())))


def _holds(expression: condition_pb2.BooleanExpression, inputs: Literals) -> bool:
    if expression.HasField("conjunction"):
        sides = (expression.conjunction.left_expression, expression.conjunction.right_expression)
        combine = any if expression.conjunction.operator == condition_pb2.ConjunctionExpression.OR else all
        return combine([_holds(each, inputs) for each in sides])
    comparison = expression.comparison
    left, right = (_operand(each, inputs) for each in (comparison.left_value, comparison.right_value))
    assert type(left) is type(right), f"{left!r} can't be compared with {right!r}"
    compare = condition_pb2.ComparisonExpression
    answers = {
        compare.EQ: lambda: left == right,
        compare.NEQ: lambda: left != right,
        compare.GT: lambda: left > right,
        compare.GTE: lambda: left >= right,
        compare.LT: lambda: left < right,
        compare.LTE: lambda: left <= right,
    }
    return bool(answers[comparison.operator]())


def _operand(operand: condition_pb2.Operand, inputs: Literals) -> Any:
    """Return the operand's value; times count in whole seconds (flytepropeller: `branch/comparator.go`)."""
    is_constant = operand.WhichOneof("val") == "primitive"
    primitive = operand.primitive if is_constant else inputs[operand.var].scalar.primitive
    kind = primitive.WhichOneof("value")
    assert kind is not None, f"no condition compares {operand}"
    value = getattr(primitive, kind)
    return value.seconds if kind in {"datetime", "duration"} else value


def _takes_error(kind: types_pb2.LiteralType) -> bool:
    return kind.simple == types_pb2.ERROR or any(_takes_error(each) for each in kind.union_type.variants)
