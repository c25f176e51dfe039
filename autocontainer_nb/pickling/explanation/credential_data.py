"""Credentials in data: long texts and bytes, arrays of texts, and Arrow's columns of texts.

What is looked at, and where it ends:

- Behind the first `credentials.MAX_TEXT` characters of a text, and in bytes of more than 256 KiB, only those forms are
  looked for that can hardly be anything else (`SURE_ANCHORS`): no URL with a password, no header, no number behind a
  common prefix; nor does a name count, since long data holds all of these by chance.
- Up to 64 MiB of one text, one piece of bytes, one array or one column; what is longer is data, and isn't looked at.
- Arrays of numbers are never looked at, nor what is compressed, encrypted or encoded (base64, UTF-16 as bytes);
  subclasses of arrays and structured ones aren't, either.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

from autocontainer_nb.pickling.explanation.credential_shapes import SURE_ANCHORS

MAX_DATA_BYTES: Final = 64 << 20
_TEXT_KINDS: Final = "UST"  # kinds of numpy's types that hold text: <U, bytes, and numpy 2's StringDType
_ARROW: Final = "pyarrow.lib"
_MAX_DEPTH: Final = 4  # of lists, structures and dictionaries in one Arrow array
_ODD: Final = (AttributeError, NotImplementedError, TypeError, ValueError)  # of arrays that aren't like their kind
_FIXED_BUFFERS: Final = 2  # of an Arrow array of texts: validity, offsets (or views); texts follow


def texts_of(value: Any) -> Iterator[str]:
    """Yield the texts in an array or Arrow column, many in each, one a line; nothing of any other object.

    A chunked column's chunks are objects of their own.
    """
    kind = type(value)
    if kind.__module__ == "numpy" and kind.__name__ in {"ndarray", "memmap"}:
        if value.dtype.kind in _TEXT_KINDS and value.nbytes <= MAX_DATA_BYTES:
            with suppress(*_ODD):
                yield "\n".join(map(_as_text, value.ravel().tolist()))
    elif kind.__module__ == _ARROW and kind.__name__.endswith("Array") and kind.__name__ != "ChunkedArray":
        with suppress(*_ODD):
            yield from _arrow_texts(value, _MAX_DEPTH)


def _arrow_texts(array: Any, depth: int) -> Iterator[str]:
    """Yield the texts of one Arrow array; columns without the beginning of any form aren't taken apart."""
    kind = str(array.type)
    if kind.partition("[")[0] in {"string", "large_string", "string_view", "binary", "large_binary", "binary_view"}:
        buffers = [one for one in array.buffers()[_FIXED_BUFFERS:] if one is not None]
        if sum(one.size for one in buffers) <= MAX_DATA_BYTES and any(map(_may_hold_one, buffers)):
            yield "\n".join(map(_as_text, array.to_pylist()))
    elif depth and kind.startswith("dictionary<"):
        yield from _arrow_texts(array.dictionary, depth - 1)
    elif depth and kind.startswith(("list<", "large_list<", "fixed_size_list<")):
        yield from _arrow_texts(array.values, depth - 1)
    elif depth and kind.startswith("struct<"):
        for index in range(array.type.num_fields):
            yield from _arrow_texts(array.field(index), depth - 1)


def _may_hold_one(buffer: Any) -> bool:
    content = buffer.to_pybytes()
    return any(anchor.encode() in content for anchor in SURE_ANCHORS)


def _as_text(item: Any) -> str:
    return str(item, "latin-1") if isinstance(item, bytes) else str(item)
