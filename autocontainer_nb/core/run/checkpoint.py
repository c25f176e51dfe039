"""Checkpoints: what an attempt saves, and the next attempt of the same task finds.

The places are the container's `--checkpoint-path` and `--prev-checkpoint`. A checkpoint is one file, or a folder.
"""

import os
import tempfile
from typing import IO, Final

from autocontainer_nb.errors import ConfigError, StorageError
from autocontainer_nb.storage.access import download, exists, upload, write_bytes
from autocontainer_nb.storage.uris import join

_NAME: Final = "_dst_cp"  # of what `write` writes; flytekit's name, so that either side reads the other's


class Checkpoint:
    """Reads the previous attempt's checkpoint, writes this one's. Not for use by several threads at once."""

    def __init__(self, checkpoint_dest: str, checkpoint_src: str | None = None) -> None:
        self._destination = checkpoint_dest
        self._source = checkpoint_src or None
        self._restored: str | None = None

    def prev_exists(self) -> bool:
        """Whether there was an earlier attempt that may have left a checkpoint."""
        return self._source is not None

    def restore(self, path: "str | os.PathLike[str] | None" = None) -> str | None:
        """Return the folder that holds the previous checkpoint, None if there is none.

        It is fetched into `path`, or into a new folder; a second call returns the first one's folder.
        """
        if self._restored is not None or self._source is None or not exists(self._source):
            return self._restored
        folder = os.fspath(path) if path is not None else tempfile.mkdtemp(prefix="checkpoint-")
        if not os.path.isdir(folder):
            raise StorageError(f"A checkpoint is restored into a folder, and {folder!r} isn't one. Make it first.")
        download(self._source, folder)
        self._restored = folder
        return folder

    def save(self, cp: "str | os.PathLike[str] | IO[bytes]") -> None:
        """Store a file, everything in a folder, or what a binary file object gives."""
        if isinstance(cp, str | os.PathLike):
            path = os.fspath(cp)
            if os.path.isdir(path):
                upload(path, self._destination)
            else:
                upload(path, join(self._destination, os.path.basename(path)))
        elif hasattr(cp, "read"):
            self.write(cp.read())
        else:
            raise TypeError(f"a path or a binary file expected as checkpoint, got {type(cp).__name__}")

    def read(self) -> bytes | None:
        """Return the content of the previous checkpoint's only file; None if there is none.

        Raises:
            ValueError: it has several files; use `restore`.
        """
        folder = self.restore()
        names = os.listdir(folder) if folder is not None else []
        if not names:
            return None
        if len(names) > 1:
            raise ValueError(
                f"one file expected in the checkpoint, found {len(names)}: use restore() instead of read()"
            )
        with open(os.path.join(str(folder), names[0]), "rb") as file:
            return file.read()

    def write(self, b: bytes) -> None:
        """Store the bytes as this attempt's checkpoint, in place of what it stored before."""
        write_bytes(join(self._destination, _NAME), bytes(b))


def checkpoint_at(destination: str | None, source: str | None) -> Checkpoint:
    """Return a run's checkpoint.

    Raises:
        ConfigError: the control plane gave no place for it.
    """
    if destination is None:
        raise ConfigError(
            "This run has no place for checkpoints: the control plane gave no --checkpoint-path. Upgrade it, or go "
            "without checkpoints."
        )
    return Checkpoint(destination, source)
