"""What each node of an execution runs, from the compiled graph that the control plane has of it.

Node executions name the node of the graph that they are of (`metadata.spec_node_id`), and nothing else of it. A
subworkflow's and a dynamic task's nodes are named within their own graph, a branch's nodes within the one around it
(flytepropeller's `nodes/executor.go` and `nodes/branch`, seen with v1.16.8).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from flyteidl.core import compiler_pb2, identifier_pb2, interface_pb2, workflow_pb2

from autocontainer_nb.idl.times import span
from autocontainer_nb.pickling.wording import shown_duration

TASK, MAP, DYNAMIC, EAGER = "task", "map", "dynamic", "eager"
WORKFLOW, LAUNCH_PLAN, BRANCH, GATE = "workflow", "launch plan", "branch", "gate"
HIDDEN_NODES: Final = frozenset({"start-node", "end-node"})
# The name of a map task, flytekit's and ours: the mapped task's, and a hash of what is bound.
_MAP_NAME: Final = re.compile(r"(?:.*\.)?map_(.+)_[0-9a-f]{32}(?:-arraynode)?")


@dataclass(frozen=True, kw_only=True)
class Entity:
    """What a node runs; `types` are the Python types of its inputs and outputs, where the notebook has the entity."""

    kind: str = ""
    name: str = ""
    interface: interface_pb2.TypedInterface = field(default_factory=interface_pb2.TypedInterface)
    retries: int = 0
    gate: workflow_pb2.GateNode | None = None
    local: Any = None

    def types(self, side: str) -> Mapping[str, Any]:
        """Return the types that the notebook's own entity declares for `inputs` or `outputs`; empty without it."""
        declared: Mapping[str, Any] = getattr(getattr(self.local, "python_interface", None), side, {})
        return declared


@dataclass(frozen=True)
class Graph:
    """A compiled graph, and what it names."""

    template: workflow_pb2.WorkflowTemplate
    closure: compiler_pb2.CompiledWorkflowClosure
    local: Any = None  # the notebook's own entity with the same nodes

    def entity(self, spec_id: str) -> Entity:
        """Return what the node of this id runs; nothing is known of an id that isn't in the graph."""
        node = self._nodes().get(spec_id)
        local = _local_nodes(self.local).get(spec_id)
        if node is None:
            return Entity(local=local)
        target = node.WhichOneof("target") or ""
        if target == "task_node":
            return replace(self.task(node.task_node.reference_id), local=local)
        if target == "array_node":
            return replace(self.task(node.array_node.node.task_node.reference_id), kind=MAP, local=local)
        if target == "workflow_node":
            return replace(self._called(node.workflow_node), local=local)
        if target == "gate_node":
            return Entity(kind=GATE, name=_gate_name(node.gate_node), gate=node.gate_node, local=local)
        return Entity(kind=BRANCH if target == "branch_node" else "", name=node.metadata.name, local=local)

    def inside(self, spec_id: str) -> "Graph":
        """Return the graph that the nodes inside this one are of."""
        node = self._nodes().get(spec_id)
        local = _local_nodes(self.local).get(spec_id)
        if node is None or node.WhichOneof("target") != "workflow_node":
            return self
        wanted = node.workflow_node.sub_workflow_ref
        for each in self.closure.sub_workflows:
            if each.template.id == wanted:
                return Graph(each.template, self.closure, local)
        return Graph(workflow_pb2.WorkflowTemplate(), self.closure, local)

    def task(self, identifier: identifier_pb2.Identifier) -> Entity:
        """Return the task of this identifier as an entity."""
        for each in self.closure.tasks:
            if each.template.id == identifier:
                return task_entity(each.template)
        return Entity(kind=TASK, name=short_name(identifier.name))

    def _called(self, node: workflow_pb2.WorkflowNode) -> Entity:
        is_plan = node.WhichOneof("reference") == "launchplan_ref"
        wanted = node.launchplan_ref if is_plan else node.sub_workflow_ref
        known: list[Any] = [*self.closure.launch_plans] if is_plan else [*self.closure.sub_workflows]
        interfaces = [each.template.interface for each in known if each.template.id == wanted]
        return Entity(
            kind=LAUNCH_PLAN if is_plan else WORKFLOW,
            name=short_name(wanted.name),
            interface=interfaces[0] if interfaces else interface_pb2.TypedInterface(),
        )

    def _nodes(self) -> dict[str, workflow_pb2.Node]:
        failure = [self.template.failure_node] if self.template.HasField("failure_node") else []
        return {node.id: node for each in (*self.template.nodes, *failure) for node in _with_branches(each)}


def task_entity(template: Any) -> Entity:
    """Return the task of this template as an entity."""
    mapped = _MAP_NAME.fullmatch(template.id.name)
    kind = EAGER if template.metadata.is_eager else MAP if mapped else TASK
    return Entity(
        kind=kind,
        name=mapped[1] if mapped else short_name(template.id.name),
        interface=template.interface,
        retries=template.metadata.retries.retries,
    )


def short_name(name: str) -> str:
    """Return the name without its module, and that of a map task as its task's."""
    mapped = _MAP_NAME.fullmatch(name)
    return mapped[1] if mapped else name.rpartition(".")[2]


def _gate_name(gate: workflow_pb2.GateNode) -> str:
    condition = gate.WhichOneof("condition")
    if condition == "sleep":
        return f"sleep {shown_duration(span(gate.sleep.duration).total_seconds())}"
    return gate.approve.signal_id if condition == "approve" else gate.signal.signal_id


def _with_branches(node: workflow_pb2.Node) -> Iterator[workflow_pb2.Node]:
    yield node
    if node.WhichOneof("target") == "branch_node":
        block = node.branch_node.if_else
        for each in (block.case, *block.other):
            yield from _with_branches(each.then_node)
        if block.HasField("else_node"):
            yield from _with_branches(block.else_node)


def _local_nodes(entity: Any) -> dict[str, Any]:
    """Return the entities of the notebook's own nodes by the ids that they are registered with."""
    workflow = getattr(entity, "workflow", entity)  # of a launch plan
    found: dict[str, Any] = {}
    failure = getattr(workflow, "failure_node", None)
    left = [*getattr(workflow, "nodes", ()), *([failure] if failure is not None else [])]
    while left:
        node = left.pop()
        found[node.id] = node.entity
        left.extend(getattr(node.entity, "branch_nodes", ()))
    return found
