"""Every member against its hash, and that there are no others."""

import sys
from typing import Any

from autocontainer_nb.errors import ArchiveCorruptError, MemberMismatchError
from autocontainer_nb.pickling.archive.zip_reader import ZipReader, corrupt
from autocontainer_nb.wire import BUFFERS_PREFIX, CELLS_MEMBER, LOCATIONS_MEMBER, METADATA_MEMBER, PICKLE_MEMBER

_OUTSIDE_DIGEST = frozenset({METADATA_MEMBER, CELLS_MEMBER, LOCATIONS_MEMBER})


def check_entries(zip_file: ZipReader, metadata: dict[str, Any]) -> None:
    """Return if the metadata's buffers and splices can be believed: of the right form, and there as they say.

    Raises:
        ArchiveCorruptError: one isn't.
    """
    stream_bytes = zip_file.members[PICKLE_MEMBER].size_bytes
    previous = -1
    for key in ("buffers", "splices"):
        for entry in metadata.get(key, []):
            sha256, size_bytes = entry.get("sha256"), entry.get("size_bytes")
            if type(sha256) is not str or type(size_bytes) is not int or not 0 <= size_bytes <= sys.maxsize:
                raise _bad_entry(zip_file, entry)
            member = zip_file.members.get(BUFFERS_PREFIX + sha256)
            if entry.get("stored", "member") != "object" and (member is None or member.size_bytes != size_bytes):
                raise corrupt(zip_file.path, f"its metadata lists a buffer that isn't there ({sha256!r:.80})")
            if key == "splices":
                offset = entry.get("offset")
                if type(offset) is not int or not previous < offset <= stream_bytes:
                    raise _bad_entry(zip_file, entry)
                previous = offset


def _bad_entry(zip_file: ZipReader, entry: dict[str, Any]) -> ArchiveCorruptError:
    return corrupt(zip_file.path, f"its metadata describes a buffer that can't be ({entry!s:.200})")


def verify_members(zip_file: ZipReader, metadata: dict[str, Any]) -> None:
    """Return if each member that counts has the SHA-256 that the metadata says, and no member is unknown.

    Raises:
        MemberMismatchError: a member is missing, additional or altered.
    """
    expected: dict[str, str] = metadata["members"]
    present = set(zip_file.members) - _OUTSIDE_DIGEST
    if present != set(expected):
        different = ", ".join(sorted(present ^ set(expected))[:5])
        raise MemberMismatchError(
            _mismatch(zip_file.path, f"it has other members than its metadata lists ({different})")
        )
    for name, sha256 in expected.items():
        found = zip_file.sha256(name)
        if found != sha256:
            raise MemberMismatchError(
                _mismatch(zip_file.path, f"its member {name!r} has the SHA-256 {found}, the metadata says {sha256}")
            )
    if PICKLE_MEMBER not in expected:
        raise corrupt(zip_file.path, f"it has no member {PICKLE_MEMBER!r}")
    check_entries(zip_file, metadata)


def _mismatch(path: str, reason: str) -> str:
    return f"{path!r} was altered: {reason}. Nothing of it was unpickled. Write it, or register the task, again."
