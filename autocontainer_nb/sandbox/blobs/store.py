"""The blob store, the counterpart of a cluster's bucket: files below one directory, named by file:// URIs.

In a URI, a `%` of the path is `%25`: see `storage.uris`.
"""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final

from autocontainer_nb.errors import InvalidArgumentError
from autocontainer_nb.storage.uris import local_path, written

FILE_SCHEME: Final = "file://"
WRITING_PREFIX: Final = ".writing-"  # of files that aren't whole yet
_CHUNK_BYTES: Final = 1 << 20


def safe_segments(relative: str) -> list[str]:
    """Return the segments of a path that can't leave its root.

    Raises:
        InvalidArgumentError: it is empty, absolute, or has `..`, `.`, an empty segment, a backslash or a NUL.
    """
    segments = relative.split("/")
    if any(segment in ("", ".", "..") or "\\" in segment or "\0" in segment for segment in segments):
        raise InvalidArgumentError(
            f"Invalid path {relative!r}: expected names joined by single slashes, without '.', '..', backslashes "
            "and a leading slash."
        )
    return segments


def md5_of(path: Path) -> bytes:
    """Return the MD5 of a file's content (a checksum of transfers, as in every bucket; never a protection).

    Clients ask for it at every launch, so an unchanged file is read only once.
    """
    status = path.stat()
    return _md5_of(path, status.st_ino, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=1024)
def _md5_of(path: Path, *_: int) -> bytes:
    checksum = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            checksum.update(chunk)
    return checksum.digest()


class BlobStore:
    """Reads and writes files below `root`. The constructor touches no file."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, *parts: str) -> Path:
        """Return the path of a blob from parts that may contain slashes; never one outside the store."""
        return self.root.joinpath(*safe_segments("/".join(parts)))

    def uri(self, path: Path) -> str:
        """Return the URI by which clients and containers know a path of the store."""
        return FILE_SCHEME + written(str(path), "file")

    def relative(self, path: Path) -> str:
        """Return the path below the store's root, with slashes."""
        return path.relative_to(self.root).as_posix()

    def path_of(self, uri: str) -> Path:
        """Return the path for a URI of this store.

        Raises:
            InvalidArgumentError: it isn't a URI of this store.
        """
        inside = f"{self.root}/"
        path = local_path(uri) if uri.startswith(f"{FILE_SCHEME}/") else ""
        if not path.startswith(inside):
            raise InvalidArgumentError(
                f"The URI {uri!r} doesn't belong to this sandbox: expected {self.uri(self.root)}/..., as returned by "
                "CreateUploadLocation and in the outputs of executions."
            )
        return self.path(path[len(inside) :])

    def contains(self, path: Path) -> bool:
        """Whether the path is inside the store after following links."""
        return path.resolve().is_relative_to(self.root.resolve())

    def write(self, path: Path, data: bytes) -> None:
        """Write the whole file or nothing: readers never see a part of it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with self.temporary(path.parent) as temporary:
            temporary.write_bytes(data)
            temporary.replace(path)

    @contextlib.contextmanager
    def temporary(self, directory: Path) -> Iterator[Path]:
        """Give a new file in the directory, gone afterwards unless it was renamed."""
        descriptor, name = tempfile.mkstemp(prefix=WRITING_PREFIX, dir=directory)
        os.close(descriptor)
        try:
            yield Path(name)
        finally:
            with contextlib.suppress(FileNotFoundError):
                Path(name).unlink()
