"""How much of the memory that arrays show hasn't been counted yet: where they share some, it travels once."""

from bisect import bisect_left
from typing import Any

from autocontainer_nb.pickling.portable.addresses import address_of


class CountedMemory:
    """The memory counted in one walk. The walk keeps all arrays alive, so no address is used twice."""

    def __init__(self) -> None:
        self._starts: list[int] = []  # of the counted parts, which neither touch nor overlap
        self._ends: list[int] = []

    def fresh_bytes(self, holder: Any, atom: bytes | bytearray | memoryview | None) -> int:
        """Return how many bytes of a buffer are new; `holder` is the object that it belongs to.

        Of other holders than arrays, which may make a buffer for the look alone, all are.
        """
        size = length_of(atom)
        kind = type(holder)
        if not size or kind.__module__ != "numpy" or kind.__name__ != "ndarray":
            return size
        try:
            start = address_of(holder)
        except (BufferError, TypeError, ValueError):
            return size
        return self._add(start, start + size)

    def _add(self, start: int, end: int) -> int:
        first = bisect_left(self._ends, start)
        last, known, merged = first, 0, (start, end)
        while last < len(self._starts) and self._starts[last] <= end:
            known += max(0, min(end, self._ends[last]) - max(start, self._starts[last]))
            merged = min(merged[0], self._starts[last]), max(merged[1], self._ends[last])
            last += 1
        self._starts[first:last], self._ends[first:last] = [merged[0]], [merged[1]]
        return end - start - known


def length_of(atom: bytes | bytearray | memoryview | None) -> int:
    """Return the size of a part that is bytes."""
    return 0 if atom is None else atom.nbytes if isinstance(atom, memoryview) else len(atom)
