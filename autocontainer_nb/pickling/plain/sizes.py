"""How many bytes pickle takes for flat containers of plain data, measured many elements at a time."""

from typing import Any, Final

MIN_ITEMS: Final = 32  # shorter ones are walked like any other object
_FIXED_BYTES: Final = {bool: 1, type(None): 1, float: 9, complex: 30}
_SIZED_TYPES: Final = frozenset({*_FIXED_BYTES, int, str, bytes})
_FLAT: Final = (list, tuple, set, frozenset)
_SAMPLE: Final = 1000


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
