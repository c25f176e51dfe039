"""The store for `memory://`: files in the memory of this process, for tests and for values that nobody keeps."""

from autocontainer_nb.errors import StorageError

_contents: dict[str, bytes] = {}


def read(uri: str) -> bytes:
    """Return the content at the URI."""
    try:
        return _contents[uri]
    except KeyError:
        raise StorageError(
            f"Can't read {uri!r}: nothing was written there in this process. memory:// isn't shared between processes."
        ) from None


def write(uri: str, data: bytes) -> None:
    """Store `data` at the URI."""
    _contents[uri] = bytes(data)


def fetch_file(uri: str, path: str) -> None:
    """Write the content at the URI to the file at `path`."""
    from autocontainer_nb.storage import local

    local.write(path, read(uri))


def store_file(path: str, uri: str) -> None:
    """Store the file's content at the URI."""
    from autocontainer_nb.storage import local

    write(uri, local.read(path))


def exists(uri: str) -> bool:
    """Whether something is at the URI or below it."""
    return uri in _contents or bool(list_files(uri))


def is_file(uri: str) -> bool:
    """Whether something is at the URI itself."""
    return uri in _contents


def list_files(uri: str) -> list[str]:
    """Return the names of everything below the URI, relative to it, sorted."""
    start = uri.rstrip("/") + "/"
    return sorted(name[len(start) :] for name in _contents if name.startswith(start))


def clear() -> None:
    """Remove all content."""
    _contents.clear()
