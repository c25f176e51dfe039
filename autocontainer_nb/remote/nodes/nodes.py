"""`Nodes`: what `execution.nodes` returns, to be looked at, walked through and printed."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, Final

from autocontainer_nb.errors import RemoteError
from autocontainer_nb.remote.nodes.node import FAILED, Node
from autocontainer_nb.remote.nodes.run import side_by_side
from autocontainer_nb.views.node_tree import NodeRow, node_tree_html, node_tree_text

SHOWN_NODES: Final = 200
_SAY_ENOUGH: Final = frozenset({"SUCCEEDED", "SKIPPED", "RECOVERED", "ABORTED"})
_LOOKED_AT: Final = 50  # nodes of which a display asks for attempts


class Nodes(Sequence[Node]):
    """The outermost nodes of an execution as they were when they were listed; look again by `execution.nodes`.

    `nodes["n0"]` is one of them by its id, also one of those inside; `walk()` yields all.
    """

    def __init__(self, nodes: Sequence[Node], execution_id: str) -> None:
        self._nodes = list(nodes)
        self._execution_id = execution_id

    def __getitem__(self, key: Any) -> Any:
        """Return the node of this id or at this place.

        Raises:
            KeyError: no node has this id.
            RemoteError: nodes inside have to be looked at, and the control plane can't be reached.
        """
        if not isinstance(key, str):
            return self._nodes[key]
        found = [node for node in self._nodes if node.id == key]
        for node in found or (inner for _, inner in self.walk() if inner.id == key):
            return node
        ids = ", ".join(node.id for node in self._nodes) or "none so far"
        raise KeyError(f"Execution {self._execution_id} has no node {key!r}. Its outermost nodes are: {ids}.")

    def __len__(self) -> int:
        """Return the number of outermost nodes."""
        return len(self._nodes)

    def __iter__(self) -> Iterator[Node]:
        """Iterate over the outermost nodes, oldest first."""
        return iter(self._nodes)

    def __contains__(self, key: object) -> bool:
        """Whether it is one of the outermost nodes, or the id of one."""
        return any(node is key or node.id == key for node in self._nodes)

    @property
    def ids(self) -> list[str]:
        """The ids of the outermost nodes."""
        return [node.id for node in self._nodes]

    def walk(self) -> Iterator[tuple[int, Node]]:
        """Yield (depth, node) for all nodes, each before those inside it, which are asked for on the way."""
        return walk(self._nodes)

    @property
    def failed(self) -> list[Node]:
        """The innermost nodes that failed: what is inside them, if anything, didn't."""
        return [node for path in failed_paths(self._nodes) for node in path[-1:]]

    def __repr__(self) -> str:
        """Show what is known without a request."""
        shown = ", ".join(f"{node.id} {node.phase}" for node in self._nodes)
        return f"<Nodes of {self._execution_id}: {shown or 'none so far'}>"

    def __str__(self) -> str:
        """Return the whole tree as text; nodes inside are asked for."""
        rows, is_cut = self._rows()
        return node_tree_text(rows, self._execution_id, is_cut=is_cut)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self) if cycle else str(self))

    def _repr_html_(self) -> str:
        rows, is_cut = self._rows()
        return node_tree_html(rows, self._execution_id, is_cut=is_cut)

    def _rows(self) -> tuple[list[NodeRow], bool]:
        """Return the rows to show, and whether there are more."""
        found = list(islice(walk(self._nodes, until=SHOWN_NODES), SHOWN_NODES + 1))
        is_cut = len(found) > SHOWN_NODES
        found = found[:SHOWN_NODES]
        telling = [node for _, node in found if node.phase not in _SAY_ENOUGH]
        side_by_side(_look, telling[:_LOOKED_AT])
        return [_row(depth, node) for depth, node in found], is_cut


def walk(nodes: Sequence[Node], depth: int = 0, *, until: int | None = None) -> Iterator[tuple[int, Node]]:
    """Yield (depth, node) for all nodes; the children of brothers are asked for side by side."""
    parents = [node for node in nodes if node.may_have_children or node.is_eager]
    side_by_side(lambda node: node.children, parents if until is None else parents[:until])
    for node in nodes:
        yield depth, node
        if node.known_children:
            yield from walk(node.known_children, depth + 1, until=until)


def failed_paths(nodes: Sequence[Node]) -> list[list[Node]]:
    """Return each innermost failed node with those around it, the outermost first."""
    found = []
    for node in nodes:
        if node.phase in FAILED:
            inner = failed_paths(node.children) if node.may_have_children else []
            found += [[node, *path] for path in inner] or [[node]]
    return found


def _look(node: Node) -> None:
    """Ask what a display tells of a node that hasn't simply succeeded; it is shown without, where that fails."""
    with suppress(RemoteError):
        _ = node.attempts, node.reason
        if not node.known_children:
            _ = node.error


def _last_line(error: str) -> str:
    """Return the line of a traceback that says what happened."""
    return error.strip().rpartition("\n")[2]


def _row(depth: int, node: Node) -> NodeRow:
    notes = []
    if node.cached:
        notes.append("from the cache")
    attempts = node.known_attempts
    if attempts and (attempts[-1].number > 1 or (node.max_attempts > 1 and not node.is_done)):
        notes.append(f"attempt {attempts[-1].number} of {max(node.max_attempts, attempts[-1].number)}")
    if len(attempts) > 1 and not node.is_done and attempts[-2].error:
        notes.append(f"attempt {attempts[-2].number}: {_last_line(attempts[-2].error)}")
    if node.started_execution and node.started_execution != node.id:
        notes.append(f"execution {node.started_execution}")
    reason, error = node.known_reason, node.known_error
    if reason:
        notes.append(reason)
    if error and not node.known_children:
        notes.append(_last_line(error))
    links = attempts[-1].logs if attempts and node.phase not in _SAY_ENOUGH else ()
    return NodeRow(
        depth=depth,
        id=node.id,
        kind=node.kind,
        entity=node.entity,
        phase=node.phase,
        duration_s=None if node.duration is None else node.duration.total_seconds(),
        notes=tuple(notes),
        links=tuple((each.name, each.uri) for each in links),
    )
