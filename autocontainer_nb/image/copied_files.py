"""The files that are copied into an image: finding them, and hashing their names and contents."""

import hashlib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from autocontainer_nb.errors import ImageError

_NEVER_COPIED: Final = frozenset({".git", "__pycache__", ".venv", "venv", "node_modules", ".ipynb_checkpoints"})


def copied_files(paths: Sequence[str]) -> dict[str, str]:
    """Return {name in the image: path here} for the files, and for all files in the folders.

    Raises:
        ImageError: one of them is outside the working directory.
    """
    found: dict[str, str] = {}
    for path in paths:
        if os.path.isabs(path) or ".." in path.replace(os.sep, "/").split("/"):
            raise ImageError(f"ImageSpec(copy=...): expected a path below the working directory, got {path!r}.")
        if os.path.isdir(path):
            found.update({os.path.join(path, name): os.path.join(path, name) for name in _below(path)})
        else:
            found[path] = path
    return found


def source_files(root: str, *, only_loaded: bool) -> dict[str, str]:
    """Return {name in the image: path here} for the files below `root`, or only for those of imported modules."""
    top = os.path.abspath(root)
    if not os.path.isdir(top):
        raise ImageError(f"ImageSpec: source_root: expected an existing folder, got {root!r}.")
    names = list(_below(top))
    if only_loaded:
        loaded = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
        names = [name for name in names if os.path.join(top, name) in loaded]
    return {name: os.path.join(top, name) for name in names}


def content_digest(files: Mapping[str, str]) -> str:
    """Return the SHA-256, in hexadecimal, of all names and contents.

    Raises:
        ImageError: one can't be read.
    """
    digest = hashlib.sha256()
    for name, path in sorted(files.items()):
        try:
            with open(path, "rb") as file:
                content = hashlib.sha256(file.read()).hexdigest()
        except OSError as error:
            raise ImageError(f"The image needs the file {path!r}, but it can't be read: {error.strerror}.") from error
        digest.update(f"{name}\0{content}\n".encode())
    return digest.hexdigest()


def _below(folder: str) -> Iterator[str]:
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(set(folders) - _NEVER_COPIED)
        for name in sorted(names):
            yield os.path.relpath(os.path.join(here, name), folder)
