"""`Node`: one step of a workflow's graph, with its inputs, its place in the order, and its settings."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import Any, Final

from flyteidl.core import identifier_pb2

from autocontainer_nb.compiler.names import RESERVED_NODE_IDS, ascii_spelling
from autocontainer_nb.compiler.overrides import without_effect
from autocontainer_nb.core.graph.binding import Binding, promises_in
from autocontainer_nb.core.graph.compilation import current_compilation, graph_of
from autocontainer_nb.core.graph.order import may_run_before, rank_of
from autocontainer_nb.core.graph.promise import Promise
from autocontainer_nb.core.settings.resources import Resources
from autocontainer_nb.errors import DefinitionError

_NODE_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")  # a DNS label: it becomes part of a pod's name
_MAX_NODE_NAME: Final = 63
# Entities that aren't tasks, by their nouns in messages ► the protocol's name of their nodes.
_TARGETS: Final = {
    "Workflow": "workflow_node",
    "Launch plan": "workflow_node",
    "Conditional": "branch_node",
    "Gate": "gate_node",
}


@dataclass(frozen=True, kw_only=True)
class NodeMetadata:
    """How a node is shown and run; None keeps the task's own setting."""

    name: str
    timeout: timedelta | None = None
    retries: int | None = None
    interruptible: bool | None = None
    cache: bool | None = None
    cache_version: str | None = None
    cache_serialize: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Overrides:
    """Settings of the task's definition that one node changes."""

    requests: Resources | None = None
    limits: Resources | None = None
    resources: Resources | None = None
    container_image: str | None = None
    accelerator: Any = None
    shared_memory: bool | str | None = None
    pod_template: Any = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is overridden."""
        return all(getattr(self, each.name) is None for each in fields(self))


@dataclass(eq=False)
class Node:
    """One step of a graph. It changes only while the graph is being drawn."""

    id: str
    entity: Any
    bindings: Sequence[Binding]
    metadata: NodeMetadata
    overrides: Overrides = field(default_factory=Overrides)
    aliases: Mapping[str, str] = field(default_factory=dict)
    before: "list[Node]" = field(default_factory=list)  # the nodes that `>>` put before this one

    def __post_init__(self) -> None:
        """Come after all nodes that there are."""
        rank_of(self)

    @property
    def upstream(self) -> "list[Node]":
        """The nodes that this one waits for, each once: first those whose outputs it takes, then those before it."""
        found: dict[int, Node] = {}
        for binding in self.bindings:
            for promise in promises_in(binding.value):
                if isinstance(promise.node, Node):
                    found.setdefault(id(promise.node), promise.node)
        for node in self.before:
            found.setdefault(id(node), node)
        return list(found.values())

    @property
    def outputs(self) -> dict[str, Promise]:
        """The promises of the node's outputs, by name."""
        return {name: Promise(self, name, kind) for name, kind in self.entity.python_interface.outputs.items()}

    def __getattr__(self, key: str) -> Promise:
        """Return the promise of the output of that name."""
        entity = self.__dict__.get("entity")  # not there yet while a copy is made
        kinds = {} if entity is None or key.startswith("__") else entity.python_interface.outputs
        if key not in kinds:
            given = f"; its outputs are: {', '.join(kinds)}" if kinds else ""
            raise AttributeError(f"node {self.__dict__.get('id', '')} has no attribute {key!r}{given}")
        return Promise(self, key, kinds[key])

    @property
    def awaited(self) -> "list[Node]":
        """The nodes that must run before this one: its upstream nodes, and those that its branches wait for."""
        found = {id(node): node for node in self.upstream}
        for branch in getattr(self.entity, "branch_nodes", ()):
            found.update((id(node), node) for node in branch.awaited)
        return list(found.values())

    def runs_before(self, other: "Node") -> None:
        """Make `other` wait for this node.

        Raises:
            DefinitionError: this node already waits for `other`.
        """
        if not may_run_before(self, other):
            raise DefinitionError(
                f"Node {self.id} can't run before {other.id}, since it waits for it: the order would be a cycle."
            )
        if self not in other.before:
            other.before.append(self)

    def __rshift__(self, other: Any) -> Any:
        """Make `other`, a node or a node's output, wait for this node, and return `other`."""
        self.runs_before(other if isinstance(other, Node) else other.node)
        return other

    def with_overrides(
        self,
        *,
        node_name: str | None = None,
        aliases: Mapping[str, str] | None = None,
        name: str | None = None,
        **overrides: Any,
    ) -> "Node":
        """Change settings of this node alone, and return the node.

        Args:
            node_name: The node's id: lower-case letters, digits and `-`, at most 63.
            aliases: {output: another name for it}.
            name: The name that is shown.
            overrides: `timeout`, `retries`, `interruptible`, `requests`, `limits`, `resources`, `container_image`,
                `accelerator`, `shared_memory`; only `timeout` if the node runs no task.

        Raises:
            DefinitionError: an override is unknown, is a promise, has the wrong type, or has no effect on what the
                node runs; or another node has the name.
        """
        if node_name is not None:
            self._rename(_checked_name(node_name), node_name)
        if aliases is not None:
            self.aliases = dict(aliases)
        if name is not None:
            self.metadata = _replaced(self.metadata, {"name": name})
        of_metadata = {each.name for each in fields(NodeMetadata)}
        known = of_metadata | {each.name for each in fields(Overrides)}
        for key, value in overrides.items():
            if key not in known:
                raise DefinitionError(
                    f"Node {self.id}: there is no override {key!r}. Known overrides: {', '.join(sorted(known))}."
                )
            if next(promises_in(value), None) is not None:
                raise DefinitionError(f"Node {self.id}: the override {key}: expected a plain value, got a promise.")
        if overrides.get("resources") is not None and (overrides.get("requests") or overrides.get("limits")):
            raise DefinitionError(f"Node {self.id}: pass either resources, or requests and limits, not both.")
        _refuse_without_effect(self, overrides)
        if isinstance(overrides.get("timeout"), int):
            overrides["timeout"] = timedelta(seconds=overrides["timeout"])
        self.metadata = _replaced(self.metadata, {k: v for k, v in overrides.items() if k in of_metadata})
        self.overrides = _replaced(self.overrides, {k: v for k, v in overrides.items() if k not in of_metadata})
        return self

    def _rename(self, made: str, name: str) -> None:
        graph = graph_of(self) or current_compilation()
        if graph is None:
            self.id = made
        elif not graph.rename(self, made):
            spelt = "" if made == name else f", which is {made!r} on the control plane"
            raise DefinitionError(
                f"{graph.owner} already has a node named {name!r}{spelt}. Give this one another name."
            )

    def __repr__(self) -> str:
        return f"<node {self.id}: {getattr(self.entity, 'name', self.entity)}>"


def cache_version_of(entity: Any) -> str:
    """Return the cache version of the entity's own code, or an empty string if it has no code here."""
    task = getattr(entity, "mapped_task", entity)
    metadata = getattr(task, "metadata", None)
    if metadata is not None and metadata.cache and metadata.cache_version:
        return str(metadata.cache_version)
    if not hasattr(task, "task_resolver"):
        return ""
    from autocontainer_nb.core.settings.cache import fingerprint

    return fingerprint(getattr(task, "__wrapped__", type(task).execute))


def _refuse_without_effect(node: Node, given: Mapping[str, Any]) -> None:
    """Check that each override has an effect on what the node runs.

    Raises:
        DefinitionError: one hasn't; Flyte would ignore it silently.
    """
    noun = getattr(node.entity, "noun", "Task")
    reference = getattr(node.entity, "id", None)  # of an entity that is already registered
    starts_plan = getattr(reference, "resource_type", None) == identifier_pb2.LAUNCH_PLAN
    target = "workflow_node" if starts_plan else _TARGETS.get(noun, "task_node")
    times_out = bool(node.metadata.timeout or given.get("timeout"))
    lost = without_effect(target, [name for name, value in given.items() if value is not None], times_out=times_out)
    if not lost:
        return
    name, short = lost[0], getattr(node.entity, "short_name", "")
    if name.startswith("cache"):
        out = f"Cache the task itself, @task(cache=True), or a second task with the same code; {short!r} keeps its own"
    elif name == "pod_template":
        out = "A pod template belongs to the task: @task(pod_template=...)"
    else:
        out = f"Pass it to the tasks that {short!r} runs"
    raise DefinitionError(
        f"Node {node.id}: the override {name} has no effect on a node that runs the {noun.lower()} {short!r}. {out}."
    )


def _checked_name(name: str) -> str:
    made = re.sub(r"[^a-z0-9-]+", "-", ascii_spelling(name).lower())
    if not _NODE_NAME.fullmatch(made) or len(made) > _MAX_NODE_NAME or made in RESERVED_NODE_IDS:
        raise DefinitionError(
            f"Node name: expected at most {_MAX_NODE_NAME} letters, digits and `-`, with a letter or digit at both "
            f"ends, and none of {', '.join(sorted(RESERVED_NODE_IDS))}, got {name!r}."
        )
    return made


def _replaced(value: Any, changes: Mapping[str, Any]) -> Any:
    from dataclasses import replace

    return replace(value, **changes) if changes else value
