"""The watcher of a scope's executions: one thread, one call at a time, for all that wait and all displays together.

Where one execution moves it is asked for by GetExecution, where several do by one ListExecutions with their names, a
page of them at a time. Those that somebody waits for and those that are only shown have beats of their own
(`pace.py`). Who waits or shows joins, is told by a callback of every answer, and leaves: the watcher keeps nothing of
executions that nobody asks about, and its thread ends with the last of them.
"""

import os
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

from flyteidl.admin import common_pb2, execution_pb2

from autocontainer_nb.errors import RemoteError, UnauthenticatedError
from autocontainer_nb.idl.identifiers import execution_id
from autocontainer_nb.remote import environment
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.scope import Scope
from autocontainer_nb.remote.watching import pace
from autocontainer_nb.remote.watching.watched import Watched

PAGE: Final = 100  # names in one list call: some kilobytes of request, and of answer a tenth of gRPC's 4 MB
_TOO_LARGE: Final = "larger than max"  # in the words for an answer that is too large a message


@dataclass(eq=False, kw_only=True)
class Interest:
    """Somebody who wants to know: `notify` is called after each answer and failure, in the thread that had it."""

    watched: Watched
    notify: Callable[[], object]
    waits: bool
    since_s: float = 0.0  # when it joined, by the clock of the environment
    is_over: bool = False  # ended, or failed for good


@dataclass
class _Beat:
    """When one kind of interests was asked for last, and what is to be asked for next."""

    waits: bool
    asked_s: float | None = None
    failures: int = 0
    turn: int = 0
    missing: list[str] = field(default_factory=list)  # from lists: archived ones, say. Asked for one by one

    def due_s(self, interests: list[Interest], page: int, watchers: int) -> float:
        """Return when the next call is due, by the clock of the environment; as many `watchers` share a kernel."""
        if self.asked_s is None:
            return 0.0
        number = len({one.watched.name for one in interests})
        age_s = max(0.0, environment.monotonic_s() - max(one.since_s for one in interests))
        resting_s = pace.resting_pause_s(age_s, number, -(-number // page)) * watchers
        pause_s = pace.waiting_pause_s(age_s, number) if self.waits else resting_s
        if self.failures:
            pause_s = max(pause_s, pace.pause_after_failures_s(self.failures, waits=self.waits))
        return self.asked_s + pause_s

    def next_names(self, names: list[str], page: int) -> list[str]:
        """Return the names to ask for: one that lists lack, or the page whose turn it is."""
        self.missing = [name for name in self.missing if name in names]
        if self.missing:
            return [self.missing.pop(0)]
        start = self.turn if self.turn < len(names) else 0
        self.turn = start + page
        return names[start : start + page]


class Watcher:
    """Asks for the executions of one scope as long as anybody is interested in one."""

    def __init__(self) -> None:
        self._interests: list[Interest] = []
        self._beats = (_Beat(waits=True), _Beat(waits=False))
        self._page = PAGE
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def join(self, interest: Interest) -> None:
        """Ask for this execution from now on, at once if somebody waits for it."""
        now_s = environment.monotonic_s()
        interest.watched.listeners.append(interest.notify)
        with self._lock:
            interest.since_s = interest.since_s or now_s
            self._interests.append(interest)
            if self._thread is None:
                self._thread = self._started()
        self._wake.set()

    def leave(self, interest: Interest) -> None:
        """Ask for it no longer, unless somebody else is interested."""
        with suppress(ValueError):  # an interrupt came before it had joined
            interest.watched.listeners.remove(interest.notify)
        with self._lock:
            self._interests = [one for one in self._interests if one is not interest]
        self._wake.set()

    @property
    def is_running(self) -> bool:
        """Whether its thread runs."""
        return self._thread is not None

    def step(self) -> float | None:
        """Make the calls that are due; return the seconds until the next is, or None where nobody is interested."""
        pauses = []
        for beat in self._beats:
            found = self._of(beat)
            if found and beat.due_s(found, self._page, _running_watchers()) <= environment.monotonic_s():
                self._ask(beat, found)
                found = self._of(beat)
            if found:
                due_s = beat.due_s(found, self._page, _running_watchers())
                pauses.append(max(0.0, due_s - environment.monotonic_s()))
        return min(pauses) if pauses else None

    def _started(self) -> threading.Thread:
        thread = threading.Thread(target=self._run, name="execution watcher", daemon=True)
        thread.start()
        return thread

    def _run(self) -> None:
        while True:
            self._wake.clear()
            pause_s = self.step()
            if pause_s is None:
                with self._lock:
                    if all(one.is_over for one in self._interests):
                        self._thread = None  # under the lock: who joins next starts another
                        return
            else:
                self._wake.wait(pause_s)

    def _of(self, beat: _Beat) -> list[Interest]:
        """Return those that count for the beat: what somebody waits for isn't asked for at rest as well."""
        with self._lock:
            for one in self._interests:
                one.is_over = one.is_over or one.watched.is_done
            moving = [one for one in self._interests if not one.is_over]
        waited = {one.watched.name for one in moving if one.waits}
        return [one for one in moving if (one.watched.name in waited) == beat.waits]

    def _ask(self, beat: _Beat, interests: list[Interest]) -> None:
        """Make one call, and tell everybody whom its answer concerns."""
        names = beat.next_names(list(dict.fromkeys(one.watched.name for one in interests)), self._page)
        asked = [one for one in interests if one.watched.name in names]
        scope = asked[0].watched.scope
        try:
            found = self._messages(beat, scope, names)
        except Exception as error:  # noqa: BLE001 - it goes to those who asked for these executions; others go on
            self._failed(beat, asked, error)
        else:
            beat.failures = 0
            for watched in _watched_by(asked):
                if watched.name in found:
                    watched.take(found[watched.name], from_list=len(names) > 1)
        beat.asked_s = environment.monotonic_s()

    def _messages(self, beat: _Beat, scope: Scope, names: list[str]) -> dict[str, execution_pb2.Execution]:
        options: Any = {"may_restart": beat.waits, "patience_s": 0.0}
        if len(names) == 1:
            identifier = execution_id(scope.project, scope.domain, names[0])
            request = execution_pb2.WorkflowExecutionGetRequest(id=identifier)
            return {names[0]: scope.calls.call(methods.GET_EXECUTION, request, **options)}
        answer = scope.calls.call(methods.LIST_EXECUTIONS, list_request(scope, names), **options)
        found = {execution.id.name: execution for execution in answer.executions if execution.id.name in names}
        if answer.token and 0 < len(found) < len(names):  # its pages are smaller than ours
            self._page = max(1, len(answer.executions))
        else:
            beat.missing += [name for name in names if name not in found and name not in beat.missing]
        return found

    def _failed(self, beat: _Beat, asked: list[Interest], error: Exception) -> None:
        beat.failures += 1
        several = len({one.watched.name for one in asked}) > 1
        if several and isinstance(error, RemoteError) and not isinstance(error, UnauthenticatedError):
            if _TOO_LARGE in error.details:
                self._page = max(1, min(self._page, len(asked)) // 2)
            elif not pace.may_pass(error):
                self._page = 1  # it doesn't list, or not for us: one by one from now on
                beat.failures = 0
                return
        for watched in _watched_by(asked):
            watched.fail(error)
        for one in asked:
            one.is_over = one.is_over or not (one.waits or pace.may_pass(error))  # who waits decides


def list_request(scope: Scope, names: list[str]) -> common_pb2.ResourceListRequest:
    """Return the request for the executions of these names.

    The column is `execution_name` (flyteadmin's repositories/models/execution.go); a value is one of several between
    semicolons (manager/impl/util/filters.go).
    """
    return common_pb2.ResourceListRequest(
        id=common_pb2.NamedEntityIdentifier(project=scope.project, domain=scope.domain),
        limit=len(names),
        filters=f"value_in(execution_name,{';'.join(names)})",
    )


def _watched_by(interests: list[Interest]) -> list[Watched]:
    """Return what they are interested in, each once."""
    return list({id(one.watched): one.watched for one in interests}.values())


# --- the watchers of this process -------------------------------------------------------------------------------------
_watchers: "weakref.WeakKeyDictionary[Scope, Watcher]" = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def watcher_of(scope: Scope) -> Watcher:
    """Return the one watcher of a scope's executions."""
    with _lock:
        found = _watchers.get(scope)
        if found is None:
            found = _watchers[scope] = Watcher()
        return found


@contextmanager
def interested(watched: Watched, notify: Callable[[], object], *, waits: bool) -> Iterator[Interest]:
    """Be told of every answer about an execution meanwhile. With `waits`, it is asked for at once and promptly."""
    interest = Interest(watched=watched, notify=notify, waits=waits)
    if waits:  # waiting in turns, a second each, is one wait
        watched.waited_since_s = interest.since_s = watched.waited_since_s or environment.monotonic_s()
    watcher = watcher_of(watched.scope)
    try:
        watcher.join(interest)
        yield interest
    finally:
        watcher.leave(interest)


def _running_watchers() -> int:
    """Return how many share what a kernel may ask for at rest; at least 1."""
    with _lock:
        return max(1, sum(each.is_running for each in _watchers.values()))


def _forget_in_child() -> None:
    """Begin anew after a fork: the threads aren't there, and their locks may be held for ever."""
    global _watchers, _lock
    _watchers, _lock = weakref.WeakKeyDictionary(), threading.Lock()


os.register_at_fork(after_in_child=_forget_in_child)
