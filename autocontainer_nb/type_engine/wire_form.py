"""Protobuf's wire form, as far as long collections are assembled and taken apart here: lengths and nested messages.

The source is "Encoding" in the programming guides of protobuf.dev.
"""

from typing import Final

ONE_BYTE_LENGTH: Final = 0x80  # numbers below this take one byte
_MASK = 0xFFFF_FFFF_FFFF_FFFF


def varint(value: int) -> bytes:
    """Return a number as a varint; a negative one as 64 bits of two's complement."""
    rest = value & _MASK
    encoded = bytearray()
    while rest >= ONE_BYTE_LENGTH:
        encoded.append(rest & 0x7F | 0x80)
        rest >>= 7
    encoded.append(rest)
    return bytes(encoded)


def varint_at(wire: bytes, at: int) -> tuple[int, int]:
    """Return the varint at a place, and the place behind it."""
    found = shift = 0
    while True:
        byte = wire[at]
        at += 1
        found |= (byte & 0x7F) << shift
        if byte < ONE_BYTE_LENGTH:
            return found, at
        shift += 7


def head(tags: bytes, size: int, end_size: int = 0) -> bytes:
    """Return what stands before content of `size` bytes that is nested in messages.

    Args:
        tags: one tag of one byte for each level, the outermost first; the innermost is the content's own.
        size: bytes of the content.
        end_size: bytes that follow it in the message around it.
    """
    found = tags[-1:] + varint(size)
    size += end_size
    for tag in reversed(tags[:-1]):
        found = bytes((tag,)) + varint(len(found) + size) + found
    return found
