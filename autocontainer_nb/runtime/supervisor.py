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

_DONE: Final = b"d"
_FORWARDED: Final = ("SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2")


def supervise(work: Callable[[], int], on_signal: Callable[[int], int], on_exit: Callable[[int], int]) -> int:
    """Run `work` in a child process and return its exit code.

    If a signal ended the child, or it exited before `work` returned, return the result of `on_signal(number)` or
    `on_exit(code)`, called in this process. If the platform can't fork, run `work` in this process.
    """
    if not hasattr(os, "fork"):
        return work()
    reading, writing = os.pipe()
    _flush()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _be_the_child(work, writing)
    os.close(writing)
    _forward_signals(child)
    status = _wait(child)
    said = _said(reading)
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

    for name in _FORWARDED:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), forward)


def _wait(child: int) -> int:
    """Return the child's wait status. PEP 475 resumes the call after a forwarded signal."""
    _, status = os.waitpid(child, 0)
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
