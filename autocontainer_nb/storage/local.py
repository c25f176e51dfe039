"""The store for local files: plain paths and `file://` URIs.

A file appears complete or not at all: it is written under another name beside it, and then renamed.
"""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from typing import BinaryIO

from autocontainer_nb.errors import StorageError
from autocontainer_nb.storage.uris import local_path

_BLOCK_BYTES = 1 << 20
_serial = count()


@contextmanager
def replacing(path: str) -> Iterator[str]:
    """Yield a path to write to; the file replaces `path` if the block succeeds, and is removed otherwise.

    Missing folders are created. Names are unique among the threads and processes of one machine.
    """
    folder, name = os.path.split(path)
    if folder:
        os.makedirs(folder, exist_ok=True)
    # Shortened, since the name may already have 255 bytes.
    partial = os.path.join(folder, f".{name[:40]}.{os.getpid():x}-{next(_serial):x}.part")
    try:
        yield partial
        os.replace(partial, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(partial)
        raise


def _words(error: OSError) -> str:
    return error.strerror or str(error)


def _attempt(verb: str, uri: str, action: Callable[[str], bytes | None]) -> bytes | None:
    path = local_path(uri)
    try:
        return action(path)
    except FileNotFoundError as error:
        if not os.path.lexists(path):
            raise StorageError(
                f"Can't {verb} {uri!r}: no such file. Check the path and that it was written."
            ) from error
        raise StorageError(f"Can't {verb} {uri!r}: {_words(error)}: {error.filename!r}.") from error
    except IsADirectoryError as error:
        raise StorageError(f"Can't {verb} {uri!r}: it is a directory. Name a file in it.") from error
    except PermissionError as error:
        raise StorageError(
            f"Can't {verb} {uri!r}: {_words(error)}. Give this process's user access, or choose another place."
        ) from error
    except OSError as error:
        raise StorageError(
            f"Can't {verb} {uri!r}: {_words(error)}. Check the disk's free space and the path."
        ) from error


def read(uri: str) -> bytes:
    """Return the file's content."""

    def action(path: str) -> bytes:
        with open(path, "rb") as file:
            return file.read()

    content = _attempt("read", uri, action)
    return content if content is not None else b""


def open_regular(uri: str, limit_bytes: int) -> BinaryIO:
    """Return the file, open for reading and unbuffered, if it is a regular file of at most `limit_bytes`."""

    def action(path: str) -> None:
        # Without waiting: a named pipe or a device is nothing that was stored here.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        opened.append(open(descriptor, "rb", buffering=0))  # noqa: SIM115 - the caller closes it
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise StorageError(f"Can't read {uri!r}: expected a regular file, got a device, pipe or directory.")
        if status.st_size > limit_bytes:
            raise StorageError(f"Can't read {uri!r}: expected at most {limit_bytes} bytes, got {status.st_size}.")

    opened: list[BinaryIO] = []
    try:
        _attempt("read", uri, action)
    except BaseException:
        for file in opened:
            file.close()
        raise
    return opened[0]


def blocks(uri: str, limit_bytes: int) -> Iterator[memoryview]:
    """Yield the file's content in blocks."""
    with open_regular(uri, limit_bytes) as file:
        while block := file.read(_BLOCK_BYTES):
            yield memoryview(block)


def write(uri: str, data: bytes) -> None:
    """Write exactly `data` to the file."""

    def action(path: str) -> None:
        with replacing(path) as partial, open(partial, "xb") as file:
            file.write(data)

    _attempt("write", uri, action)


def fetch_file(uri: str, path: str) -> None:
    """Copy the file at the URI to `path`."""
    _copy("read", uri, local_path(uri), path)


def store_file(path: str, uri: str) -> None:
    """Copy the file at `path` to the URI."""
    _copy("write", uri, path, local_path(uri))


def _copy(verb: str, uri: str, source: str, target: str) -> None:
    from shutil import copyfile

    def action(_: str) -> None:
        if os.path.exists(target) and os.path.samefile(source, target):
            return
        with replacing(target) as partial:
            copyfile(source, partial)

    _attempt(verb, uri, action)


def exists(uri: str) -> bool:
    """Whether a file or directory is there."""
    return os.path.exists(local_path(uri))


def list_files(uri: str) -> list[str]:
    """Return the relative names of all files below a directory, sorted; empty if it isn't one.

    Links to folders are followed, since a store has no links; those that lead to a folder around them are left out.
    """
    root = local_path(uri)
    names = []
    for folder, folders, files in os.walk(root, followlinks=True):
        folders[:] = [name for name in folders if not _leads_back(os.path.join(folder, name), root)]
        names += [os.path.relpath(os.path.join(folder, name), root).replace(os.sep, "/") for name in files]
    return sorted(names)


def _leads_back(path: str, root: str) -> bool:
    """Whether it is a link to a folder that it is in, so that following it would never end."""
    if not os.path.islink(path):
        return False
    target, above = os.path.realpath(path), path
    while len(above) > len(root):  # by the names that led here: there may be links among them
        above = os.path.dirname(above)
        if os.path.realpath(above) == target:
            return True
    return os.path.realpath(root).startswith(os.path.join(target, ""))


def is_file(uri: str) -> bool:
    """Whether the URI names one file (and not a directory)."""
    return os.path.isfile(local_path(uri))
