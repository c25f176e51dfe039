"""Plain data, read in linear time wherever it is: what isn't plain is looked at once, not once for each thing around.

Whether a container is plain data depends on what it holds alone, never on what holds it: equal ones have equal digests.
"""

from collections.abc import Iterator
from typing import Any, Final

from autocontainer_nb.pickling.plain.digest import PlainData, plain_data
from autocontainer_nb.pickling.plain.levels import ATOMS, CONTAINERS, MAX_ELEMENTS, MAX_LEVELS, TEXTS
from autocontainer_nb.wire import LARGE_BUFFER_BYTES

_ODD: Final = (MAX_LEVELS, 0)


class PlainReader:
    """Reads containers; they must stay alive and unchanged until it is dropped."""

    def __init__(self) -> None:
        self._measures: dict[int, tuple[int, int]] = {}  # levels and elements below what is in something odd

    def read(self, value: Any) -> PlainData | None:
        """Return what is in a list, tuple, dictionary or set; None if something isn't plain data, or very large."""
        if self._measures.get(id(value)) == _ODD:
            return None
        found = plain_data(value)
        if found is None:
            if id(value) not in self._measures:
                self._measure(value)
            self._measures[id(value)] = _ODD
        return found

    def _measure(self, value: Any) -> None:
        """Measure a container and all those below it that are reached by containers only, each once."""
        measures = self._measures
        measures[id(value)] = _ODD  # until it is known: a circle is odd
        work = [(value, _inner(value))]
        while work:
            container, rest = work[-1]
            for one in rest:
                if id(one) not in measures:
                    measures[id(one)] = _ODD
                    work.append((one, _inner(one)))
                    break
            else:
                work.pop()
                measures[id(container)] = self._measured(container)

    def _measured(self, container: Any) -> tuple[int, int]:
        elements = len(container)
        levels = 0
        if not _holds_plain(container):
            return _ODD
        for one in _inner(container):
            below, within = self._measures[id(one)]
            levels, elements = max(levels, below + 1), elements + within
            if levels >= MAX_LEVELS or within > MAX_ELEMENTS:
                return _ODD
        return levels, elements


def _inner(container: Any) -> Iterator[Any]:
    """Yield the containers in a container."""
    if type(container) is dict:
        yield from (key for key in container if type(key) in CONTAINERS)
        container = container.values()
    yield from (one for one in container if type(one) in CONTAINERS)


def _holds_plain(container: Any) -> bool:
    values = [*container, *container.values()] if type(container) is dict else container
    kinds = set(map(type, values))
    if not kinds <= ATOMS | CONTAINERS:
        return False
    return kinds.isdisjoint(TEXTS) or all(len(one) < LARGE_BUFFER_BYTES for one in values if type(one) in TEXTS)
