"""The temporary folder of values that are files: made at first use, removed when the process ends."""

import os
from functools import lru_cache
from typing import TYPE_CHECKING

from autocontainer_nb.storage.access import FileAccess, PrefixAccess

if TYPE_CHECKING:
    import tempfile


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
