"""What an interrupt of the kernel means to an execution that a cell waits for: ask, never guess."""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autocontainer_nb.remote.execution import Execution

CAUSE = "stopped from the notebook after an interrupt"


def ask_whether_to_stop(execution: "Execution") -> None:
    """Ask `Stop execution ID too? [y/N]` and do so. Where nobody can answer, say that it goes on and how to stop it."""
    try:
        answer = input(f"Stop execution {execution.id} too? [y/N] ")
    except (EOFError, KeyboardInterrupt, RuntimeError, OSError, NotImplementedError):
        # No terminal, a front end without input (ipykernel's StdinNotImplementedError is a NotImplementedError), or a
        # second interrupt: the answer is no.
        answer = ""
    if answer.strip().lower() in {"y", "yes"}:
        execution.terminate(CAUSE)
        print(f"Execution {execution.id} is being stopped.", file=sys.stderr)  # noqa: T201 - talks to the user of the cell
    else:
        print(  # noqa: T201 - talks to the user of the cell
            f"Execution {execution.id} goes on. To stop it: run.terminate() or %flyte stop {execution.id}",
            file=sys.stderr,
        )
