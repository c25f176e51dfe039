"""The commands `autocontainer-nb sandbox start|stop|status|config|prune`, for the sandbox of AUTOCONTAINER_NB_HOME.

`status` exits with 1 if no sandbox is running; `config` needs a running one, whose port was chosen at its start.
"""

from collections.abc import Callable, Mapping
from typing import Final

from autocontainer_nb.errors import SandboxError
from autocontainer_nb.pickling.wording import shown_size
from autocontainer_nb.sandbox import process
from autocontainer_nb.sandbox.process import flyte_config
from autocontainer_nb.sandbox.prune import prune, size_bytes

_SECONDS_A_DAY: Final = 86_400.0


def start() -> None:
    """Start the sandbox unless it is running, and print where it is.

    Raises:
        SandboxError: the sandbox can't be started; the message has the last lines of its log.
    """
    was_running = process.status().running
    address = process.ensure_running()
    state = "was already running" if was_running else "has started"
    print(f"The sandbox {state}: {address.endpoint} (pid {address.pid}), state in {address.home}")


def stop() -> None:
    """Stop the sandbox and the containers it runs; if none is running, say so."""
    print("The sandbox has stopped." if process.stop() else "No sandbox is running.")


def status() -> None:
    """Print where the sandbox is running.

    Raises:
        SandboxError: no sandbox is running.
    """
    status = process.status()
    if not status.running:
        raise SandboxError(f"{status.detail} for {status.home}. Start one with: autocontainer-nb sandbox start")
    print(f"{status.detail}\nstate in {status.home}, log in {status.log_file}")


def config() -> None:
    """Print a configuration file for Flyte clients, pointing at the running sandbox.

    Raises:
        SandboxError: no sandbox is running.
    """
    status = process.status()
    if status.address is None:
        raise SandboxError(f"{status.detail} for {status.home}. Start one first with: autocontainer-nb sandbox start")
    print(flyte_config(status.address), end="")


def remove_old(days: float) -> None:
    """Remove executions that ended that many days ago, and what nothing mentions then; print what that was."""
    layout = process.layout_of()
    pruned = prune(layout, days * _SECONDS_A_DAY)
    print(
        f"Removed {pruned.executions} executions and {pruned.tasks} versions of tasks: {pruned.files} files, "
        f"{shown_size(pruned.size_bytes)}. {shown_size(size_bytes(layout))} are left."
    )


VERBS: Final[Mapping[str, Callable[[], None]]] = {"start": start, "stop": stop, "status": status, "config": config}
