"""The output of an attempt: a file that the process writes itself, and that is kept short without blocking it.

The process appends to the file directly, so nothing breaks when the sandbox is killed. A file that grows past the
limit is cut in the middle: its beginning and its latest part stay.
"""

import logging
import os
import threading
from pathlib import Path
from typing import Final

LIMIT_BYTES: Final = 64 << 20
_KEPT_HEAD_BYTES: Final = 1 << 20
_KEPT_TAIL_BYTES: Final = 16 << 20
_CHECK_INTERVAL_S: Final = 0.5
TAIL_LINES: Final = 20
_TAIL_READ_BYTES: Final = 64 << 10
_TAIL_LINE_CHARACTERS: Final = 2000
_log = logging.getLogger(__name__)


def open_output(path: Path) -> int:
    """Return a descriptor for appending an attempt's output; the caller closes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def shorten(path: Path, limit_bytes: int = LIMIT_BYTES) -> bool:
    """Cut the middle out of a file that is larger than the limit; return whether that was done.

    Text that the process writes at that very moment may be lost; the process never waits.
    """
    try:
        if path.stat().st_size <= limit_bytes:
            return False
        head = min(_KEPT_HEAD_BYTES, limit_bytes // 4)
        tail = min(_KEPT_TAIL_BYTES, limit_bytes // 2)
        with path.open("r+b", buffering=0) as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(-tail, os.SEEK_END)
            latest = file.read(tail)
            os.ftruncate(file.fileno(), head)
            note = f"\n... {size - head - tail} bytes left out: the output is longer than {limit_bytes} bytes ...\n"
            with path.open("ab", buffering=0) as appending:
                appending.write(note.encode() + latest)
    except OSError:
        _log.exception("The output %s can't be shortened", path)
        return False
    return True


def tail(path: Path, lines: int = TAIL_LINES) -> str:
    """Return the last lines of a file; "" if there is no file."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL_READ_BYTES))
            text = file.read(_TAIL_READ_BYTES).decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(_cut(line) for line in text.splitlines()[-lines:])


def _cut(line: str) -> str:
    """Return the line; of an endless one the beginning and the end, which is where an error has its reason."""
    if len(line) <= _TAIL_LINE_CHARACTERS:
        return line
    half = _TAIL_LINE_CHARACTERS // 2
    return f"{line[: half - 1]}…{line[-half:]}"


class OutputKeeper:
    """Watches the outputs of running attempts in one thread, which sleeps while nothing is running."""

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._paths: set[Path] = set()
        self._condition = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="output-keeper", daemon=True)

    def start(self) -> None:
        """Start watching."""
        self._thread.start()

    def watch(self, path: Path) -> None:
        """Keep this file short from now on."""
        with self._condition:
            self._paths.add(path)
            self._condition.notify()

    def release(self, path: Path) -> None:
        """Check the file one last time and forget it."""
        with self._condition:
            self._paths.discard(path)
        shorten(path, self._limit_bytes)

    def close(self) -> None:
        """End the thread."""
        with self._condition:
            self._closed = True
            self._condition.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._paths or self._closed)
                self._condition.wait_for(lambda: self._closed, timeout=_CHECK_INTERVAL_S)
                if self._closed:
                    return
                paths = list(self._paths)
            for path in paths:
                shorten(path, self._limit_bytes)
