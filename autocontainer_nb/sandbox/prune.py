"""Removes what a sandbox keeps of old executions, and what nothing mentions any more.

A server may run meanwhile: rows go in one transaction, and then the files that only they have mentioned.
"""

import re
import shutil
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from flyteidl.core import execution_pb2 as core_execution_pb2

from autocontainer_nb.idl.phases import TERMINAL_EXECUTION_PHASES
from autocontainer_nb.sandbox.blobs.execution_paths import OWN_DIRECTORIES, ExecutionKey, Locations
from autocontainer_nb.sandbox.blobs.store import WRITING_PREFIX, BlobStore
from autocontainer_nb.sandbox.environment import now_ns
from autocontainer_nb.sandbox.home_paths import Layout
from autocontainer_nb.sandbox.records.state import State, open_state

_NANOSECONDS: Final = 1_000_000_000
_LEAST_AGE_NS: Final = 3600 * _NANOSECONDS  # of what nothing mentions: a client may be about to
_ENDED: Final = tuple(core_execution_pb2.WorkflowExecution.Phase.Name(phase) for phase in TERMINAL_EXECUTION_PHASES)
_MARKS: Final = ",".join("?" * len(_ENDED))
_EXECUTION_TABLES: Final = ("task_executions", "node_executions", "executions")
_CODE_FILES: Final = "*.pkl"
_LOCATIONS_MEMBER: Final = "locations.json"
_MAX_READ_BYTES: Final = 1 << 20  # a value's file that mentions other files is smaller


@dataclass
class Pruned:
    """What was removed."""

    executions: int = 0
    tasks: int = 0
    files: int = 0
    size_bytes: int = 0

    def remove(self, path: Path) -> None:
        """Remove a file or a folder, and count what was in it."""
        for each in _files(path):
            with suppress(FileNotFoundError):
                self.size_bytes += each.lstat().st_size
                self.files += 1
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def size_bytes(layout: Layout) -> int:
    """Return how much the sandbox's files take."""
    total = 0
    for path in _files(layout.root):
        with suppress(FileNotFoundError):
            total += path.lstat().st_size
    return total


def prune(layout: Layout, older_than_s: float) -> Pruned:
    """Remove all executions that ended so long ago, and what nothing mentions then; return what that was.

    Tasks as old go if no execution left has run them: a launch from a notebook registers them again.
    """
    pruned = Pruned()
    if not layout.database.is_file():
        return pruned
    now = now_ns()
    before_ns = now - int(older_than_s * _NANOSECONDS)
    state, blobs = open_state(layout.database), BlobStore(layout.blobs)
    try:
        keys = _remove_rows(state, before_ns, pruned)
        locations = Locations(layout, blobs)
        for key in keys:
            pruned.remove(locations.node_data(key, "node").parents[1])
            pruned.remove(locations.log(key, "node", 0).parent)
        unmentioned_since_ns = min(before_ns, now - _LEAST_AGE_NS)
        for is_code in (True, False):  # code files first: they mention large objects
            mentioned = _Mentions.of(state, blobs)
            for path in _stored(blobs.root):
                if is_code and next(path.rglob(_CODE_FILES), None) is None:
                    continue
                if _changed_ns(path) < unmentioned_since_ns and path not in mentioned:
                    pruned.remove(path)
    finally:
        state.close()
    return pruned


def _remove_rows(state: State, before_ns: int, pruned: Pruned) -> Sequence[ExecutionKey]:
    with state.change() as connection:
        ended = f"SELECT project, domain, name FROM executions WHERE phase IN ({_MARKS}) AND updated_at < ?"  # noqa: S608 - constants
        keys = [ExecutionKey(*row) for row in connection.execute(ended, (*_ENDED, before_ns))]
        for table in _EXECUTION_TABLES:
            statement = f"DELETE FROM {table} WHERE project = ? AND domain = ? AND name = ?"  # noqa: S608 - constants
            connection.executemany(statement, keys)
        removed = connection.execute(
            "DELETE FROM tasks WHERE created_at < ? AND NOT EXISTS (SELECT 1 FROM executions AS one WHERE"
            " one.task_project = tasks.project AND one.task_domain = tasks.domain AND one.task_name = tasks.name"
            " AND one.task_version = tasks.version)",
            (before_ns,),
        )
    pruned.executions, pruned.tasks = len(keys), removed.rowcount
    return keys


def _stored(root: Path) -> Iterator[Path]:
    """Yield what is kept or removed as a whole: an attempt's data, an upload, an unfinished file."""
    yield from root.rglob(f"{WRITING_PREFIX}*")
    yield from root.glob("data/*/*")
    for project in root.iterdir():
        if project.name not in OWN_DIRECTORIES:
            yield from project.glob("*/*/*")


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir() or path.is_symlink():
        yield path
        return
    yield from (each for each in path.rglob("*") if each.is_symlink() or not each.is_dir())


def _changed_ns(path: Path) -> int:
    """Return when the newest file of it was written; nothing is as new as what is gone meanwhile."""
    try:
        return max((each.lstat().st_mtime_ns for each in _files(path)), default=0)
    except FileNotFoundError:
        return now_ns()


@dataclass(frozen=True)
class _Mentions:
    """The paths in the store that rows, inputs, outputs, small values and code files mention by their URIs."""

    root: Path
    folders: set[Path] = field(default_factory=set)  # of what is mentioned
    ends: Mapping[Path, list[str]] = field(default_factory=dict)  # folder ► names, with what follows them in the text

    @classmethod
    def of(cls, state: State, blobs: BlobStore) -> "_Mentions":
        """Read all that may mention something."""
        folders: set[Path] = set()
        ends: dict[Path, list[str]] = {}
        uri = re.compile(re.escape(f"{blobs.uri(blobs.root)}/".encode()) + rb"([^\x00-\x1f]{1,1024})")
        for text in _texts(state, blobs.root):
            for found in uri.findall(text):
                path = blobs.root / found.decode(errors="replace").replace("%25", "%")
                folders.update(path.parents)
                ends.setdefault(path.parent, []).append(path.name)
        return cls(blobs.root, folders, ends)

    def __contains__(self, path: Path) -> bool:
        return path in self.folders or any(name.startswith(path.name) for name in self.ends.get(path.parent, ()))


def _texts(state: State, root: Path) -> Iterator[bytes]:
    for table in ("tasks", *_EXECUTION_TABLES):
        for row in state.rows(f"SELECT message FROM {table}"):  # noqa: S608 - a constant
            yield bytes(row["message"])
    for path in (*(root / "metadata").rglob("*"), *(root / "data").rglob("*")):
        with suppress(FileNotFoundError):
            if path.is_file() and (path.suffix == ".pb" or path.stat().st_size <= _MAX_READ_BYTES):
                yield path.read_bytes()
    for path in root.rglob(_CODE_FILES):
        with suppress(OSError, zipfile.BadZipFile, KeyError), zipfile.ZipFile(path) as archive:
            yield archive.read(_LOCATIONS_MEMBER)
