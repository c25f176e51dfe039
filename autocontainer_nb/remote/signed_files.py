"""Files of the control plane's store by its signed URLs, which this machine reads without credentials of the store.

flyteadmin's CreateDownloadLocation signs a GET of any one object, whether or not it is there (its
`dataproxy/service.go`): it can't list, so what is in a directory has to be known. It parses the URI as a URL and signs
what the path means (`flytestdlib/storage/storage.go`, Split), so the characters of a name are sent percent-encoded.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from shutil import rmtree
from typing import Final

from flyteidl.service import dataproxy_pb2

from autocontainer_nb.errors import StorageError
from autocontainer_nb.remote import http
from autocontainer_nb.remote.control_plane import ControlPlane
from autocontainer_nb.remote.downloads import fetch_file
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.store_places import TRANSFER_TIMEOUT_S
from autocontainer_nb.remote.transfers import Transfer
from autocontainer_nb.storage.access import OBJECT_SCHEMES, Parts
from autocontainer_nb.storage.folder_index import Sizes, index_uri, sizes_in
from autocontainer_nb.storage.uris import as_url, scheme_of

_NOT_THERE: Final = frozenset({403, 404})  # S3 answers 403 to who may read but not list
_LEVELS: Final = 3  # of folders above a directory, where the index that lists its files may be
Action = Callable[[], object]


class NoIndexError(Exception):
    """Nothing is there as a single file, and no index tells of a directory."""


class SignedFiles:
    """What is at URIs of the store; indexes of directories are fetched once."""

    def __init__(self, calls: ControlPlane) -> None:
        self._calls = calls
        self._indexes: dict[str, Sizes | None] = {}

    def begin(self, uri: str, target: str, parts: Parts, transfer: Transfer) -> list[Action]:
        """Fetch the file at the URI to the path `target`; of a directory, return what fetches each of its files.

        Raises:
            NoIndexError: there is no such file, and no index of a directory.
            StorageError, RemoteError: it can't be had.
        """
        if scheme_of(uri) in {"http", "https"}:
            self._download(uri, target, transfer)
            return []
        if parts and self._are_fetched(uri, target, parts, transfer):
            return []
        if parts != () and self._is_fetched(uri, target, transfer):
            return []
        sizes = self.sizes_below(uri)
        transfer.expect(sum(sizes.values()))
        places = {name: (f"{uri.rstrip('/')}/{name}", str(Path(target, name))) for name in sizes}
        return [partial(self._fetch_part, *places[name], size, transfer) for name, size in sizes.items()]

    def sizes_below(self, uri: str) -> Sizes:
        """Return relative name ► size in bytes of the files of a directory.

        Raises:
            NoIndexError: no index tells.
            StorageError, RemoteError: it can't be had.
        """
        for above in _and_above(uri.rstrip("/")):
            sizes = self._index(above)
            start = uri.rstrip("/")[len(above) + 1 :]
            start = f"{start}/" if start else ""
            found = {name[len(start) :]: size for name, size in (sizes or {}).items() if name.startswith(start)}
            if found:
                return found
        raise NoIndexError("there is no file of this name, and no index of a directory.")

    def _index(self, uri: str) -> Sizes | None:
        if uri not in self._indexes:
            place, found = index_uri(uri) if scheme_of(uri) in OBJECT_SCHEMES else "", None
            try:
                if place:
                    found = sizes_in(http.get(self._url(place), network=self._calls.endpoint.network), place)
            except StorageError as error:
                if http.status_of(error) not in _NOT_THERE:
                    raise
            self._indexes[uri] = found
        return self._indexes[uri]

    def _are_fetched(self, uri: str, target: str, parts: Parts, transfer: Transfer) -> bool:
        places = [(f"{uri.rstrip('/')}/{name}", str(Path(target, name))) for name in parts or ()]
        if all(self._is_fetched(each, path, transfer) for each, path in places):
            return True
        rmtree(target, ignore_errors=True)  # made for nothing: a file may come in its place
        return False

    def _is_fetched(self, uri: str, target: str, transfer: Transfer) -> bool:
        try:
            self._download(self._url(uri), target, transfer)
        except StorageError as error:
            if http.status_of(error) not in _NOT_THERE or scheme_of(uri) not in OBJECT_SCHEMES:
                raise
            return False
        return True

    def _fetch_part(self, uri: str, target: str, size_bytes: int, transfer: Transfer) -> None:
        found_bytes = self._download(self._url(uri), target, transfer, is_expected=True)
        if found_bytes != size_bytes:
            raise StorageError(
                f"{uri!r} has {found_bytes} bytes, but had {size_bytes} when its directory was stored: somebody has "
                "written to it since. Run the task again."
            )

    def _download(self, url: str, target: str, transfer: Transfer, *, is_expected: bool = False) -> int:
        return fetch_file(
            url,
            target,
            timeout_s=TRANSFER_TIMEOUT_S,
            on_got=transfer.moved,
            on_size=None if is_expected else transfer.expect,
            network=self._calls.endpoint.network,
        )

    def _url(self, uri: str) -> str:
        request = dataproxy_pb2.CreateDownloadLocationRequest(native_url=as_url(uri))
        return self._calls.call(methods.CREATE_DOWNLOAD_LOCATION, request).signed_url


def _and_above(uri: str) -> Iterator[str]:
    """Yield the URI, then the folders above it."""
    for _ in range(1 + _LEVELS):
        yield uri
        uri = uri.rpartition("/")[0]
