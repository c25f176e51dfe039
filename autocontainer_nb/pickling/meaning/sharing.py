"""The parts of an object that are one and the same, as far as a program can tell the difference.

Two names for one list aren't two equal lists: a change of one is visible in the other. Unless something else is found,
what can be changed is taken to be reached once, classes and functions that mean the same to be one, and arrays to have
memory of their own. What is found to differ from that is the signature. Immutable things matter only for what they
hold; a global variable is one place, however many functions mention it.

The signature is written while the graph is gone through in its own order, so it is the same in every process. Parts
that have no order (the elements of a set) and mean the same are gone through together.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import chain
from typing import Any, Final

from autocontainer_nb.pickling.meaning.graph import Node, is_key
from autocontainer_nb.pickling.meaning.identity import Identities
from autocontainer_nb.pickling.meaning.memory import overlapping

_GLOBAL: Final = b"global "
_OWN_CLASS: Final = b"closure __class__"  # the variable that `super()` asks, one for all methods of a class


@dataclass
class Graph:
    """What a walk has met, by number: each object, its digest once it is known, its parts unless it is plain data."""

    known: dict[int, int] = field(default_factory=dict)  # numbers by the identity of the object
    objects: list[Any] = field(default_factory=list)
    digests: list[bytes | None] = field(default_factory=list)
    nodes: list[Node | None] = field(default_factory=list)
    definitions: list[int] = field(default_factory=list)  # classes and functions that travel by value
    arrays: list[int] = field(default_factory=list)
    again: list[int] = field(default_factory=list)  # what was met more than once
    begun: set[int] = field(default_factory=set)  # what walks began with, and nothing has referred to so far
    inner: list[int] = field(default_factory=list)  # the identities of containers within plain data, as often as met
    nested: dict[int, tuple[int, int]] = field(default_factory=dict)  # which of these belong to which plain data


class Sharing:
    """Tells what is shared below an object of the graph."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._identities = Identities(graph.objects, graph.nodes, graph.nested)
        self._signatures: dict[tuple[int, int | None], bytes] = {}
        self._asked = (-1, -1, -1)
        self._may_share = False

    def signature(self, root: int, at_most: int | None = None) -> bytes:
        """Return what tells the sharing below the object; empty where nothing is shared, or too much is reached."""
        if not self._is_anything_shared():
            return b""
        key = root, at_most
        if key not in self._signatures:
            self._signatures[key] = self._found(root, at_most)
        return self._signatures[key]

    def _is_anything_shared(self) -> bool:
        """Whether something in the whole graph may be shared; quick, and never wrong where it says no."""
        graph = self._graph
        asked = len(graph.again), len(graph.inner), len(graph.objects)
        if asked != self._asked:
            self._asked = asked
            self._may_share = (
                any(map(self._identities.may_be_shared, set(graph.again)))
                or len(set(graph.inner)) < len(graph.inner)
                or (bool(graph.inner) and not graph.known.keys().isdisjoint(graph.inner))
                or bool(self._twins(graph.definitions))
                or bool(overlapping(graph.objects, graph.arrays))
            )
        return self._may_share

    def _twins(self, numbers: Iterable[int]) -> set[int]:
        """Return the classes and functions among the objects that mean the same as another one."""
        found: dict[bytes | None, list[int]] = {}
        for number in numbers:
            found.setdefault(self._graph.digests[number], []).append(number)
        return {number for same in found.values() if len(same) > 1 for number in same}

    def _found(self, root: int, at_most: int | None) -> bytes:
        region = _Region(self._graph, root, at_most)
        if region.is_cut:
            return b""
        interesting = region.shared_in_plain()
        interesting.update(number for number in set(region.again) if self._identities.is_shared(number))
        twins = self._twins(filter(region.met.__contains__, self._graph.definitions))
        interesting |= twins
        memory = overlapping(self._graph.objects, list(filter(region.met.__contains__, self._graph.arrays)))
        interesting.update(number for cluster in memory for number, _ in cluster)
        if not interesting:
            return b""
        is_value = None if twins else self._identities.is_value  # equal values may hold different twins
        return _Writer(self._graph, region, region.above(interesting), is_value).written(root, memory)


class _Region:
    """What one object reaches: in the order of meeting it, and who refers to what."""

    def __init__(self, graph: Graph, root: int, at_most: int | None) -> None:
        self._graph = graph
        self.order = [root]
        self.again: list[int] = []
        self.is_cut = False
        self._referring: dict[int, list[int]] = {}
        self.met = {root}
        self._places: set[tuple[int, bytes]] = set()
        self.in_plain: dict[int, list[tuple[int, int]]] = {}  # of plain data: the places of what is shared, and what
        within = 0
        for number in self.order:  # which grows
            self._refer(number)
            start, stop = graph.nested.get(number, (0, 0))
            within += stop - start
            if at_most is not None and len(self.order) + within > at_most:
                self.is_cut = True
                return

    def shared_in_plain(self) -> set[int]:
        """Return the containers in plain data that are met more than once; those without a number get negative ones."""
        graph = self._graph
        plain = [number for number in self.order if number in graph.nested]
        within = [graph.inner[slice(*graph.nested[number])] for number in plain]
        counts = Counter(chain.from_iterable(within))
        numbers = {one: number for one in counts if (number := graph.known.get(one, -1)) in self.met}
        several = {one for one, count in counts.items() if count > 1} | numbers.keys() if counts else set()
        if not several:
            return set()
        found: set[int] = set()
        for number, identities in zip(plain, within, strict=True):
            if several.isdisjoint(identities):
                continue
            places = [(place, one) for place, one in enumerate(identities) if one in several]
            shared = [(place, numbers.setdefault(one, -1 - len(numbers))) for place, one in places]
            self.in_plain[number] = shared
            for _, one in shared:
                self._referring.setdefault(one, []).append(number)
                found.add(one)
        return found

    def above(self, numbers: Iterable[int]) -> set[int]:
        """Return the objects, and all that reach one of them."""
        found = set(numbers)
        waiting = list(found)
        while waiting:
            for number in self._referring.get(waiting.pop(), ()):
                if number not in found:
                    found.add(number)
                    waiting.append(number)
        return found

    def _refer(self, number: int) -> None:
        node = self._graph.nodes[number]
        if node is None:
            return
        for slot, part in node.parts:
            if isinstance(part, bytes):
                continue
            if slot == _OWN_CLASS or (node.namespace and slot.startswith(_GLOBAL)):
                place = (part if slot == _OWN_CLASS else node.namespace), slot
                if place in self._places:
                    self._referring.setdefault(part, []).append(number)
                    continue
                self._places.add(place)
            self._meet(number, part)

    def _meet(self, number: int, part: int) -> None:
        self._referring.setdefault(part, []).append(number)
        if part in self.met:
            self.again.append(part)
        else:
            self.met.add(part)
            self.order.append(part)


class _Writer:
    """Writes which of the relevant objects are the same, in the order of the graph."""

    def __init__(
        self, graph: Graph, region: _Region, relevant: set[int], is_value: Callable[[int], bool] | None
    ) -> None:
        self._graph = graph
        self._region = region
        self._relevant = relevant
        self._is_value = is_value  # whether equal objects are as good as one
        self._first: dict[bytes | None, int] = {}  # of equal values

    def written(self, root: int, memory: list[list[tuple[int, int]]]) -> bytes:
        """Return the hash of the sharing below the root; `memory` are arrays that overlap, with their offsets."""
        content = sha256()
        labels: dict[int, int] = {}
        waiting = [(0, [root])]
        count = 0
        while waiting:
            place, group = waiting.pop()
            new = [number for number in dict.fromkeys(group) if number not in labels]
            known = sorted(labels[number] for number in group if number in labels)
            below = list(self._below(new)) if new else []
            content.update(b"%d %d %d %d %s;" % (place, len(group), len(new), len(below), str(known).encode()))
            for number in new:
                labels[number] = count
            count += 1
            waiting.extend(reversed(below))
        clusters = sorted(sorted((labels[number], offset) for number, offset in cluster) for cluster in memory)
        content.update(str(clusters).encode())
        return content.digest()

    def _below(self, numbers: list[int]) -> Iterator[tuple[int, list[int]]]:
        """Yield (place, objects there) of the relevant parts of objects that mean the same, in the graph's order."""
        if numbers[0] < 0 or self._graph.nodes[numbers[0]] is None:
            yield from self._below_plain(numbers)
            return
        if len(numbers) == 1:
            groups: Iterable[list[int]] = self._groups(numbers[0])
        else:
            groups = (
                [one for part in parts for one in part] for parts in zip(*map(self._groups, numbers), strict=False)
            )
        for place, group in enumerate(groups):
            relevant = [self._one(number) for number in group if number in self._relevant]
            if relevant:
                yield place, relevant

    def _below_plain(self, numbers: list[int]) -> Iterator[tuple[int, list[int]]]:
        """Yield (place, containers there) of what is shared in plain data."""
        found: dict[int, list[int]] = {}
        for number in numbers:
            for place, one in self._region.in_plain.get(number, ()):
                found.setdefault(place, []).append(one)
        yield from sorted(found.items())

    def _one(self, number: int) -> int:
        """Return the object, or the first one that it is as good as."""
        if self._is_value is None or not self._is_value(number):
            return number
        return self._first.setdefault(self._graph.digests[number], number)

    def _groups(self, number: int) -> list[list[int]]:
        """Return an object's parts in an order that is the same in every process, those together that have none."""
        node = self._graph.nodes[number] or Node()
        if node.is_ordered or node.head == b"dict":
            return [[part] for _, part in node.parts if isinstance(part, int)]
        found: dict[tuple[bytes, bytes], list[int]] = {}
        keys, is_value = 0, False
        for slot, part in node.parts:
            if is_key(slot):
                keys, is_value = keys + 1, True
                key = b"", b"%09d" % keys
            elif is_value:
                is_value, key = False, (b"", b"%09d value" % keys)
            elif isinstance(part, int):
                key = slot, self._graph.digests[part] or b""
            if isinstance(part, int):
                found.setdefault(key, []).append(part)
        return [found[key] for key in sorted(found)]
