"""Circles of objects: their nodes are told apart wherever they differ, in time that grows with their size."""

from collections import Counter
from collections.abc import Callable, Mapping
from hashlib import sha256
from itertools import pairwise
from random import Random
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autocontainer_nb.pickling.capture.buffers import ContentHashes
from autocontainer_nb.pickling.code.cells import cells
from autocontainer_nb.pickling.code.sources import SourceCollector
from autocontainer_nb.pickling.meaning.fingerprint import Fingerprinter
from autocontainer_nb.pickling.meaning.graph import colours, components

GRAPHS = st.integers(1, 9).flatmap(
    lambda n: st.lists(
        st.tuples(st.integers(0, 1), st.lists(st.integers(0, n - 1), max_size=3)), min_size=n, max_size=n
    )
)


def _digest(
    nodes: list[tuple[int, list[int]]], asked: Counter[int] | None = None
) -> Callable[[int, Mapping[int, bytes]], bytes]:
    """Return the function that makes a node's digest of its head, its own colour and those of its parts."""

    def digest(node: int, known: Mapping[int, bytes]) -> bytes:
        if asked is not None:
            asked[node] += 1
        head, parts = nodes[node]
        content = sorted(known.get(part, b"") for part in parts)
        return sha256(b"\0".join([str(head).encode(), known.get(node, b""), *content])).digest()

    return digest


def _parted(found: Mapping[int, object]) -> set[frozenset[int]]:
    return {frozenset(node for node in found if found[node] == colour) for colour in set(found.values())}


def _told_apart(nodes: list[tuple[int, list[int]]]) -> set[frozenset[int]]:
    """Return the groups of nodes that nothing tells apart, found the slow way."""
    known: dict[int, object] = dict.fromkeys(range(len(nodes)), 0)
    for _ in nodes:
        texts = [(head, known[number], sorted(map(str, (known[part] for part in parts))))
                 for number, (head, parts) in enumerate(nodes)]  # fmt: skip
        known = {number: str(text) for number, text in enumerate(texts)}
        names = {text: name for name, text in enumerate(sorted(map(str, set(known.values()))))}
        known = {number: names[str(text)] for number, text in known.items()}
    return _parted(known)


@settings(deadline=None, max_examples=60)
@given(GRAPHS)
def test_nodes_have_one_colour_if_nothing_tells_them_apart(nodes: list[tuple[int, list[int]]]) -> None:
    """Two nodes have equal colours exactly where they and all that they refer to are alike."""
    found = colours(range(len(nodes)), lambda node: nodes[node][1], _digest(nodes))
    assert _parted(found) == _told_apart(nodes)


@settings(deadline=None, max_examples=60)
@given(GRAPHS, st.randoms(use_true_random=False))
def test_colours_have_nothing_of_the_order_or_the_number_of_equal_nodes(
    nodes: list[tuple[int, list[int]]], random: Random
) -> None:
    """A graph whose nodes are met in another order, and one that is there twice, have the same colours."""
    count = len(nodes)
    found = colours(range(count), lambda node: nodes[node][1], _digest(nodes))
    places = random.sample(range(2 * count), 2 * count)
    doubled: list[tuple[int, list[int]]] = [(0, [])] * (2 * count)
    for number, (head, parts) in enumerate(nodes):
        for copy in (0, count):
            doubled[places[number + copy]] = head, [places[part + random.choice((0, count))] for part in parts]
    again = colours(range(2 * count), lambda node: doubled[node][1], _digest(doubled))
    assert [again[places[number]] for number in range(count)] == [found[number] for number in range(count)]


@pytest.mark.parametrize("count", [500, 2000])
def test_a_list_that_knows_its_neighbours_asks_for_each_node_a_few_times(count: int) -> None:
    """What tells its nodes apart comes from the ends, a step at a time; nodes that it hasn't reached aren't asked."""
    nodes = [(0, [near for near in (number - 1, number + 1) if 0 <= near < count]) for number in range(count)]
    asked: Counter[int] = Counter()
    found = colours(range(count), lambda node: nodes[node][1], _digest(nodes, asked))
    assert len(set(found.values())) == count // 2  # both ends are alike
    assert asked.total() <= 16 * count


class _Compared(int):
    """A node's number that notes how often it is compared."""

    times = 0

    def __eq__(self, other: object) -> bool:
        _Compared.times += 1
        return int(self) == other

    __hash__ = int.__hash__


def test_small_circles_behind_each_other_are_found_without_going_through_what_is_open() -> None:
    """A chain of pairs that know each other: the pairs are closed from the far end, while all others wait."""
    count = 600
    numbers = [_Compared(number) for number in range(2 * count)]

    def children(node: int) -> list[int]:
        return [numbers[node - 1]] if node % 2 else [numbers[one] for one in (node + 1, node + 2) if one < 2 * count]

    _Compared.times = 0
    found = list(components(children, [numbers[0]]))
    assert _Compared.times <= 10 * count
    assert [sorted(map(int, one)) for one in found] == [[2 * n, 2 * n + 1] for n in reversed(range(count))]


def test_an_edit_far_away_in_a_circle_is_another_version() -> None:
    """The version of the first of many objects that know their neighbours says what the last one holds."""

    def linked(last: int) -> SimpleNamespace:
        made = [SimpleNamespace(before=None, after=None, item=0) for _ in range(300)]
        for one, other in pairwise(made):
            one.after, other.before = other, one
        made[-1].item = last
        return made[0]

    versions = [Fingerprinter(SourceCollector(cells), ContentHashes()).digest(linked(last)) for last in (1, 2, 1)]
    assert versions[0] == versions[2] != versions[1]
