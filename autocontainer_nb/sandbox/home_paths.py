"""The files and directories below the sandbox's home."""

from dataclasses import dataclass
from pathlib import Path

PRIVATE_DIRECTORY = 0o700


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The paths of one sandbox; `root` is `<home>/sandbox`."""

    home: Path

    @property
    def root(self) -> Path:
        """The directory of everything else."""
        return self.home / "sandbox"

    @property
    def blobs(self) -> Path:
        """The blob store."""
        return self.root / "blobs"

    @property
    def logs(self) -> Path:
        """The output of every attempt."""
        return self.root / "logs"

    @property
    def work(self) -> Path:
        """The working directories of running containers."""
        return self.root / "work"

    @property
    def database(self) -> Path:
        """Tasks, executions and attempts."""
        return self.root / "state.sqlite"

    @property
    def ballast(self) -> Path:
        """A file that reserves space for the moment when the disk is full."""
        return self.root / "ballast"

    @property
    def state_file(self) -> Path:
        """The record of the running server, as JSON."""
        return self.root / "server.json"

    @property
    def token_file(self) -> Path:
        """The token that clients send: one line."""
        return self.root / "token"

    @property
    def signing_key_file(self) -> Path:
        """The key that signed URLs are made with."""
        return self.root / "signing-key"

    @property
    def ports_file(self) -> Path:
        """The ports of the last server: the next one uses them again, so that known addresses stay valid."""
        return self.root / "ports.json"

    @property
    def server_log(self) -> Path:
        """The output of the server."""
        return self.root / "server.log"

    @property
    def server_lock(self) -> Path:
        """Locked by the server while it runs."""
        return self.root / "server.lock"

    @property
    def start_lock(self) -> Path:
        """Locked by the process that starts a server, while it starts."""
        return self.root / "start.lock"

    def make_directories(self) -> None:
        """Make the missing directories, accessible to the owner only."""
        self.home.mkdir(parents=True, exist_ok=True)
        for directory in (self.root, self.blobs, self.logs, self.work):
            directory.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
