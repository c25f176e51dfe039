"""The time limit of a task that is executed by itself, kept by the supervisor.

flyteadmin wraps such a task in a workflow whose node has its retries and not its timeout (single_task_execution.go),
and flytepropeller reads nodes only. In a user's workflow the node has it, perhaps another one by `with_overrides`, and
flytepropeller keeps it: nothing is done here.

The task's process learns the limit when it has loaded the task, and tells the parent by a pipe; the time counts from
the start of the container's command. Where a control plane keeps the limit as well, as the sandbox does, it has begun
to count before, so its verdict is the one.
"""

import os
import select
import signal
import threading
from contextlib import suppress
from typing import Final

from autocontainer_nb.runtime.environment import monotonic_s

GRACE_S: Final = 5.0  # between SIGTERM, at which an eager task ends what it has started, and SIGKILL
_MOST_BYTES: Final = 64
_telling: int | None = None  # the pipe, in the process of the task


def end_after(seconds: float) -> None:
    """Ask the supervisor to end this process so many seconds after the command was started; without one, do nothing."""
    if _telling is not None:
        os.write(_telling, repr(seconds).encode())


def tell_by(pipe: int) -> None:
    """Take the end of the pipe that this process, the task's, writes to."""
    global _telling  # noqa: PLW0603 - one pipe for a process, which is made for one task
    _telling = pipe


class TimeLimit:
    """Waits beside the supervisor for a limit and its end. `expired_s` is the limit that ended the task, or None."""

    def __init__(self) -> None:
        self.expired_s: float | None = None
        self._started_s = monotonic_s()
        self._reading, self.writing = os.pipe()

    def keep(self, child: int) -> None:
        """Begin to wait, in the parent: for a limit, then for its end or that of the child."""
        os.close(self.writing)
        threading.Thread(target=self._wait, args=(child,), name="time limit", daemon=True).start()

    def _wait(self, child: int) -> None:
        told = os.read(self._reading, _MOST_BYTES)
        if not told:
            return  # the child has ended, and none was told
        seconds = float(told)
        if self._ends_within(self._started_s + seconds - monotonic_s()):
            return
        self.expired_s = seconds
        for number, grace_s in ((signal.SIGTERM, GRACE_S), (signal.SIGKILL, 0.0)):
            with suppress(ProcessLookupError):
                os.kill(child, number)
            if self._ends_within(grace_s):
                return

    def _ends_within(self, seconds: float) -> bool:
        """Whether the child, and whatever it has forked, lets go of the pipe in that time."""
        return bool(select.select([self._reading], [], [], max(seconds, 0.0))[0])
