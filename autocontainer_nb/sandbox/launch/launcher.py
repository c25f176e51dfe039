"""Starts containers as local processes, waits for them, and ends them with everything they started.

To a container belong its process group, the descendants of its first process, and all processes with its mark, an
environment variable with a unique value. The mark finds processes that left the group and lost their parent: daemons.
"""

import contextlib
import os
import signal
import subprocess
from collections.abc import Collection
from typing import Final, Protocol

import psutil

from autocontainer_nb.errors import SandboxError
from autocontainer_nb.sandbox.blobs.output_file import open_output
from autocontainer_nb.sandbox.environment import monotonic_s, pause
from autocontainer_nb.sandbox.launch.container import Container, Mark, mark_of
from autocontainer_nb.sandbox.process_identity import identity, is_running, processes_with_variable

TERMINATION_GRACE_S: Final = 5.0
_POLL_S: Final = 0.05
_ADOPTED_POLL_S: Final = 1.0  # for a zombie; any other end is noticed at once
_MAX_SWEEPS: Final = 10  # a process that is being ended may be starting another one


class Running(Protocol):
    """A container that was started, by this sandbox or by one before it."""

    pid: int
    identity: str

    def wait(self) -> int | None:
        """Wait for its end, and return its exit code, negative for a signal; None if it can't be known."""

    def terminate(self, grace_s: float = TERMINATION_GRACE_S) -> None:
        """Ask it to end, and kill it and its children after the grace time."""


class Launcher(Protocol):
    """Runs containers. The only implementation runs processes; a container engine would be another."""

    def start(self, container: Container) -> Running:
        """Start a container; SandboxError if that fails, OSError if there is no space for its files."""

    def adopt(self, pid: int, expected_identity: str, mark: Mark) -> Running | None:
        """Return the container that an earlier sandbox has started; None if it has ended."""


def _signal_group(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # PermissionError: macOS, for a group of zombies
        os.killpg(pid, number)


def _signal_each(processes: Collection[psutil.Process], number: int) -> None:
    for process in processes:
        with contextlib.suppress(psutil.Error):  # it has ended; psutil never signals another process with its pid
            process.send_signal(number)


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []


def _end_what_is_left(pid: int, mark: Mark, besides: Collection[int] = ()) -> None:
    """Kill the remaining processes of a container whose first process has ended."""
    _signal_group(pid, signal.SIGKILL)
    not_it = {pid, os.getpid()}  # this very process may have been started by the container
    for _ in range(_MAX_SWEEPS):
        left = [each for each in processes_with_variable(*mark, besides=besides) if each.pid not in not_it]
        if not left:
            return
        _signal_each(left, signal.SIGKILL)
        psutil.wait_procs(left, timeout=_POLL_S)


def _terminate(pid: int, expected_identity: str, grace_s: float) -> None:
    if not is_running(pid, expected_identity):
        return
    others = _descendants(pid)
    _signal_group(pid, signal.SIGTERM)
    _signal_each([each for each in others if _group_of(each.pid) != pid], signal.SIGTERM)
    deadline = monotonic_s() + grace_s
    while is_running(pid, expected_identity) and monotonic_s() < deadline:
        pause(_POLL_S)
    others += _descendants(pid)
    if is_running(pid, expected_identity):
        _signal_group(pid, signal.SIGKILL)
    _signal_each(others, signal.SIGKILL)


def _group_of(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return 0


class ChildProcess:
    """A container that this process started: leader of its own session and process group."""

    def __init__(self, process: "subprocess.Popen[bytes]", mark: Mark, older: Collection[int]) -> None:
        self._process = process
        self._mark = mark
        self._older = older  # pids from before its start: none of these processes is its descendant
        self.pid = process.pid
        self.identity = identity(process.pid) or ""

    def wait(self) -> int | None:
        """Return its exit code when it has ended; what it left behind is ended too."""
        if not hasattr(os, "waitid"):
            code = self._process.wait()
            _end_what_is_left(self.pid, self._mark, self._older)
            return code
        os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        # The pid stays taken until the group is gone, so that no other process is hit.
        _end_what_is_left(self.pid, self._mark, self._older)
        return self._process.wait()

    def terminate(self, grace_s: float = TERMINATION_GRACE_S) -> None:
        """End it: SIGTERM to its processes, SIGKILL after the grace time."""
        _terminate(self.pid, self.identity, grace_s)


class AdoptedProcess:
    """A container that an earlier sandbox started: not our child, so its exit code is lost."""

    def __init__(self, pid: int, known_identity: str, mark: Mark) -> None:
        self._mark = mark
        self.pid = pid
        self.identity = known_identity

    def wait(self) -> int | None:
        """Return None when it has ended."""
        while is_running(self.pid, self.identity):
            with contextlib.suppress(psutil.Error):
                psutil.Process(self.pid).wait(timeout=_ADOPTED_POLL_S)
        _end_what_is_left(self.pid, self._mark)
        return None

    def terminate(self, grace_s: float = TERMINATION_GRACE_S) -> None:
        """End it: SIGTERM to its processes, SIGKILL after the grace time."""
        _terminate(self.pid, self.identity, grace_s)


class ProcessLauncher:
    """Runs every container as a local process."""

    def start(self, container: Container) -> Running:
        """Start the container in its empty directory, with only its own variables.

        Raises:
            SandboxError: the system refuses to start the process.
            OSError: its directories or its log can't be made.
        """
        container.temporary.mkdir(mode=0o700, parents=True, exist_ok=True)
        if container.temporary.is_symlink() or container.temporary.stat().st_uid != os.getuid():
            raise SandboxError(
                f"The folder {str(container.temporary)!r} is another user's: remove it, and launch again."
            )
        container.directory.mkdir(parents=True, exist_ok=True)
        output = open_output(container.log)
        older = frozenset(psutil.pids())
        try:
            process = subprocess.Popen(
                list(container.argv),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=dict(container.variables),
                cwd=container.directory,
                start_new_session=True,
            )
        except OSError as error:
            raise SandboxError(
                f"The process {container.argv[0]!r} can't be started: {error}. (Arguments and variables together are "
                f"{sum(map(len, container.argv))} and {sum(map(len, container.variables.values()))} characters long.)"
            ) from error
        finally:
            os.close(output)
        return ChildProcess(process, mark_of(container.temporary), older)

    def adopt(self, pid: int, expected_identity: str, mark: Mark) -> Running | None:
        """Return the container if its process is still running."""
        return AdoptedProcess(pid, expected_identity, mark) if is_running(pid, expected_identity) else None
