"""The temporary folder of runs in this process: made at first use, removed when the process ends."""

import tempfile
from functools import lru_cache

from autocontainer_nb.storage.access import FileAccess, PrefixAccess


@lru_cache(maxsize=1)
def _folder() -> "tempfile.TemporaryDirectory[str]":
    return tempfile.TemporaryDirectory(prefix="autocontainer-nb-", ignore_cleanup_errors=True)


def local_prefix() -> str:
    """Return the folder's path."""
    return _folder().name


def new_local_folder() -> str:
    """Return the path of a new empty folder inside it."""
    return tempfile.mkdtemp(dir=local_prefix())


def local_file_access() -> FileAccess:
    """Return a file access that puts files into the folder."""
    return PrefixAccess(local_prefix(), local_prefix())
