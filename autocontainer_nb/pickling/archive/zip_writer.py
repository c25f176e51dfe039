"""The ZIP archive written: deterministic, compressed where that pays.

Source of the layout: PKWARE's APPNOTE.TXT, section 4.3.
"""

import os
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, Final

from autocontainer_nb.wire import BUFFERS_PREFIX, METADATA_MEMBER

FAST_LEVEL: Final = 1  # zlib's fastest; the next ones cost twice the time for a few percent
MIN_COMPRESSED_BYTES: Final = 64 << 10  # what is smaller isn't worth the time of importing zlib where it is read
PAYING_RATIO: Final = 0.7  # of the sample's sizes, after and before
_SAMPLES: Final = 4
_SAMPLE_BYTES: Final = 16 << 10
ALIGNMENT_BYTES: Final = 64  # of buffers within the file, so that arrays mapped from it are aligned
_FIXED_DATE: Final = (1980, 1, 1, 0, 0, 0)  # ZIP's earliest: nothing volatile
_LOCAL_HEADER_BYTES: Final = 30  # APPNOTE.TXT 4.3.7, without name and extra field
_PADDING_FIELD: Final = 0xD935  # the extra field that Android's zipalign uses for the same purpose
Content = bytes | memoryview | Sequence[bytes]  # the latter: pieces, one after the other


def compression_pays(parts: Sequence[bytes | memoryview]) -> bool:
    """Whether the parts, taken together, are large and their sample shrinks to PAYING_RATIO or less."""
    size_bytes = sum(memoryview(part).nbytes for part in parts)
    if size_bytes < MIN_COMPRESSED_BYTES:
        return False
    longest = max(parts, key=lambda part: memoryview(part).nbytes)
    spread = longest if len(parts) == 1 else b"".join(bytes(part[:_SAMPLE_BYTES]) for part in _some(parts))
    sample = _sample(memoryview(spread))
    return len(zlib.compress(sample, FAST_LEVEL)) <= PAYING_RATIO * len(sample)


def _some(parts: Sequence[bytes | memoryview]) -> Sequence[bytes | memoryview]:
    return parts[:: max(1, len(parts) // _SAMPLES)]


def _sample(content: memoryview) -> bytes:
    """Return stretches from the beginning, from places between, and from the end."""
    if content.nbytes <= _SAMPLES * _SAMPLE_BYTES:
        return bytes(content)
    step = (content.nbytes - _SAMPLE_BYTES) // (_SAMPLES - 1)
    return b"".join(bytes(content[index * step : index * step + _SAMPLE_BYTES]) for index in range(_SAMPLES))


def parts_of(content: Content) -> Sequence[bytes | memoryview]:
    """Return the content's pieces; there is at least one."""
    return [content] if isinstance(content, bytes | memoryview) else content or [b""]


def write_zip(path: str, members: Mapping[str, Content]) -> None:
    """Write the members, in this order, to `path`, in place of what is there; compressed where it pays."""
    temporary = f"{path}.{os.getpid()}.tmp"  # beside the target, so that putting it in place is one step
    try:
        with open(temporary, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            for name, content in members.items():
                _write_member(archive, file, name, content)
        os.replace(temporary, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def add_member(path: str, name: str, content: bytes) -> None:
    """Add a member behind the others. A file of ours isn't read until this is done: it happens in place."""
    with open(path, "r+b") as file, zipfile.ZipFile(file, "a", zipfile.ZIP_STORED) as archive:
        _write_member(archive, file, name, content)


def _write_member(archive: zipfile.ZipFile, file: IO[bytes], name: str, content: Content) -> None:
    parts = parts_of(content)
    info = zipfile.ZipInfo(name, _FIXED_DATE)
    info.file_size = sum(memoryview(part).nbytes for part in parts)
    if name != METADATA_MEMBER and compression_pays(parts):
        info.compress_type, info._compresslevel = zipfile.ZIP_DEFLATED, FAST_LEVEL  # type: ignore[attr-defined]  # noqa: SLF001 - public since 3.13, as compress_level
    info.external_attr = 0o644 << 16
    info.create_system = 3  # Unix, on every system: the same bytes everywhere
    if name.startswith(BUFFERS_PREFIX):
        wide = 20 if info.file_size * 1.05 > zipfile.ZIP64_LIMIT else 0  # zipfile adds its own field by this rule
        start = file.tell() + _LOCAL_HEADER_BYTES + len(name) + wide + 4
        padding = -start % ALIGNMENT_BYTES
        info.extra = struct.pack("<HH", _PADDING_FIELD, padding) + bytes(padding)
    with archive.open(info, "w", force_zip64=False) as member:
        for part in parts:
            member.write(part)
