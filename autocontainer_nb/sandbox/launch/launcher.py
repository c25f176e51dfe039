"""Starts containers as processes of this machine, waits for them, ends them with everything they started."""

import contextlib
import os
import select
import signal
import subprocess
from typing import Final, Protocol

from autocontainer_nb.errors import SandboxError
from autocontainer_nb.sandbox.blobs.output_file import open_output
from autocontainer_nb.sandbox.environment import monotonic_s, pause
from autocontainer_nb.sandbox.launch.container import Container
from autocontainer_nb.sandbox.process_identity import identity, is_running

TERMINATION_GRACE_S: Final = 5.0
_POLL_S: Final = 0.05
_ADOPTED_POLL_S: Final = 0.2


class Running(Protocol):
    """A container that was started, by this sandbox or by one before it."""

    pid: int
    identity: str

    def wait(self) -> int | None:
        """Return when it has ended: its exit code, negative for a signal; None where nobody can know."""

    def terminate(self, grace_s: float = TERMINATION_GRACE_S) -> None:
        """Ask it to end, and end it and its children by force after the grace time."""


class Launcher(Protocol):
    """Where containers run. The one there is runs processes; a container engine would be another."""

    def start(self, container: Container) -> Running:
        """Start a container; SandboxError says that it can't be, OSError that there is no room for its files."""

    def adopt(self, pid: int, expected_identity: str) -> Running | None:
        """Return the container that a sandbox before this one started, None where it has ended."""


def _signal_group(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # PermissionError: macOS, for a group of zombies
        os.killpg(pid, number)


def _terminate(pid: int, expected_identity: str, grace_s: float) -> None:
    if not is_running(pid, expected_identity):
        return
    _signal_group(pid, signal.SIGTERM)
    deadline = monotonic_s() + grace_s
    while monotonic_s() < deadline:
        if not is_running(pid, expected_identity):
            return
        pause(_POLL_S)
    _signal_group(pid, signal.SIGKILL)


class ChildProcess:
    """A container that this process started: leader of its own session and process group."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self.pid = process.pid
        self.identity = identity(process.pid) or ""

    def wait(self) -> int | None:
        """Return its exit code when it has ended; what it left behind in its group is ended too."""
        if hasattr(os, "waitid"):  # the pid stays taken until the group is gone, so that no stranger is hit
            os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
            _signal_group(self.pid, signal.SIGKILL)
            return self._process.wait()
        code = self._process.wait()
        _signal_group(self.pid, signal.SIGKILL)
        return code

    def terminate(self, grace_s: float = TERMINATION_GRACE_S) -> None:
        """End it: SIGTERM to the group, SIGKILL after the grace time."""
        _terminate(self.pid, self.identity, grace_s)


class AdoptedProcess:
    """A container that an earlier sandbox started: not our child, so its exit code is lost."""

    def __init__(self, pid: int, known_identity: str) -> None:
        self.pid = pid
        self.identity = known_identity

    def wait(self) -> int | None:
        """Return None when it has ended."""
        if hasattr(os, "pidfd_open"):
            with contextlib.suppress(ProcessLookupError):
                descriptor = os.pidfd_open(self.pid)
                try:
                    if is_running(self.pid, self.identity):
                        select.select([descriptor], [], [])
                finally:
                    os.close(descriptor)
        while is_running(self.pid, self.identity):
            pause(_ADOPTED_POLL_S)
        _signal_group(self.pid, signal.SIGKILL)
        return None

    def terminate(self, grace_s: float = TERMINATION_GRACE_S) -> None:
        """End it: SIGTERM to the group, SIGKILL after the grace time."""
        _terminate(self.pid, self.identity, grace_s)


class ProcessLauncher:
    """Runs every container as a local process."""

    def start(self, container: Container) -> Running:
        """Start the container in its empty directory, with nothing but its own variables.

        Raises:
            SandboxError: the system refuses to start the process.
            OSError: its directories or its log can't be made.
        """
        container.temporary.mkdir(parents=True, exist_ok=True)
        container.directory.mkdir(parents=True, exist_ok=True)
        output = open_output(container.log)
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
        return ChildProcess(process)

    def adopt(self, pid: int, expected_identity: str) -> Running | None:
        """Return the container if that very process still runs."""
        return AdoptedProcess(pid, expected_identity) if is_running(pid, expected_identity) else None
