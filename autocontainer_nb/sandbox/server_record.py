"""The record of a running server, by which clients find it: its addresses, its process and the token."""

import json
import os
import re
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from autocontainer_nb.errors import SandboxError
from autocontainer_nb.sandbox.environment import new_secret
from autocontainer_nb.sandbox.home_paths import Layout
from autocontainer_nb.sandbox.process_identity import is_running
from autocontainer_nb.wire import PACKAGE_VERSION

_PRIVATE_FILE = 0o600


@dataclass(frozen=True, kw_only=True)
class ServerRecord:
    """The content of the state file; `identity` makes the pid unique, on its host only."""

    endpoint: str
    http_endpoint: str
    pid: int
    identity: str
    version: str
    started_at: str
    host: str = ""  # unknown in the records of older versions

    @property
    def is_running(self) -> bool:
        """Whether this process is running."""
        return is_running(self.pid, self.identity)

    @property
    def is_older(self) -> bool:
        """Whether the server is of an earlier release than this package."""
        return _release(self.version) < _release(PACKAGE_VERSION)


def write_private(path: Path, text: str) -> None:
    """Write a whole file, readable only by its owner, or nothing."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE_FILE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    temporary.replace(path)


def write_record(layout: Layout, record: ServerRecord) -> None:
    """Announce that this server is running."""
    write_private(layout.state_file, json.dumps(asdict(record), indent=2) + "\n")


def read_record(layout: Layout) -> ServerRecord | None:
    """Return the record of the last server; None if there is none, or it is unreadable."""
    try:
        found = json.loads(layout.state_file.read_text(encoding="utf-8"))
        return ServerRecord(**{each.name: found[each.name] for each in fields(ServerRecord) if each.name in found})
    except (OSError, ValueError, TypeError):
        return None


def _release(version: str) -> tuple[int, ...]:
    """Return the numbers that a version begins with."""
    return tuple(int(part) for part in re.match(r"[\d.]*", version)[0].split(".") if part)  # type: ignore[index]  # may be empty, but matches


def remove_record(layout: Layout) -> None:
    """Remove the record: no server is running."""
    layout.state_file.unlink(missing_ok=True)


def secret(path: Path) -> str:
    """Return the secret in the file, which is created at first use and kept by later servers."""
    try:
        text = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        text = ""
    if not text:
        text = new_secret()
        write_private(path, text + "\n")
    return text


def read_token(layout: Layout) -> str:
    """Return the token that the server expects.

    Raises:
        SandboxError: there is no token file, or it can't be read.
    """
    try:
        return layout.token_file.read_text(encoding="ascii").strip()
    except OSError as error:
        raise SandboxError(f"The sandbox's token {layout.token_file} can't be read: {error}.") from error


def read_ports(layout: Layout) -> tuple[int, int]:
    """Return the ports (gRPC, HTTP) of the last server; 0 for any."""
    try:
        ports = json.loads(layout.ports_file.read_text(encoding="utf-8"))
        return int(ports["grpc"]), int(ports["http"])
    except (OSError, ValueError, TypeError, KeyError):
        return 0, 0


def write_ports(layout: Layout, grpc_port: int, http_port: int) -> None:
    """Store the ports for the next server."""
    write_private(layout.ports_file, json.dumps({"grpc": grpc_port, "http": http_port}) + "\n")
