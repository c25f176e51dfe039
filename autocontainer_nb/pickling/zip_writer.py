"""The ZIP archive that a pickled-entity file is: written deterministically, all at once or not at all.

Source of the layout: PKWARE's APPNOTE.TXT, section 4.3.
"""

import io
import os
import struct
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from autocontainer_nb.wire import BUFFERS_PREFIX

ALIGNMENT_BYTES: Final = 64  # of buffers within the file, so that arrays mapped from it are aligned
_FIXED_DATE: Final = (1980, 1, 1, 0, 0, 0)  # ZIP's earliest: nothing volatile
_LOCAL_HEADER_BYTES: Final = 30  # APPNOTE.TXT 4.3.7, without name and extra field
_PADDING_FIELD: Final = 0xD935  # the extra field that Android's zipalign uses for the same purpose


def write_zip(path: str, members: Mapping[str, bytes | memoryview]) -> None:
    """Write the members, in this order and uncompressed, to `path`, in place of what is there."""
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


def _write_member(archive: zipfile.ZipFile, file: io.BufferedWriter, name: str, content: bytes | memoryview) -> None:
    info = zipfile.ZipInfo(name, _FIXED_DATE)
    info.file_size = memoryview(content).nbytes
    info.external_attr = 0o644 << 16
    info.create_system = 3  # Unix, on every system: the same bytes everywhere
    if name.startswith(BUFFERS_PREFIX):
        wide = 20 if info.file_size * 1.05 > zipfile.ZIP64_LIMIT else 0  # zipfile adds its own field by this rule
        start = file.tell() + _LOCAL_HEADER_BYTES + len(name) + wide + 4
        padding = -start % ALIGNMENT_BYTES
        info.extra = struct.pack("<HH", _PADDING_FIELD, padding) + bytes(padding)
    with archive.open(info, "w", force_zip64=False) as member:
        member.write(content)
