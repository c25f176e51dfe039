"""The digest of plain data: equal for equal values, in every process, whichever of them are one object.

It is the hash of what `marshal` writes, in parts. Sets are written in the order of their elements' own bytes,
dictionaries in the order of insertion, which programs see.
"""

import marshal
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from autocontainer_nb.pickling.plain.levels import ATOMS, MAX_ELEMENTS, TEXTS, Levels, NotPlainError, TooMuchError
from autocontainer_nb.wire import LARGE_BUFFER_BYTES

# Version 2 of marshal has neither back references nor marks of interned texts: equal values, equal bytes.
MARSHAL_VERSION: Final = 2
_HEADER_BYTES: Final = 5  # that marshal writes before a list's elements: the same ones, however many at a time
_AT_ONCE: Final = 8192  # elements of a container that are written to memory at a time
_SMALL: Final = 16  # elements of a container that isn't worth many loops
_MAX_NESTED: Final = 64  # elements below it
_MAX_DEPTH: Final = 8
_SORTABLE: Final = ({int}, {str}, {bytes})


@dataclass(frozen=True)
class PlainData:
    """What one walk over a container of plain data has found."""

    digest: bytes
    texts: list[str | bytes]  # but those that are keys, unless there are many
    dictionaries: list[dict[Any, Any]]
    changeable: list[int]  # identities of what can be changed below the container, as often as it is reached


def plain_data(value: Any) -> PlainData | None:
    """Return what is in a list, tuple, dictionary or set; None if something isn't plain data, or very large."""
    try:
        if len(value) <= _SMALL:
            try:
                return _small(value)
            except TooMuchError:
                pass
        return _large(value)
    except NotPlainError:
        return None
    except ValueError:  # marshal has met what only equals plain data
        return None


def _small(value: Any) -> PlainData:
    found = _Nested()
    ordered = found.ordered(value, 0)
    digest = sha256(b"small\0" + marshal.dumps(ordered, MARSHAL_VERSION)).digest()
    if type(value) is not tuple and type(value) is not frozenset:
        del found.changeable[0]  # the container itself
    return PlainData(digest, found.texts, found.dictionaries, found.changeable)


def _large(value: Any) -> PlainData:
    kind = type(value)
    content = sha256(f"{kind.__name__} {len(value)}\0".encode())
    found = PlainData(b"", [], [value] if kind is dict else [], [])
    elements = _elements(value)
    start, count = 0, _AT_ONCE
    while start < len(elements):
        part = elements[start : start + count]
        try:
            levels = Levels(part, MAX_ELEMENTS)
        except TooMuchError:
            if count == 1:
                raise
            count = max(1, count // 16)
            continue
        written = [_ordered(element) for element in part] if levels.has_sets else list(part)
        content.update(memoryview(marshal.dumps(written, MARSHAL_VERSION))[_HEADER_BYTES:])
        found.texts.extend(levels.texts)
        found.dictionaries.extend(levels.dictionaries)
        found.changeable.extend(levels.changeable)
        start += count
    return PlainData(content.digest(), found.texts, found.dictionaries, found.changeable)


def _elements(value: Any) -> Sequence[Any]:
    """Return the elements in their order, of a dictionary keys and values in turn."""
    kind = type(value)
    if kind is list or kind is tuple:
        return value  # type: ignore[no-any-return]  # it is one of both
    if kind is dict:
        return [one for pair in value.items() for one in pair]
    elements = list(value)
    Levels(elements, MAX_ELEMENTS)  # before any of them is asked for its order
    return _sorted(elements)


def _sorted(elements: list[Any]) -> list[Any]:
    """Return the elements of a set in an order that is the same in every process."""
    if not elements or set(map(type, elements)) in _SORTABLE:
        return sorted(elements)
    return sorted(elements, key=lambda one: marshal.dumps(_ordered(one), MARSHAL_VERSION))


def _ordered(value: Any) -> Any:
    """Return plain data with its sets as sequences; Ellipsis, which isn't plain here, marks them."""
    kind = type(value)
    if kind in ATOMS:
        return value
    if kind is list:
        return [_ordered(one) for one in value]
    if kind is tuple:
        return tuple([_ordered(one) for one in value])
    if kind is dict:
        return {_ordered(key): _ordered(one) for key, one in value.items()}
    return (..., kind.__name__, tuple(map(_ordered, _sorted(list(value)))))


class _Nested:
    """Goes through a small container by itself."""

    def __init__(self) -> None:
        self.texts: list[str | bytes] = []
        self.dictionaries: list[dict[Any, Any]] = []
        self.changeable: list[int] = []
        self._left = _MAX_NESTED

    def ordered(self, value: Any, depth: int) -> Any:
        """Return the value as `_ordered` does.

        Raises:
            NotPlainError: something isn't plain data, or is a text so large that it is hashed by itself.
            TooMuchError: there are many elements.
        """
        kind = type(value)
        if kind in ATOMS:
            if kind in TEXTS:
                if len(value) >= LARGE_BUFFER_BYTES:
                    raise NotPlainError
                self.texts.append(value)
            return value
        if kind is tuple:
            self._count(value, depth)
            return tuple([self.ordered(one, depth + 1) for one in value])
        if kind is list:
            self._count(value, depth)
            self.changeable.append(id(value))
            return [self.ordered(one, depth + 1) for one in value]
        if kind is dict:
            self._count(value, depth)
            self.changeable.append(id(value))
            self.dictionaries.append(value)
            keys = [self.ordered(key, depth + 1) for key in value]
            return dict(zip(keys, [self.ordered(one, depth + 1) for one in value.values()], strict=True))
        if kind is not set and kind is not frozenset:
            raise NotPlainError
        self._count(value, depth)
        if kind is set:
            self.changeable.append(id(value))
        for one in value:
            self.ordered(one, depth + 1)
        return _ordered(value)

    def _count(self, value: Any, depth: int) -> None:
        self._left -= len(value)
        if self._left < 0 or depth > _MAX_DEPTH:
            raise TooMuchError
