"""The temporary folder of this process, removed when it ends."""

import atexit
import os
import tempfile
from functools import lru_cache
from pathlib import Path
from shutil import rmtree
from threading import Lock

from autocontainer_nb.storage.access import FileAccess, PrefixAccess

_lock = Lock()
_root: Path | None = None


def local_prefix() -> str:
    """Return the folder's path."""
    return _folder().name


def new_local_folder() -> str:
    """Return the path of a new empty folder inside it."""
    return tempfile.mkdtemp(dir=local_prefix())


def local_file_access() -> FileAccess:
    """Return a file access that puts files into the folder."""
    return PrefixAccess(local_prefix(), local_prefix())


def scratch_folder() -> str:
    """Return a new folder that is removed when the process ends."""
    global _root  # noqa: PLW0603 - one root for a process, so that one clean-up is enough
    with _lock:
        if _root is None or not _root.is_dir():
            _root = Path(tempfile.mkdtemp(prefix="autocontainer-nb-"))
            atexit.register(rmtree, _root, ignore_errors=True)
        return tempfile.mkdtemp(dir=_root)


@lru_cache(maxsize=1)
def _folder() -> "tempfile.TemporaryDirectory[str]":
    import tempfile

    return tempfile.TemporaryDirectory(prefix="autocontainer-nb-", ignore_cleanup_errors=True)


@lru_cache(maxsize=1)
def scratch_files() -> FileAccess:
    """Return a file access that puts files into the folder, where no other one is given."""
    return PrefixAccess(_folder().name, _folder().name)


def unique_name() -> str:
    """Return a name that no other value has."""
    return os.urandom(8).hex()


def new_path(name: str | None = None) -> str:
    """Return the path of something that doesn't exist yet, in a new folder of its own."""
    folder = os.path.join(_folder().name, unique_name())
    os.makedirs(folder)
    return os.path.join(folder, name or unique_name())
