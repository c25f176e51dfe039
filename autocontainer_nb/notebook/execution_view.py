"""Executions as the shell shows them: at launch, while a cell waits, as the value of a cell, and at an interrupt."""

import asyncio
from typing import TYPE_CHECKING, Any, Final

from IPython.core.interactiveshell import InteractiveShell

from autocontainer_nb.errors import AutocontainerError
from autocontainer_nb.notebook.execution_card import card_text
from autocontainer_nb.notebook.interrupt import ask_whether_to_stop
from autocontainer_nb.notebook.live import LiveDisplays, card_of
from autocontainer_nb.notebook.session import Session
from autocontainer_nb.notebook.terminal_status import TerminalStatus
from autocontainer_nb.remote import observers

if TYPE_CHECKING:
    from autocontainer_nb.remote.execution import Execution
    from autocontainer_nb.remote.state import ExecutionState

# By name, so that the class, and gRPC with it, is loaded by the first run and not by the extension.
EXECUTION_MODULE: Final = "autocontainer_nb.remote.execution"
EXECUTION_CLASS: Final = "Execution"
IPYTHON_DISPLAY: Final = "ipython_display"
TEXT: Final = "text/plain"


class ExecutionView:
    """Connects the observers of executions with the displays of one shell."""

    def __init__(self, shell: InteractiveShell, session: Session) -> None:
        self._shell = shell
        self._session = session
        self._displays = LiveDisplays(shell)
        self._status = TerminalStatus()
        self._is_notebook = getattr(shell, "kernel", None) is not None
        self._waited_for: dict[str, Execution] = {}  # in the running cell, not ended yet

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
        """Show nothing more; the threads of live displays end, the executions go on."""
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
            self._displays.settle(execution)

    def _on_interrupt(self, execution: "Execution") -> None:
        self._waited_for.clear()
        ask_whether_to_stop([execution])

    def _after_cell(self, result: Any) -> None:
        """Ask for a cell that was interrupted in `await execution`, too: there an interrupt is a cancellation."""
        waited_for = list(self._waited_for.values())
        self._waited_for.clear()
        if waited_for and isinstance(
            getattr(result, "error_in_exec", None), asyncio.CancelledError | KeyboardInterrupt
        ):
            ask_whether_to_stop(waited_for)

    def _display(self, execution: "Execution") -> None:
        self._displays.show(execution)

    def _print(self, execution: "Execution", printer: Any, cycle: bool) -> None:  # noqa: ARG002 - IPython's signature
        try:
            text = card_text(card_of(execution, execution.state()))
        except AutocontainerError:
            text = repr(execution)
        printer.text(text)


def _forget_type(formatter: Any) -> None:
    """Take our entry out of a formatter: by name as long as no execution was shown, by class from then on."""
    import sys

    formatter.deferred_printers.pop((EXECUTION_MODULE, EXECUTION_CLASS), None)
    module = sys.modules.get(EXECUTION_MODULE)
    if module is not None:
        formatter.type_printers.pop(module.Execution, None)
