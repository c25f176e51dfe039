"""The live display of an execution, in Jupyter and in a terminal.

One thread asks the control plane for the running executions, one after another, and publishes changes under a display
id, so that the front end replaces the output in place. A hundred executions cost a hundred requests in turn, not at
once. A terminal shows one line while a cell waits instead: `TerminalStatus`.
"""

import shutil
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from IPython.core.interactiveshell import InteractiveShell

from autocontainer_nb.errors import AutocontainerError, shortened
from autocontainer_nb.remote import environment
from autocontainer_nb.views.card import Card, card_html, card_text, status_line
from autocontainer_nb.wire import OWN_LINE

if TYPE_CHECKING:
    from autocontainer_nb.remote.executions.execution import Execution
    from autocontainer_nb.remote.executions.state import ExecutionState

# Seconds between two requests, by the age of the display in seconds: frequent at first, rare for long executions.
INTERVALS_S: Final = ((5.0, 0.25), (60.0, 0.5), (600.0, 2.0), (float("inf"), 5.0))
TICK_S: Final = 0.05
JOIN_TIMEOUT_S: Final = 10.0
_MAX_TOLD: Final = 5


def card_of(execution: "Execution", state: "ExecutionState", before: Card | None = None) -> Card:
    """Return the card for the execution in this state; what the container said itself `before` stays."""
    own = [line.removeprefix(OWN_LINE) for line in state.log_tail if line.startswith(OWN_LINE)]
    return Card(
        execution_id=execution.id,
        task=execution.task_name or "execution",
        phase=state.phase,
        is_done=state.is_done,
        elapsed_s=state.elapsed_s,
        log_tail=tuple(line for line in state.log_tail if not line.startswith(OWN_LINE)),
        error=shortened(state.error),
        where=execution.where,
        note=state.note,
        changes=execution.changes,
        told=tuple(dict.fromkeys([*(before.told if before else ()), *own]))[:_MAX_TOLD],
    )


class LiveDisplays:
    """The displays of one shell. `stop` ends their thread; the executions keep running."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._running: dict[str, LiveDisplay] = {}
        self._shown: tuple[int, set[str]] = 0, set()  # by the cell of this execution count
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()

    def show(self, execution: "Execution") -> None:
        """Show the execution in the running cell and keep it up to date, unless this cell shows it already."""
        if self._shown[0] != self._shell.execution_count:
            self._shown = self._shell.execution_count, set()
        if execution.id in self._shown[1]:
            return
        self._shown[1].add(execution.id)
        display = LiveDisplay(execution, self._publish)
        display.refresh()
        if not display.is_final:
            self._follow(display)

    def settle(self, execution: "Execution") -> None:
        """Show the final state of an execution that has just ended, before the cell itself ends."""
        with self._lock:
            displays = [display for display in self._running.values() if display.execution.id == execution.id]
        for display in displays:
            display.refresh()

    def stop(self) -> None:
        """End the thread; the displays keep their last content."""
        with self._lock:
            self._running.clear()
            self._stopped.set()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(JOIN_TIMEOUT_S)

    def _follow(self, display: "LiveDisplay") -> None:
        with self._lock:
            self._running[display.display_id] = display
            if self._thread is None:
                self._stopped.clear()
                self._thread = threading.Thread(target=self._run, name="live display", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        """Refresh the displays that are due, until no execution is running."""
        try:
            while not self._stopped.wait(TICK_S):
                running = self._still_running()
                if not running:
                    return
                for display in running:
                    if self._stopped.is_set():
                        return
                    display.refresh_if_due()
        finally:
            with self._lock:
                if self._thread is threading.current_thread():
                    self._thread = None

    def _still_running(self) -> "list[LiveDisplay]":
        with self._lock:
            self._running = {name: one for name, one in self._running.items() if not one.is_final}
            if not self._running:
                self._thread = None  # under the lock: the next display starts another thread
            return list(self._running.values())

    def _publish(self, card: Card, display_id: str, update: bool) -> None:
        data = {"text/html": card_html(card), "text/plain": card_text(card)}
        transient = {"display_id": display_id}
        self._shell.display_pub.publish(data=data, metadata={}, transient=transient, update=update)


class LiveDisplay:
    """One output area that follows one execution. All threads may refresh it."""

    def __init__(self, execution: "Execution", publish: Callable[[Card, str, bool], None]) -> None:
        self.execution = execution
        self.display_id = f"autocontainer-nb-{environment.random_hex(32)}"
        self.is_final = False
        self._publish = publish
        self._turn = threading.Lock()  # one request, and the display of its answer, at a time
        self._card: Card | None = None
        self._started_s = self._asked_s = environment.monotonic_s()

    def refresh_if_due(self) -> None:
        """Refresh, unless the last request was too recent for the age of this display."""
        now_s = environment.monotonic_s()
        if now_s - self._asked_s >= _interval_s(now_s - self._started_s):
            self.refresh()

    def refresh(self) -> None:
        """Ask for the state and publish it if it has changed; without effect after the final state."""
        with self._turn:
            if self.is_final:
                return
            card, self.is_final = self._look()
            self._asked_s = environment.monotonic_s()
            if card != self._card:
                self._publish(card, self.display_id, self._card is not None)
            self._card = card

    def _look(self) -> tuple[Card, bool]:
        """Return the card to show now, and whether it is final."""
        try:
            state = self.execution.state()
        except AutocontainerError as error:
            last = self._card or Card(execution_id=self.execution.id, task=self.execution.task_name)
            return replace(last, note=f"This display has stopped updating: {error}"), True
        return card_of(self.execution, state, self._card), state.is_done


def _interval_s(age_s: float) -> float:
    return next(interval for until, interval in INTERVALS_S if age_s < until)


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
