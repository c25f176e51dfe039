"""The view of executions in the shell, and the question that follows an interrupt."""

import asyncio
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from IPython.core.interactiveshell import InteractiveShell

from autocontainer_nb.errors import AutocontainerError
from autocontainer_nb.notebook.launched import Session
from autocontainer_nb.notebook.live.display import card_of
from autocontainer_nb.notebook.live.displays import LiveDisplays, TerminalStatus
from autocontainer_nb.remote import observers
from autocontainer_nb.views.card import card_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autocontainer_nb.remote.executions.execution import Execution
    from autocontainer_nb.remote.executions.state import ExecutionState

CAUSE = "stopped from the notebook after an interrupt"
# By name, so that the class, and with it gRPC, is loaded by the first run and not by the extension.
EXECUTION_MODULE: Final = "autocontainer_nb.remote.executions.execution"
EXECUTION_CLASS: Final = "Execution"
IPYTHON_DISPLAY: Final = "ipython_display"
TEXT: Final = "text/plain"
DRAIN_TIMEOUT_S: Final = 0.25
LOOK_TIMEOUT_S: Final = 1.0


def ask_whether_to_stop(executions: "Sequence[Execution]") -> None:
    """Ask `Stop execution ID as well? [y/N]`, and obey. If nobody can answer, say how to stop it later."""
    several = len(executions) > 1
    shown = ("executions " if several else "execution ") + ", ".join(execution.id for execution in executions)
    try:
        answer = input(f"Stop {shown} as well? [y/N] ")
    except (EOFError, KeyboardInterrupt, RuntimeError, OSError, NotImplementedError):
        # No terminal, a front end without input (ipykernel's StdinNotImplementedError is a NotImplementedError), or a
        # second interrupt: the answer is no.
        answer = ""
    if answer.strip().lower() in {"y", "yes"}:
        for execution in executions:
            execution.terminate(CAUSE)
        _say(f"{shown.capitalize()} {'are' if several else 'is'} being stopped.")
    else:
        commands = ", ".join(f"%flyte stop {execution.id}" for execution in executions)
        _say(f"{shown.capitalize()} {'keep' if several else 'keeps'} running. To stop: .terminate() or {commands}")


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - talks to the user of the cell


class ExecutionView:
    """Connects the observers of executions with the displays of one shell."""

    def __init__(self, shell: InteractiveShell, session: Session) -> None:
        self._shell = shell
        self._session = session
        self._displays = LiveDisplays(shell)
        self._status = TerminalStatus()
        self._is_notebook = getattr(shell, "kernel", None) is not None
        self._waited_for: dict[str, Execution] = {}  # by the running cell, not ended yet

    def install(self) -> None:
        """Show executions from now on."""
        observers.on_launch.append(self._on_launch)
        observers.on_wait.append(self._on_wait)
        observers.on_interrupt.append(self._on_interrupt)
        self._shell.events.register("post_run_cell", self._after_cell)
        formatter = self._shell.display_formatter
        if formatter is None:
            return
        if self._is_notebook:
            formatter.ipython_display_formatter.for_type_by_name(EXECUTION_MODULE, EXECUTION_CLASS, self._display)
        else:
            formatter.formatters[TEXT].for_type_by_name(EXECUTION_MODULE, EXECUTION_CLASS, self._print)

    def remove(self) -> None:
        """Stop showing them and end the thread of the live displays; the executions keep running."""
        observers.on_launch.remove(self._on_launch)
        observers.on_wait.remove(self._on_wait)
        observers.on_interrupt.remove(self._on_interrupt)
        self._shell.events.unregister("post_run_cell", self._after_cell)
        formatter = self._shell.display_formatter
        for one in (formatter.ipython_display_formatter, formatter.formatters[TEXT]) if formatter else ():
            _forget_type(one)
        self._displays.stop()

    def _on_launch(self, execution: "Execution") -> None:
        self._session.on_launch(execution)
        if self._is_notebook:
            self._displays.show(execution)

    def _on_wait(self, execution: "Execution", state: "ExecutionState") -> None:
        if state.is_done:
            self._waited_for.pop(execution.id, None)
        else:
            self._waited_for[execution.id] = execution
        if not self._is_notebook:
            self._status.on_wait(execution, state)
        elif state.is_done:
            self._displays.settle()
        else:
            self._displays.waited_for(execution)

    def _on_interrupt(self, execution: "Execution") -> None:
        self._waited_for.clear()
        ask_whether_to_stop([execution])

    def _after_cell(self, result: Any) -> None:
        """Ask also after a cell was interrupted in `await execution`, where the interrupt arrives as a cancellation.

        What the cell has seen end is shown so before the cell itself ends: that asks nobody.
        """
        self._displays.drain(DRAIN_TIMEOUT_S)
        waited_for = list(self._waited_for.values())
        self._waited_for.clear()
        if waited_for and isinstance(
            getattr(result, "error_in_exec", None), asyncio.CancelledError | KeyboardInterrupt
        ):
            ask_whether_to_stop(waited_for)

    def _display(self, execution: "Execution") -> None:
        self._displays.show(execution)

    def _print(self, execution: "Execution", printer: Any, cycle: bool) -> None:  # noqa: ARG002 - IPython's signature
        printer.text(_card_in_time(execution))


def _card_in_time(execution: "Execution") -> str:
    """Return the card for a terminal, without last lines if those take long: what is printed isn't replaced later."""
    looked: list[ExecutionState] = []

    def look() -> None:
        with suppress(AutocontainerError):
            looked.append(execution.state())

    looking = threading.Thread(target=look, name="look", daemon=True)
    looking.start()
    looking.join(LOOK_TIMEOUT_S)
    state = looked[0] if looked else execution.known_state()
    return card_text(card_of(execution, state)) if looked or state.created_at else repr(execution)


def _forget_type(formatter: Any) -> None:
    """Remove our entry from a formatter: it is kept by name until the first execution is shown, then by class."""
    import sys

    formatter.deferred_printers.pop((EXECUTION_MODULE, EXECUTION_CLASS), None)
    module = sys.modules.get(EXECUTION_MODULE)
    if module is not None:
        formatter.type_printers.pop(module.Execution, None)
