"""The SQLite file, and the disk space that is reserved for it.

Messages are kept as they are (serialized protobuf) beside the columns that lists filter and sort by. One connection,
one lock: every change is one short transaction, so half a step is never visible. The write-ahead log with
`synchronous=NORMAL` loses nothing when the process dies (SQLite's documentation, pragma synchronous).
"""

import contextlib
import logging
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from autocontainer_nb.errors import SandboxError

SIZE_BYTES: Final = 4 << 20
_log = logging.getLogger(__name__)
SCHEMA_VERSION: Final = 1
_SCHEMA: Final = """
CREATE TABLE projects (
    identifier TEXT PRIMARY KEY, name TEXT NOT NULL, state INTEGER NOT NULL, created_at INTEGER NOT NULL,
    message BLOB NOT NULL);
CREATE TABLE tasks (
    id INTEGER PRIMARY KEY, project TEXT NOT NULL, domain TEXT NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL,
    type TEXT NOT NULL, digest BLOB NOT NULL, short_description TEXT NOT NULL, created_at INTEGER NOT NULL,
    message BLOB NOT NULL, UNIQUE (project, domain, name, version));
CREATE TABLE executions (
    id INTEGER PRIMARY KEY, project TEXT NOT NULL, domain TEXT NOT NULL, name TEXT NOT NULL, phase TEXT NOT NULL,
    task_project TEXT NOT NULL, task_domain TEXT NOT NULL, task_name TEXT NOT NULL, task_version TEXT NOT NULL,
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, started_at INTEGER, duration INTEGER,
    error_kind TEXT, error_code TEXT, user TEXT NOT NULL, state INTEGER NOT NULL, launch_entity TEXT NOT NULL,
    inputs_uri TEXT NOT NULL, message BLOB NOT NULL, UNIQUE (project, domain, name));
CREATE INDEX executions_phase ON executions (phase);
CREATE TABLE node_executions (
    id INTEGER PRIMARY KEY, project TEXT NOT NULL, domain TEXT NOT NULL, name TEXT NOT NULL, node_id TEXT NOT NULL,
    phase TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, started_at INTEGER,
    duration INTEGER, error_kind TEXT, error_code TEXT, message BLOB NOT NULL,
    UNIQUE (project, domain, name, node_id));
CREATE TABLE task_executions (
    id INTEGER PRIMARY KEY, project TEXT NOT NULL, domain TEXT NOT NULL, name TEXT NOT NULL, node_id TEXT NOT NULL,
    retry_attempt INTEGER NOT NULL, phase TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
    started_at INTEGER, duration INTEGER, pid INTEGER NOT NULL DEFAULT 0, identity TEXT NOT NULL DEFAULT '',
    message BLOB NOT NULL, UNIQUE (project, domain, name, node_id, retry_attempt));
"""


class Ballast:
    """A file that reserves disk space, to be removed when the space is needed. The constructor touches no file."""

    def __init__(self, path: Path, size_bytes: int = SIZE_BYTES) -> None:
        self._path = path
        self._size_bytes = size_bytes

    def fill(self) -> bool:
        """Reserve the space if it isn't reserved yet; return whether it is."""
        try:
            if self._path.exists() and self._path.stat().st_size >= self._size_bytes:
                return True
            with self._path.open("wb") as file:
                file.write(bytes(self._size_bytes))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            self._path.unlink(missing_ok=True)
            _log.warning("Can't reserve %s bytes of disk space for later: %s", self._size_bytes, error)
            return False
        return True

    def drop(self) -> bool:
        """Release the space; return whether any was reserved."""
        try:
            self._path.unlink()
        except FileNotFoundError:
            return False
        return True


class State:
    """An open database. Reads see the last finished change; `change` is the only way to write."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = threading.RLock()

    def rows(self, sql: str, arguments: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Return all rows of a query."""
        with self._lock:
            return self._connection.execute(sql, arguments).fetchall()

    def row(self, sql: str, arguments: Sequence[Any] = ()) -> sqlite3.Row | None:
        """Return the first row of a query, or None."""
        found = self.rows(sql, arguments)
        return found[0] if found else None

    @contextlib.contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """Give the connection inside a transaction: stored whole or not at all. A nested one joins the outer one."""
        with self._lock:
            if self._connection.in_transaction:
                yield self._connection
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # on a full disk, SQLite rolls back by itself
                    self._connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()


def open_state(path: Path) -> State:
    """Return the state in the file, which is created if missing.

    Raises:
        SandboxError: the file isn't such a database, or has another version.
    """
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            connection.executescript(f"BEGIN;{_SCHEMA}PRAGMA user_version={SCHEMA_VERSION};COMMIT;")
            version = SCHEMA_VERSION
    except sqlite3.DatabaseError as error:
        connection.close()
        raise SandboxError(
            f"The sandbox's state {path} can't be read: {error}. Move the file away to start with an empty "
            "state; executions in the old file are then forgotten."
        ) from error
    if version != SCHEMA_VERSION:
        connection.close()
        raise SandboxError(
            f"The sandbox's state {path} has version {version}, but this package reads version {SCHEMA_VERSION}: "
            "upgrade autocontainer-nb, or set AUTOCONTAINER_NB_HOME to another directory."
        )
    return State(connection)
