"""The wire form of collections whose items are unions of simple types: all items at a time, as simple types are.

One element of a LiteralCollection (literals.proto), around what would be an element for the variant alone:

    collection.literals(1) { literal.scalar(1) { scalar.union(9) { union.value(1) { ... } union.type(2) { ... } } } }

`union.value` and `collection.literals` have the same number, so that an element of the variant's own collection stands
in the middle as it is.
"""

import struct
from collections.abc import Callable
from typing import Any, Final

from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.type_engine.families.simple import NoneTransformer, SimpleTransformer
from autocontainer_nb.type_engine.transformer import Transformer
from autocontainer_nb.type_engine.wire_form import ONE_BYTE_LENGTH, head, varint, varint_at

_AROUND: Final = b"\x0a\x0a\x4a"  # the tags of literals, scalar and union
_SCALAR, _UNION = _AROUND[1:]
_TYPE: Final = b"\x12"
_HEAD: Final = 6  # bytes, if all three lengths take one byte
_PRIMITIVE: Final = 6  # likewise, from an element of the variant's own collection to the field's tag
_INT_TAG, _FLOAT_TAG, _STR_TAG, _BOOL_TAG = 0x08, 0x11, 0x1A, 0x20
_DOUBLE: Final = struct.Struct("<d").unpack_from
_UNLIKE: Final = object()  # in place of a value whose form isn't the variant's
_NONE: Final = b"\x0a\x04\x0a\x02\x2a\x00"  # an element of a collection: a literal's scalar with an empty none_type(5)


class SimpleUnion:
    """The variants of a union, all of them simple types or None, with the ends of their wire forms."""

    def __init__(self, variants: list[Transformer], types: list[types_pb2.LiteralType]) -> None:
        forms = [each.SerializeToString(deterministic=True) for each in types]
        self._ends = [_TYPE + varint(len(form)) + form for form in forms]
        classes = [type(None) if isinstance(each, NoneTransformer) else each.python_type for each in variants]
        self._by_class = {kind: at for at, kind in enumerate(classes)}
        self._readers = [_READERS[kind] for kind in classes]
        self._variants = variants

    @classmethod
    def of(cls, variants: list[Transformer], types: list[types_pb2.LiteralType]) -> "SimpleUnion | None":
        """Return it, or None where a variant has parts, files or a way of its own to read or to write."""
        for each in variants:
            has_wire_form = isinstance(each, SimpleTransformer) and each.has_wire_form
            if not has_wire_form and type(each) is not NoneTransformer:
                return None
        made = cls(variants, types)
        ends = made._ends
        is_clear = not any(one is not other and one.endswith(other) for one in ends for other in ends)
        return made if is_clear and len(made._by_class) == len(variants) else None

    def groups(self, values: list[Any]) -> dict[type, list[Any]] | None:
        """Return the values by their class, or None where one isn't exactly of a variant."""
        kinds = set(map(type, values))
        if not kinds <= self._by_class.keys():
            return None
        if len(kinds) == 1:
            return {kinds.pop(): values}
        return {kind: [value for value in values if type(value) is kind] for kind in kinds}

    def check_group(self, kind: type, values: list[Any]) -> None:
        """Raise Misfit unless all values, which are exactly of the class, fit."""
        self._variants[self._by_class[kind]].check_many(values)

    def wire_form(self, values: list[Any], groups: dict[type, list[Any]]) -> bytes:
        """Return the wire form of a collection of the values.

        Raises:
            Misfit, ValueError, OverflowError: a value doesn't fit.
        """
        parts = {kind: self._parts(kind, group) for kind, group in groups.items()}
        if len(parts) == 1:
            return b"".join(*parts.values())
        turns = {kind: iter(group) for kind, group in parts.items()}
        return b"".join(map(next, map(turns.__getitem__, map(type, values))))

    def _parts(self, kind: type, values: list[Any]) -> list[bytes]:
        variant, end = self._variants[self._by_class[kind]], self._ends[self._by_class[kind]]
        if not isinstance(variant, SimpleTransformer):
            return _wrapped([_NONE] * len(values), end)
        return _wrapped(variant.wire_parts(values), end)

    def read(self, collection: literals_pb2.LiteralCollection) -> list[Any] | None:
        """Return the values, or None where a literal isn't exactly in the form that is written here."""
        wire = collection.SerializeToString()
        ends = list(zip(self._ends, map(len, self._ends), self._readers, strict=True))
        found: list[Any] = []
        add, ends_with, read_int = found.append, wire.endswith, _int
        at, size = 0, len(wire)
        while at < size:
            if wire[at + 1] < ONE_BYTE_LENGTH:  # so are the lengths inside
                inner, at = at + _HEAD, at + 2 + wire[at + 1]
                if wire[inner - 4] != _SCALAR or wire[inner - 2] != _UNION:
                    return None
            else:
                inner, at = _inside(wire, at)
            for end, length, reader in ends:
                if ends_with(end, inner, at):
                    stop, read = at - length, reader
                    break
            else:
                return None
            begin = stop - 3
            if read is read_int and begin == inner + _PRIMITIVE + 1 and wire[begin - 1] == _INT_TAG:
                add(wire[begin] & 0x7F | (wire[begin + 1] & 0x7F) << 7 | wire[begin + 2] << 14)  # as most ints are
                continue
            value = read(wire, inner, stop)
            if value is _UNLIKE:
                return None
            add(value)
        return found


def _wrapped(elements: list[bytes], end: bytes) -> list[bytes]:
    heads = {size: head(_AROUND, size + len(end)) for size in set(map(len, elements))}
    return [heads[len(element)] + element + end for element in elements]


# Each reads what is in a union, `wire[at:stop]`, an element of the variant's own collection.
def _int(wire: bytes, at: int, stop: int) -> Any:
    begin = at + _PRIMITIVE + 1
    if wire[begin - 1] != _INT_TAG or wire[at + 1] >= ONE_BYTE_LENGTH:
        return _UNLIKE
    if stop == begin + 1:
        return wire[begin]
    if stop == begin + 2:
        return wire[begin] & 0x7F | wire[begin + 1] << 7
    if stop == begin + 3:
        return wire[begin] & 0x7F | (wire[begin + 1] & 0x7F) << 7 | wire[begin + 2] << 14
    found, end = varint_at(wire, begin)
    return _UNLIKE if end != stop else found - (1 << 64) if found >> 63 else found


def _float(wire: bytes, at: int, stop: int) -> Any:
    begin = at + _PRIMITIVE + 1
    return _DOUBLE(wire, begin)[0] if wire[begin - 1] == _FLOAT_TAG and stop == begin + 8 else _UNLIKE


def _bool(wire: bytes, at: int, stop: int) -> Any:
    begin = at + _PRIMITIVE + 1
    return wire[begin] == 1 if wire[begin - 1] == _BOOL_TAG and stop == begin + 1 else _UNLIKE


def _str(wire: bytes, at: int, stop: int) -> Any:
    if wire[at + 1] < ONE_BYTE_LENGTH:
        begin = at + _PRIMITIVE
    else:
        _, begin = varint_at(wire, at + 1)
        _, begin = varint_at(wire, begin + 1)
        _, begin = varint_at(wire, begin + 1)
    length, start = varint_at(wire, begin + 1)
    return wire[start:stop].decode() if wire[begin] == _STR_TAG and start + length == stop else _UNLIKE


def _none(wire: bytes, at: int, stop: int) -> Any:
    return None if wire[at:stop] == _NONE else _UNLIKE


_READERS: Final[dict[type, Callable[[bytes, int, int], Any]]] = {
    int: _int,
    float: _float,
    bool: _bool,
    str: _str,
    type(None): _none,
}


def _inside(wire: bytes, at: int) -> tuple[int, int]:
    """Return where the union's content begins in the element at a place, and where the next element does."""
    length, inner = varint_at(wire, at + 1)
    end = inner + length
    for tag in (_SCALAR, _UNION):
        if wire[inner] != tag:
            return end, end  # which no variant's form ends with
        _, inner = varint_at(wire, inner + 1)
    return inner, end
