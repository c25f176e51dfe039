"""Where an execution failed, in words: Flyte's error says what went wrong, and not in which of the nodes."""

from collections.abc import Sequence

from autocontainer_nb.remote.nodes.graph import GATE, LAUNCH_PLAN, MAP
from autocontainer_nb.remote.nodes.node import Node
from autocontainer_nb.remote.nodes.nodes import failed_paths


def where_failed(nodes: Sequence[Node], message: str) -> str:
    """Return `node n1 (task fail)`, or where there are several the one whose error the execution's message is.

    `item 1 of node n0 (map of t)`, `gate 'ok' (node n1)`, `node n0 (launch plan lp) ► node n0 (task add) of execution
    f3k9...`. Empty if no node has failed: such an execution failed before, or outside of them.
    """
    paths = failed_paths(nodes)
    if not paths:
        return ""
    if len({path[0].id for path in paths}) > 1:
        paths = [path for path in paths if _is_of(path[0], message)] or paths
    if len(paths) > 1:  # items of a map, most often: Flyte tells the error of one of them
        paths = [path for path in paths if _is_of(path[-1], message)] or paths
    return _told(paths[0])


def _is_of(node: Node, message: str) -> bool:
    error = (node.error or "").strip()
    return bool(error) and error in message


def _told(path: Sequence[Node]) -> str:
    innermost = path[-1]
    if len(path) > 1 and innermost.id == f"{path[-2].id}[{_index(innermost)}]":
        return " ► ".join([*map(_named, path[:-2]), f"item {_index(innermost)} of {_named(path[-2])}"])
    text = " ► ".join(map(_named, path))
    is_elsewhere = innermost.execution_id != path[0].execution_id
    return f"{text} of execution {innermost.execution_id}" if is_elsewhere else text


def _index(node: Node) -> str:
    return node.id.rpartition("[")[2].rstrip("]")


def _named(node: Node) -> str:
    if node.kind == GATE:
        return f"gate {node.entity!r} (node {node.id})"
    runs = f"map of {node.entity}" if node.kind == MAP else f"{node.kind} {node.entity}".strip()
    if node.kind == LAUNCH_PLAN and not node.entity:
        runs = LAUNCH_PLAN
    return f"node {node.id}" + (f" ({runs})" if runs else "")
