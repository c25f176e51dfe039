"""Large contents fetched, verified and mapped.

Objects are found by `locations.json`, which no digest covers. What follows from that:

- A content is used only if it has the SHA-256 that the metadata says, so a changed location can't change a result.
- A location is used only if it is an object store's URI or a regular file of this machine (the sandbox's store). An
  `http://` URL or a path without a scheme is never used. So an attacker who can write locations, but not the task,
  can't make a container connect to anything but its own stores.
- Not more than the content's size is fetched, or unpacked.

Fetched objects go to unnamed files beside the archive, so that nothing is left when the process ends, however it does.
Threads are used here: in a container this runs in the process that was forked already.
"""

import mmap
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO, Final

from autocontainer_nb.errors import AutocontainerError, MemberMismatchError, StorageError
from autocontainer_nb.pickling.archive.pieces import HeldPiece, Piece, PieceReader, spliced
from autocontainer_nb.pickling.archive.zip_reader import ZipReader
from autocontainer_nb.storage import access
from autocontainer_nb.storage.local import open_regular
from autocontainer_nb.storage.uris import is_local, scheme_of
from autocontainer_nb.wire import BUFFERS_PREFIX, LOCATIONS_MEMBER, PACKED_SUFFIX, PICKLE_MEMBER

MAX_LOCATIONS_BYTES: Final = 16 << 20
_PARALLEL_OBJECTS: Final = 4
_BLOCK_BYTES: Final = 1 << 20
_MEGABYTE: Final = 1_000_000


class Contents:
    """All large contents of one file. What was mapped stays so when this is closed.

    `given` are objects, by their SHA-256, that needn't be fetched, and aren't verified.
    """

    def __init__(
        self, zip_file: ZipReader, metadata: dict[str, Any], given: "Mapping[str, OpenObject] | None" = None
    ) -> None:
        self._zip_file = zip_file
        self._metadata = metadata
        self._objects: dict[str, OpenObject] = dict(given or {})
        self._shared: set[str] = set()  # members whose mapping a buffer that can't be written to shows ...
        self._owned: set[str] = set()  # ... and those whose mapping is a writable one's own

    def close(self) -> None:
        """Close the files of all objects."""
        for each in self._objects.values():
            each.close()

    def fetch(self) -> None:
        """Open all objects; verified when this returns.

        Raises:
            StorageError: one can't be fetched; the message tells which, its variable and where it was looked for.
            MemberMismatchError: one has another content.
        """
        entries = {str(entry["sha256"]): entry for entry in objects_of(self._metadata)}
        for known in self._objects:
            entries.pop(known, None)
        if not entries:
            return
        locations = read_locations(self._zip_file)
        if len(entries) == 1:
            for entry in entries.values():
                self._fetch_one(entry, locations)
        else:
            from concurrent.futures import ThreadPoolExecutor

            with ThreadPoolExecutor(min(_PARALLEL_OBJECTS, len(entries))) as pool:
                list(pool.map(lambda entry: self._fetch_one(entry, locations), entries.values()))

    def buffers(self) -> list[memoryview]:
        """Return the out-of-band buffers in the order of the pickle; writable ones never share their memory."""
        return [self._buffer(entry) for entry in self._metadata["buffers"]]

    def stream(self) -> PieceReader:
        """Return the pickle, with the payloads that were cut out of it."""
        splices = self._metadata["splices"]
        cuts = [(int(entry["offset"]), self._piece(entry)) for entry in splices]
        return spliced(self._zip_file.view(PICKLE_MEMBER), cuts)

    def _fetch_one(self, entry: dict[str, Any], locations: dict[str, str]) -> None:
        sha256, size_bytes = str(entry["sha256"]), int(entry["size_bytes"])
        what = f"{_name(entry)} of {self._zip_file.path!r}"
        uri = locations.get(sha256)
        advice = "Nothing was unpickled. Launch the task again from its notebook: what is missing is uploaded anew."
        if uri is None:
            raise StorageError(
                f"{what} isn't in the file but an object of its own, {sha256}, and the file doesn't tell where. "
                "It was written to be uploaded: write one that holds everything by dump_pickled_entity."
            )
        if not (scheme_of(uri) == "file" or scheme_of(uri) in access.OBJECT_SCHEMES):
            raise StorageError(f"{what} isn't fetched from {uri!r}: that is neither an object store nor the sandbox's.")
        try:
            fetched = FetchedObject(sha256, uri, size_bytes, os.path.dirname(os.path.abspath(self._zip_file.path)))
        except (AutocontainerError, OSError) as error:
            raise StorageError(f"{what} can't be fetched: {error} {advice}") from error
        self._objects[sha256] = fetched
        if fetched.found != sha256:
            raise MemberMismatchError(
                f"{what} was altered: the object {uri!r} has the SHA-256 {fetched.found}, the metadata says {sha256}. "
                f"Nothing was unpickled. Delete that object, and launch the task again: it is uploaded anew."
            )

    def _buffer(self, entry: dict[str, Any]) -> memoryview:
        sha256, writable = str(entry["sha256"]), bool(entry.get("writable"))
        if sha256 in self._objects:
            view = self._objects[sha256].mapped()
            return view if writable else view.toreadonly()
        view = self._zip_file.view(BUFFERS_PREFIX + sha256)
        if sha256 in self._owned or (writable and sha256 in self._shared):
            view = memoryview(bytearray(view))  # another variable has this content as well, in memory of its own
        else:
            (self._owned if writable else self._shared).add(sha256)
        return view if writable else view.toreadonly()

    def _piece(self, entry: dict[str, Any]) -> Piece:
        sha256 = str(entry["sha256"])
        return self._objects.get(sha256) or HeldPiece(self._zip_file.view(BUFFERS_PREFIX + sha256))


class OpenObject:
    """One object as an open file that has all of its content."""

    def __init__(self, sha256: str, size_bytes: int, file: BinaryIO) -> None:
        self.sha256 = sha256
        self.size_bytes = size_bytes
        self._file = file

    def close(self) -> None:
        """Close the file. Mappings of it stay."""
        self._file.close()

    def mapped(self) -> memoryview:
        """Return the content as memory of its own: writable, and read from the file where it is touched."""
        if not self.size_bytes:
            return memoryview(bytearray())  # nothing can't be mapped
        return memoryview(mmap.mmap(self._file.fileno(), self.size_bytes, access=mmap.ACCESS_COPY))

    def read_into(self, start: int, target: memoryview) -> None:
        """Fill the target with the bytes from `start` on: once in memory, not mapped as well."""
        self._file.seek(start)
        done = 0
        while done < target.nbytes:
            count = self._file.readinto(target[done:])  # type: ignore[attr-defined]  # of the raw file; BinaryIO lacks it
            if not count:
                raise StorageError(f"The object {self.sha256} became shorter while it was read.")
            done += count


class FetchedObject(OpenObject):
    """One object fetched from a store, or the sandbox's own file. `found` is its content's SHA-256."""

    def __init__(self, sha256: str, uri: str, size_bytes: int, folder: str) -> None:
        in_place = is_local(uri) and not uri.endswith(PACKED_SUFFIX)
        # A file of the sandbox is used where it is: nobody writes to it, a new one replaces it.
        super().__init__(sha256, size_bytes, open_regular(uri, size_bytes) if in_place else _new_file(folder))
        try:
            self.found = _sha256_of(_blocks(self._file) if in_place else self._fetched(uri))
        except BaseException:  # an interrupt, too: nobody has the object yet, so nobody else would close it
            self._file.close()
            raise

    def _fetched(self, uri: str) -> Iterator[memoryview]:
        parts = access.blocks(uri, self.size_bytes)
        return self._kept(_unpacked(parts, self.size_bytes) if uri.endswith(PACKED_SUFFIX) else parts)

    def _kept(self, blocks: Iterator[memoryview]) -> Iterator[memoryview]:
        for block in blocks:
            written = 0
            while written < block.nbytes:  # an unbuffered file may take less than it is given
                written += self._file.write(block[written:])
            yield block


def objects_of(metadata: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the entries of contents that are objects beside the file."""
    for key in ("buffers", "splices"):
        for entry in metadata.get(key, []):
            if entry.get("stored") == "object":
                yield entry


def read_locations(zip_file: ZipReader) -> dict[str, str]:
    """Return {sha256: URI} as the file has it; what isn't of that form is left out, for no digest covers it."""
    import json

    if LOCATIONS_MEMBER not in zip_file.members:
        return {}
    try:
        parsed = json.loads(bytes(zip_file.view(LOCATIONS_MEMBER, MAX_LOCATIONS_BYTES)))
    except (ValueError, RecursionError):
        return {}
    if not isinstance(parsed, dict):
        return {}
    return {sha256: uri for sha256, uri in parsed.items() if isinstance(uri, str)}


def shown_bytes(size_bytes: int) -> str:
    """Return a size for people, as in `512.0 MB`."""
    return f"{size_bytes / _MEGABYTE:.1f} MB"


def _name(entry: dict[str, Any]) -> str:
    name = str(entry.get("name") or "")[:200]
    return (
        f"{name} ({shown_bytes(int(entry['size_bytes']))})" if name else f"Data of {shown_bytes(entry['size_bytes'])}"
    )


def _new_file(folder: str) -> BinaryIO:
    """Return a file without a name, where the archive is or, if nothing can be written there, in the usual place."""
    import tempfile

    usable = os.path.isdir(folder) and os.access(folder, os.W_OK)
    return tempfile.TemporaryFile(buffering=0, dir=folder if usable else None)


def _blocks(file: BinaryIO) -> Iterator[memoryview]:
    # Read and not mapped, so that a content that is copied from here isn't in memory twice.
    while block := file.read(_BLOCK_BYTES):
        yield memoryview(block)


def _unpacked(parts: Iterable[memoryview], size_bytes: int) -> Iterator[memoryview]:
    """Yield what the parts decompress to, at most one byte more than there should be."""
    import zlib

    unpacker = zlib.decompressobj()
    left_bytes = size_bytes + 1
    for part in parts:
        packed: bytes | memoryview = part
        while packed and left_bytes:
            try:
                block = unpacker.decompress(packed, min(_BLOCK_BYTES, left_bytes))
            except zlib.error as error:
                raise StorageError(f"It doesn't decompress ({error}).") from error
            packed = unpacker.unconsumed_tail
            left_bytes -= len(block)
            yield memoryview(block)
            if not block and not packed:
                break


def _sha256_of(blocks: Iterable[memoryview]) -> str:
    import hashlib

    digest = hashlib.sha256()
    for block in blocks:
        digest.update(block)
    return digest.hexdigest()
