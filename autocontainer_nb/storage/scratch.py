"""The one temporary folder of this process: made when it is first needed, removed when the process ends.

Containers import this module at their start, and most need no such folder: what makes one is imported with it.
"""

import os
from functools import lru_cache
from threading import Lock

from autocontainer_nb.storage.access import FileAccess, PrefixAccess

_lock = Lock()
_folder: tuple[int, str] | None = None  # whose it is, and where: a forked process has one of its own


def local_prefix() -> str:
    """Return the folder's path."""
    global _folder  # noqa: PLW0603 - one for a process
    with _lock:
        if _folder is None or _folder[0] != os.getpid() or not os.path.isdir(_folder[1]):
            import atexit
            import tempfile

            _folder = (os.getpid(), tempfile.mkdtemp(prefix="autocontainer-nb-"))
            atexit.register(_remove, *_folder)
        return _folder[1]


def _remove(owner: int, path: str) -> None:
    if os.getpid() == owner:
        from shutil import rmtree

        rmtree(path, ignore_errors=True)


def new_local_folder() -> str:
    """Return the path of a new empty folder inside it."""
    import tempfile

    return tempfile.mkdtemp(dir=local_prefix())


def local_file_access() -> FileAccess:
    """Return a new file access that puts files into the folder: it fetches anew what others have fetched."""
    return PrefixAccess(local_prefix(), local_prefix())


def scratch_files() -> FileAccess:
    """Return the process's file access, for values that were given no other one."""
    return _access(local_prefix())


@lru_cache(maxsize=1)
def _access(folder: str) -> FileAccess:
    return PrefixAccess(folder, folder)


def unique_name() -> str:
    """Return a name that no other value has."""
    return os.urandom(8).hex()


def new_path(name: str | None = None) -> str:
    """Return the path of something that doesn't exist yet, in a new folder of its own."""
    folder = os.path.join(local_prefix(), unique_name())
    os.makedirs(folder)
    return os.path.join(folder, name or unique_name())
