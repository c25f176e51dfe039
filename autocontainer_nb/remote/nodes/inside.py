"""`ExecutionInside`, the base of `Execution` with what is to be seen inside one: nodes, inputs, attempts, reasons."""

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from flyteidl.core import execution_pb2 as core_execution_pb2

from autocontainer_nb.errors import ExecutionError, RemoteError
from autocontainer_nb.remote.nodes.failure import where_failed
from autocontainer_nb.remote.nodes.graph import DYNAMIC, EAGER, MAP, TASK, Entity
from autocontainer_nb.remote.nodes.growth import nodes_of
from autocontainer_nb.remote.nodes.node import Node
from autocontainer_nb.remote.nodes.nodes import Nodes
from autocontainer_nb.remote.nodes.once import asked_once
from autocontainer_nb.remote.nodes.run import Run, values_of
from autocontainer_nb.remote.nodes.values import Values
from autocontainer_nb.remote.scope import Scope
from autocontainer_nb.storage.access import FileAccess

if TYPE_CHECKING:
    from flyteidl.admin import execution_pb2
    from flyteidl.core import identifier_pb2

_RUN_CONTAINERS = frozenset({TASK, MAP, DYNAMIC, EAGER})


class ExecutionInside:
    """What an execution consists of. What can't change any more is asked for once."""

    _scope: Scope
    _task: Any
    _files: FileAccess | None

    @property
    @abstractmethod
    def identifier(self) -> "identifier_pb2.WorkflowExecutionIdentifier":
        """The identifier as Flyte's message."""

    @property
    @abstractmethod
    def is_done(self) -> bool:
        """Whether the execution has ended by now."""

    @abstractmethod
    def known_message(self) -> "execution_pb2.Execution":
        """Return what is known of it as Flyte's message, empty before the first answer; nobody is asked."""

    @property
    def nodes(self) -> Nodes:
        """The nodes as they are now, a tree: `execution.nodes["n0"]`, its `.children`, `.attempts`, `.error` and so on.

        A single task has one node. What is inside a node is asked for when it is looked at. In a notebook the tree is
        shown whole, and `print(execution.nodes)` prints it.

        Raises:
            RemoteError: the control plane refuses the call, or can't be reached.
        """
        known = self.__dict__.get("_last_nodes")
        if known is not None:
            return known  # type: ignore[no-any-return]  # from the instance's own dictionary
        has_ended = self.is_done  # before they are listed, so that what is kept is final
        nodes = Nodes(nodes_of(self._run), self.identifier.name)
        if has_ended:
            self.__dict__["_last_nodes"] = nodes
        return nodes

    @property
    def node_executions(self) -> dict[str, Node]:
        """The outermost nodes by their ids, flytekit's form of `nodes`."""
        return {node.id: node for node in self.nodes}

    @asked_once
    def inputs(self) -> Values:
        """The inputs by name, with defaults; each is converted, and fetched if it is a file, when it is looked at."""
        data = self._run.data()
        entity = Entity(**{**vars(self._interface), "local": self._task})
        return values_of(self._run, data.full_inputs, data.inputs.url, entity, "inputs", self.identifier.name)

    @property
    def cached(self) -> bool:
        """Whether nothing was run, since the cache had the outputs of all its tasks."""
        tasks = [node for _, node in self.nodes.walk() if node.kind in _RUN_CONTAINERS and not node.children]
        return bool(tasks) and all(node.cached for node in tasks)

    def without_output(self) -> str:
        """Return the sentence that stands for logs if nothing was printed."""
        if self.is_done and self.cached:
            return f"Execution {self.identifier.name} wasn't run: the cache had its outputs."
        return f"Execution {self.identifier.name} has printed nothing{'' if self.is_done else ' so far'}."

    @property
    def attempt(self) -> int:
        """The number of the attempt that runs or ran last, from 1; 0 before the first, and where the cache had it."""
        node = _current(self.nodes)
        return node.attempt if node else 0

    @property
    def reason(self) -> str | None:
        """Why it waits, such as `Back-off pulling image ...` or a gate that wants an answer; None if it doesn't."""
        if self.is_done:
            return None
        nodes = self.nodes
        reasons = [text for node in nodes for text in waiting_reasons(node)]
        if reasons:
            return reasons[0]
        return None if len(nodes) else "The control plane has taken it, and hasn't begun with it so far."

    @property
    def deck(self) -> str | None:
        """The HTML of its deck; None if no task has made one. Of several, ask the nodes.

        Raises:
            ExecutionError: several of its nodes have a deck; the message names them.
            StorageError: it can't be read.
        """
        found = [(node, deck) for _, node in self.nodes.walk() if (deck := node.deck) is not None]
        if len(found) > 1:
            names = ", ".join(f".nodes[{node.id!r}].deck" for node, _ in found)
            raise ExecutionError(f"Execution {self.identifier.name} has {len(found)} decks: ask for one of {names}.")
        return found[0][1] if found else None

    @asked_once
    def _run(self) -> Run:
        return Run(self._scope, self.identifier, message=self.known_message(), local=self._task, files=self._files)

    @property
    def _interface(self) -> Entity:
        if self._run.is_single_task:
            return self._run.single_task
        return Entity(interface=self._run.graph.template.interface)

    def _where_failed(self) -> str:
        """Return in which node it failed, in words; empty where that is plain, or nobody tells."""
        closure = self.known_message().closure
        if closure.phase != core_execution_pb2.WorkflowExecution.FAILED:
            return ""
        try:
            nodes = list(self.nodes)
            if self._run.is_single_task:  # whose one node is no news
                nodes = [child for node in nodes if node.may_have_children for child in node.children]
            return where_failed(nodes, closure.error.message)
        except RemoteError:  # what the execution itself says counts
            return ""


def waiting_reasons(node: Node) -> list[str]:
    """Return what the node, or what is inside it, waits for."""
    if node.is_done:
        return []
    if node.reason:
        return [node.reason]
    inner = node.children if node.may_have_children else ()
    return [text for child in inner for text in waiting_reasons(child)]


def _current(nodes: Nodes) -> Node | None:
    """Return the node that counts now: the innermost that hasn't ended, else the last with an attempt."""
    all_nodes = [node for _, node in nodes.walk() if node.kind in _RUN_CONTAINERS]
    running = [node for node in all_nodes if not node.is_done]
    candidates = running or all_nodes
    return candidates[-1] if candidates else None
