"""Access to bytes at a URI in any store: read, write, download, upload.

A plain path, `file://`, `memory://`, `s3://`, `gs://`, `abfs(s)://` and `az://`; `http(s)://` for reading. Every
failure is a StorageError that names the URI, the reason and the next step.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from typing import Protocol

from autocontainer_nb.errors import StorageError
from autocontainer_nb.storage.uris import base_name, is_local, is_uri, join, local_path, scheme_of

__all__ = [
    "FileAccess",
    "Parts",
    "PrefixAccess",
    "Store",
    "blocks",
    "download",
    "exists",
    "is_uri",
    "join",
    "list_files",
    "read_bytes",
    "upload",
    "upload_indexed",
    "write_bytes",
]

OBJECT_SCHEMES = ("s3", "s3a", "gs", "abfs", "abfss", "az")
_PARALLEL_FILES = 8  # files of a directory that are transferred at the same time, to and from object stores


class Store(Protocol):
    """The interface of every kind of store: single files by URI, and the names below a prefix."""

    def read(self, uri: str) -> bytes:
        """Return the content."""

    def write(self, uri: str, data: bytes) -> None:
        """Write exactly `data` to the URI."""

    def fetch_file(self, uri: str, path: str) -> None:
        """Write the content to the local file `path`."""

    def store_file(self, path: str, uri: str) -> None:
        """Write the content of the local file `path` to the URI."""

    def exists(self, uri: str) -> bool:
        """Whether there is a file at the URI or below it."""

    def is_file(self, uri: str) -> bool:
        """Whether the URI names one file."""

    def list_files(self, uri: str) -> list[str]:
        """Return the relative names of all files below the URI, sorted."""


def _store(uri: str) -> Store:
    scheme = scheme_of(uri)
    if scheme in ("", "file"):
        from autocontainer_nb.storage import local

        return local
    if scheme == "memory":
        from autocontainer_nb.storage import memory

        return memory
    if scheme in OBJECT_SCHEMES:
        from autocontainer_nb.storage import objects

        return objects
    if scheme in ("http", "https"):
        from autocontainer_nb.storage import http

        return http
    raise StorageError(
        f"Can't use {uri!r}: expected a plain path or one of the schemes file, memory, s3, gs, abfs, abfss, az, or "
        f"http(s) for reading, got {scheme}://."
    )


def read_bytes(uri: str) -> bytes:
    """Return the content of the file at the URI."""
    return _store(uri).read(uri)


def write_bytes(uri: str, data: bytes) -> None:
    """Write exactly `data` to the file at the URI; readers see the old content or the new, never a part."""
    _store(uri).write(uri, data)


def blocks(uri: str, limit_bytes: int) -> Iterator[memoryview]:
    """Yield the content of a local file or an object block by block, several of which are fetched at a time.

    Raises:
        StorageError: it doesn't exist, can't be read, or has more than `limit_bytes`; then nothing was fetched.
    """
    if is_local(uri):
        from autocontainer_nb.storage import local

        return local.blocks(uri, limit_bytes)
    if scheme_of(uri) in OBJECT_SCHEMES:
        from autocontainer_nb.storage import objects

        return objects.blocks(uri, limit_bytes)
    raise StorageError(f"Can't read {uri!r} in blocks: expected a local file or an object store's URI.")


def exists(uri: str) -> bool:
    """Whether there is a file, or a directory with at least one file, at the URI."""
    return _store(uri).exists(uri)


def list_files(uri: str) -> list[str]:
    """Return the relative names of all files below the directory at the URI, sorted."""
    return _store(uri).list_files(uri)


def download(uri: str, path: str | os.PathLike[str]) -> None:
    """Download the file or directory tree at the URI to the local `path`; missing folders are created.

    Raises:
        StorageError: it doesn't exist or can't be read, or `path` can't be written.
    """
    store, target = _store(uri), os.fspath(path)
    if not uri.endswith("/") and store.is_file(uri):
        store.fetch_file(uri, target)
        return
    names = store.list_files(uri)
    if not names:
        if not uri.endswith("/"):
            store.fetch_file(uri, target)  # raises with the store's own reason
            return
        raise StorageError(
            f"Can't read {uri!r}: there is no file below it. Check the URI, and that the files were written."
        )
    for name in names:
        if ".." in name.split("/") or name.startswith("/"):
            raise StorageError(
                f"Can't read {uri!r}: the name {name!r} below it points outside the directory {target!r}."
            )
    _each(lambda name: store.fetch_file(join(uri, name), os.path.join(target, name)), names, parallel=not is_local(uri))


def upload(path: str | os.PathLike[str], uri: str) -> None:
    """Upload the local file or directory tree to the URI. Empty folders are lost: object stores have none.

    Raises:
        StorageError: `path` is missing or an empty directory, or the URI can't be written.
    """
    from autocontainer_nb.storage import local

    store, source = _store(uri), os.fspath(path)
    if not os.path.isdir(source):
        if not os.path.exists(source):
            raise StorageError(f"Can't upload {source!r} to {uri!r}: no such file. Check the path.")
        store.store_file(source, uri)
        return
    names = local.list_files(source)
    if not names:
        raise StorageError(f"Can't upload {source!r} to {uri!r}: the directory has no files. Put one in it.")
    _each(lambda name: store.store_file(os.path.join(source, name), join(uri, name)), names, parallel=not is_local(uri))


def upload_indexed(path: str | os.PathLike[str], uri: str) -> None:
    """Upload the local file or directory tree, the latter with its index beside it where a store isn't listed by all.

    Raises:
        StorageError: as `upload`.
    """
    upload(path, uri)
    if scheme_of(uri) in OBJECT_SCHEMES and os.path.isdir(path):
        from autocontainer_nb.storage.folder_index import index_of, index_uri, sizes_below

        if place := index_uri(uri):
            write_bytes(place, index_of(sizes_below(os.fspath(path))))


def _each(action: Callable[[str], None], names: list[str], *, parallel: bool) -> None:
    if not parallel or len(names) <= 1:
        for name in names:
            action(name)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(min(_PARALLEL_FILES, len(names))) as pool:
        for _ in pool.map(action, names):
            pass


Parts = Sequence[str] | None


class FileAccess(Protocol):
    """The place where the type engine stores files of values, and fetches them from.

    `parts` are the names of the files below a directory where its reader knows them; empty for a directory whose files
    it doesn't know, None for what may be a file as well. Some places give single files only, and can't list.
    """

    def put(self, path: str, name: str, *, indexed: bool = True) -> str:
        """Store a local file or directory under a new URI that ends with `name`, and return the URI.

        Beside a directory goes an index of its files, unless its readers know their names: then `indexed` is False.
        """

    def put_bytes(self, data: bytes, name: str) -> str:
        """Store the bytes under a new URI that ends with `name`, and return the URI."""

    def put_many(self, sources: list[tuple[str, str, bool]]) -> list[str]:
        """Store several at a time: path, name and whether `indexed` of each. Return the URIs."""

    def get(self, uri: str, *, parts: Parts = None) -> str:
        """Return a local path with the content of the file or directory at the URI, for reading only."""

    def fetch_ahead(self, uris: Mapping[str, Parts]) -> None:
        """Fetch what will be read soon, all at once: `get` gives it then. What fails is told by `get`."""

    def own(self, uri: str, *, parts: Parts = None) -> str:
        """Return a new copy for a caller who may write to it: nobody else sees what is changed there."""

    def list_files(self, uri: str) -> list[str]:
        """Return the relative names of all files below the directory at the URI, sorted."""

    def get_bytes(self, uri: str) -> bytes:
        """Return the content of the file at the URI."""


class PrefixAccess:
    """File access below a URI prefix: in a container, below the raw output prefix from Flyte.

    Every value gets its own folder, `PREFIX/TAG-N/NAME`, so equal names never collide. Remote files are downloaded to
    `scratch`, which its creator removes; local files are used where they are, unless `copies` says that they are a
    store's: then a caller who may write to one gets a copy as well.
    """

    def __init__(
        self, prefix: str, scratch: str | os.PathLike[str], *, tag: str | None = None, copies: bool = False
    ) -> None:
        self.prefix = prefix
        self.scratch = os.fspath(scratch)
        self.copies = copies
        # A retry, or another process with the same prefix, must not overwrite these files.
        self._tag = os.urandom(4).hex() if tag is None else tag
        self._serial = count()
        self._fetched: dict[str, str] = {}
        self._ahead: dict[str, str] = {}  # likewise, and nobody has asked for it yet

    def _new_uri(self, name: str) -> str:
        return join(self.prefix, f"{self._tag}-{next(self._serial)}", name)

    def new_place(self, name: str) -> str | None:
        """Return a new local path to write to instead of a temporary one, or None if the prefix is remote."""
        if not is_local(self.prefix):
            return None
        path = local_path(self._new_uri(name))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def put(self, path: str, name: str, *, indexed: bool = True) -> str:
        """Upload the local file or directory and return its URI."""
        uri = self._new_uri(name)
        (upload_indexed if indexed else upload)(path, uri)
        return uri

    @property
    def puts_together(self) -> bool:
        """Whether many are stored sooner by `put_many` than one by one."""
        return scheme_of(self.prefix) in OBJECT_SCHEMES

    def put_many(self, sources: list[tuple[str, str, bool]]) -> list[str]:
        """Upload several at a time, and return their URIs."""
        uris: dict[int, str] = {}

        def put(number: str) -> None:
            path, name, indexed = sources[int(number)]
            uris[int(number)] = self.put(path, name, indexed=indexed)

        _each(put, list(map(str, range(len(sources)))), parallel=True)
        return [uris[number] for number in range(len(sources))]

    def put_bytes(self, data: bytes, name: str) -> str:
        """Write the bytes and return their URI."""
        uri = self._new_uri(name)
        write_bytes(uri, data)
        return uri

    def get(self, uri: str, *, parts: Parts = None) -> str:
        """Return a local path with the content; the same URI is downloaded once. `parts` isn't needed: stores list."""
        del parts
        if is_local(uri):
            path = local_path(uri)
            if not os.path.exists(path):
                raise StorageError(f"Can't read {uri!r}: no such file. Check the path and that it was written.")
            return path
        if uri not in self._fetched:
            self._fetched[uri] = self._ahead.pop(uri, "") or self._download(uri)
        return self._fetched[uri]

    def fetch_ahead(self, uris: Mapping[str, Parts]) -> None:
        """Download several at a time; what fails is tried again, and told, by `get`."""
        from contextlib import suppress

        def fetch(uri: str) -> None:
            with suppress(StorageError):
                self._ahead[uri] = self._download(uri)

        known = {*self._fetched, *self._ahead}
        wanted = [uri for uri in uris if not is_local(uri) and uri not in known]
        if wanted:
            _each(fetch, wanted, parallel=True)

    def list_files(self, uri: str) -> list[str]:
        """Return the relative names of all files below the directory at the URI, sorted."""
        return list_files(uri)

    def own(self, uri: str, *, parts: Parts = None) -> str:
        """Return the path of a new local copy; without `copies`, that of the local file itself."""
        del parts
        if is_local(uri):
            path = self.get(uri)  # raises if it isn't there
            if not self.copies:
                return path
        return self._ahead.pop(uri, "") or self._download(uri)

    def _download(self, uri: str) -> str:
        target = os.path.join(self.scratch, f"{self._tag}-{next(self._serial)}", base_name(uri) or "content")
        download(uri, target)
        return target

    def get_bytes(self, uri: str) -> bytes:
        """Return the content of the file at the URI."""
        return read_bytes(self.get(uri) if uri in self._ahead else self._fetched.get(uri, uri))
