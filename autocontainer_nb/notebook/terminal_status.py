"""The one line that IPython in a terminal shows while a cell waits for an execution."""

import shutil
import sys
from typing import TYPE_CHECKING

from autocontainer_nb.notebook.execution_card import status_line
from autocontainer_nb.notebook.live import card_of

if TYPE_CHECKING:
    from autocontainer_nb.remote.execution import Execution
    from autocontainer_nb.remote.state import ExecutionState


class TerminalStatus:
    """Rewrites one line of standard error; where that isn't a terminal, it writes each phase once, on its own line."""

    def __init__(self) -> None:
        self._shown = ""

    def on_wait(self, execution: "Execution", state: "ExecutionState") -> None:
        """Show the state; when it is final, the line stays and the cursor goes below it."""
        stream = sys.stderr
        line = status_line(card_of(execution, state))
        if stream.isatty():
            width = shutil.get_terminal_size().columns - 1
            stream.write("\r" + line[:width].ljust(min(len(self._shown), width)) + ("\n" if state.is_done else ""))
        elif state.phase != self._shown:
            stream.write(line + "\n")
        stream.flush()
        self._shown = "" if state.is_done else (line if stream.isatty() else state.phase)
