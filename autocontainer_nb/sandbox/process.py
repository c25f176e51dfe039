"""Starts, finds and stops the sandbox, and writes the configuration file for other clients."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from autocontainer_nb.errors import SandboxError
from autocontainer_nb.image.interpreter import this_interpreter_image
from autocontainer_nb.sandbox.blobs.output_file import tail
from autocontainer_nb.sandbox.environment import home_directory, host_name, monotonic_s, pause
from autocontainer_nb.sandbox.home_paths import Layout
from autocontainer_nb.sandbox.process_identity import is_running
from autocontainer_nb.sandbox.server_record import ServerRecord, read_record, read_token
from autocontainer_nb.wire import DEFAULT_DOMAIN, DEFAULT_PROJECT

START_TIMEOUT_S: Final = 30.0
STOP_TIMEOUT_S: Final = 15.0
_CONNECT_TIMEOUT_S: Final = 2.0
_POLL_S: Final = 0.01
_SHOWN_LOG_LINES: Final = 12
SERVER_MODULE: Final = "autocontainer_nb.sandbox"


@dataclass(frozen=True, kw_only=True)
class SandboxAddress:
    """Everything that a client needs to know about a running sandbox."""

    endpoint: str
    http_endpoint: str
    token: str
    pid: int
    home: str
    insecure: bool = True
    default_image: str = ""


@dataclass(frozen=True, kw_only=True)
class SandboxStatus:
    """Whether a sandbox serves a home: `address` is None if not; `detail` says it in words."""

    running: bool
    detail: str
    home: str
    log_file: str
    address: SandboxAddress | None = None


def layout_of(home: str | None = None) -> Layout:
    """Return where the sandbox of a home has its files."""
    return Layout(home=home_directory(home))


def ensure_running(home: str | None = None) -> SandboxAddress:
    """Return the sandbox that serves the home, started if none does; two callers at once get the same one.

    One of an earlier release is replaced once nothing runs in it.

    Raises:
        SandboxError: it can't be started; the message has the last lines of its log.
    """
    layout = Layout(home=home_directory(home))
    record = _answering(layout)
    if record is None or _is_outdated(layout, record):
        layout.make_directories()
        with _start_lock(layout):
            record = _answering(layout)
            if record is not None and _is_outdated(layout, record):
                _end(layout, record)
                record = None
            record = record or _start(layout)
    return _address(layout, record)


def _is_outdated(layout: Layout, record: ServerRecord) -> bool:
    """Whether a server of an earlier release serves, and nothing runs that its end would end."""
    return record.is_older and next(layout.work.glob("*/*/*/*"), None) is None


def status(home: str | None = None) -> SandboxStatus:
    """Return whether a sandbox serves the home, and where; starts nothing."""
    layout = Layout(home=home_directory(home))
    record = read_record(layout)
    log_file, home_text = str(layout.server_log), str(layout.home)
    if record is None:
        return SandboxStatus(running=False, detail="no sandbox is running", home=home_text, log_file=log_file)
    if not record.is_running and record.host not in ("", host_name()):
        detail = f"no sandbox is running on this machine; the last one ran on {record.host}"
        return SandboxStatus(running=False, detail=detail, home=home_text, log_file=log_file)
    if not record.is_running:
        detail = f"no sandbox is running; the last one (pid {record.pid}) ended without being stopped"
        return SandboxStatus(running=False, detail=detail, home=home_text, log_file=log_file)
    return SandboxStatus(
        running=True,
        detail=f"serving {record.endpoint} since {record.started_at}, pid {record.pid}, version {record.version}",
        home=home_text,
        log_file=log_file,
        address=_address(layout, record),
    )


def stop(home: str | None = None) -> bool:
    """Stop the sandbox of a home with everything that runs in it; return whether there was one.

    Raises:
        SandboxError: it can't be stopped.
    """
    layout = Layout(home=home_directory(home))
    if not layout.root.is_dir():
        return False
    with _start_lock(layout):
        record = read_record(layout)
        if record is None or not record.is_running:
            return False
        _end(layout, record)
    return True


def _end(layout: Layout, record: ServerRecord) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(record.pid, number)
        if _wait_until_gone(record):
            with contextlib.suppress(ChildProcessError):  # only its parent has to reap it
                os.waitpid(record.pid, 0)
            return
    raise SandboxError(
        f"The sandbox (pid {record.pid}) can't be stopped, not even with SIGKILL. See {layout.server_log}."
    )


def _wait_until_gone(record: ServerRecord) -> bool:
    deadline = monotonic_s() + STOP_TIMEOUT_S
    while monotonic_s() < deadline:
        if not is_running(record.pid, record.identity):
            return True
        pause(_POLL_S)
    return False


def _address(layout: Layout, record: ServerRecord) -> SandboxAddress:
    return SandboxAddress(
        endpoint=record.endpoint,
        http_endpoint=record.http_endpoint,
        token=read_token(layout),
        pid=record.pid,
        home=str(layout.home),
        default_image=this_interpreter_image(),
    )


def _answering(layout: Layout) -> ServerRecord | None:
    """Return the record of a server that is running and accepts connections; None for a stale record."""
    record = read_record(layout)
    if record is None or not record.is_running:
        return None
    host, _, port = record.endpoint.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=_CONNECT_TIMEOUT_S).close()
    except OSError:
        return None
    return record


@contextlib.contextmanager
def _start_lock(layout: Layout) -> Iterator[None]:
    from filelock import FileLock, Timeout  # loads asyncio: finding a sandbox that serves doesn't need it

    lock = FileLock(layout.start_lock, timeout=START_TIMEOUT_S, poll_interval=_POLL_S)
    try:
        lock.acquire()
    except Timeout:
        raise SandboxError(
            f"Another process has been starting or stopping the sandbox of {layout.home} for "
            f"{START_TIMEOUT_S:g} s (lock {layout.start_lock}). See {layout.server_log}."
        ) from None
    try:
        yield
    finally:
        lock.release()


def _start(layout: Layout) -> ServerRecord:
    descriptor = os.open(layout.server_log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        server = subprocess.Popen(
            [sys.executable, "-m", SERVER_MODULE, "--home", str(layout.home)],
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            cwd="/",
            start_new_session=True,
        )
    except OSError as error:
        raise SandboxError(f"The sandbox can't be started, because {sys.executable} can't be run: {error}.") from error
    finally:
        os.close(descriptor)
    deadline = monotonic_s() + START_TIMEOUT_S
    while server.poll() is None and monotonic_s() < deadline:
        record = read_record(layout)
        if record is not None and record.pid == server.pid:
            server.returncode = 0  # it outlives this process on purpose: no ResourceWarning, nothing to wait for
            return record
        pause(_POLL_S)
    if server.poll() is None:
        server.kill()
        server.wait()
        how = f"it didn't answer within {START_TIMEOUT_S:g} s"
    else:
        how = f"it ended with exit code {server.returncode}"
    raise SandboxError(
        f"The sandbox of {layout.home} can't be started: {how}. The last lines of its log {layout.server_log}:\n"
        f"{tail(layout.server_log, _SHOWN_LOG_LINES)}"
    )


def flyte_config(address: SandboxAddress) -> str:
    """Return the text of a `config.yaml` for flytectl, flytekit and this package; it doesn't contain the token."""
    token_file = Layout(home=Path(address.home)).token_file
    # JSON strings are YAML strings whose special characters are quoted.
    return f"""\
# The sandbox of autocontainer-nb, valid while it is running. Save this as a file, and set FLYTECTL_CONFIG to its path.
admin:
  endpoint: dns:///{address.endpoint}
  insecure: true
  authType: ExternalCommand
  command: ["cat", {json.dumps(str(token_file))}]
logger:
  show-source: true
  level: 0
# Defaults of this sandbox: project {DEFAULT_PROJECT}, domain {DEFAULT_DOMAIN}.
"""
