"""The graph of what an object reaches: its nodes, its circles, and how the nodes of a circle are told apart."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from autocontainer_nb.pickling.meaning.parts import KEY

_KEY: Final = KEY.encode()


class Node:
    """One object: what it is by itself, and its parts, each the digest of an atom or the number of another object."""

    __slots__ = ("head", "is_looked_up", "is_ordered", "namespace", "parts")

    def __init__(self) -> None:
        self.head = b""
        self.is_ordered = False
        self.is_looked_up = False  # by its name, where it is loaded
        self.namespace = 0  # of a function: the identity of its globals
        self.parts: list[tuple[bytes, bytes | int]] = []  # (slot, digest or number)


def is_key(slot: bytes) -> bool:
    """Whether a part is a dictionary's key, whose value is the next part."""
    return slot == _KEY or slot.startswith(_KEY + b" ")


def components(children: Callable[[int], Sequence[int]], roots: Sequence[int]) -> Iterator[list[int]]:
    """Yield the strongly connected components below the roots, each after those that it refers to.

    Tarjan's algorithm (Depth-first search and linear graph algorithms, 1972), without recursion.
    """
    order: dict[int, int] = {}
    low: dict[int, int] = {}
    open_nodes: list[int] = []
    is_open: set[int] = set()
    for root in roots:
        if root in order:
            continue
        work = [(root, iter(children(root)))]
        order[root] = low[root] = len(order)
        open_nodes.append(root)
        is_open.add(root)
        while work:
            node, rest = work[-1]
            for child in rest:
                if child not in order:
                    order[child] = low[child] = len(order)
                    open_nodes.append(child)
                    is_open.add(child)
                    work.append((child, iter(children(child))))
                    break
                if child in is_open:
                    low[node] = min(low[node], order[child])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == order[node]:
                    component = open_nodes[open_nodes.index(node) :] if open_nodes[-1] != node else [node]
                    del open_nodes[-len(component) :]
                    is_open.difference_update(component)
                    yield component


def colours(nodes: Sequence[int], digest: Callable[[int, dict[int, bytes]], bytes]) -> dict[int, bytes]:
    """Return the digest of each node of a circle; `digest` makes one node's from those of the nodes that it refers to.

    Every round, each node's digest covers one more step of its surroundings, until no round tells more nodes apart:
    colour refinement, which gives equal nodes equal colours, however many copies of them there are.
    """
    known = dict.fromkeys(nodes, b"")
    distinct = 0
    while True:
        refined = {node: digest(node, known) for node in nodes}
        if len(set(refined.values())) == distinct:
            return refined
        known, distinct = refined, len(set(refined.values()))
