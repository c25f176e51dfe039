"""A ZIP file read strictly: every member's place, size and name is checked before a byte of it is used.

Our own reader instead of `zipfile`, for two reasons: it is on the container's start-up path (`zipfile` imports 20
modules), and a reader of untrusted files should refuse what a general one mends: overlapping or duplicate members,
names that leave the folder, sizes that don't add up, archives with a prefix or a comment.

Source of the layout: PKWARE's APPNOTE.TXT, sections 4.3 and 4.5.3 (ZIP64).
"""

import mmap
import os
import struct
from collections.abc import Iterator
from typing import Final

from autocontainer_nb.errors import ArchiveCorruptError
from autocontainer_nb.pickling.archive.hashing import sha256_hex

MAX_MEMBERS: Final = 100_000
MAX_DIRECTORY_BYTES: Final = 64 << 20
MAX_NAME_BYTES: Final = 1024

_BLOCK_BYTES = 1 << 20
_STORED, _DEFLATED = 0, 8
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR64 = struct.Struct("<4sLQL")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF
_ENCRYPTED_OR_STREAMED = 0x01 | 0x08 | 0x40
_SYMLINK_MODE, _MODE_MASK = 0o120000, 0o170000


class Member:
    """Where one member's bytes lie in the file, and how many there are."""

    __slots__ = ("compressed_bytes", "method", "name", "offset", "size_bytes")

    def __init__(self, name: str, offset: int, method: int, compressed_bytes: int, size_bytes: int) -> None:
        self.name = name
        self.offset = offset
        self.method = method
        self.compressed_bytes = compressed_bytes
        self.size_bytes = size_bytes


class ZipReader:
    """The members of one file, mapped copy-on-write: slices are writable and never change the file."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._map = _map_file(path)
        self.members: dict[str, Member] = {}
        try:
            self._read_directory()
        except struct.error as error:
            raise self._corrupt(f"its directory is cut short ({error})") from error

    def __len__(self) -> int:
        """Return the file's size in bytes."""
        return len(self._map)

    def view(self, name: str, limit_bytes: int | None = None) -> memoryview:
        """Return a member's bytes; a stored member's are a writable slice of the mapping, nothing is copied.

        Raises:
            ArchiveCorruptError: there is no such member, it is larger than `limit_bytes`, or it doesn't decompress.
        """
        member = self.members.get(name)
        if member is None:
            raise self._corrupt(f"it has no member {name!r}")
        if limit_bytes is not None and member.size_bytes > limit_bytes:
            raise self._corrupt(
                f"its member {name!r} has {member.size_bytes} bytes, more than the {limit_bytes} allowed"
            )
        raw = memoryview(self._map)[member.offset : member.offset + member.compressed_bytes]
        return raw if member.method == _STORED else self._inflate(member)

    def sha256(self, name: str) -> str:
        """Return the SHA-256 of a member's bytes; a compressed one is never in memory as a whole.

        Raises:
            ArchiveCorruptError: there is no such member, or it doesn't decompress to its size.
        """
        member = self.members.get(name)
        if member is None or member.method == _STORED:
            return sha256_hex(self.view(name))
        import hashlib

        digest = hashlib.sha256()
        for block in self._inflated(member):
            digest.update(block)
        return digest.hexdigest()

    def _inflate(self, member: Member) -> memoryview:
        data, filled = bytearray(member.size_bytes), 0
        for block in self._inflated(member):
            data[filled : filled + len(block)] = block
            filled += len(block)
        return memoryview(data)

    def _inflated(self, member: Member) -> Iterator[bytes]:
        """Yield a compressed member's bytes in blocks: exactly as many as it declares."""
        import zlib

        raw = memoryview(self._map)[member.offset : member.offset + member.compressed_bytes]
        inflater, left_bytes = zlib.decompressobj(-zlib.MAX_WBITS), member.size_bytes
        try:
            for start in range(0, raw.nbytes, _BLOCK_BYTES):
                packed: bytes | memoryview = raw[start : start + _BLOCK_BYTES]
                while packed and left_bytes >= 0:
                    block = inflater.decompress(packed, _BLOCK_BYTES)
                    packed = inflater.unconsumed_tail
                    left_bytes -= len(block)
                    if left_bytes >= 0:
                        yield block
        except zlib.error as error:
            raise self._corrupt(f"its member {member.name!r} doesn't decompress ({error})") from error
        if left_bytes or not inflater.eof or inflater.unused_data:
            raise self._corrupt(f"its member {member.name!r} isn't the {member.size_bytes} bytes that it declares")

    def _read_directory(self) -> None:
        count, size, start, end = self._find_directory()
        if count > MAX_MEMBERS or size > MAX_DIRECTORY_BYTES:
            raise self._corrupt(f"its directory lists {count} members in {size} bytes, more than is allowed")
        if start + size != end:
            raise self._corrupt(
                "its directory isn't where the end record says (truncated, or something was put before it)"
            )
        position = start
        previous_end = 0
        for _ in range(count):
            position, member = self._read_entry(position)
            if member.name in self.members:
                raise self._corrupt(f"it has two members named {member.name!r}")
            if member.offset < previous_end or member.offset + member.compressed_bytes > start:
                raise self._corrupt(f"its member {member.name!r} overlaps another one")
            previous_end = member.offset + member.compressed_bytes
            self.members[member.name] = member
        if position != end:
            raise self._corrupt("its directory has bytes left over")

    def _find_directory(self) -> tuple[int, int, int, int]:
        """Return (members, bytes, offset, end) of the central directory."""
        end = len(self._map) - _END.size
        if end < 0 or self._map[end : end + 4] != b"PK\x05\x06":
            raise self._corrupt("it doesn't end as a ZIP archive does (truncated, or another kind of file)")
        _, disk, first, here, count, size, start, comment = _END.unpack_from(self._map, end)
        if disk or first or here != count or comment:
            raise self._corrupt("it is split over several files or carries a comment")
        if count != _FULL16 and _FULL32 not in (size, start):
            return count, size, start, end
        locator = end - _LOCATOR64.size
        signature, _, end64, disks = _LOCATOR64.unpack_from(self._map, max(locator, 0))
        if locator < 0 or signature != b"PK\x06\x07" or disks != 1 or end64 > locator:
            raise self._corrupt("its ZIP64 locator is damaged")
        signature, length, _, _, disk, first, here, count, size, start = _END64.unpack_from(self._map, end64)
        if signature != b"PK\x06\x06" or disk or first or here != count or end64 + 12 + length != locator:
            raise self._corrupt("its ZIP64 end record is damaged")
        return count, size, start, end64

    def _read_entry(self, position: int) -> tuple[int, Member]:
        """Return (position of the next entry, the member of this one)."""
        fields = _CENTRAL.unpack_from(self._map, position)
        signature, _, _, flags, method, _, _, _, packed, size, name_length, extra_length, comment = fields[:13]
        attributes, offset = fields[15], fields[16]
        if signature != b"PK\x01\x02":
            raise self._corrupt("an entry of its directory is damaged")
        names = position + _CENTRAL.size
        name = self._name(bytes(self._map[names : names + name_length]))
        extra = bytes(self._map[names + name_length : names + name_length + extra_length])
        if flags & _ENCRYPTED_OR_STREAMED or method not in {_STORED, _DEFLATED}:
            raise self._corrupt(f"its member {name!r} is encrypted, streamed or compressed by an unknown method")
        if (attributes >> 16) & _MODE_MASK == _SYMLINK_MODE:
            raise self._corrupt(f"its member {name!r} is a symbolic link")
        size, packed, offset = self._wide(extra, [size, packed, offset])
        if method == _STORED and size != packed:
            raise self._corrupt(f"its member {name!r} is stored, but declares two sizes ({packed} and {size})")
        start = self._local_start(offset, name, name_length)
        return names + name_length + extra_length + comment, Member(name, start, method, packed, size)

    def _name(self, raw: bytes) -> str:
        if len(raw) > MAX_NAME_BYTES:
            raise self._corrupt(f"a member's name has {len(raw)} bytes, more than the {MAX_NAME_BYTES} allowed")
        try:
            name = raw.decode("ascii")
        except UnicodeDecodeError as error:
            raise self._corrupt(f"a member's name isn't ASCII ({raw[:40]!r})") from error
        if not name or name.startswith("/") or "\\" in name or any(part in {"", ".", ".."} for part in name.split("/")):
            raise self._corrupt(f"a member's name leaves the archive ({name[:60]!r})")
        return name

    def _wide(self, extra: bytes, values: list[int]) -> list[int]:
        """Replace the 32-bit values that are all ones by those of the ZIP64 extra field."""
        wanted = [index for index, value in enumerate(values) if value == _FULL32]
        position = 0
        while wanted and position + 4 <= len(extra):
            kind, length = struct.unpack_from("<HH", extra, position)
            if kind == 1:
                wide = struct.unpack_from(f"<{len(wanted)}Q", extra, position + 4)
                for index, value in zip(wanted, wide, strict=True):
                    values[index] = value
                return values
            position += 4 + length
        if wanted:
            raise self._corrupt("a member of more than 4 GiB lacks its ZIP64 sizes")
        return values

    def _local_start(self, offset: int, name: str, name_length: int) -> int:
        if offset + _LOCAL.size > len(self._map):
            raise self._corrupt(f"its member {name!r} lies beyond the end of the file")
        fields = _LOCAL.unpack_from(self._map, offset)
        names = offset + _LOCAL.size
        same_name = bytes(self._map[names : names + fields[9]]) == name.encode("ascii")
        if fields[0] != b"PK\x03\x04" or fields[9] != name_length or not same_name:
            raise self._corrupt(f"the header of its member {name!r} is damaged")
        return names + int(fields[9]) + int(fields[10])

    def _corrupt(self, reason: str) -> ArchiveCorruptError:
        return corrupt(self.path, reason)


def corrupt(path: str, reason: str) -> ArchiveCorruptError:
    """Return the error for a file that isn't a well-formed pickled-entity file, with the next step in its message."""
    return ArchiveCorruptError(
        f"{path!r} is not a usable pickled-entity file: {reason}. Nothing of it was unpickled. "
        "Write the file again, or register the task again."
    )


def _map_file(path: str) -> mmap.mmap:
    try:
        with open(path, "rb") as file:
            if os.fstat(file.fileno()).st_size == 0:
                raise corrupt(path, "it is empty")
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    except OSError as error:
        raise ArchiveCorruptError(
            f"{path!r} can't be read: {error.strerror or error}. Expected a pickled-entity file at that path."
        ) from error
