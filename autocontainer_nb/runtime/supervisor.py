"""The supervisor, a parent process that reports the outcome if a signal ends the task's process.

The parent forks after all imports, before any thread or user code runs: a copy-on-write child costs about a
millisecond. It forwards signals, waits, and calls what writes `error.pb` if the child ended without reporting that it
was done.
"""

import atexit
import faulthandler
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from autocontainer_nb.runtime.time_limit import TimeLimit, tell_by

_DONE: Final = b"d"
_NAMES: Final = ("SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2")
_FORWARDED: Final = tuple(getattr(signal, name) for name in _NAMES if hasattr(signal, name))


def supervise(
    work: Callable[[], int],
    on_signal: Callable[[int], int],
    on_exit: Callable[[int], int],
    on_timeout: Callable[[float], int],
) -> int:
    """Run `work` in a child process and return its exit code.

    If a signal ended the child, or it exited before `work` returned, return the result of `on_signal(number)` or
    `on_exit(code)`, called in this process; `on_timeout(seconds)`, if it was ended at its own limit (`time_limit`). If
    the platform can't fork, run `work` in this process.
    """
    if not hasattr(os, "fork"):
        return work()
    reading, writing = os.pipe()
    limit = TimeLimit()
    _flush()
    before = signal.pthread_sigmask(
        signal.SIG_BLOCK, _FORWARDED
    )  # none may end this process before the child hears of it
    child = os.fork()
    if child == 0:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.close(reading)
        tell_by(limit.writing)
        _be_the_child(work, writing)
    os.close(writing)
    limit.keep(child)
    _forward_signals(child)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    status = wait_for(child, reaping_all=os.getpid() == 1)
    said = _said(reading)
    if limit.expired_s is not None and said != _DONE:
        return on_timeout(limit.expired_s)
    if os.WIFSIGNALED(status):
        return on_signal(os.WTERMSIG(status)) if said != _DONE else 0
    code = os.waitstatus_to_exitcode(status)
    return code if said == _DONE else on_exit(code)


def _be_the_child(work: Callable[[], int], writing: int) -> None:
    """Run the work, report that it is done, and end the process."""
    faulthandler.enable()
    if hasattr(signal, "SIGUSR1"):
        faulthandler.register(signal.SIGUSR1)
    code = work()
    os.write(writing, _DONE)
    _leave(code)


def _leave(code: int) -> None:
    """End the process as Python does, including exit handlers, but without the slow teardown of modules."""
    threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001 - waits for the task's threads, as Python does
    atexit._run_exitfuncs()  # noqa: SLF001 - the only name that this step of Python's own exit has
    _flush()
    os._exit(code)


def _forward_signals(child: int) -> None:
    def forward(number: int, _frame: object) -> None:
        with suppress(ProcessLookupError):
            os.kill(child, number)

    for number in _FORWARDED:
        signal.signal(number, forward)


def wait_for(child: int, *, reaping_all: bool) -> int:
    """Return the child's wait status. PEP 475 resumes the call after a forwarded signal.

    A container's first process gets all that others leave behind, and reaps that meanwhile.
    """
    ended = 0
    while ended != child:
        ended, status = os.waitpid(-1 if reaping_all else child, 0)
    return status


def _said(reading: int) -> bytes:
    """Return what the child wrote, without waiting: a process left by the task may hold the other end open."""
    os.set_blocking(reading, False)
    try:
        return os.read(reading, 1)
    except BlockingIOError:
        return b""


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
