"""What an interrupt of the kernel means to the executions that a cell waits for: ask, never guess."""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autocontainer_nb.remote.execution import Execution

CAUSE = "stopped from the notebook after an interrupt"


def ask_whether_to_stop(executions: "Sequence[Execution]") -> None:
    """Ask `Stop execution ID too? [y/N]` and do so. Where nobody can answer, say that it goes on and how to stop it."""
    several = len(executions) > 1
    shown = ("executions " if several else "execution ") + ", ".join(execution.id for execution in executions)
    try:
        answer = input(f"Stop {shown} too? [y/N] ")
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
        _say(f"{shown.capitalize()} {'go' if several else 'goes'} on. To stop: .terminate(), or {commands}")


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - talks to the user of the cell
