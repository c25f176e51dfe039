"""Whether a call of a task means "run it" or "make a node of it", and the nodes made so far."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from autocontainer_nb.errors import DefinitionError

Take = Callable[[Any, tuple[Any, ...], Mapping[str, Any]], Any]  # (entity, args, kwargs) ► what the call gives


@dataclass
class CompilationState:
    """The graph that is being drawn: of a workflow, of a branch of it, or of a dynamic task's run."""

    owner: str  # whose graph it is, for messages
    prefix: str = ""  # of the nodes' ids, so that a dynamic task's nodes differ from its parent's
    nodes: list[Any] = field(default_factory=list)  # of `core.graph.node`, which imports this module
    take: Take | None = None  # no graph at all: who runs each call elsewhere, at once (an eager task in its container)

    def next_id(self) -> str:
        """Return the id of the next node: `n0`, `n1`, ... behind the prefix."""
        return f"{self.prefix}n{len(self.nodes)}"

    def add(self, node: Any) -> None:
        """Put the node at the end of the graph.

        Raises:
            DefinitionError: another node has its id.
        """
        self.nodes.append(node)
        self.check_ids()

    def check_ids(self) -> None:
        """Return if no two nodes have one id.

        Raises:
            DefinitionError: two have; the second would get the outputs of the first.
        """
        seen = set()
        for node in self.nodes:
            if node.id in seen:
                raise DefinitionError(
                    f"Workflow {self.owner!r} has two nodes named {node.id!r}. Give one another name."
                )
            seen.add(node.id)

    def left_open(self) -> DefinitionError:
        """Return the error for a graph in which this one was begun and never ended."""
        return DefinitionError(f"{self.owner} is begun, but not ended.")


_current: ContextVar[CompilationState | None] = ContextVar("autocontainer_nb_compilation", default=None)


def current_compilation() -> CompilationState | None:
    """Return the graph that is being drawn, None where calls run."""
    state = _current.get()
    return None if state is None or state.take is not None else state


def current_calls() -> CompilationState | None:
    """Return what becomes of a call: the graph that it is a node of, or who takes it; None where it runs here."""
    return _current.get()


@contextmanager
def compiling(state: CompilationState | None) -> Iterator[CompilationState | None]:
    """Draw `state`'s graph within the block; None makes calls run there.

    Raises:
        DefinitionError: a graph inside it, of a conditional, was begun in the block and isn't ended.
    """
    token = _current.set(state)
    try:
        yield state
        left = _current.get()
        if left is not state and left is not None:
            raise left.left_open()
        if state is not None:
            state.check_ids()
    finally:
        _current.reset(token)


def draw_on(state: CompilationState | None) -> None:
    """Draw `state`'s graph from now on, until another one is set: what begins and ends in one expression needs it."""
    _current.set(state)
