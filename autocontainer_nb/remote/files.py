"""Files of inputs go up, files of results come down: FileAccess by the control plane's signed URLs.

Up: always by CreateUploadLocation and HTTP PUT. The notebook needs no credentials of the store, and the sandbox is
no exception. The place depends on the content only, so the same data goes to the same place, and what is there already
isn't sent again.

Down: the rule has to work for a sandbox, for a cluster whose bucket this machine can't read, and for one that it can.

1. A local path that exists here is read where it is, if the control plane is on this machine as well (the sandbox):
   another machine's `file:///data/x` isn't ours, even where a file of that name is here.
2. Else the control plane is asked for signed URLs (`signed_files.py`): it holds the credentials that a notebook usually
   lacks, and a store waits long for credentials that never come. It gives single files; a directory needs the index
   that is left beside it when it is stored (`storage/folder_index.py`), or a reader who knows the names of its files.
3. Where that isn't served or is refused, or a directory has no index, the store itself is read with the credentials of
   this machine, where it has any.
"""

import hashlib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from autocontainer_nb.errors import RemoteError, StorageError
from autocontainer_nb.remote.control_plane import ControlPlane
from autocontainer_nb.remote.signed_files import NoIndexError, SignedFiles
from autocontainer_nb.remote.store_places import StorePlace
from autocontainer_nb.remote.transfers import Transfer
from autocontainer_nb.storage import access
from autocontainer_nb.storage.access import Parts
from autocontainer_nb.storage.environment import has_credentials, variables_of
from autocontainer_nb.storage.folder_index import index_of
from autocontainer_nb.storage.local import list_files
from autocontainer_nb.storage.scratch import unique_name
from autocontainer_nb.storage.uris import base_name, is_local, local_path, scheme_of, written
from autocontainer_nb.wire import INDEX_SUFFIX

INPUTS_ROOT: Final = "autocontainer-nb-inputs"
_CHUNK_BYTES: Final = 1 << 20
_LOOK_FIRST_BYTES: Final = 1 << 20  # what is larger is asked for before it is sent

_T = TypeVar("_T")


class RemoteFiles:
    """FileAccess of a notebook: the files of one call's inputs or results. `scratch` is removed by who made it."""

    copies = True  # what a store on this machine has isn't the notebook's to change: see `LazyPath.of`
    goes_far = True  # who reads what this puts may not see this machine's files
    puts_together = True  # many are stored sooner by `put_many` than one by one

    def __init__(self, calls: ControlPlane, project: str, domain: str, scratch: str) -> None:
        self._calls = calls
        self._project = project
        self._domain = domain
        self._scratch = Path(scratch)
        self._signed = SignedFiles(calls)
        self._fetched: dict[str, str] = {}
        self._ahead: dict[str, str] = {}  # likewise, and nobody has asked for it yet

    def put(self, path: str, name: str, *, indexed: bool = True) -> str:
        """Upload a local file, or the files of a directory, and return the URI."""
        return self._put_source(path, name, indexed=indexed)

    def put_many(self, sources: list[tuple[str, str, bool]]) -> list[str]:
        """Upload several at a time, with one progress for all, and return their URIs."""
        transfer = Transfer(f"{len(sources)} values")
        return transfer.run(
            [partial(self._put_source, path, name, indexed=indexed, inside=transfer) for path, name, indexed in sources]
        )

    def _put_source(self, path: str, name: str, *, indexed: bool, inside: Transfer | None = None) -> str:
        if Path(path).is_dir():
            return self._put_directory(Path(path), Path(name).name, indexed=indexed, inside=inside)
        md5 = file_md5(path)
        return self._upload(path, self._place(f"{INPUTS_ROOT}/{md5.hex()}", Path(name).name), md5, inside)

    def put_bytes(self, data: bytes, name: str) -> str:
        """Upload the bytes and return their URI."""
        md5 = hashlib.md5(data, usedforsecurity=False).digest()
        return self._upload(data, self._place(f"{INPUTS_ROOT}/{md5.hex()}", Path(name).name), md5)

    def get(self, uri: str, *, parts: Parts = None) -> str:
        """Return a local path with the content of the file or the directory at the URI."""
        if self._is_here(uri):
            return local_path(uri)
        if uri not in self._fetched:
            self._fetched[uri] = self._ahead.pop(uri, "") or self._fetch({uri: parts})[uri]
        return self._fetched[uri]

    def fetch_ahead(self, uris: Mapping[str, Parts]) -> None:
        """Fetch what isn't here yet, several at a time, with one progress for all."""
        known = {*self._fetched, *self._ahead}
        wanted = {uri: parts for uri, parts in uris.items() if uri not in known and not self._is_here(uri)}
        if len(wanted) > 1:
            self._ahead.update(self._fetch(wanted))

    def own(self, uri: str, *, parts: Parts = None) -> str:
        """Return the path of a new local copy, which the notebook may change."""
        if uri in self._ahead:
            return self._ahead.pop(uri)
        if uri not in self._fetched and not self._is_here(uri):
            return self._fetch({uri: parts})[uri]
        target = self._new_path(uri)
        access.download(self.get(uri), target)
        return target

    def get_bytes(self, uri: str) -> bytes:
        """Return the content of the file at the URI."""
        return access.read_bytes(self.get(uri))

    def list_files(self, uri: str) -> list[str]:
        """Return the relative names of all files below the directory at the URI, sorted."""
        if self._is_here(uri) or is_local(uri) or scheme_of(uri) == "memory":
            return access.list_files(uri)
        try:
            return list(self._signed.sizes_below(uri))
        except (RemoteError, StorageError, NoIndexError) as error:
            return self._without_url(uri, error, lambda: access.list_files(uri), is_directory=True)

    def upload_file(self, path: str, filename: str, filename_root: str) -> str:
        """Upload one file to the place that name and root determine, and return its URI."""
        return self._upload(path, self._place(filename_root, filename), file_md5(path))

    def _put_directory(self, path: Path, name: str, *, indexed: bool, inside: Transfer | None) -> str:
        names = [each for each in list_files(str(path)) if (path / each).is_file()]
        if not names:
            raise StorageError(f"Can't upload {str(path)!r}: the directory contains no files. Put one in it.")
        hashing = Transfer(name, inside=inside).run([partial(file_md5, path / each) for each in names])
        digests = dict(zip(names, hashing, strict=True))
        listing = "\n".join(f"{each} {digest.hex()}" for each, digest in digests.items())
        root = f"{INPUTS_ROOT}/{hashlib.sha256(listing.encode()).hexdigest()[:32]}"
        sizes = {each: (path / each).stat().st_size for each in names}
        for folder in self._place(root, name).others():
            uri = self._put_below(path, folder, digests, sizes, inside)
            if uri is not None:
                if indexed:
                    self._put_index(folder, index_of(sizes))
                return uri
        raise AssertionError  # there are always others

    def _put_below(
        self,
        path: Path,
        folder: StorePlace,
        digests: Mapping[str, bytes],
        sizes: Mapping[str, int],
        inside: Transfer | None,
    ) -> str | None:
        """Upload the directory's files below one place and return the URI of all; None if one can't be there."""
        transfer = Transfer(folder.filename, sum(sizes.values()), inside=inside)
        places = {each: self._place(folder.root, f"{folder.filename}/{each}") for each in digests}
        actions = [
            partial(self._put, path / each, places[each], digests[each], sizes[each], transfer) for each in digests
        ]
        uri = ""
        try:
            locations = transfer.run(actions)
        except _TakenError:
            return None
        for each, location in zip(digests, locations, strict=True):
            name = written(each, scheme_of(location))
            uri = location.removesuffix(name).rstrip("/") if location.endswith(name) else uri
        return uri or self._unusable_location(folder.filename)

    def _put_index(self, folder: StorePlace, index: bytes) -> None:
        """Put the index where its readers look; what is there already is the same, or nobody's to overwrite."""
        md5 = hashlib.md5(index, usedforsecurity=False).digest()
        place = self._place(folder.root + INDEX_SUFFIX, folder.filename)
        location = place.location(md5)
        if location is not None and not is_local(location.native_url):
            place.put(location, index, md5)

    def _unusable_location(self, name: str) -> str:
        raise StorageError(
            f"Can't upload the directory {name!r}: the control plane stores its files under other names. "
            "Pack the directory into one file."
        )

    def _is_here(self, uri: str) -> bool:
        return is_local(uri) and self._calls.endpoint.address.is_loopback and Path(local_path(uri)).exists()

    def _upload(self, source: bytes | str | Path, place: StorePlace, md5: bytes, inside: Transfer | None = None) -> str:
        size_bytes = len(source) if isinstance(source, bytes) else Path(source).stat().st_size
        for candidate in place.others():
            transfer = Transfer(place.filename, size_bytes, inside=inside)
            try:
                return transfer.run([partial(self._put, source, candidate, md5, size_bytes, transfer)])[0]
            except _TakenError:
                continue
        raise AssertionError  # there are always others

    def _put(
        self, source: bytes | str | Path, place: StorePlace, md5: bytes, size_bytes: int, transfer: Transfer
    ) -> str:
        """Upload to this place and return its URI, unless the very content is there already.

        Raises:
            _TakenError: something else is there, which is left alone.
        """
        location = place.location(md5)
        if location is None:
            raise _TakenError
        if size_bytes >= _LOOK_FIRST_BYTES and place.location() is None:
            transfer.expect(-size_bytes)
            return location.native_url
        return place.put(location, source, md5, transfer.moved)

    def _place(self, root: str, filename: str) -> StorePlace:
        return StorePlace(self._calls, self._project, self._domain, root, filename)

    def _new_path(self, uri: str) -> str:
        return str(self._scratch / unique_name() / (base_name(uri) or "content"))

    def _fetch(self, uris: Mapping[str, Parts]) -> dict[str, str]:
        """Return new local paths with the contents."""
        what = base_name(next(iter(uris))) if len(uris) == 1 else f"{len(uris)} files"
        transfer = Transfer(what, is_download=True)
        targets = {uri: self._new_path(uri) for uri in uris}
        begun = [partial(self._begin, uri, targets[uri], uris[uri], transfer) for uri in uris]
        found = transfer.run(begun, is_last=False)
        transfer.run([each for rest in found for each in rest])
        return targets

    def _begin(self, uri: str, target: str, parts: Parts, transfer: Transfer) -> list[Callable[[], object]]:
        """Fetch what is a file; return what remains to be done for a directory, file by file."""
        if scheme_of(uri) == "memory":
            access.download(uri, target)
            return []
        try:
            return self._signed.begin(uri, target, parts, transfer)
        except (RemoteError, StorageError, NoIndexError) as error:
            self._without_url(uri, error, lambda: access.download(uri, target), is_directory=parts == ())
            return []

    def _without_url(self, uri: str, error: Exception, direct: Callable[[], _T], *, is_directory: bool = False) -> _T:
        """Return what the store itself gives, since the control plane doesn't.

        Raises:
            StorageError: that isn't possible either; the message says what is missing.
        """
        if is_local(uri):
            raise StorageError(f"Can't read {uri!r}, a path on the machine of the control plane: {error}") from None
        scheme = scheme_of(uri)
        if scheme in access.OBJECT_SCHEMES and not has_credentials(scheme):
            if not isinstance(error, NoIndexError):
                raise error
            what = (
                f"the directory {uri!r}: " if is_directory else f"{uri!r}: no such file is there, and of a directory "
            )
            raise StorageError(
                f"Can't read {what}no index of its files is beside it, as it is beside those that this package stores, "
                f"and this process has no credentials of the store to list it: set {variables_of(uri)}."
            ) from None
        try:
            return direct()
        except StorageError as other:
            raise StorageError(f"{other} The control plane doesn't provide it either: {error}") from None


class _TakenError(Exception):
    """Something else is at the place."""


def file_md5(path: str | Path) -> bytes:
    """Return the MD5 of a file's content: what object stores verify an upload with."""
    digest = hashlib.md5(usedforsecurity=False)
    try:
        with Path(path).open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
    except OSError as error:
        raise StorageError(f"Can't upload {str(path)!r}: {error.strerror}. Check the path.") from error
    return digest.digest()
