"""Whether a call of a task means "run it" or "make a node of it", and the nodes made so far."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from autocontainer_nb.errors import DefinitionError

if TYPE_CHECKING:
    from autocontainer_nb.core.node import Node


@dataclass
class CompilationState:
    """The graph that is being drawn: of a workflow, of a branch of it, or of a dynamic task's run."""

    owner: str  # whose graph it is, for messages
    prefix: str = ""  # of the nodes' ids, so that a dynamic task's nodes differ from its parent's
    nodes: "list[Node]" = field(default_factory=list)

    def next_id(self) -> str:
        """Return the id of the next node: `n0`, `n1`, ... behind the prefix."""
        return f"{self.prefix}n{len(self.nodes)}"

    def add(self, node: "Node") -> None:
        """Put the node at the end of the graph.

        Raises:
            DefinitionError: another node has its id.
        """
        if any(other.id == node.id for other in self.nodes):
            raise DefinitionError(f"Workflow {self.owner!r} has two nodes named {node.id!r}. Give one another name.")
        self.nodes.append(node)


_current: ContextVar[CompilationState | None] = ContextVar("autocontainer_nb_compilation", default=None)


def current_compilation() -> CompilationState | None:
    """Return the graph that is being drawn, None where calls run."""
    return _current.get()


@contextmanager
def compiling(state: CompilationState | None) -> Iterator[CompilationState | None]:
    """Draw `state`'s graph within the block; None makes calls run there."""
    token = _current.set(state)
    try:
        yield state
    finally:
        _current.reset(token)
