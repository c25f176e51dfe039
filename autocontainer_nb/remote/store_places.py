"""A place in the store of the control plane, named by root and file name: its content, and how to put one there.

flyteadmin shows what is there by CreateUploadLocation (its `dataproxy/service.go`, and recorded answers of v1.16.8).
Asked without an MD5 it refuses a name that is taken, with ALREADY_EXISTS. Asked with one, it gives the place while
nothing is there or the very same content, and refuses where something else is. It never lets an object be
overwritten with other bytes: a damaged object stays, and its content goes to another place.
"""

import base64
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from enum import Enum
from itertools import count
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote

from flyteidl.service import dataproxy_pb2

from autocontainer_nb.errors import AlreadyExistsError, RemoteError, StorageError
from autocontainer_nb.remote import http
from autocontainer_nb.remote.control_plane import ControlPlane
from autocontainer_nb.remote.downloads import size_bytes_at
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.storage.uris import as_url, is_local

Location = dataproxy_pb2.CreateUploadLocationResponse
TRANSFER_TIMEOUT_S: Final = 60.0  # for each wait on the network; a transfer as a whole may take as long as it takes
LOCATION_TIMEOUT_S: Final = 60.0  # a control plane may read an object of some gigabytes before it answers
NOTHING: Final = -1  # the size of what isn't there
_MD5_HEADER: Final = "Content-MD5"
_PUTS: Final = 3  # of one content, before what arrives of it counts as lost
_NOT_FOUND: Final = 404


class Standing(Enum):
    """The content of a place."""

    GONE = "nothing"
    INTACT = "the content"
    DAMAGED = "something else"
    TAKEN = "something"  # whose MD5 nobody knows here
    UNKNOWN = "unknown"  # the control plane didn't say


@dataclass(frozen=True)
class StorePlace:
    """A place of a project's domain; `root` is the folder that holds `filename`."""

    calls: ControlPlane
    project: str
    domain: str
    root: str
    filename: str

    def location(self, md5: bytes = b"", *, timeout_s: float = LOCATION_TIMEOUT_S) -> Location | None:
        """Return where to put the content; None if something else (without an MD5: anything) is there."""
        # flyteadmin makes a URL of the name (flytestdlib/storage/url_path.go), where "#", "?" and "%" have a meaning.
        # A place with files of its own, like a sandbox, takes names as they are.
        url_name = quote(self.filename, safe="/")
        found = self._location(url_name, md5, timeout_s)
        if found is not None and url_name != self.filename and is_local(found.native_url):
            found = self._location(self.filename, md5, timeout_s)
        if found is not None and not is_local(found.native_url):
            found.native_url = unquote(found.native_url)  # in literals, names stand as they are
        return found

    def _location(self, filename: str, md5: bytes, timeout_s: float) -> Location | None:
        try:
            return self.calls.call(
                methods.CREATE_UPLOAD_LOCATION,
                dataproxy_pb2.CreateUploadLocationRequest(
                    project=self.project,
                    domain=self.domain,
                    filename=filename,
                    filename_root=self.root,
                    content_md5=md5,
                    add_content_md5_metadata=bool(md5),
                ),
                timeout_s=timeout_s,
            )
        except AlreadyExistsError:
            return None

    def put(
        self,
        location: Location,
        source: bytes | memoryview | str | Path,
        md5: bytes,
        on_sent: Callable[[int], None] | None = None,
    ) -> str:
        """Send the content, whose MD5 is `md5`, to where the control plane says, and return its URI once it is there.

        The store compares the bytes with the MD5, which goes along as a header. Its answer tells that it has: S3's
        entity tag, Google's hash, Azure's header. Where it doesn't (encrypted buckets have other tags), the size of
        what is there is looked at; what isn't whole is sent again.

        Raises:
            StorageError: the store refuses, can't be reached, or has something else at the end.
        """
        headers, network = _headers(location.headers, md5), self.calls.endpoint.network
        size_bytes, found_bytes = 0, 0
        for _ in range(_PUTS):
            answer = http.put(
                location.signed_url, source, headers, TRANSFER_TIMEOUT_S, on_sent=on_sent, network=network
            )
            if is_confirmed(answer.headers, md5):
                return location.native_url
            size_bytes, there = _size_bytes_of(source), self.size_bytes_at(location.native_url)
            if there is None or there == size_bytes:
                return location.native_url
            found_bytes = max(0, there)
            if on_sent is not None:
                on_sent(-size_bytes)
        raise StorageError(
            f"Can't upload to {location.native_url!r}: of {size_bytes} bytes that were sent {_PUTS} times, "
            f"{found_bytes} are there. Check what is between here and the store: a proxy, or a full disk."
        )

    def size_bytes_at(self, uri: str) -> int | None:
        """Return the size of what is at the URI, -1 for nothing; None where control plane or store don't tell."""
        try:
            request = dataproxy_pb2.CreateDownloadLocationRequest(native_url=as_url(uri))
            url = self.calls.call(methods.CREATE_DOWNLOAD_LOCATION, request).signed_url
            return size_bytes_at(url, TRANSFER_TIMEOUT_S, network=self.calls.endpoint.network)
        except StorageError as error:
            return NOTHING if http.status_of(error) == _NOT_FOUND else None
        except RemoteError:
            return None

    def others(self) -> "Iterator[StorePlace]":
        """Yield this place, then places beside it, for a content whose own place is occupied."""
        yield self
        for number in count(1):
            yield replace(self, root=f"{self.root}-{number}")


class Look:
    """A look at a place, under way in other threads: both questions are asked at once, so it takes one round trip.

    `md5` is called in such a thread, since it may have to be computed; what it gives is empty where nobody knows it.
    """

    def __init__(self, pool: Executor, place: StorePlace, md5: Callable[[], bytes]) -> None:
        self._any = pool.submit(place.location, timeout_s=methods.QUICK_S)
        self._same = pool.submit(self._ask, place, md5)

    @staticmethod
    def _ask(place: StorePlace, md5: Callable[[], bytes]) -> tuple[bool, Location | None]:
        known = md5()
        return bool(known), place.location(known, timeout_s=methods.QUICK_S) if known else None

    def standing(self) -> Standing:
        """Wait for the answers, and return the state of the place."""
        try:
            if self._any.result() is not None:
                return Standing.GONE
            is_known, location = self._same.result()
        except RemoteError:  # a later request for the place reports the reason
            return Standing.UNKNOWN
        if not is_known:
            return Standing.TAKEN
        return Standing.DAMAGED if location is None else Standing.INTACT

    def location(self) -> Location | None:
        """Return where to put the content, None if something else is there or the control plane didn't say."""
        try:
            return self._same.result()[1]
        except RemoteError:
            return None


def is_confirmed(answer: Mapping[str, str], md5: bytes) -> bool:
    """Whether the headers of a store's answer to a PUT tell that it has the content of this MD5.

    The entity tag is what docs.aws.amazon.com says of plain objects, `x-goog-hash` is Google's XML API's, `Content-MD5`
    is that of Azure's Put Blob.
    """
    told = {name.lower(): text for name, text in answer.items()}
    text = base64.b64encode(md5).decode()
    is_tag = told.get("etag", "").strip('"').lower() == md5.hex()
    is_hash = f"md5={text}" in {each.strip() for each in told.get("x-goog-hash", "").split(",")}
    return is_tag or is_hash or told.get("content-md5") == text


def _size_bytes_of(source: bytes | memoryview | str | Path) -> int:
    if isinstance(source, bytes | memoryview):
        return memoryview(source).nbytes
    return Path(source).stat().st_size


def _headers(wanted: Mapping[str, str], md5: bytes) -> dict[str, str]:
    """Return what the server wants sent, but for the MD5, which is ours: the server's is a copy of it at best."""
    passed = {name: text for name, text in wanted.items() if name.lower() != _MD5_HEADER.lower()}
    return {**passed, _MD5_HEADER: base64.b64encode(md5).decode()}
