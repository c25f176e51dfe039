"""The remains of a killed sandbox: running containers, and attempts that ended unobserved."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from autocontainer_nb.sandbox.blobs.execution_paths import AttemptPaths, ExecutionKey
from autocontainer_nb.sandbox.home_paths import Layout
from autocontainer_nb.sandbox.launch.container import mark_of, remove_work, scratch_folder
from autocontainer_nb.sandbox.launch.launcher import Launcher, Running
from autocontainer_nb.sandbox.process_identity import identity, processes_with_variable
from autocontainer_nb.sandbox.records.executions import Attempt, attempts
from autocontainer_nb.sandbox.records.state import State
from autocontainer_nb.sandbox.run.lifecycle import TERMINAL_TASK_PHASES


@dataclass(frozen=True, kw_only=True)
class Orphan:
    """An attempt that an earlier sandbox began; `running` is None if its container has ended or never started."""

    number: int
    running: Running | None
    started_at_ns: int


def open_attempt(state: State, key: ExecutionKey, node: str) -> Attempt | None:
    """Return the attempt of an execution that has begun but not ended, according to the state."""
    known = attempts(state, key, node)
    return known[-1] if known and known[-1].message.closure.phase not in TERMINAL_TASK_PHASES else None


def find_orphan(attempt: Attempt, paths: AttemptPaths, launcher: Launcher) -> Orphan:
    """Return the orphan for an open attempt.

    If the sandbox was killed before it could store the pid, the process is found by its environment variables.
    """
    pid, known_identity, mark = attempt.pid, attempt.identity, mark_of(scratch_folder(paths.work))
    if not pid:
        pid = _first(processes_with_variable(*mark))
        known_identity = identity(pid) or ""
    closure = attempt.message.closure
    began = closure.started_at if closure.HasField("started_at") else closure.created_at
    return Orphan(
        number=attempt.message.id.retry_attempt,
        running=launcher.adopt(pid, known_identity, mark) if pid else None,
        started_at_ns=began.ToNanoseconds(),
    )


def _first(processes: Iterable[psutil.Process]) -> int:
    """Return the pid of the process that started the others, or 0."""
    started = []
    for each in processes:
        with suppress(psutil.NoSuchProcess):
            started.append((each.create_time(), each.pid))
    return min(started, default=(0.0, 0))[1]


def remove_stale_work(layout: Layout, in_use: Iterable[Path]) -> None:
    """Remove the working directories that no running container uses."""
    kept = set(in_use)
    for work in layout.work.glob("*/*/*/*"):
        if work not in kept:
            remove_work(work)
