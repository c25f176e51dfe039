"""The live displays of executions, in Jupyter and in a terminal.

The watcher of `remote.watching` tells what it is answered; a thread publishes what has changed under a display id, so
that the front end replaces the output in place, and another one looks inside for last lines. The user's thread does no
more than to make the output area, from what is known. A terminal shows one line while a cell waits: `TerminalStatus`.
"""

import logging
import shutil
import sys
import threading
from typing import TYPE_CHECKING, Final

from IPython.core.interactiveshell import InteractiveShell

from autocontainer_nb.notebook.live.budgets import ByteBudget, Turns
from autocontainer_nb.notebook.live.display import LiveDisplay, card_of
from autocontainer_nb.remote import environment
from autocontainer_nb.views.card import Card, card_html, card_text, status_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from autocontainer_nb.remote.executions.execution import Execution
    from autocontainer_nb.remote.executions.look import LogLinks
    from autocontainer_nb.remote.executions.state import ExecutionState

_log = logging.getLogger("autocontainer_nb")
JOIN_TIMEOUT_S: Final = 1.0
PAUSE_S: Final = 0.5  # until what the budget held back is tried again
_LONGEST_PAUSE_S: Final = 5.0
_GAP_FOR_EACH_S: Final = 0.001
_LONGEST_GAP_S: Final = 0.05
_ENVELOPE_BYTES: Final = 600  # of a message around its content: header, parent's header, display id


class _StoppedError(Exception):
    """The displays were stopped while a look waited for its turn."""


class LiveDisplays:
    """The displays of one shell. `stop` ends their threads; the executions keep running."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._running: dict[str, LiveDisplay] = {}
        self._shown: tuple[int, set[str]] = 0, set()  # by the cell of this execution count
        self._lock = threading.Lock()
        self._published = threading.Condition(self._lock)
        self._threads: list[threading.Thread] = []
        self._changed = threading.Event()
        self._looks_due = threading.Event()
        self._stopped = threading.Event()  # of the threads that run or ran last
        self._stopped.set()
        self._bytes = ByteBudget()
        self._turns = Turns()
        self._links: LogLinks | None = None  # loaded with the first look

    def show(self, execution: "Execution") -> None:
        """Show the execution in the running cell and keep it up to date, unless this cell shows it already."""
        if self._shown[0] != self._shell.execution_count:
            self._shown = self._shell.execution_count, set()
        if execution.id in self._shown[1]:
            return
        self._shown[1].add(execution.id)
        self._turns.somebody_looks()
        display = LiveDisplay(execution)
        card = display.card()
        self._publish(card, display.display_id, update=False)
        display.note_shown(card)
        self._follow(display)

    def waited_for(self, execution: "Execution") -> None:
        """Show an execution that a cell waits for, unless it is shown anywhere; note that somebody looks."""
        self._turns.somebody_looks()
        with self._lock:
            is_shown = any(one.execution.id == execution.id for one in self._running.values())
        if not is_shown and execution.id not in self._shown[1]:
            self.show(execution)

    def settle(self) -> None:
        """Let the final state of an execution that has just ended be published, in another thread."""
        self._changed.set()

    def drain(self, timeout_s: float) -> None:
        """Wait until what is known to have ended is shown so; nobody is asked for that, and no look is waited for."""
        with self._published:
            self._published.wait_for(lambda: not any(map(_lacks_its_end, self._running.values())), timeout_s)

    def stop(self) -> None:
        """End the threads; the displays keep their last content."""
        with self._lock:
            left = list(self._running.values())
            self._running.clear()
            self._stopped.set()
            threads, self._threads = self._threads, []
        for display in left:
            display.leave()
        self._wake()
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(JOIN_TIMEOUT_S)  # a look at a log may be under way: it shows nothing any more

    def _wake(self) -> None:
        self._changed.set()
        self._looks_due.set()

    def _follow(self, display: LiveDisplay) -> None:
        with self._lock:
            self._running[display.display_id] = display
            if self._stopped.is_set():
                self._stopped = threading.Event()
                self._threads = [thread for thread in self._threads if thread.is_alive()]  # about to end
                for name, run in (("live display", self._publish_changes), ("live display's looks", self._make_looks)):
                    thread = threading.Thread(target=run, args=(self._stopped,), name=name, daemon=True)
                    self._threads.append(thread)
                    thread.start()
        display.follow(self._wake)
        self._wake()

    def _left(self, stopped: threading.Event) -> list[LiveDisplay]:
        """Return the displays that may still change; without any, both threads end."""
        with self._lock:
            if stopped.is_set():
                return []
            final = [one for one in self._running.values() if one.is_final]
            for one in final:
                del self._running[one.display_id]
            left = list(self._running.values())
            if not left:
                stopped.set()  # under the lock: the next display starts others
        for one in final:
            one.leave()
        if not left:
            self._wake()
        return left

    # --- the thread that publishes ------------------------------------------------------------------------------------
    def _publish_changes(self, stopped: threading.Event) -> None:
        while left := self._left(stopped):
            is_behind = self._publish_due(left)
            with self._published:
                self._published.notify_all()
            if not any(one.is_final for one in left):
                self._changed.wait(PAUSE_S if is_behind else _LONGEST_PAUSE_S)
                self._changed.clear()
                stopped.wait(min(_LONGEST_GAP_S, len(left) * _GAP_FOR_EACH_S))  # answers may come by the hundred

    def _publish_due(self, displays: list[LiveDisplay]) -> bool:
        """Publish what has changed, as far as the budget goes; return whether something is left.

        First what the last cell has shown, ends first and of these the newest: what a cell has just waited for isn't
        to look unfinished until fifty older cards have had their turn.
        """
        is_behind, of_last_cell = False, self._shown[1]
        ordered = list(reversed(displays))
        ordered.sort(key=lambda one: (one.execution.id not in of_last_cell, not _lacks_its_end(one)))
        for display in ordered:
            try:
                is_behind = not self._publish_one(display) or is_behind
            except Exception:  # noqa: BLE001, PERF203 - without this thread no other display would show anything
                _log.exception("What is shown of execution %s isn't updated any more:", display.execution.id)
                with self._lock:
                    self._running.pop(display.display_id, None)
                display.leave()
        return is_behind

    def _publish_one(self, display: LiveDisplay) -> bool:
        """Publish what has changed of one; False if the budget doesn't have it."""
        card = display.card()
        if card == display.shown and not display.is_stale:
            return True
        is_new_phase = display.shown is None or card.phase != display.shown.phase
        if not self._bytes.spend(_size_bytes(card), is_new_phase=is_new_phase):
            return False
        self._publish(card, display.display_id, update=True)
        display.note_shown(card)
        return True

    def _publish(self, card: Card, display_id: str, *, update: bool) -> None:
        data = {"text/html": card_html(card), "text/plain": card_text(card)}
        transient = {"display_id": display_id}
        self._shell.display_pub.publish(data=data, metadata={}, transient=transient, update=update)

    # --- the thread that looks ----------------------------------------------------------------------------------------
    def _make_looks(self, stopped: threading.Event) -> None:
        from autocontainer_nb.remote.executions.look import LogLinks

        links = self._links = self._links or LogLinks()
        while left := self._left(stopped):
            is_active = self._turns.is_active
            due = [(at_s, one) for one in left if (at_s := one.due_s(is_active=is_active)) is not None]
            at_s, display = min(due, key=lambda pair: pair[0], default=(float("inf"), None))
            pause_s = at_s - environment.monotonic_s()
            if display is None or pause_s > 0:
                self._looks_due.wait(min(pause_s, _LONGEST_PAUSE_S))
                self._looks_due.clear()
                continue
            try:
                display.look(links, self._turn_of(stopped, len(left)), is_active=is_active)
            except _StoppedError:
                return
            except Exception as error:  # noqa: BLE001 - without this thread no other display would show anything
                display.note_failure(error)
            self._changed.set()

    def _turn_of(self, stopped: threading.Event, running: int) -> "Callable[[], None]":
        def turn() -> None:
            while pause_s := self._turns.pause_s(running):
                if stopped.wait(pause_s):
                    raise _StoppedError

        return turn


def _lacks_its_end(display: LiveDisplay) -> bool:
    return display.has_ended and (display.shown is None or not (display.shown.is_done or display.shown.note))


def _size_bytes(card: Card) -> int:
    return len(card_html(card).encode()) + len(card_text(card).encode()) + _ENVELOPE_BYTES


class TerminalStatus:
    """Rewrites one line of standard error; if that isn't a terminal, writes each phase once, on a line of its own."""

    def __init__(self) -> None:
        self._shown = ""

    def on_wait(self, execution: "Execution", state: "ExecutionState") -> None:
        """Show the state; a final one ends the line."""
        stream = sys.stderr
        line = status_line(card_of(execution, state))
        if stream.isatty():
            width = shutil.get_terminal_size().columns - 1
            stream.write("\r" + line[:width].ljust(min(len(self._shown), width)) + ("\n" if state.is_done else ""))
        elif state.phase != self._shown:
            stream.write(line + "\n")
        stream.flush()
        self._shown = "" if state.is_done else (line if stream.isatty() else state.phase)
