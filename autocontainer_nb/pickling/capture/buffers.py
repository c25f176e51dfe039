"""Large data collected without a copy, hashed once, named.

Two ways lead here. What supports protocol 5 (numpy, pandas, pyarrow, tensors) hands out its buffers; what does not
(bytes, bytearray, what libraries serialize by themselves) is cut out of the stream (`stream`). The same content is one
object, however often and in whatever form it is captured.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pickle import PickleBuffer
from types import FunctionType
from typing import Any, Final

from autocontainer_nb.pickling.archive.hashing import sha256_hex
from autocontainer_nb.pickling.archive.pieces import PieceWriter
from autocontainer_nb.pickling.code.references import references
from autocontainer_nb.pickling.credentials.finder import may_be_shown
from autocontainer_nb.pickling.portable.addresses import address_of
from autocontainer_nb.wire import BUFFERS_PREFIX, LARGE_BUFFER_BYTES

MIN_BUFFER_BYTES: Final = 4096  # smaller ones stay in the pickle: a member costs about 200 bytes of its own
_MAX_ELEMENTS: Final = 1000  # of a container whose elements are named
_MAX_KEY_CHARACTERS: Final = 60
_PARALLEL_FROM_BYTES: Final = 8 << 20
Bytes = bytes | bytearray | memoryview | PickleBuffer


class ContentHashes:
    """SHA-256 of contents, each computed once: `hashes.of(buffer)`, for the duration of one capture.

    Contents are recognised by address and size, so an array, its `PickleBuffer` and a memoryview of it count as one.
    They are kept alive until this object is dropped, and must not change meanwhile.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], tuple[str, memoryview]] = {}

    def of(self, content: Bytes) -> str:
        """Return the content's SHA-256, 64 hexadecimal digits; a second call for the same memory is free."""
        view = flat(content)
        key = _place(view)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = (sha256_hex(view), view)
        return known[0]

    def prepare(self, contents: Iterable[Bytes]) -> None:
        """Compute the hashes of all these contents, several at a time where they are large."""
        views = [flat(content) for content in contents]
        fresh = {place: view for view in views if (place := _place(view)) not in self._known}
        threads = min(len(fresh), os.cpu_count() or 1)
        if threads <= 1 or sum(view.nbytes for view in fresh.values()) < _PARALLEL_FROM_BYTES:
            return  # `of` will do
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(threads) as pool:
            for (place, view), sha256 in zip(fresh.items(), pool.map(sha256_hex, fresh.values()), strict=True):
                self._known[place] = (sha256, view)


def flat(content: Bytes) -> memoryview:
    """Return the content as one-dimensional bytes, uncopied; it has to be contiguous."""
    if isinstance(content, PickleBuffer):
        return content.raw()
    view = memoryview(content)
    if not view.nbytes:  # in whatever shape: what has zeros in it can't be cast
        return memoryview(b"")
    return view if view.format == "B" and view.ndim == 1 else view.cast("B")


def _place(view: memoryview) -> tuple[int, int]:
    """Return the address and the size of the memory that the view shows."""
    if not view.nbytes:
        return 0, 0
    return address_of(view), view.nbytes


@dataclass(frozen=True)
class LargeObject:
    """Content that isn't in the archive; `name` is the variable that brought it here, where that is known."""

    sha256: str
    content: memoryview
    name: str

    @property
    def size_bytes(self) -> int:
        """How many bytes there are."""
        return self.content.nbytes


class LargeData:
    """What one pickler puts outside of its stream: give it `stream` as file and `keep_outside` as callback."""

    def __init__(self, hashes: ContentHashes, *, apart: bool) -> None:
        """With `apart`, content of LARGE_BUFFER_BYTES or more becomes a LargeObject, and no member of the archive."""
        self.stream = PieceWriter(LARGE_BUFFER_BYTES)
        self._hashes = hashes
        self._apart = apart
        self._buffers: list[tuple[memoryview, str]] = []
        self._names: dict[int, str] = {}
        self._name = ""

    def keep_outside(self, buffer: PickleBuffer) -> bool:
        """Take a buffer unless it is small; the pickler's `buffer_callback`."""
        raw = buffer.raw()
        if raw.nbytes < MIN_BUFFER_BYTES:
            return True
        self._buffers.append((raw, self._name))
        return False

    def pass_by(self, obj: object) -> None:
        """Note what the pickler is at, so that a buffer gets the name of the variable that it belongs to."""
        name = self._names.get(id(obj))
        if name is not None:
            self._name = name
        if type(obj) is FunctionType:
            for variable, value in references(obj):
                path = f"{name or obj.__name__} ► {variable}"
                for each, part in _parts(value):
                    self._names.setdefault(id(part), path + each)

    def describe(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Return the metadata's `buffers`, in the order in which the pickle asks for them, and `splices`."""
        self._hashes.prepare([content for content, _ in self._contents()])
        buffers = [{**self._entry(content, name), "writable": not content.readonly} for content, name in self._buffers]
        splices = [
            {"offset": cut.offset, **self._entry(cut.content, self._names.get(cut.owner_id, ""))}
            for cut in self.stream.cuts
        ]
        return buffers, splices

    def members(self) -> dict[str, memoryview]:
        """Return the contents that belong into the archive, by the name of their member."""
        return {
            BUFFERS_PREFIX + self._hashes.of(content): content
            for content, _ in self._contents()
            if not self._is_apart(content)
        }

    def objects(self) -> tuple[LargeObject, ...]:
        """Return the contents that don't, each once, the largest first."""
        found: dict[str, LargeObject] = {}
        for content, name in self._contents():
            if self._is_apart(content):
                sha256 = self._hashes.of(content)
                known = found.get(sha256)
                found[sha256] = LargeObject(sha256, content, known.name if known and known.name else name)
        return tuple(sorted(found.values(), key=lambda each: -each.size_bytes))

    def _contents(self) -> Iterator[tuple[memoryview, str]]:
        yield from self._buffers
        for cut in self.stream.cuts:
            yield cut.content, self._names.get(cut.owner_id, "")

    def _is_apart(self, content: memoryview) -> bool:
        return self._apart and content.nbytes >= LARGE_BUFFER_BYTES

    def _entry(self, content: memoryview, name: str) -> dict[str, Any]:
        return {
            "sha256": self._hashes.of(content),
            "size_bytes": content.nbytes,
            "stored": "object" if self._is_apart(content) else "member",
            "name": name,
        }


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield a variable's value, and what it holds where it is a plain container, each with its place below the name."""
    yield "", value
    if type(value) is dict and len(value) <= _MAX_ELEMENTS:
        yield from ((f"[{key!r}]", part) for key, part in value.items() if _is_plain_key(key))
    elif type(value) in {list, tuple} and len(value) <= _MAX_ELEMENTS:
        yield from ((f"[{index}]", part) for index, part in enumerate(value))


def _is_plain_key(key: object) -> bool:
    return type(key) is int or (type(key) is str and len(key) <= _MAX_KEY_CHARACTERS and may_be_shown(key))


_shared: ContextVar[ContentHashes | None] = ContextVar("content_hashes", default=None)


@contextmanager
def shared_hashes() -> Iterator[None]:
    """Within the block, `current_hashes` is the same for all; data that changes meanwhile isn't noticed."""
    if _shared.get() is not None:
        yield
        return
    token = _shared.set(ContentHashes())
    try:
        yield
    finally:
        _shared.reset(token)


def current_hashes() -> ContentHashes:
    """Return the hashes of the running block; outside of any, new ones."""
    return _shared.get() or ContentHashes()
