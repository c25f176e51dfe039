"""What a packer is, and where files inside packed values go.

A packer has no parameter for it, since one field in a thousand is a file. Conversions never wait, so a variable for
each thread is enough.
"""

import dataclasses
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from autocontainer_nb.storage.access import FileAccess

Found = TypeVar("Found")


class _Carriage(threading.local):
    writing: FileAccess | None = None
    reading: FileAccess | None = None


_carriage = _Carriage()


def writing() -> FileAccess | None:
    """Return where files are stored now, or None while a value is only checked."""
    return _carriage.writing


def reading() -> FileAccess | None:
    """Return where files are fetched from, or None outside of a conversion."""
    return _carriage.reading


def while_writing(files: FileAccess, action: Callable[[], Found]) -> Found:
    """Return what the action returns; files in the values that it packs are stored by `files`."""
    before, _carriage.writing = _carriage.writing, files
    try:
        return action()
    finally:
        _carriage.writing = before


def while_reading(files: FileAccess, action: Callable[[], Found]) -> Found:
    """Return what the action returns; files in the values that it unpacks are fetched by `files` when asked for."""
    before, _carriage.reading = _carriage.reading, files
    try:
        return action()
    finally:
        _carriage.reading = before


class NotPackableError(Exception):
    """A type has no form inside a packed value; the argument says which one."""


@dataclasses.dataclass(frozen=True)
class Packer:
    """The two directions for one type; both raise Misfit where a value doesn't fit."""

    pack: Callable[[Any], Any]
    unpack: Callable[[Any], Any]
    is_exact: Callable[[Any], bool]
