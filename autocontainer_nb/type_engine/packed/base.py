"""The packer of one type, and the place where files inside packed values go.

Packers have no parameter for that place, since one field in a thousand is a file. A conversion stays in one thread, so
a thread-local variable is enough.
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
    """Return the store for files that are being written, or None while a value is only checked."""
    return _carriage.writing


def reading() -> FileAccess | None:
    """Return the store that files are fetched from, or None outside a conversion."""
    return _carriage.reading


def while_writing(files: FileAccess, action: Callable[[], Found]) -> Found:
    """Run the action and return its result; files in the values that it packs are stored by `files`."""
    before, _carriage.writing = _carriage.writing, files
    try:
        return action()
    finally:
        _carriage.writing = before


def while_reading(files: FileAccess, action: Callable[[], Found]) -> Found:
    """Run the action and return its result; files in the values that it unpacks are fetched by `files`, when needed."""
    before, _carriage.reading = _carriage.reading, files
    try:
        return action()
    finally:
        _carriage.reading = before


class NotPackableError(Exception):
    """A type has no packed form; the argument names it."""


@dataclasses.dataclass(frozen=True)
class Packer:
    """Packs and unpacks values of one type; both directions raise Misfit if a value doesn't fit."""

    pack: Callable[[Any], Any]
    unpack: Callable[[Any], Any]
    is_exact: Callable[[Any], bool]
