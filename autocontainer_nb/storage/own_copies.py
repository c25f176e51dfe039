"""Whether a copy of a stored file or folder has been changed by its reader."""

import os
from collections.abc import Mapping
from typing import Final

_BEFORE_NS: Final = 10_000_000_000  # a write right after the copy is later than this, whatever the clock's steps are

State = Mapping[str, tuple[int, int, int]]


def noted(path: str) -> State:
    """Return the state of a new copy, after dating its files back, so that any write to them is seen."""
    for each in _files(path):
        status = os.stat(each)
        os.utime(each, ns=(status.st_atime_ns, status.st_mtime_ns - _BEFORE_NS))
    return _state(path)


def is_changed(path: str, before: State) -> bool:
    """Whether the copy isn't as it was noted; one that is gone can't be told from an unchanged one."""
    return os.path.exists(path) and _state(path) != before


def _files(path: str) -> list[str]:
    if not os.path.isdir(path):
        return [path]
    return [os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names]


def _state(path: str) -> State:
    """Return size, time of the last change and inode of each file."""
    found = {}
    for each in _files(path):
        status = os.lstat(each)
        found[os.path.relpath(each, path)] = (status.st_size, status.st_mtime_ns, status.st_ino)
    return found
