"""The graph of what an object reaches: its nodes, its circles, and how the nodes of a circle are told apart."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
    places: dict[int, int] = {}  # of the open nodes among them
    for root in roots:
        if root in order:
            continue
        work = [(root, iter(children(root)))]
        order[root] = low[root] = len(order)
        places[root] = len(open_nodes)
        open_nodes.append(root)
        while work:
            node, rest = work[-1]
            for child in rest:
                if child not in order:
                    order[child] = low[child] = len(order)
                    places[child] = len(open_nodes)
                    open_nodes.append(child)
                    work.append((child, iter(children(child))))
                    break
                if child in places:
                    low[node] = min(low[node], order[child])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == order[node]:
                    component = open_nodes[places[node] :]
                    del open_nodes[places[node] :]
                    for closed in component:
                        del places[closed]
                    yield component


def colours(
    nodes: Sequence[int],
    children: Callable[[int], Sequence[int]],
    digest: Callable[[int, Mapping[int, bytes]], bytes],
) -> dict[int, bytes]:
    """Return the digest of each node of a circle; `digest` makes one node's from those of the nodes that it refers to.

    Every round, digests cover one more step of the surroundings, until no round tells more nodes apart: colour
    refinement, which gives equal nodes equal colours, however many copies of them there are. A round looks only at
    nodes that refer to one whose colour is new. Those of a colour that refer to none keep it; where all do, the least
    does. So a list of n nodes that know their neighbours takes n/2 rounds of a few nodes each.
    """
    known = {node: digest(node, {}) for node in nodes}
    alike: dict[bytes, set[int]] = {}
    referring: dict[int, list[int]] = {}
    for node in nodes:
        alike.setdefault(known[node], set()).add(node)
        for child in children(node):
            referring.setdefault(child, []).append(node)
    touched = set(nodes)
    while touched:
        fresh = _parted(touched, known, alike, digest)
        for colour, part in fresh.items():
            alike[known[part[0]]].difference_update(part)
            alike[colour] = set(part)
            known.update(dict.fromkeys(part, colour))
        touched = {node for part in fresh.values() for changed in part for node in referring.get(changed, ())}
    return {node: digest(node, known) for node in nodes}


def _parted(
    touched: Iterable[int],
    known: Mapping[int, bytes],
    alike: Mapping[bytes, set[int]],
    digest: Callable[[int, Mapping[int, bytes]], bytes],
) -> dict[bytes, list[int]]:
    """Return the nodes that differ from others of their colour, by their new colours."""
    asked: dict[bytes, list[int]] = {}
    for node in touched:
        if len(alike[known[node]]) > 1:
            asked.setdefault(known[node], []).append(node)
    fresh: dict[bytes, list[int]] = {}
    for colour, members in asked.items():
        parts: dict[bytes, list[int]] = {}
        for node in members:
            parts.setdefault(digest(node, known), []).append(node)
        if len(members) == len(alike[colour]):
            del parts[min(parts)]
        fresh.update(parts)
    return fresh
