"""The identity of a process: pids are reused, a pid with its start time isn't."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

import psutil

# Tells machines with a shared home apart, and one boot of a machine from the next.
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_ENDED_STATES: Final = frozenset({psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD})


def identity(pid: int) -> str | None:
    """Return a text that only this run of this pid has; None if no such process is running (a zombie isn't)."""
    if pid <= 0:
        return None
    try:
        process = psutil.Process(pid)
        if process.status() in _ENDED_STATES:
            return None
        return f"{_boot_id()}/{_started_s(pid):.2f}"
    except psutil.NoSuchProcess:
        return None


def _started_s(pid: int) -> float:
    """Return the start of the process in seconds since the boot: the same whenever the clock is set."""
    while True:
        booted_s = psutil.boot_time()
        started_s = psutil.Process(pid).create_time()
        if psutil.boot_time() == booted_s:  # else the clock was set between the two
            return started_s - booted_s


def is_running(pid: int, expected_identity: str) -> bool:
    """Whether the process with this recorded identity is still running."""
    return bool(expected_identity) and identity(pid) == expected_identity


def _boot_id() -> str:
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:  # not Linux
        return "this machine"


def processes_with_variable(name: str, value: str, *, besides: Collection[int] = ()) -> Iterator[psutil.Process]:
    """Yield this user's processes with `name=value` in their environment, except those with pids in `besides`."""
    for pid in psutil.pids():
        if pid in besides:
            continue
        try:
            process = psutil.Process(pid)
            if process.environ().get(name) == value:
                yield process
        except (psutil.Error, OSError):  # ended meanwhile, or another user's
            continue
