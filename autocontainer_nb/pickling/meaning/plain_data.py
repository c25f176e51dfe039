"""Built-in values in containers, digested and measured many at a time."""

import marshal
from hashlib import sha256
from typing import Any, Final

from autocontainer_nb.wire import LARGE_BUFFER_BYTES

MIN_ITEMS: Final = 32  # shorter ones are walked like any other object
_FIXED_BYTES: Final = {bool: 1, type(None): 1, float: 9, complex: 30}
_SIZED_TYPES: Final = frozenset({*_FIXED_BYTES, int, str, bytes})
_FLAT: Final = (list, tuple, set, frozenset)
_SAMPLE: Final = 1000
# Version 2 of marshal has neither back references nor marks of interned texts: equal values, equal bytes.
_MARSHAL_VERSION: Final = 2
_AT_ONCE: Final = 4096  # elements that are written to memory at a time
_PLAIN: Final = frozenset({type(None), bool, int, float, complex, str, bytes})
_SIZED: Final = frozenset({str, bytes})
_CONTAINERS: Final = frozenset({list, tuple, dict, set, frozenset})
_MAX_NESTED: Final = 1000  # elements, counted as often as they are reached: what is shared isn't written over and over
_MAX_DEPTH: Final = 8
_SORTABLE: Final = ({int}, {str}, {bytes})


def is_plain(value: Any) -> bool:
    """Whether the value is a list, tuple, set or dictionary of many numbers, texts and the like, and nothing else."""
    kind = type(value)
    if kind in _FLAT:
        return len(value) >= MIN_ITEMS and _SIZED_TYPES.issuperset(map(type, value))
    if kind is not dict or len(value) < MIN_ITEMS:
        return False
    return _SIZED_TYPES.issuperset(map(type, value)) and _SIZED_TYPES.issuperset(map(type, value.values()))


def plain_bytes(value: Any) -> int:
    """Return about how many bytes pickle takes for such a container; numbers are measured by a sample."""
    if type(value) is dict:
        return _items_bytes(list(value)) + _items_bytes(list(value.values()))
    return 8 + _items_bytes(value if isinstance(value, list | tuple) else sorted(value, key=repr))


def _items_bytes(items: Any) -> int:
    kinds = set(map(type, items))
    if kinds in ({str}, {bytes}):
        return sum(map(len, items)) + 4 * len(items)
    if len(kinds) == 1 and kinds <= _FIXED_BYTES.keys():
        return _FIXED_BYTES[kinds.pop()] * len(items)
    if kinds <= _FIXED_BYTES.keys() | {int}:
        sample = items[:: max(1, len(items) // _SAMPLE)]
        return int(sum(map(_number_bytes, sample)) * len(items) / len(sample))
    return sum(len(item) + 4 if type(item) in {str, bytes} else _number_bytes(item) for item in items)


def _number_bytes(item: Any) -> int:
    fixed = _FIXED_BYTES.get(type(item))
    if fixed is not None:
        return fixed
    length: int = item.bit_length()
    return 2 if length <= 8 else 3 if length <= 16 else 5 if length < 32 else 3 + length // 8  # noqa: PLR2004 - opcodes' widths


def plain_digest(value: Any, inner: list[int]) -> bytes | None:
    """Return the digest of a container of plain data, None where other things are in it, or large ones.

    Its elements may be containers again, as long as they are small. Sets are taken in the order of their elements, so
    that equal ones have equal digests; dictionaries in their own order, which programs see. The identities of what can
    be changed among its elements are added to `inner`, each as often as it is reached.
    """
    kind = type(value)
    items = _flat_items(value)
    if items is not None:
        return _digest(kind.__name__, items)
    if len(value) > _MAX_NESTED:
        return None
    start = len(inner)
    try:
        found = sha256(b"nested\0" + marshal.dumps(_Nested(inner).ordered(value, 0), _MARSHAL_VERSION)).digest()
    except _NotPlainError:
        del inner[start:]
        return None
    if kind is not tuple and kind is not frozenset:
        del inner[start]  # the container itself
    return found


def _flat_items(value: Any) -> Any:
    """Return the elements in a fixed order, of a dictionary keys and values in turn; None if one isn't plain."""
    if type(value) is dict:
        items = [item for pair in value.items() for item in pair]
        return items if set(map(type, items)) <= _PLAIN and _is_small(items) else None
    kinds = set(map(type, value))
    if not kinds <= _PLAIN or (kinds & _SIZED and not _is_small(value)):
        return None
    if type(value) is list or type(value) is tuple:
        return value
    return sorted(value) if kinds in _SORTABLE or not value else None


class _NotPlainError(Exception):
    """Something isn't plain data, or there is too much of it to be taken at once."""


class _Nested:
    """Makes containers within containers something that marshal writes in one way only."""

    def __init__(self, inner: list[int]) -> None:
        self._count = 0
        self._note = inner.append

    def ordered(self, value: Any, depth: int) -> Any:
        """Return the value with dictionaries and sets as sequences; Ellipsis, which is not plain here, marks them."""
        kind = type(value)
        if kind in _PLAIN:
            if kind in _SIZED and len(value) >= LARGE_BUFFER_BYTES:
                raise _NotPlainError
            return value
        self._count += len(value) if kind in _CONTAINERS else _MAX_NESTED + 1
        if self._count > _MAX_NESTED or depth > _MAX_DEPTH:
            raise _NotPlainError
        if kind is list:
            self._note(id(value))
            return [self.ordered(item, depth + 1) for item in value]
        if kind is tuple:
            return tuple([self.ordered(item, depth + 1) for item in value])
        if kind is dict:
            if not set(map(type, value)) <= _PLAIN or not _is_small(value):
                raise _NotPlainError
            self._note(id(value))
            return (..., "dict", [(key, self.ordered(item, depth + 1)) for key, item in value.items()])
        if set(map(type, value)) not in _SORTABLE and value:
            raise _NotPlainError
        if kind is set:
            self._note(id(value))
        return (..., kind.__name__, sorted(value))


def _is_small(values: Any) -> bool:
    """Whether no text or bytes among the values is so large that it is hashed by itself."""
    return all(len(item) < LARGE_BUFFER_BYTES for item in values if type(item) in _SIZED)


def _digest(kind: str, items: Any) -> bytes:
    content = sha256(f"plain {kind} {len(items)}\0".encode())
    for start in range(0, len(items), _AT_ONCE):
        content.update(marshal.dumps(items[start : start + _AT_ONCE], _MARSHAL_VERSION))
    return content.digest()
