"""Large contents at the control plane: each is uploaded once per project and domain, and never again while it is there.

Where a content is follows from its SHA-256, so nothing has to be remembered: what is there is asked each time, and an
object that a lifecycle rule has deleted is uploaded anew. flyteadmin tells in one answer, without the content's MD5:
CreateUploadLocation refuses a name that is taken with ALREADY_EXISTS. Asked again with the MD5, it gives the object's
URI, and refuses an object that isn't what was uploaded; then a second place is used, and the damaged one is left alone.
(Source: flyteadmin's `dataproxy/service.go`.) A control plane that never refuses gets the content each time.
"""

import hashlib
import json
import tempfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock
from typing import Final

from autocontainer_nb.core.capture import Captured
from autocontainer_nb.errors import CaptureError, RemoteError, StorageError
from autocontainer_nb.pickling.large.buffers import LargeObject
from autocontainer_nb.pickling.large.compression import FAST_LEVEL, compression_pays
from autocontainer_nb.pickling.large.contents import shown_bytes
from autocontainer_nb.pickling.zip_writer import add_member
from autocontainer_nb.remote import observers
from autocontainer_nb.remote.places import Location, StorePlace, put
from autocontainer_nb.remote.session import Session
from autocontainer_nb.wire import LOCATIONS_MEMBER, PACKED_SUFFIX

DATA_ROOT: Final = "autocontainer-nb-data"
MAX_OBJECT_BYTES: Final = 5 << 30  # of one PUT to S3 (docs.aws.amazon.com, AmazonS3/latest/userguide/qfacts.html)
_FILENAME: Final = "content"
_SIBLING: Final = "location"  # a name that is never uploaded to: it tells where its siblings are
_THREADS: Final = 6
_TELL_EVERY_S: Final = 0.25
_BLOCK_BYTES: Final = 1 << 20

_md5_by_sha256: dict[str, bytes] = {}  # of contents seen by this process; a content's MD5 never changes


@dataclass(frozen=True, kw_only=True)
class UploadState:
    """How far the large data of one launch is."""

    what: str  # the task's name
    names: tuple[str, ...]  # of the variables that are uploaded, the largest first
    sent_bytes: int
    total_bytes: int
    is_done: bool = False
    is_failed: bool = False


def upload_objects(session: Session, objects: Sequence[LargeObject], what: str) -> dict[str, str]:
    """Return {sha256: URI} of all contents; those that the control plane lacks were uploaded, several at a time.

    Raises:
        StorageError: one can't be uploaded; the message names the variable. What was uploaded before stays.
        CaptureError: one has changed since it was captured.
        RemoteError: the control plane refuses, or can't be reached.
    """
    return _Uploads(session, objects, what).run() if objects else {}


def complete(session: Session, captured: Captured) -> None:
    """Upload what the captured file lacks, and write into the file where it is.

    Raises:
        as `upload_objects`
    """
    if not captured.objects:
        return
    uris = upload_objects(session, captured.objects, _task_name(captured))
    add_member(captured.path, LOCATIONS_MEMBER, json.dumps(uris, indent=1, sort_keys=True).encode("ascii"))


def restore(session: Session, captured: Captured | None) -> bool:
    """Upload again what an already registered task needs and the control plane no longer has (a lifecycle rule).

    Returns whether there was something to upload.

    Raises:
        as `upload_objects`
    """
    if captured is None or not captured.objects:
        return False
    return bool(_Uploads(session, captured.objects, _task_name(captured)).run(only_missing=True))


def _task_name(captured: Captured) -> str:
    return str(getattr(captured.task, "short_name", "") or "task")


class _Uploads:
    """The contents of one launch, on their way."""

    def __init__(self, session: Session, objects: Sequence[LargeObject], what: str) -> None:
        self._session = session
        self._objects = objects
        self._what = what
        self._is_far = not session.calls.connection.endpoint.is_loopback
        self._sent_bytes = 0
        self._missing: tuple[LargeObject, ...] = ()
        self._lock = Lock()
        self._stopped = Event()

    def run(self, *, only_missing: bool = False) -> dict[str, str]:
        """Return the URIs; with `only_missing`, of those contents alone that weren't there."""
        pool = ThreadPoolExecutor(min(_THREADS, len(self._objects)), thread_name_prefix="upload")
        try:
            places = [Place(self._session, each, packed=self._is_packed(each)) for each in self._objects]
            there = dict(zip(places, pool.map(Place.is_taken, places), strict=True))
            self._missing = tuple(place.content for place in places if not there[place])
            wanted = [place for place in places if not (only_missing and there[place])]
            located = {pool.submit(self._located, place, is_there=there[place]): place for place in wanted}
            self._tell_until_done(located)
            return {place.content.sha256: future.result() for future, place in located.items()}
        except BaseException:
            self._stopped.set()
            self._tell(is_failed=True)
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _is_packed(self, content: LargeObject) -> bool:
        """Whether the content is compressed on its way; for this machine's disk that would only cost time."""
        return self._is_far and compression_pays([content.content])

    def _located(self, place: "Place", *, is_there: bool) -> str:
        try:
            self._check_size(place.content)
            return place.located(is_there=is_there, on_sent=self._on_sent)
        except StorageError as error:
            raise StorageError(f"{_shown(place.content)} can't be uploaded: {error}") from error
        except RemoteError as error:
            raise type(error)(
                f"{_shown(place.content)} can't be uploaded: {error}",
                endpoint=error.endpoint,
                method=error.method,
                status=error.status,
                details=error.details,
            ) from None

    def _check_size(self, content: LargeObject) -> None:
        if content.size_bytes > MAX_OBJECT_BYTES and self._is_far:
            raise StorageError(
                "object stores take at most 5 GiB in one piece. Split it into a list of smaller ones, or pass it as an "
                "input of the task."
            )

    def _on_sent(self, size_bytes: int) -> None:
        if size_bytes > 0 and self._stopped.is_set():
            raise StorageError("the launch was stopped.")
        with self._lock:
            self._sent_bytes += size_bytes

    def _tell_until_done(self, located: "dict[Future[str], Place]") -> None:
        waiting: Iterable[Future[str]] = located
        told_bytes = -1
        while waiting:
            done, waiting = wait(waiting, timeout=_TELL_EVERY_S, return_when=FIRST_COMPLETED)
            for future in done:
                future.result()
            if waiting and told_bytes != self._sent_bytes:
                told_bytes = self._sent_bytes
                self._tell()
        self._tell(is_done=True)

    def _tell(self, *, is_done: bool = False, is_failed: bool = False) -> None:
        """Tell the observers, in the thread that launches; nothing where nothing is uploaded."""
        if self._missing:
            observers.uploading(
                UploadState(
                    what=self._what,
                    names=tuple(dict.fromkeys(_label(each) for each in self._missing)),
                    sent_bytes=self._sent_bytes,
                    total_bytes=sum(each.size_bytes for each in self._missing),
                    is_done=is_done or is_failed,
                    is_failed=is_failed,
                )
            )


class Place:
    """Where one content is, or will be, at the control plane."""

    def __init__(self, session: Session, content: LargeObject, *, packed: bool) -> None:
        self.content = content
        self._session = session
        self._packed = packed
        self._filename = _FILENAME + (PACKED_SUFFIX if packed else "")

    def is_taken(self) -> bool:
        """Whether something is there."""
        return self._ask(self._root(), self._filename) is None

    def located(self, *, is_there: bool, on_sent: Callable[[int], None]) -> str:
        """Return the content's URI; it is uploaded unless it is there."""
        if self._packed:
            return self._sibling() if is_there else self._upload_packed(on_sent)
        md5 = _md5_by_sha256.get(self.content.sha256) if is_there else None
        if md5 is None:
            md5 = self._md5()
        for root in (self._root(), f"{self._root()}-{md5.hex()}"):
            location = self._ask(root, self._filename, md5)
            if location is not None and root == self._root() and is_there:
                return location.native_url
            if location is not None:
                if root == self._root() or self._ask(root, self._filename) is not None:
                    put(location, self.content.content, md5, on_sent)
                return location.native_url
        raise StorageError(
            f"both places that its content has ({self._root()} and one more) hold something else. Delete them."
        )

    def _root(self) -> str:
        return f"{DATA_ROOT}/{self.content.sha256}"

    def _md5(self) -> bytes:
        """Return the MD5 of the content as it is now; it is also verified to be what was captured."""
        md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
        for start in range(0, self.content.size_bytes, _BLOCK_BYTES):
            block = self.content.content[start : start + _BLOCK_BYTES]
            md5.update(block)
            sha256.update(block)
        if sha256.hexdigest() != self.content.sha256:
            raise CaptureError(
                f"{_shown(self.content)} has changed since it was captured: another thread writes to it. "
                "Launch again when it is at rest, or capture a copy."
            )
        _md5_by_sha256[self.content.sha256] = md5.digest()
        return md5.digest()

    def _upload_packed(self, on_sent: Callable[[int], None]) -> str:
        with tempfile.TemporaryDirectory(prefix="autocontainer-nb-") as folder:
            path = Path(folder, self._filename)
            packer, md5 = zlib.compressobj(FAST_LEVEL), hashlib.md5(usedforsecurity=False)
            self._md5()  # that the content is what was captured
            with path.open("wb") as file:
                for start in range(0, self.content.size_bytes, _BLOCK_BYTES):
                    part = packer.compress(self.content.content[start : start + _BLOCK_BYTES])
                    md5.update(part)
                    file.write(part)
                last = packer.flush()
                md5.update(last)
                file.write(last)
            location = self._ask(self._root(), self._filename, md5.digest())
            if location is None:  # somebody else has just packed it, by another zlib
                return self._sibling()
            size_bytes = path.stat().st_size
            put(location, path, md5.digest(), on_sent)
            on_sent(self.content.size_bytes - size_bytes)  # the display counts what the user has
            return location.native_url

    def _sibling(self) -> str:
        location = self._ask(self._root(), _SIBLING)
        if location is None or not location.native_url.endswith(_SIBLING):
            raise StorageError("the control plane doesn't tell where it is.")
        return location.native_url.removesuffix(_SIBLING) + self._filename

    def _ask(self, root: str, filename: str, md5: bytes = b"") -> Location | None:
        """Return where to put the content; None if something else (without an MD5: anything) is there."""
        session = self._session
        return StorePlace(session.calls, session.project, session.domain, root, filename).location(md5)


def _label(content: LargeObject) -> str:
    return content.name or f"data of {shown_bytes(content.size_bytes)}"


def _shown(content: LargeObject) -> str:
    return (
        f"{content.name} ({shown_bytes(content.size_bytes)})"
        if content.name
        else f"Data of {shown_bytes(content.size_bytes)}"
    )
