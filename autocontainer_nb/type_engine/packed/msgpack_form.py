"""Plain data as msgpack, in a binary literal: exactly what it is, or what changes is noted."""

import sys
from collections.abc import Collection
from typing import Any, Final

from flyteidl.core import literals_pb2

from autocontainer_nb.type_engine.packed.base import would_change
from autocontainer_nb.type_engine.wire_form import head, varint
from autocontainer_nb.type_engine.wording import Misfit, show_value, with_article
from autocontainer_nb.wire import MSGPACK_TAG

_SCALARS: Final = {int, float, str, bool, bytes, type(None)}
_BIN_MARKS = (b"\xc4", b"\xc5", b"\xc6")  # of the specification: bin 8, bin 16, bin 32


def to_msgpack(plain: Any) -> bytes:
    """Return plain data as msgpack; a tuple, a subclass or one of numpy's scalars is noted by `would_change`.

    Raises:
        Misfit: a part can't be encoded; its steps lead there.
    """
    import msgpack

    try:
        # With strict types a subclass, which would come back as its base, is shown to `default`.
        packed: bytes = msgpack.packb(plain, strict_types=True, default=_nearest)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise _culprit(plain, error) from error
    if any(mark in packed for mark in _BIN_MARKS) and _has_writable_bytes(plain):
        would_change("a bytearray would come back as bytes")
    return packed


def packed_from(content: bytes) -> Any:
    """Return the plain data of msgpack content.

    Raises:
        Misfit: it isn't msgpack.
    """
    import msgpack

    try:
        return msgpack.unpackb(content, strict_map_key=False)
    except (ValueError, TypeError, msgpack.UnpackException) as error:
        raise Misfit("msgpack data", f"{len(content)} other bytes", str(error)) from error


def binary_literals(contents: list[bytes]) -> literals_pb2.LiteralCollection:
    """Return the collection of the literals of several msgpack contents: from its wire form, in one call for all."""
    # collection.literals(1) { literal.scalar(1) { scalar.binary(3) { binary.value(1), binary.tag(2) } } }
    end = b"\x12" + varint(len(MSGPACK_TAG)) + MSGPACK_TAG.encode()
    heads: dict[int, bytes] = {}
    parts: list[bytes] = []
    for content in contents:
        size = len(content)
        found = heads.get(size)
        if found is None:
            found = heads[size] = head(b"\x0a\x0a\x1a\x0a", size, len(end))
        parts += (found, content, end)
    return literals_pb2.LiteralCollection.FromString(b"".join(parts))


def binary_literal(content: bytes) -> literals_pb2.Literal:
    """Return the literal of msgpack content."""
    binary = literals_pb2.Binary(value=content, tag=MSGPACK_TAG)
    return literals_pb2.Literal(scalar=literals_pb2.Scalar(binary=binary))


def _nearest(value: Any) -> Any:
    numpy = sys.modules.get("numpy")
    found: Any = None
    if numpy is not None and isinstance(value, numpy.generic):
        found = value.item()
    elif isinstance(value, (tuple, list)):
        found = list(value)
    elif isinstance(value, dict):
        found = dict(value)
    elif isinstance(value, (str, int, float, bytes)):
        kinds: tuple[Any, ...] = (str, int, float, bytes)
        found = next(kind.__new__(kind, value) for kind in kinds if isinstance(value, kind))
    if found is None or type(found) is type(value):
        raise TypeError(f"can not serialize {type(value).__name__!r} object")
    would_change(f"{with_article(type(value))} would come back as {with_article(type(found))}")
    return found


def _has_writable_bytes(plain: Any) -> bool:
    if isinstance(plain, dict):
        return _any_writable(plain) or _any_writable(plain.values())
    return _any_writable(plain) if isinstance(plain, (list, tuple)) else isinstance(plain, (bytearray, memoryview))


def _any_writable(parts: Collection[Any]) -> bool:
    # Long lists of scalars are looked through by their types, which is a call for all of them.
    return not set(map(type, parts)) <= _SCALARS and any(map(_has_writable_bytes, parts))


def _culprit(plain: Any, error: Exception) -> Misfit:
    """Return the Misfit for the first part that can't be packed by itself."""
    parts: list[tuple[str, Any]] = []
    if isinstance(error, RecursionError) or "recursion" in str(error):
        hint = "it is nested too deeply, or contains itself"
        return Misfit("a value that msgpack can encode", show_value(plain), hint)
    if isinstance(plain, dict):
        parts = [(f"[{key!r}]", value) for key, value in plain.items()]
    elif isinstance(plain, (list, tuple)):
        parts = [(f"[{index}]", value) for index, value in enumerate(plain)]
    for step, part in parts:
        try:
            to_msgpack(part)
        except Misfit as misfit:  # noqa: PERF203 - the first that fails is wanted
            return misfit.inside(step)
    return Misfit("a value that msgpack can encode", show_value(plain), str(error))
