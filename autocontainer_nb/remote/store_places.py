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

from flyteidl.service import dataproxy_pb2

from autocontainer_nb.errors import AlreadyExistsError, RemoteError
from autocontainer_nb.remote import http
from autocontainer_nb.remote.control_plane import ControlPlane
from autocontainer_nb.remote.rpc import methods

Location = dataproxy_pb2.CreateUploadLocationResponse
TRANSFER_TIMEOUT_S: Final = 60.0  # for each wait on the network; a transfer as a whole may take as long as it takes
LOCATION_TIMEOUT_S: Final = 60.0  # a control plane may read an object of some gigabytes before it answers
_MD5_HEADER: Final = "Content-MD5"


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
        try:
            return self.calls.call(
                methods.CREATE_UPLOAD_LOCATION,
                dataproxy_pb2.CreateUploadLocationRequest(
                    project=self.project,
                    domain=self.domain,
                    filename=self.filename,
                    filename_root=self.root,
                    content_md5=md5,
                    add_content_md5_metadata=bool(md5),
                ),
                timeout_s=timeout_s,
            )
        except AlreadyExistsError:
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


def put(
    location: Location,
    source: bytes | memoryview | str | Path,
    md5: bytes,
    on_sent: Callable[[int], None] | None = None,
) -> None:
    """Send the content, whose MD5 is `md5`, to where the control plane says, with the headers that it wants.

    Raises:
        StorageError: the store refuses, or can't be reached.
    """
    headers = _headers(location.headers, md5)
    http.put(location.signed_url, source, headers, timeout_s=TRANSFER_TIMEOUT_S, on_sent=on_sent)


def _headers(wanted: Mapping[str, str], md5: bytes) -> dict[str, str]:
    """Return what the server wants sent, but for the MD5, which is ours: the server's is a copy of it at best."""
    passed = {name: text for name, text in wanted.items() if name.lower() != _MD5_HEADER.lower()}
    return {**passed, _MD5_HEADER: base64.b64encode(md5).decode()}
