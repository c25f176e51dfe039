"""Forks of a process that makes calls: gRPC's threads don't exist in the copy, and its locks may be held there.

gRPC's core prepares for a fork by itself, but only while no thread is inside it: else it skips that, and the first call
of the copy may hang (grpc/src/core/lib/iomgr/fork_posix.cc). So a fork waits for the calls that are under way, which
takes milliseconds, and calls wait for the fork.
"""

import os
import threading
from types import TracebackType
from typing import Final

LONGEST_WAIT_S: Final = 5.0  # for a call whose server doesn't answer; then it is forked all the same


class CallsUnderWay:
    """Counts the calls that are under way; a context manager around each of them. No fork happens meanwhile.

    Never one within another: the inner one would wait for a fork that waits for the outer one.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition(threading.Lock())
        self._calls = 0
        self._forks = 0  # that wait, or happen now
        self.generation = 0  # of this process: how many forks lie between it and the first one

    def __enter__(self) -> None:
        """A call begins, after the forks that have begun."""
        with self._changed:
            self._changed.wait_for(lambda: not self._forks, LONGEST_WAIT_S)
            self._calls += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """It has ended."""
        with self._changed:
            self._calls -= 1
            self._changed.notify_all()

    def before_fork(self) -> None:
        """Wait for the calls that are under way, and let none begin."""
        with self._changed:
            self._forks += 1
            self._changed.wait_for(lambda: not self._calls, LONGEST_WAIT_S)

    def after_fork_in_parent(self) -> None:
        """Let calls begin again."""
        with self._changed:
            self._forks -= 1
            self._changed.notify_all()

    def after_fork_in_child(self) -> None:
        """Begin anew: of the threads whose calls were counted none exists here."""
        self._changed = threading.Condition(threading.Lock())
        self._calls = self._forks = 0
        self.generation += 1


calls_under_way: Final = CallsUnderWay()
os.register_at_fork(
    before=calls_under_way.before_fork,
    after_in_parent=calls_under_way.after_fork_in_parent,
    after_in_child=calls_under_way.after_fork_in_child,
)
