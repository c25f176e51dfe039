"""Checkpoints: data that one attempt of a task saves for the next attempt.

They are stored at the container's `--checkpoint-path` and `--prev-checkpoint`. A checkpoint is one file or a folder.
"""

import os
import tempfile
from typing import IO, Final

from autocontainer_nb.errors import ConfigError, StorageError
from autocontainer_nb.storage.access import download, exists, upload, write_bytes
from autocontainer_nb.storage.uris import join
from autocontainer_nb.type_engine.wording import with_article

_NAME: Final = "_dst_cp"  # of the file that `write` writes; flytekit's name, so that each can read the other's


class Checkpoint:
    """Reads the previous attempt's checkpoint and writes this one's. Not safe for several threads at once."""

    def __init__(self, checkpoint_dest: str, checkpoint_src: str | None = None) -> None:
        self._destination = checkpoint_dest
        self._source = checkpoint_src or None
        self._restored: str | None = None

    def prev_exists(self) -> bool:
        """Whether there was an earlier attempt that may have left a checkpoint."""
        return self._source is not None

    def restore(self, path: "str | os.PathLike[str] | None" = None) -> str | None:
        """Return the folder with the previous checkpoint, or None if there is none.

        It is downloaded into `path`, by default a new folder; a second call returns the same folder.
        """
        if self._restored is not None or self._source is None or not exists(self._source):
            return self._restored
        folder = os.fspath(path) if path is not None else tempfile.mkdtemp(prefix="checkpoint-")
        if not os.path.isdir(folder):
            raise StorageError(
                f"restore(): expected an existing folder for the checkpoint, got {folder!r}. Create it first."
            )
        download(self._source, folder)
        self._restored = folder
        return folder

    def save(self, cp: "str | os.PathLike[str] | IO[bytes]") -> None:
        """Store a file, the content of a folder, or the content of a binary file object."""
        if isinstance(cp, str | os.PathLike):
            path = os.fspath(cp)
            if os.path.isdir(path):
                upload(path, self._destination)
            else:
                upload(path, join(self._destination, os.path.basename(path)))
        elif hasattr(cp, "read"):
            self.write(cp.read())
        else:
            raise TypeError(f"save(): expected a path or a binary file as checkpoint, got {with_article(type(cp))}")

    def read(self) -> bytes | None:
        """Return the content of the previous checkpoint's only file, or None if there is none.

        Raises:
            ValueError: it has several files; use `restore`.
        """
        folder = self.restore()
        names = os.listdir(folder) if folder is not None else []
        if not names:
            return None
        if len(names) > 1:
            raise ValueError(f"read(): expected one file in the checkpoint, got {len(names)}. Use restore() instead.")
        with open(os.path.join(str(folder), names[0]), "rb") as file:
            return file.read()

    def write(self, b: bytes) -> None:
        """Store the bytes as this attempt's checkpoint, replacing an earlier one."""
        write_bytes(join(self._destination, _NAME), bytes(b))


def checkpoint_at(destination: str | None, source: str | None) -> Checkpoint:
    """Return a run's checkpoint.

    Raises:
        ConfigError: the control plane passed no location for it.
    """
    if destination is None:
        raise ConfigError(
            "This run can't store checkpoints, since the control plane passed no --checkpoint-path. Upgrade the "
            "control plane, or don't use checkpoints."
        )
    return Checkpoint(destination, source)
