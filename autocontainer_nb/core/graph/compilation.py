"""The graph that is being drawn, if any: it decides whether a call of a task runs it or adds a node."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Final
from weakref import WeakKeyDictionary, ref

from autocontainer_nb.errors import DefinitionError

Take = Callable[[Any, tuple[Any, ...], Mapping[str, Any]], Any]  # (entity, args, kwargs) ► the call's result
Store = Callable[[Any, Any, str], Any]  # (value, type, path for errors) ► what a binding has instead
_NOT_PICKLED: Final = frozenset({"_by_id", "originals", "store"})


@dataclass
class CompilationState:
    """The graph of a workflow, of one of its branches, or of a dynamic task's run, while it is being drawn."""

    owner: str  # whose graph it is, for messages
    prefix: str = ""  # of the node ids, so that a dynamic task's nodes differ from its parent's
    nodes: list[Any] = field(default_factory=list)  # of `core.graph.node`, which imports this module
    mode: ClassVar[int] = 1  # flytekit's number for a workflow's graph, which decorators of workflows compare with
    store: Store | None = None  # if set, what a call is given is stored at once
    take: Take | None = (
        None  # if set, no graph is drawn: it runs each call elsewhere, at once (eager tasks in a container)
    )

    def next_id(self) -> str:
        """Return the id of the next node: the prefix and `n0`, `n1`, ..."""
        return f"{self.prefix}n{len(self.nodes)}"

    def add(self, node: Any) -> None:
        """Append the node to the graph.

        Raises:
            DefinitionError: another node has the same id; one would get the other's outputs.
        """
        if not self._gets(node, node.id):
            raise DefinitionError(f"Workflow {self.owner!r} has two nodes named {node.id!r}. Rename one of them.")
        self.nodes.append(node)
        _graphs[node] = ref(self)

    def rename(self, node: Any, name: str) -> bool:
        """Give the node another id; return False if another node of the graph has it."""
        if not self._gets(node, name):
            return False
        before, node.id = node.id, name
        if before != name and self._by_id.get(before) is node:
            del self._by_id[before]
        return True

    def _gets(self, node: Any, name: str) -> bool:
        return self._by_id.setdefault(name, node) is node

    @cached_property
    def originals(self) -> list[Any]:
        """Each binding that has a copy, with the object that it was given: see `given_values`."""
        return []

    @cached_property
    def _by_id(self) -> dict[str, Any]:
        return {node.id: node for node in self.nodes}

    def __getstate__(self) -> dict[str, Any]:
        """Return what there is to pickle, without what follows from it."""
        return {name: value for name, value in vars(self).items() if name not in _NOT_PICKLED}

    def left_open(self) -> DefinitionError:
        """Return the error for an outer graph that leaves this one open."""
        return DefinitionError(f"{self.owner} was begun, but never ended.")


_graphs: Final[WeakKeyDictionary[Any, ref[CompilationState]]] = WeakKeyDictionary()  # by node


def graph_of(node: Any) -> CompilationState | None:
    """Return the graph on which the node was drawn, while that can still be added to."""
    graph = _graphs.get(node)
    return None if graph is None else graph()


_current: ContextVar[CompilationState | None] = ContextVar("autocontainer_nb_compilation", default=None)


def current_compilation() -> CompilationState | None:
    """Return the graph that is being drawn, or None if calls run."""
    state = _current.get()
    return None if state is None or state.take is not None else state


def current_calls() -> CompilationState | None:
    """Return the state that handles a call, by drawing a node or running it elsewhere; None if it runs here."""
    return _current.get()


@contextmanager
def compiling(state: CompilationState | None) -> Iterator[CompilationState | None]:
    """Draw `state`'s graph within the block; with None, calls in it run.

    Raises:
        DefinitionError: a conditional was begun in the block and not ended.
    """
    token = _current.set(state)
    try:
        yield state
        left = _current.get()
        if left is not state and left is not None:
            raise left.left_open()
    finally:
        _current.reset(token)


def draw_on(state: CompilationState | None) -> None:
    """Draw `state`'s graph until another one is set; for graphs that begin and end within one expression."""
    _current.set(state)
