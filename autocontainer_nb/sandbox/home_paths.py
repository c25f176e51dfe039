"""Where everything lies below the home directory, and how directories get there."""

from dataclasses import dataclass
from pathlib import Path

PRIVATE_DIRECTORY = 0o700


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The paths of one sandbox; `root` is `<home>/sandbox`."""

    home: Path

    @property
    def root(self) -> Path:
        """Everything of the sandbox."""
        return self.home / "sandbox"

    @property
    def blobs(self) -> Path:
        """What a cluster has in its bucket."""
        return self.root / "blobs"

    @property
    def logs(self) -> Path:
        """The output of every attempt."""
        return self.root / "logs"

    @property
    def work(self) -> Path:
        """The working directories of containers that run."""
        return self.root / "work"

    @property
    def database(self) -> Path:
        """Tasks, executions and attempts."""
        return self.root / "state.sqlite"

    @property
    def ballast(self) -> Path:
        """Room kept for the moment when the disk is full."""
        return self.root / "ballast"

    @property
    def state_file(self) -> Path:
        """Who serves, and where: JSON."""
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
        """The ports of the last server: the next one takes them again, so that written-down addresses stay true."""
        return self.root / "ports.json"

    @property
    def server_log(self) -> Path:
        """What the server prints."""
        return self.root / "server.log"

    @property
    def server_lock(self) -> Path:
        """Locked by the server for as long as it lives."""
        return self.root / "server.lock"

    @property
    def start_lock(self) -> Path:
        """Locked by whoever starts a server, while it starts."""
        return self.root / "start.lock"

    def make_directories(self) -> None:
        """Make what isn't there, for the owner only."""
        self.home.mkdir(parents=True, exist_ok=True)
        for directory in (self.root, self.blobs, self.logs, self.work):
            directory.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
