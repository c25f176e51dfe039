"""Literals as constants of a graph, where Flyte has no place for their metadata: it goes inside the value.

A binding holds scalars, collections and maps of them, but no literal. What a literal's metadata says (that a pickle is
the whole value, which fields of a model were given, which member of a union it is) would be lost on the way to the
node. So it becomes one more entry of a msgpack map or struct, the last one, and the metadata of what is in a union.
"""

from typing import Any, Final

from flyteidl.core import literals_pb2

from autocontainer_nb.wire import MEMBER_KEY, METADATA_ENTRY, MSGPACK_TAG

_FIXED, _MAP_16, _MAP_32 = 0x80, 0xDE, 0xDF  # how a map begins, by the number of its entries (msgpack's specification)
_MAX_FIXED, _MAX_16 = 15, (1 << 16) - 1
_ENTRY: Final = bytes([0xA0 | len(METADATA_ENTRY)]) + METADATA_ENTRY.encode()  # the key, as msgpack has it


def scalar_of_constant(literal: literals_pb2.Literal) -> literals_pb2.Scalar:
    """Return the literal's scalar with its metadata inside; the literal is left as it is."""
    if not literal.metadata:
        return literal.scalar
    kind = literal.scalar.WhichOneof("value")
    made = literals_pb2.Scalar()
    made.CopyFrom(literal.scalar)
    if kind == "union":
        made.union.value.metadata.update(literal.metadata)
    elif kind == "generic":
        made.generic.fields[METADATA_ENTRY].struct_value.update(dict(literal.metadata))
    elif kind == "binary" and made.binary.tag == MSGPACK_TAG:
        made.binary.value = _with_entry(made.binary.value, dict(literal.metadata))
    return made


def literal_of_constant(literal: literals_pb2.Literal) -> literals_pb2.Literal:
    """Return the literal that a constant was made of: with its metadata where that belongs; any other as it is."""
    kind = literal.scalar.WhichOneof("value")
    if kind == "binary":
        begin = literal.scalar.binary.value.rfind(_ENTRY)
        return literal if begin < 0 or literal.metadata else _without_entry(literal, begin)
    if kind == "generic" and METADATA_ENTRY in literal.scalar.generic.fields and not literal.metadata:
        found = literals_pb2.Literal()
        found.CopyFrom(literal)
        inside = found.scalar.generic.fields.pop(METADATA_ENTRY).struct_value
        found.metadata.update({name: str(text) for name, text in inside.items()})
        return found
    inner = literal.scalar.union.value.metadata
    if kind == "union" and MEMBER_KEY in inner and not literal.metadata:
        return literals_pb2.Literal(scalar=literal.scalar, metadata={MEMBER_KEY: inner[MEMBER_KEY]})
    return literal


def _with_entry(content: bytes, metadata: dict[str, str]) -> bytes:
    import msgpack

    head = _head(content)
    if head is None:
        return content
    count, size = head
    return _begin(count + 1) + content[size:] + _ENTRY + bytes(msgpack.packb(metadata))


def _without_entry(literal: literals_pb2.Literal, begin: int) -> literals_pb2.Literal:
    """Return the literal without the entry that begins there; as it is, if that is the text of something else."""
    import msgpack

    content = literal.scalar.binary.value
    head = _head(content)
    try:
        metadata: Any = msgpack.unpackb(content[begin + len(_ENTRY) :])
    except (ValueError, msgpack.UnpackException):
        return literal
    if head is None or not isinstance(metadata, dict):
        return literal
    count, size = head
    found = literals_pb2.Literal()
    found.CopyFrom(literal)
    found.scalar.binary.value = _begin(count - 1) + content[size:begin]
    found.metadata.update(metadata)
    return found


def _head(content: bytes) -> tuple[int, int] | None:
    """Return how many entries a msgpack map has, and how many bytes say so; None for anything else."""
    first = content[0] if content else 0
    if first & 0xF0 == _FIXED:
        return first & 0x0F, 1
    if first in {_MAP_16, _MAP_32}:
        size = 2 if first == _MAP_16 else 4
        return int.from_bytes(content[1 : 1 + size], "big"), 1 + size
    return None


def _begin(count: int) -> bytes:
    if count <= _MAX_FIXED:
        return bytes([_FIXED | count])
    return (
        bytes([_MAP_16]) + count.to_bytes(2, "big") if count <= _MAX_16 else bytes([_MAP_32]) + count.to_bytes(4, "big")
    )
