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
    change: str | None = None
    refusal: Exception | None = None
    files = 0  # how many files, folders and frames were packed


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


def would_change(what: str) -> None:
    """Note, while a value is packed, that it would come back as another one: its packed form isn't all of it."""
    if _carriage.change is None:
        _carriage.change = what


def refuse_inside(misfit: Exception) -> None:
    """Keep the Misfit of a part whose packing was called by pydantic, which tells of it in words of its own."""
    _carriage.refusal = misfit


def refusal_inside() -> Exception | None:
    """Return the Misfit that was kept last, if any, and forget it."""
    found, _carriage.refusal = _carriage.refusal, None
    return found


def has_packed_file() -> None:
    """Note, while a value is packed, that there is a file, folder or frame in it."""
    _carriage.files += 1


def watched(action: Callable[[], Found]) -> tuple[Found, str | None, int]:
    """Run the action; return its result, the first change that it noted, and the number of files that it packed."""
    change, files = _carriage.change, _carriage.files
    _carriage.change, _carriage.files = None, 0
    try:
        return action(), _carriage.change, _carriage.files
    finally:
        _carriage.change, _carriage.files = change, files


class NotPackableError(Exception):
    """A type has no packed form; the argument names it."""


@dataclasses.dataclass(frozen=True)
class Packer:
    """Packs and unpacks values of one type; both directions raise Misfit if a value doesn't fit.

    `pack` calls `would_change` for a value that its packed form doesn't hold whole. Where it can't know that,
    `needs_proof` is true, and only unpacking tells.
    """

    pack: Callable[[Any], Any]
    unpack: Callable[[Any], Any]
    is_exact: Callable[[Any], bool]
    needs_proof: bool = False
    forms: frozenset[type] | None = None  # which types the packed values have, or None where it can be any
