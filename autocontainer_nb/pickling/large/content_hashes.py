"""Hashes of large data that writer, fingerprint and cache version share, so that the data is read once."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from autocontainer_nb.pickling.large.buffers import ContentHashes

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
