"""Where suspected texts are: a search without a limit, which is asked only where something is suspected.

The walk for people (`walk`) has a limit, and takes its time with each object. This one only remembers how it came to
an object, by the number of the part at each step, and tells the ways to what holds a suspected text. Along these ways
the other walk goes, and judges.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from itertools import chain
from types import CellType, CodeType
from typing import Any, Final

from autocontainer_nb.pickling.meaning.parts import MODULE, REFERENCE, parts_of

_CONTAINERS: Final = frozenset({list, tuple, dict, set, frozenset})
_TEXTS: Final = frozenset({str, bytes, bytearray, memoryview})
_ATOMS: Final = frozenset({type(None), bool, int, float, complex, type(...)})
_Entry = tuple[Any, Any, int]  # an object, the entry of what holds it, and which part of that it is
Way = dict[int, Any]  # the numbers of the parts to go on with, each with the way from there


def ways(
    values: Sequence[Any], texts: Collection[str | bytes], is_sought: Callable[[Any], bool]
) -> Iterator[list[int]]:
    """Yield the way to each object that holds one of the texts, is one, or is sought itself: numbers of parts.

    The first number is that of the value. An object that is reached twice is told once.
    """
    seen: dict[int, Any] = {}  # keeps the objects alive, so that ids stay unique
    waiting: list[_Entry] = [(value, None, number) for number, value in reversed(list(enumerate(values)))]
    while waiting:
        entry = waiting.pop()
        value = entry[0]
        kind = type(value)
        if kind in _TEXTS:
            if _is_among(value, texts):
                yield _way_to(entry)
            continue
        if id(value) in seen:
            continue
        seen[id(value)] = value
        items = _items(value, kind)
        holds, inner = kind not in _CONTAINERS and is_sought(value), []
        for number, item in items:
            part = type(item)
            if part in _TEXTS:
                holds = holds or _is_among(item, texts)
            elif part not in _ATOMS and id(item) not in seen:
                inner.append((item, entry, number))
        if holds:
            yield _way_to(entry)
        waiting.extend(reversed(inner))


def tree_of(found: Sequence[Sequence[int]]) -> Way:
    """Return the ways as one tree."""
    tree: Way = {}
    for way in found:
        place = tree
        for number in way:
            place = place.setdefault(number, {})
    return tree


def _items(value: Any, kind: type) -> Iterator[tuple[int, Any]]:
    if kind is dict:
        return enumerate(chain.from_iterable(value.items()))
    if kind in _CONTAINERS:
        return enumerate(value)
    if kind is CodeType:
        return enumerate(value.co_consts)
    parts = parts_of(value)
    if parts.how in {REFERENCE, MODULE}:
        return iter(())
    return enumerate(content_of(part.value) for part in parts.children)


def content_of(value: Any) -> Any:
    """Return the content of a closure cell; any other value as it is."""
    if type(value) is CellType:
        with suppress(ValueError):  # not bound yet
            return value.cell_contents
    return value


def _is_among(text: Any, texts: Collection[str | bytes]) -> bool:
    return (text if type(text) is str or type(text) is bytes else bytes(text)) in texts


def _way_to(entry: _Entry) -> list[int]:
    way = []
    at: Any = entry
    while at is not None:
        way.append(at[2])
        at = at[1]
    return way[::-1]
