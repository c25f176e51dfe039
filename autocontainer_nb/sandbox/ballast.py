"""Some room on the disk, kept for the moment when there is none left: then the state can still be written."""

import logging
import os
from pathlib import Path
from typing import Final

SIZE_BYTES: Final = 4 << 20
_log = logging.getLogger(__name__)


class Ballast:
    """A file of no content whose only use is to be removed. Constructing it does nothing."""

    def __init__(self, path: Path, size_bytes: int = SIZE_BYTES) -> None:
        self._path = path
        self._size_bytes = size_bytes

    def fill(self) -> bool:
        """Take the room if it isn't taken; return whether it is."""
        try:
            if self._path.exists() and self._path.stat().st_size >= self._size_bytes:
                return True
            with self._path.open("wb") as file:
                file.write(bytes(self._size_bytes))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            self._path.unlink(missing_ok=True)
            _log.warning("No room to keep %s bytes for later: %s", self._size_bytes, error)
            return False
        return True

    def drop(self) -> bool:
        """Give the room back; return whether there was any to give."""
        try:
            self._path.unlink()
        except FileNotFoundError:
            return False
        return True
