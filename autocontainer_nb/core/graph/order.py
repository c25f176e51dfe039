"""Which node may wait for which: a graph stays free of cycles while `>>` adds edges to it.

Each node has a rank, above those of all that it waits for. A new node gets the highest, since it takes what is there
already. So an edge from an earlier to a later node needs no search; one against the ranks looks at the nodes whose
ranks lie between, and moves what has to come first.
"""

from collections.abc import Sequence
from itertools import count
from typing import TYPE_CHECKING, Any, Final, Protocol
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from fractions import Fraction


class Waiting(Protocol):
    """The part of a node that is needed here."""

    @property
    def awaited(self) -> Sequence[Any]:
        """The nodes that must run before this one."""


# Beside the nodes, not in them: what is true while a graph is drawn is no part of its meaning, and isn't pickled.
_ranks: Final[WeakKeyDictionary[Any, "Fraction | int"]] = WeakKeyDictionary()
_numbers: Final = count(1)
_LOWEST: Final = 0  # for a node that has to come first and waits for none
_STEP: Final = 1 << 20  # parts of a rank: close to what they wait for, so that the next one finds room behind them


def rank_of(node: Waiting) -> "Fraction | int":
    """Return the node's rank; a node that has none gets the highest."""
    rank = _ranks.get(node)
    if rank is None:
        rank = _ranks[node] = next(_numbers)
    return rank


def may_run_before(first: Waiting, then: Waiting) -> bool:
    """Whether `then` may wait for `first`, which it doesn't if `first` waits for it; the ranks allow it afterwards."""
    if first is then:
        return False
    ceiling = rank_of(then)
    if rank_of(first) < ceiling:
        return True
    moved: dict[int, Waiting] = {}
    below: list[Fraction | int] = []
    pending = [first]
    while pending:
        node = pending.pop()
        if node is then:
            return False
        if id(node) in moved:
            continue
        moved[id(node)] = node
        for each in node.awaited:
            if rank_of(each) < ceiling:
                below.append(rank_of(each))
            else:
                pending.append(each)
    _put_between(max(below, default=min(_LOWEST, ceiling - 1)), ceiling, sorted(moved.values(), key=rank_of))
    return True


def _put_between(low: "Fraction | int", high: "Fraction | int", nodes: Sequence[Waiting]) -> None:
    from fractions import Fraction  # which loads decimal; few graphs need it

    step = min(Fraction(high - low) / (len(nodes) + 1), Fraction(1, _STEP))
    for number, node in enumerate(nodes, start=1):
        _ranks[node] = low + number * step
