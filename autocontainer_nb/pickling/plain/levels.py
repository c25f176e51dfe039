"""What is in containers of plain data, level by level: no line of Python runs for a single value.

A list of 100,000 dictionaries has three levels: itself, the dictionaries, and what is in these. Each is one flat list,
which `map`, `set` and `chain` go through.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, Final

from autocontainer_nb.wire import LARGE_BUFFER_BYTES

ATOMS: Final = frozenset({type(None), bool, int, float, complex, str, bytes})
TEXTS: Final = frozenset({str, bytes})
CONTAINERS: Final = frozenset({list, tuple, dict, set, frozenset})
CHANGEABLE: Final = frozenset({list, dict, set})
_PLAIN: Final = ATOMS | CONTAINERS
_SETS: Final = frozenset({set, frozenset})
_KEYS_APART: Final = frozenset({bytes, tuple, frozenset})  # kinds of keys of which equal ones may be of other kinds
MAX_LEVELS: Final = 200  # more are gone through like other objects
MAX_ELEMENTS: Final = 1 << 21  # of what is taken at once, and of all that these hold
_MAX_SHARED: Final = 4  # times that what can be changed may be met, on the average
MAX_ROW: Final = 64  # keys of a dictionary that is taken for one of many rows


class NotPlainError(Exception):
    """Something isn't plain data."""


class TooMuchError(NotPlainError):
    """It is too much to be taken at once, counted as often as it is reached."""


class TooSharedError(NotPlainError):
    """What can be changed is reached so often that it is better gone through once."""


class Levels:
    """What the values hold and what is in that, all levels; what is shared is met as often as it is reached.

    Raises:
        NotPlainError: something isn't plain data, or is a text so large that it is hashed by itself.
        TooMuchError: there are more than `at_most` elements.
        TooSharedError: what can be changed is shared by very many.
    """

    def __init__(self, values: Sequence[Any], at_most: int) -> None:
        self.texts: list[str | bytes] = []  # all texts that are no keys of dictionaries
        self.dictionaries: list[dict[Any, Any]] = []
        self.changeable: list[int] = []  # identities of lists, dictionaries and sets, in an order that values determine
        self.has_sets = False
        self._left = at_most
        level: Sequence[Any] = values
        for _ in range(MAX_LEVELS):
            level = self._below(level)
            if not level:
                return
        raise TooMuchError

    def _below(self, level: Sequence[Any]) -> Sequence[Any]:
        """Take one level, and return the next one; empty if there is none."""
        present = set(map(type, level))
        if not present <= _PLAIN:
            raise NotPlainError
        if present & TEXTS:
            texts = _of(present & TEXTS, present, level)
            if max(map(len, texts)) >= LARGE_BUFFER_BYTES:
                raise NotPlainError
            self.texts += texts
        kinds = present & CONTAINERS
        if not kinds:
            return ()
        containers = _of(kinds, present, level)
        self._count(kinds, containers)
        if not kinds.isdisjoint(_SETS):
            self.has_sets = True
        below: list[Iterable[Any]] = []
        if dict in kinds:
            dictionaries = _of({dict}, kinds, containers)
            self.dictionaries += dictionaries
            below += (chain.from_iterable(map(dict.values, dictionaries)), _checked_keys(dictionaries))
        if kinds != {dict}:
            below.append(chain.from_iterable(_of(kinds - {dict}, kinds, containers)))
        return list(chain.from_iterable(below))

    def _count(self, kinds: set[type], containers: Sequence[Any]) -> None:
        self._left -= sum(map(len, containers))
        if self._left < 0:
            raise TooMuchError
        if kinds.isdisjoint(CHANGEABLE):
            return
        changeable = _of(kinds & CHANGEABLE, kinds, containers)
        identities = list(map(id, changeable))
        self.changeable += identities
        if _MAX_SHARED * len(set(identities)) < len(changeable):
            once = dict(zip(identities, changeable, strict=True)).values()
            if sum(map(len, changeable)) > _MAX_SHARED * sum(map(len, once)) + 1000:
                raise TooSharedError


def _of(wanted: set[type], present: set[type], level: Sequence[Any]) -> Sequence[Any]:
    """Return the values of the wanted kinds, among those that are present."""
    if wanted == present:
        return level
    if len(wanted) == 1:
        (kind,) = wanted
        return [value for value in level if type(value) is kind]
    return [value for value in level if type(value) in wanted]


def rows_of(dictionaries: Iterable[dict[Any, Any]]) -> set[tuple[Any, ...]]:
    """Return the keys of all dictionaries, equal ones once: records have few different ones."""
    return set(map(tuple, dictionaries))


def _checked_keys(dictionaries: Sequence[dict[Any, Any]]) -> Sequence[Any]:
    """Return the containers among the keys, after a look at all keys."""
    are_rows = max(map(len, dictionaries)) <= MAX_ROW
    keys = list(chain.from_iterable(rows_of(dictionaries) if are_rows else dictionaries))
    kinds = set(map(type, keys))
    if are_rows and kinds & _KEYS_APART:
        keys = list(chain.from_iterable(dictionaries))
        kinds = set(map(type, keys))
    if not kinds <= _PLAIN:
        raise NotPlainError
    if kinds & TEXTS and max(map(len, _of(kinds & TEXTS, kinds, keys))) >= LARGE_BUFFER_BYTES:
        raise NotPlainError
    return _of(kinds & CONTAINERS, kinds, keys)
