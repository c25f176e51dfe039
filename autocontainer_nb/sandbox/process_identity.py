"""Which process a pid means: pids are used again, a pid with its start time isn't."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_BOOT_ID: Final = _PROC / "sys/kernel/random/boot_id"
# Fields of /proc/PID/stat after the command's closing parenthesis (proc(5)): state is the first, starttime the 20th.
_STATE_INDEX: Final = 0
_START_INDEX: Final = 19
_ENDED_STATES: Final = ("Z", "X")


def identity(pid: int) -> str | None:
    """Return a text that only this run of this pid has; None where no such process runs (a zombie doesn't)."""
    if pid <= 0:
        return None
    if _BOOT_ID.exists():
        return _identity_by_proc(pid)
    return _identity_by_ps(pid)


def is_running(pid: int, expected_identity: str) -> bool:
    """Whether the very process that was recorded so still runs."""
    return bool(expected_identity) and identity(pid) == expected_identity


def _identity_by_proc(pid: int) -> str | None:
    try:
        text = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    if fields[_STATE_INDEX] in _ENDED_STATES:
        return None
    return f"{_BOOT_ID.read_text(encoding='ascii').strip()}/{fields[_START_INDEX]}"


def _identity_by_ps(pid: int) -> str | None:
    answer = subprocess.run(
        ["/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    state, _, started = answer.stdout.strip().partition(" ")
    if answer.returncode != 0 or state.startswith(_ENDED_STATES):
        return None
    return started.strip()


def processes_with_variable(name: str, value: str) -> Iterator[int]:
    """Yield the pids of this user's processes whose environment holds `name=value` (Linux; nothing elsewhere)."""
    wanted = f"{name}={value}".encode()
    if not _BOOT_ID.exists():
        return
    for entry in _PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            variables = (entry / "environ").read_bytes().split(b"\0")
        except OSError:  # ended meanwhile, or another user's
            continue
        if wanted in variables:
            yield int(entry.name)
