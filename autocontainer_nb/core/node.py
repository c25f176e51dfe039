"""A node of a workflow's graph: what runs, on which inputs, after which others, and how."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import Any, Final

from autocontainer_nb.core.binding import Binding, promises_in
from autocontainer_nb.core.promise import Promise
from autocontainer_nb.core.resources import Resources
from autocontainer_nb.errors import DefinitionError

_NODE_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")  # a DNS label: it becomes part of a pod's name
_MAX_NODE_NAME: Final = 63


@dataclass(frozen=True, kw_only=True)
class NodeMetadata:
    """How a node is shown and treated; None leaves it to the task's own metadata."""

    name: str
    timeout: timedelta | None = None
    retries: int | None = None
    interruptible: bool | None = None
    cache: bool | None = None
    cache_version: str | None = None
    cache_serialize: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Overrides:
    """What of a task's own definition this one node changes."""

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
    """One step of a graph. Changed only while its graph is drawn."""

    id: str
    entity: Any
    bindings: Sequence[Binding]
    metadata: NodeMetadata
    overrides: Overrides = field(default_factory=Overrides)
    aliases: Mapping[str, str] = field(default_factory=dict)
    before: "list[Node]" = field(default_factory=list)  # those that `>>` put before this one

    @property
    def upstream(self) -> "list[Node]":
        """The nodes that this one waits for, each once: those whose outputs it takes, then those put before it."""
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
        """What the node will give, by name."""
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
        """The nodes that must have run before this one: upstream, and what the nodes of its branches wait for."""
        found = {id(node): node for node in self.upstream}
        for branch in getattr(self.entity, "branch_nodes", ()):
            found.update((id(node), node) for node in branch.awaited)
        return list(found.values())

    def runs_before(self, other: "Node") -> None:
        """Make `other` wait for this node.

        Raises:
            DefinitionError: this node waits for `other` already.
        """
        if self is other or other in _all_upstream(self):
            raise DefinitionError(f"Node {self.id} can't run before {other.id}: it waits for it. The order is a cycle.")
        if self not in other.before:
            other.before.append(self)

    def __rshift__(self, other: Any) -> Any:
        """Make `other`, a node or what one gave, wait for this node, and return it."""
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
        """Change this node only, and return it.

        Args:
            node_name: The node's id: lower-case letters, digits and `-`, at most 63.
            aliases: {output: another name for it}.
            name: The name that is shown.
            overrides: `timeout`, `retries`, `interruptible`, `cache` (True, or a `Cache`; without a version, that of
                the task's code), `cache_version`, `cache_serialize`, and what
                `Overrides` lists: `requests`, `limits`, `resources`, `container_image`, `accelerator`,
                `shared_memory`, `pod_template`.

        Raises:
            DefinitionError: an override is unknown, is itself a promise, or has another type than it should.
        """
        if node_name is not None:
            self.id = _checked_name(node_name)
        if aliases is not None:
            self.aliases = dict(aliases)
        if name is not None:
            self.metadata = _replaced(self.metadata, {"name": name})
        of_metadata = {each.name for each in fields(NodeMetadata)}
        known = of_metadata | {each.name for each in fields(Overrides)}
        for key, value in overrides.items():
            if key not in known:
                raise DefinitionError(
                    f"Node {self.id}: there is no override {key!r}. Known: {', '.join(sorted(known))}."
                )
            if next(promises_in(value), None) is not None:
                raise DefinitionError(f"Node {self.id}: the override {key} is a promise; a plain value is needed.")
        if overrides.get("resources") is not None and (overrides.get("requests") or overrides.get("limits")):
            raise DefinitionError(f"Node {self.id}: give either resources alone, or requests and limits, not both.")
        overrides |= _caching(self, overrides)
        if isinstance(overrides.get("timeout"), int):
            overrides["timeout"] = timedelta(seconds=overrides["timeout"])
        self.metadata = _replaced(self.metadata, {k: v for k, v in overrides.items() if k in of_metadata})
        self.overrides = _replaced(self.overrides, {k: v for k, v in overrides.items() if k not in of_metadata})
        return self

    def __repr__(self) -> str:
        return f"<node {self.id}: {getattr(self.entity, 'name', self.entity)}>"


def cache_version_of(entity: Any) -> str:
    """Return the version by which results of the entity's own code are known; empty where it has no code here."""
    task = getattr(entity, "mapped_task", entity)
    metadata = getattr(task, "metadata", None)
    function = _code_of(entity)
    if metadata is not None and metadata.cache and metadata.cache_version:
        return str(metadata.cache_version)
    if function is None:
        return ""
    from autocontainer_nb.core.cache import fingerprint

    return fingerprint(function)


def _code_of(entity: Any) -> Any:
    """Return what the entity runs in a container of ours; None where it has no such code."""
    task = getattr(entity, "mapped_task", entity)
    return getattr(task, "__wrapped__", type(task).execute) if hasattr(task, "task_resolver") else None


def _caching(node: Node, overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a `Cache` object means; a task's version by its code is left to registration, as the task's own is.

    Raises:
        DefinitionError: results are to be used again, and nothing tells by which version.
    """
    given = overrides.get("cache")
    if not given:
        return {}
    found: dict[str, Any] = {}
    function = _code_of(node.entity)
    if not isinstance(given, bool):
        from autocontainer_nb.core.cache import VersionParameters, cache_options

        made = cache_options(
            given,
            VersionParameters(func=function),
            serialize=overrides.get("cache_serialize"),
            version=overrides.get("cache_version"),
            ignored_inputs=None,
        )
        found = {
            "cache": True,
            "cache_serialize": made["cache_serialize"],
            "cache_version": made["cache_version"] or None,
        }
    if function is None and not (found.get("cache_version") or overrides.get("cache_version")):
        raise DefinitionError(
            f"Node {node.id}: cache is given without a version, and {getattr(node.entity, 'short_name', '')!r} has no "
            "code of its own that gives one. Add cache_version."
        )
    return found


def _checked_name(name: str) -> str:
    made = re.sub(r"[^a-z0-9-]+", "-", name.lower())
    if not _NODE_NAME.fullmatch(made) or len(made) > _MAX_NODE_NAME:
        raise DefinitionError(
            f"The node name {name!r} can't be used: letters, digits and `-` expected, at most {_MAX_NODE_NAME}, with a "
            "letter or digit at both ends."
        )
    return made


def _replaced(value: Any, changes: Mapping[str, Any]) -> Any:
    from dataclasses import replace

    return replace(value, **changes) if changes else value


def _all_upstream(node: Node) -> "list[Node]":
    found: list[Node] = []
    queue = node.awaited
    while queue:
        each = queue.pop()
        if each not in found:
            found.append(each)
            queue.extend(each.awaited)
    return found
