"""`http://` and `https://` as places to read from; they can't be written or listed."""

from autocontainer_nb.errors import StorageError
from autocontainer_nb.storage import signed


def _refuse(verb: str, uri: str) -> StorageError:
    return StorageError(f"Can't {verb} {uri!r}: http(s) URIs are for reading single files. Use an object store's URI.")


def read(uri: str) -> bytes:
    """Return the content at the URL."""
    return signed.get(uri)


def write(uri: str, data: bytes) -> None:
    """Refuse: a URL without a signature can't be written."""
    raise _refuse(f"write {len(data)} bytes to", uri)


def fetch_file(uri: str, path: str) -> None:
    """Stream the content at the URL to the local file `path`."""
    signed.fetch_file(uri, path)


def store_file(path: str, uri: str) -> None:
    """Refuse: a URL without a signature can't be written."""
    raise _refuse(f"upload {path!r} to", uri)


def exists(uri: str) -> bool:
    """Whether the server gives the file."""
    try:
        signed.get(uri)
    except StorageError:
        return False
    return True


def is_file(uri: str) -> bool:
    """Say yes: a URL names one file until it is read."""
    return not uri.endswith("/")


def list_files(uri: str) -> list[str]:
    """Refuse: HTTP has no listing."""
    raise _refuse("list", uri)
