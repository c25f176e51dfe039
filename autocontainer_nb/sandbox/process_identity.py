"""Which process a pid means: pids are used again, a pid with its start time isn't."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

import psutil

# Tells machines that share a home apart, and one start of a machine from the next.
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_ENDED_STATES: Final = frozenset({psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD})


def identity(pid: int) -> str | None:
    """Return a text that only this run of this pid has; None where no such process runs (a zombie doesn't)."""
    if pid <= 0:
        return None
    try:
        process = psutil.Process(pid)
        # Counted from the start of the machine: a clock that is set anew moves both.
        started_s = process.create_time() - psutil.boot_time()
        if process.status() in _ENDED_STATES:
            return None
    except psutil.NoSuchProcess:
        return None
    return f"{_boot_id()}/{started_s:.2f}"


def is_running(pid: int, expected_identity: str) -> bool:
    """Whether the very process that was recorded so still runs."""
    return bool(expected_identity) and identity(pid) == expected_identity


def _boot_id() -> str:
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:  # not Linux
        return "this machine"


def processes_with_variable(name: str, value: str, *, besides: Collection[int] = ()) -> Iterator[psutil.Process]:
    """Yield this user's processes whose environment holds `name=value`, but those whose pids are among `besides`."""
    for pid in psutil.pids():
        if pid in besides:
            continue
        try:
            process = psutil.Process(pid)
            if process.environ().get(name) == value:
                yield process
        except (psutil.Error, OSError):  # ended meanwhile, or another user's
            continue
