"""Copies of stored files and folders that their reader may change, and whether it has."""

import os
from collections.abc import Callable, Mapping
from typing import Final

_BEFORE_NS: Final = 10_000_000_000  # a write right after the copy is later than this, whatever the clock's steps are

State = Mapping[str, tuple[int, int, int]]


class OwnCopies:
    """The copies of one reader, by their URIs."""

    def __init__(self) -> None:
        self._copies: dict[str, tuple[str, State]] = {}

    def path(self, uri: str, fetch: Callable[[str], str]) -> str:
        """Return the path of the copy; the first time, `fetch` makes it."""
        if uri not in self._copies:
            path = fetch(uri)
            for each in _files(path):
                status = os.stat(each)
                os.utime(each, ns=(status.st_atime_ns, status.st_mtime_ns - _BEFORE_NS))
            self._copies[uri] = path, _state(path)
        return self._copies[uri][0]

    def is_changed(self, uri: str) -> bool:
        """Whether the copy isn't what was fetched any more; one that wasn't fetched, or is gone, is unchanged."""
        if uri not in self._copies:
            return False
        path, before = self._copies[uri]
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
