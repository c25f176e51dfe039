"""The live display: the cell that launched an execution shows its state until it ends, also after the cell has ended.

One thread for each execution that runs asks the control plane and publishes what changed, by a display id, so that the
front end replaces the output where it stands. A terminal has one line while a cell waits instead: `terminal_status`.
"""

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from IPython.core.interactiveshell import InteractiveShell

from autocontainer_nb.errors import AutocontainerError
from autocontainer_nb.notebook.execution_card import Card, card_html, card_text

if TYPE_CHECKING:
    from autocontainer_nb.remote.execution import Execution
    from autocontainer_nb.remote.state import ExecutionState

# Seconds between two questions, by the age of the display in seconds: quick at first, sparing for long executions.
INTERVALS_S: Final = ((5.0, 0.25), (60.0, 0.5), (600.0, 2.0), (float("inf"), 5.0))
JOIN_TIMEOUT_S: Final = 5.0


def card_of(execution: "Execution", state: "ExecutionState") -> Card:
    """Return what is shown of the execution in this state."""
    return Card(
        execution_id=execution.id,
        task=execution.task_name or "execution",
        phase=state.phase,
        is_done=state.is_done,
        elapsed_s=state.elapsed_s,
        log_tail=tuple(state.log_tail),
        error=state.error,
        where=execution.where,
        note=state.note,
    )


class LiveDisplays:
    """The displays of one shell. `stop` ends their threads; the executions themselves go on."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._running: dict[str, LiveDisplay] = {}
        self._shown_in: dict[str, int] = {}
        self._lock = threading.Lock()

    def show(self, execution: "Execution") -> None:
        """Show the execution in the running cell and keep it up to date; nothing where this cell shows it already."""
        if self._shown_in.get(execution.id) == self._shell.execution_count:
            return
        self._shown_in[execution.id] = self._shell.execution_count
        display = LiveDisplay(execution, self._publish, self._ended)
        with self._lock:
            self._running[display.display_id] = display
        display.start()

    def settle(self, execution: "Execution") -> None:
        """Show the final state of an execution that has just ended, before the cell itself counts as ended."""
        with self._lock:
            displays = [display for display in self._running.values() if display.execution.id == execution.id]
        for display in displays:
            display.finish()

    def stop(self) -> None:
        """End all threads; the displays keep what they show last."""
        with self._lock:
            running = list(self._running.values())
            self._running.clear()
        for display in running:
            display.stop()

    def _ended(self, display: "LiveDisplay") -> None:
        with self._lock:
            self._running.pop(display.display_id, None)

    def _publish(self, card: Card, display_id: str, update: bool) -> None:
        data = {"text/html": card_html(card), "text/plain": card_text(card)}
        transient = {"display_id": display_id}
        self._shell.display_pub.publish(data=data, metadata={}, transient=transient, update=update)


class LiveDisplay:
    """One output area that follows one execution."""

    def __init__(
        self,
        execution: "Execution",
        publish: Callable[[Card, str, bool], None],
        on_end: Callable[["LiveDisplay"], None],
    ) -> None:
        self.execution = execution
        self.display_id = f"autocontainer-nb-{uuid.uuid4().hex}"
        self._publish = publish
        self._on_end = on_end
        self._stopped = threading.Event()
        self._turn = threading.Lock()  # one question and the display of its answer at a time
        self._card: Card | None = None
        self._thread = threading.Thread(target=self._run, name=f"live display of {execution.id}", daemon=True)

    def start(self) -> None:
        """Show the first state and follow the execution while it runs."""
        self._refresh()
        if self._stopped.is_set():
            self._on_end(self)
        else:
            self._thread.start()

    def finish(self) -> None:
        """Show the final state now, of an execution that has ended."""
        self._refresh()
        self.stop()
        self._on_end(self)

    def stop(self) -> None:
        """End the thread and wait for its end."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(JOIN_TIMEOUT_S)

    def _run(self) -> None:
        started_s = time.monotonic()
        while not self._stopped.wait(_interval_s(time.monotonic() - started_s)):
            self._refresh()
        self._on_end(self)

    def _refresh(self) -> None:
        with self._turn:
            if self._stopped.is_set():
                return
            card, is_last = self._look()
            if card != self._card:
                self._publish(card, self.display_id, self._card is not None)
            self._card = card
            if is_last:
                self._stopped.set()

    def _look(self) -> tuple[Card, bool]:
        """Return what to show now, and whether it stays so."""
        try:
            state = self.execution.state()
        except AutocontainerError as error:
            last = self._card or Card(execution_id=self.execution.id, task=self.execution.task_name)
            return replace(last, note=f"This display is no longer updated: {error}"), True
        return card_of(self.execution, state), state.is_done


def _interval_s(age_s: float) -> float:
    return next(interval for until, interval in INTERVALS_S if age_s < until)
