"""Large contents at the control plane: each is uploaded once per project and domain, and never again while it is there.

The place of a content follows from its SHA-256, so nothing has to be remembered: each launch asks what is there, and an
object deleted by a lifecycle rule is uploaded again. flyteadmin answers this in one call, without the content's MD5:
CreateUploadLocation refuses a name that is taken with ALREADY_EXISTS. Asked with the MD5 at the same time, it refuses
an object that isn't what was uploaded; then another place is used, and the damaged one is left alone
(`remote.store_places`). A control plane that never refuses gets the content each time.
"""

import hashlib
import tempfile
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from threading import Event, Lock
from typing import Final

from autocontainer_nb.errors import CaptureError, RemoteError, StorageError
from autocontainer_nb.pickling.archive.zip_writer import FAST_LEVEL, compression_pays
from autocontainer_nb.pickling.capture.buffers import LargeObject
from autocontainer_nb.pickling.load.contents import shown_bytes
from autocontainer_nb.remote import environment, observers
from autocontainer_nb.remote.register.last_runs import StoredObject
from autocontainer_nb.remote.scope import Scope
from autocontainer_nb.remote.store_places import Location, Look, Standing, StorePlace
from autocontainer_nb.remote.transfers import TELL_EVERY_S, UploadState
from autocontainer_nb.wire import PACKED_SUFFIX

DATA_ROOT: Final = "autocontainer-nb-data"
MAX_OBJECT_BYTES: Final = 5 << 30  # of one PUT to S3 (docs.aws.amazon.com, AmazonS3/latest/userguide/qfacts.html)
_FILENAME: Final = "content"
_SIBLING: Final = "location"  # a name that is never uploaded to: it tells where its siblings are
_THREADS: Final = 6
_MAX_DAMAGED: Final = 8  # occupied places side by side, before the user has to clean up
_BLOCK_BYTES: Final = 1 << 20

_md5_by_sha256: dict[str, bytes] = {}  # of contents seen by this process; a content's MD5 never changes


def looks_at(scope: Scope, stored: Mapping[str, StoredObject], pool: Executor) -> list[Look]:
    """Begin to look at contents of an earlier launch, without having them."""
    places = (
        StorePlace(scope.calls, scope.project, scope.domain, each.root, each.filename) for each in stored.values()
    )
    return [
        Look(pool, place, partial(bytes.fromhex, each.md5)) for place, each in zip(places, stored.values(), strict=True)
    ]


def are_places(stored: Mapping[str, StoredObject]) -> bool:
    """Whether contents of these SHA-256 may be at these places."""
    names = {_FILENAME, _FILENAME + PACKED_SUFFIX}
    return all(each.root.startswith(_root_of(sha256)) and each.filename in names for sha256, each in stored.items())


class Uploads:
    """The contents of one launch: checked, and uploaded if they are missing or damaged.

    `stored` has the places where earlier launches put contents, by SHA-256, with the MD5 of what is stored there.
    """

    def __init__(
        self,
        scope: Scope,
        objects: Sequence[LargeObject],
        what: str,
        stored: Mapping[str, StoredObject] | None = None,
    ) -> None:
        self._scope = scope
        self._what = what
        self._is_far = not scope.calls.endpoint.address.is_loopback
        known = stored or {}
        self._places = [
            Place(scope, each, packed=self._is_packed(each), stored=known.get(each.sha256)) for each in objects
        ]
        self._looks: dict[Place, Look] = {}
        self._sent_bytes = 0
        self._missing: tuple[LargeObject, ...] = ()
        self._lock = Lock()
        self._stopped = Event()
        self._begun_s = 0.0

    def look(self, pool: Executor) -> None:
        """Start checking all of them."""
        self._looks = {place: place.look(pool) for place in self._places}

    def standings(self) -> list[Standing]:
        """Return the state of their places."""
        return [self._looks[place].standing() for place in self._places]

    def stored(self) -> dict[str, StoredObject]:
        """Return their places, for the next launch."""
        return {place.content.sha256: place.stored() for place in self._places}

    def run(self, *, only_missing: bool = False) -> dict[str, str]:
        """Upload, and return the URIs; with `only_missing`, only those of contents that were missing."""
        pool = ThreadPoolExecutor(min(_THREADS, 2 * len(self._places)), thread_name_prefix="upload")
        try:
            if not self._looks:
                self.look(pool)
            there = dict(zip(self._places, self.standings(), strict=True))
            missing = {place for place in self._places if there[place] in {Standing.GONE, Standing.DAMAGED}}
            self._begun_s = environment.monotonic_s()
            self._missing = tuple(place.content for place in self._places if place in missing)
            wanted = [place for place in self._places if not only_missing or there[place] is Standing.GONE]
            located = {pool.submit(self._located, place, there[place]): place for place in wanted}
            self._tell_until_done(located)
            return {place.content.sha256: future.result() for future, place in located.items()}
        except BaseException:
            self._stopped.set()
            self._tell(is_failed=True)
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _is_packed(self, content: LargeObject) -> bool:
        """Whether the content is compressed for the upload; on this machine's disk, that would only cost time."""
        return self._is_far and compression_pays([content.content])

    def _located(self, place: "Place", standing: Standing) -> str:
        try:
            self._check_size(place.content)
            found = self._looks[place].location() if standing in {Standing.INTACT, Standing.GONE} else None
            if found is not None and standing is Standing.INTACT:
                return found.native_url
            return place.located(standing, self._on_sent, found)
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
                "object stores accept at most 5 GiB in one piece. Split it into a list of smaller ones, or pass it as "
                "an input of the task."
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
            done, waiting = wait(waiting, timeout=TELL_EVERY_S, return_when=FIRST_COMPLETED)
            for future in done:
                future.result()
            if waiting and told_bytes != self._sent_bytes:
                told_bytes = self._sent_bytes
                self._tell()
        self._tell(is_done=True)

    def _tell(self, *, is_done: bool = False, is_failed: bool = False) -> None:
        """Notify the observers in the launching thread, if anything is uploaded."""
        if self._missing:
            observers.uploading(
                UploadState(
                    what=self._what,
                    names=tuple(dict.fromkeys(_label(each) for each in self._missing)),
                    sent_bytes=self._sent_bytes,
                    total_bytes=sum(each.size_bytes for each in self._missing),
                    is_done=is_done or is_failed,
                    is_failed=is_failed,
                    seconds=environment.monotonic_s() - self._begun_s,
                )
            )


class Place:
    """Where one content is, or will be, at the control plane."""

    def __init__(self, scope: Scope, content: LargeObject, *, packed: bool, stored: StoredObject | None = None) -> None:
        self.content = content
        self._packed = packed
        filename = _FILENAME + (PACKED_SUFFIX if packed else "")
        if stored is None or not are_places({content.sha256: stored}) or stored.filename != filename:
            stored = StoredObject(_root_of(content.sha256), filename, "")
        self.md5 = bytes.fromhex(stored.md5)  # of what is stored, which may be packed; empty where nobody knows it
        self._place = StorePlace(scope.calls, scope.project, scope.domain, stored.root, filename)
        self._hashing = Lock()  # the look and the upload want the MD5 at the same time; it is computed once

    def look(self, pool: Executor) -> Look:
        """Start checking it."""
        return Look(pool, self._place, self._known_md5)

    def stored(self) -> StoredObject:
        """Return where it is."""
        return StoredObject(self._place.root, self._place.filename, self.md5.hex())

    def located(self, standing: Standing, on_sent: Callable[[int], None], found: Location | None = None) -> str:
        """Return the content's URI; it is uploaded unless it is there, beside its place if something else is there.

        `found` is where a look that found nothing there was told to put it.
        """
        is_gone = standing is Standing.GONE
        if not self._packed:
            return self._uploaded(self.content.content, self._known_md5(), on_sent, found, is_gone=is_gone)
        if standing in {Standing.INTACT, Standing.TAKEN}:
            return self._sibling()
        return self._upload_packed(standing, on_sent)

    def _uploaded(
        self,
        source: memoryview | Path,
        md5: bytes,
        on_sent: Callable[[int], None],
        found: Location | None,
        *,
        is_gone: bool,
    ) -> str:
        for place in islice(self._place.others(), _MAX_DAMAGED):
            location = place.location(md5) if found is None else found
            if location is None:
                is_gone = False
                continue  # something else is there, and is kept
            if is_gone or place.location() is not None:
                place.put(location, source, md5, on_sent)
            self._place, self.md5 = place, md5
            return location.native_url
        raise StorageError(f"all places for it ({self._place.root} and more) contain something else. Delete it.")

    def _known_md5(self) -> bytes:
        """Return the MD5 of what is stored; empty for what is packed and hasn't been by this machine."""
        with self._hashing:
            if not self.md5 and not self._packed:
                self.md5 = _md5_by_sha256.get(self.content.sha256) or self._md5()
            return self.md5

    def _md5(self) -> bytes:
        """Return the MD5 of the content as it is now, after verifying that it still is what was captured."""
        md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
        for start in range(0, self.content.size_bytes, _BLOCK_BYTES):
            block = self.content.content[start : start + _BLOCK_BYTES]
            md5.update(block)
            sha256.update(block)
        if sha256.hexdigest() != self.content.sha256:
            raise CaptureError(
                f"{_shown(self.content)} has changed since it was captured: another thread writes to it. "
                "Launch again when it no longer changes, or capture a copy."
            )
        _md5_by_sha256[self.content.sha256] = md5.digest()
        return md5.digest()

    def _upload_packed(self, standing: Standing, on_sent: Callable[[int], None]) -> str:
        with tempfile.TemporaryDirectory(prefix="autocontainer-nb-") as folder:
            path = Path(folder, self._place.filename)
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
            found = self._place.location(md5.digest()) if standing is not Standing.DAMAGED else None
            if found is None and standing is not Standing.DAMAGED:
                return self._sibling()  # somebody else has just packed it, by another zlib
            uri = self._uploaded(path, md5.digest(), on_sent, found, is_gone=standing is Standing.GONE)
            on_sent(self.content.size_bytes - path.stat().st_size)  # the display counts what the user has
            return uri

    def _sibling(self) -> str:
        location = replace(self._place, filename=_SIBLING).location()
        if location is None or not location.native_url.endswith(_SIBLING):
            raise StorageError("the control plane doesn't say where it is.")
        return location.native_url.removesuffix(_SIBLING) + self._place.filename


def _root_of(sha256: str) -> str:
    return f"{DATA_ROOT}/{sha256}"


def _label(content: LargeObject) -> str:
    return content.name or f"data of {shown_bytes(content.size_bytes)}"


def _shown(content: LargeObject) -> str:
    return (
        f"{content.name} ({shown_bytes(content.size_bytes)})"
        if content.name
        else f"Data of {shown_bytes(content.size_bytes)}"
    )
