"""Runs executions: lanes with as many workers as containers may run at once, and one thread per adopted container.

A worker claims an execution before it runs it; an execution is claimed once. The state is written before and after
every step, so that a kill between two steps loses nothing (`adoption` finds the rest).
"""

import logging
import sqlite3
import threading
from collections.abc import Callable
from typing import Final, TypeVar

from google.protobuf.message import DecodeError

from autocontainer_nb.errors import FailedPreconditionError, ImageError, InputError, NotFoundError, SandboxError
from autocontainer_nb.idl.phases import is_terminal
from autocontainer_nb.sandbox.blobs.execution_paths import ExecutionKey
from autocontainer_nb.sandbox.environment import monotonic_s, now_ns, pause, user_name
from autocontainer_nb.sandbox.home_paths import Layout
from autocontainer_nb.sandbox.launch.launcher import Launcher, Running
from autocontainer_nb.sandbox.records.executions import get_execution, unfinished_executions
from autocontainer_nb.sandbox.records.state import Ballast, State
from autocontainer_nb.sandbox.run import lifecycle, outcome
from autocontainer_nb.sandbox.run.adoption import Orphan, find_orphan, open_attempt, remove_stale_work
from autocontainer_nb.sandbox.run.attempt import AttemptRunner, Job, load_job
from autocontainer_nb.sandbox.run.lanes import MAX_DEPTH, Lanes, eager_depth
from autocontainer_nb.sandbox.run.outcome import SYSTEM, Failure, Outcome, failure
from autocontainer_nb.sandbox.run.verdict import storage_failed

_RETRY_WRITE_S: Final = 1.0
STOPPED_CAUSE: Final = "the sandbox was stopped"
_log = logging.getLogger(__name__)
T = TypeVar("T")


class Scheduler:
    """Runs submitted executions, and ends aborted ones."""

    def __init__(self, state: State, layout: Layout, runner: AttemptRunner, launcher: Launcher, workers: int) -> None:
        self._state = state
        self._layout = layout
        self._runner = runner
        self._launcher = launcher
        self._ballast = Ballast(layout.ballast)
        self._lanes = Lanes(self._work, workers)
        self._lock = threading.Lock()
        self._claimed: set[ExecutionKey] = set()
        self._running: dict[ExecutionKey, Running] = {}
        self._stopping = threading.Event()
        self._adopters: list[threading.Thread] = []

    def start(self) -> None:
        """Resume the executions of an earlier sandbox, then run the queued ones."""
        self._ballast.fill()
        left = [self._left_behind(key) for key in unfinished_executions(self._state)]
        adopted = [pair for pair in left if pair is not None]
        in_use = [self._runner.paths(job, orphan.number).work for job, orphan in adopted if orphan.running is not None]
        remove_stale_work(self._layout, in_use)
        self._adopters = [
            threading.Thread(
                target=self._run_claimed, args=(job.key, orphan), name=f"adopted-{job.key.name}", daemon=True
            )
            for job, orphan in adopted
        ]
        for thread in self._adopters:
            thread.start()
        self._lanes.start()

    def _left_behind(self, key: ExecutionKey) -> tuple[Job, Orphan] | None:
        """Claim an execution with an open attempt and return both; queue one without."""
        try:
            job = load_job(self._state, key)
        except (NotFoundError, DecodeError) as error:  # a damaged record must not keep the others from running
            self._fail(key, failure(outcome.CODE_INTERNAL, f"The execution can't be resumed: {error}"))
            return None
        attempt = open_attempt(self._state, key, job.node)
        if attempt is None:
            self.submit(key)
            return None
        orphan = find_orphan(attempt, self._runner.paths(job, attempt.message.id.retry_attempt), self._launcher)
        self._claimed.add(key)
        _log.info("adopting %s, attempt %s, running: %s", key, orphan.number, orphan.running is not None)
        return job, orphan

    def submit(self, key: ExecutionKey) -> None:
        """Run an execution as soon as there is a free worker; an eager task doesn't block those that it awaits.

        One that can't be put in line fails; otherwise it would wait until the next start.
        """
        try:
            self._put(key)
        except Exception as error:
            self._fail(
                key, failure(outcome.CODE_INTERNAL, f"The execution can't be put in line: {error!r}.", kind=SYSTEM)
            )
            raise

    def _put(self, key: ExecutionKey) -> None:
        job = load_job(self._state, key)
        depth = eager_depth(self._state, job.execution) if job.task.metadata.is_eager else 0
        if depth > MAX_DEPTH:
            message = (
                f"Task {job.task.id.name!r} is an eager task nested in {MAX_DEPTH} others. Does one of them call "
                "itself endlessly?"
            )
            self._fail(key, failure(outcome.CODE_BAD_TASK, message))
            return
        self._lanes.put(key, depth)

    def abort(self, key: ExecutionKey) -> None:
        """End an execution in phase ABORTING; returns at once."""
        with self._lock:
            claimed, running = key in self._claimed, self._running.get(key)
        if running is not None:
            threading.Thread(target=running.terminate, name=f"terminate-{key.name}", daemon=True).start()
        elif not claimed:
            lifecycle.end_aborted(self._state, key, now_ns())

    def stop(self, timeout_s: float) -> None:
        """End all executions that haven't ended, and their containers."""
        self._stopping.set()
        for key in unfinished_executions(self._state):
            self._abort_at_stop(key)
        deadline_s = monotonic_s() + timeout_s
        self._lanes.stop(timeout_s)
        for thread in self._adopters:
            thread.join(max(0.0, deadline_s - monotonic_s()))

    def _abort_at_stop(self, key: ExecutionKey) -> None:
        try:
            lifecycle.request_abort(self._state, key, STOPPED_CAUSE, user_name(), now_ns())
            self.abort(key)
        except FailedPreconditionError:
            _log.info("%s has ended meanwhile", key)
        except sqlite3.Error:
            _log.exception("%s can't be marked as aborted", key)

    def _work(self, key: ExecutionKey) -> None:
        with self._lock:
            if key in self._claimed:
                return
            self._claimed.add(key)
        self._run_claimed(key, None)

    def _run_claimed(self, key: ExecutionKey, orphan: Orphan | None) -> None:
        try:
            self._run(load_job(self._state, key), orphan)
        except Exception as error:  # noqa: BLE001 - the edge of a thread: one bad execution must not take its worker along
            _log.exception("%s can't be run", key)
            message = f"The sandbox itself failed: {type(error).__name__}: {error}. See {self._layout.server_log}."
            self._fail(key, failure(outcome.CODE_INTERNAL, message, kind=SYSTEM))
        finally:
            with self._lock:
                self._claimed.discard(key)

    def _fail(self, key: ExecutionKey, ended: Failure) -> None:
        try:
            self._persist(lambda: lifecycle.fail_without_attempt(self._state, key, ended, now_ns()))
        except (sqlite3.Error, NotFoundError):
            _log.exception("%s can't be marked as failed", key)

    def _run(self, job: Job, orphan: Orphan | None) -> None:
        while orphan is not None or not self._is_over(job.key):
            if orphan is None:
                over = self._run_attempt(job)
            else:
                over = self._end_attempt(job, orphan.number, self._watch(job, orphan))
                orphan = None
            if over:
                return

    def _is_over(self, key: ExecutionKey) -> bool:
        phase = get_execution(self._state, key).closure.phase
        if phase == lifecycle.EXECUTION.ABORTING:
            self._persist(lambda: lifecycle.end_aborted(self._state, key, now_ns()))
            return True
        return is_terminal(phase)

    def _run_attempt(self, job: Job) -> bool:
        self._ballast.fill()
        input_uri = self._runner.input_uri(job)
        number = self._persist(lambda: lifecycle.begin_attempt(self._state, job.key, job.task, input_uri, now_ns()))
        started_at_ns = now_ns()
        ended: Outcome
        try:
            running = self._runner.start(job, number)
        except ImageError as error:
            ended = failure(outcome.CODE_BAD_IMAGE, str(error))
        except InputError as error:
            ended = failure(outcome.CODE_BAD_TASK, str(error))
        except SandboxError as error:
            ended = failure(outcome.CODE_NOT_STARTED, str(error), kind=SYSTEM)
        except OSError as error:
            ended = storage_failed(error)
        else:
            self._persist(
                lambda: lifecycle.attempt_runs(
                    self._state, job.key, number, running.pid, running.identity, started_at_ns
                )
            )
            ended = self._watch(job, Orphan(number=number, running=running, started_at_ns=started_at_ns))
        return self._end_attempt(job, number, ended)

    def _watch(self, job: Job, started: Orphan) -> Outcome:
        """Wait for a container and return its outcome; an abort, earlier or meanwhile, takes effect here."""
        if started.running is not None:
            with self._lock:
                self._running[job.key] = started.running
            if get_execution(self._state, job.key).closure.phase == lifecycle.EXECUTION.ABORTING:
                self.abort(job.key)
        try:
            return self._runner.finish(job, started.number, started.running, started.started_at_ns)
        except OSError as error:
            return storage_failed(error)
        finally:
            with self._lock:
                self._running.pop(job.key, None)

    def _end_attempt(self, job: Job, number: int, ended: Outcome) -> bool:
        self._runner.clean(job, number)  # first: the files of the task may be what fills the disk
        return self._persist(lambda: lifecycle.end_attempt(self._state, job.key, number, job.task, ended, now_ns()))

    def _persist(self, change: Callable[[], T]) -> T:
        """Return the result of a change of the state; if the disk is full, release the reserved space, then wait."""
        while True:
            try:
                return change()
            except sqlite3.OperationalError:  # noqa: PERF203 - trying again is what the loop is for
                if self._ballast.drop():
                    _log.exception("The state can't be written; releasing the reserved disk space")
                    continue
                if self._stopping.is_set():
                    raise
                _log.exception("The state can't be written; trying again in %s s", _RETRY_WRITE_S)
                pause(_RETRY_WRITE_S)
