"""The size of very many objects of few kinds, taken together: tables of dictionaries, lists of a class's instances.

For where no text in them is to be judged. What pickle writes once counts once.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from operator import attrgetter
from typing import Any, Final

from autocontainer_nb.pickling.plain.levels import CONTAINERS, TEXTS

MIN_ITEMS: Final = 32  # of a container that is worth it
ATOM_BYTES: Final = {int: 3, float: 9, bool: 1, type(None): 1, complex: 30}  # too many and too simple to be visited
CONTAINER_BYTES: Final = 4
OBJECT_BYTES: Final = 12  # approximate size of an object without its parts
PART_BYTES: Final = 2
SHARED_BYTES: Final = 64  # texts of this size and more are counted once, as pickle writes them once
_MAX_LEVELS: Final = 50
_ON_DEVICES: Final = frozenset({"torch", "cupy"})  # libraries of which there may be something to tell
_PLAIN: Final = ATOM_BYTES.keys() | TEXTS | CONTAINERS


@dataclass
class Many:
    """What a container holds: of which `parts` there are all, by their identities, and one instance of each class."""

    size_bytes: int = 0
    parts: dict[int, Any] = field(default_factory=dict)
    instances: dict[type, Any] = field(default_factory=dict)


def is_small(value: Any) -> bool:
    """Whether it is a number or a short text."""
    kind = type(value)
    return kind in ATOM_BYTES or (kind in TEXTS and len(value) < SHARED_BYTES)


def many_in(value: Any, seen: Mapping[int, Any], is_record: Callable[[Any], bool], max_text_bytes: int) -> Many | None:
    """Return what is in a container but not in `seen`; None if something in it needs a look of its own.

    That is everything but plain data and instances of classes that `is_record`, and texts of `max_text_bytes`.
    """
    if type(value) not in CONTAINERS or len(value) < MIN_ITEMS:
        return None
    found = Many()
    level: Sequence[Any] = [value]
    for _ in range(_MAX_LEVELS):
        counts = Counter(map(type, level))
        classes = counts.keys() - _PLAIN
        if classes and not _are_records(classes, level, found, is_record):
            return None
        found.size_bytes += sum(ATOM_BYTES[kind] * count for kind, count in counts.items() if kind in ATOM_BYTES)
        if not counts.keys().isdisjoint(TEXTS):
            texts = [one for one in level if type(one) in TEXTS]
            longest = max(map(len, texts))
            if longest >= max_text_bytes:
                return None
            found.size_bytes += _text_bytes(texts, found, seen) if longest >= SHARED_BYTES else _short_bytes(texts)
        if counts.keys() <= ATOM_BYTES.keys() | TEXTS:
            return found
        met = {id(one): one for one in level if type(one) not in ATOM_BYTES and type(one) not in TEXTS}
        fresh = [one for key, one in met.items() if key not in seen and key not in found.parts]
        found.parts.update(met)
        level = _below(fresh, classes, found)
    return None


def _are_records(classes: Iterable[type], level: Iterable[Any], found: Many, is_record: Callable[[Any], bool]) -> bool:
    """Whether instances of these classes are their attributes and nothing else; notes one of each."""
    missing = set(classes) - found.instances.keys()
    if not missing:
        return True
    for one in level:
        kind = type(one)
        if kind in missing:
            if str(kind.__module__).partition(".")[0] in _ON_DEVICES or not is_record(one):
                return False
            found.instances[kind] = one
            missing.discard(kind)
            if not missing:
                break
    return True


def _below(fresh: Sequence[Any], classes: Iterable[type], found: Many) -> Sequence[Any]:
    """Return what is in these containers and instances; their own sizes are counted."""
    dictionaries = [one for one in fresh if type(one) is dict]
    records = [one for one in fresh if type(one) in classes] if classes else []
    below: list[Iterable[Any]] = [one for one in fresh if type(one) in CONTAINERS and type(one) is not dict]
    found.size_bytes += CONTAINER_BYTES * (len(dictionaries) + len(below))
    if dictionaries:
        keys = list(chain.from_iterable(dictionaries))
        others = [key for key in keys if type(key) is not str]
        texts = {key for key in keys if type(key) is str}
        found.size_bytes += PART_BYTES * (len(keys) - len(others)) + sum(map(len, texts))  # a name is written once
        below += [others, *map(dict.values, dictionaries)]
    if records:
        attributes = list(map(attrgetter("__dict__"), records))
        found.size_bytes += (OBJECT_BYTES + 2 * PART_BYTES) * len(records)  # its class, and what makes it
        found.size_bytes += PART_BYTES * sum(map(len, attributes))
        below += map(dict.values, attributes)
    return list(chain.from_iterable(below))


def _short_bytes(texts: Sequence[Any]) -> int:
    return sum(map(len, texts)) + PART_BYTES * len(texts)


def _text_bytes(texts: Iterable[Any], found: Many, seen: Mapping[int, Any]) -> int:
    """Return the size of texts, long ones once."""
    short = [one for one in texts if len(one) < SHARED_BYTES]
    long = {id(one): one for one in texts if len(one) >= SHARED_BYTES}
    fresh = [one for key, one in long.items() if key not in seen and key not in found.parts]
    found.parts.update(long)
    return _short_bytes(short) + _short_bytes(fresh)
