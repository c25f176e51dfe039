"""`autocontainer-nb sandbox start|stop|status|config`: the sandbox of AUTOCONTAINER_NB_HOME.

`status` exits with 1 where none runs; `config` needs one that runs, since its port is chosen at the start.
"""

from collections.abc import Callable, Mapping
from typing import Final

from autocontainer_nb.errors import SandboxError
from autocontainer_nb.sandbox import process
from autocontainer_nb.sandbox.process import flyte_config


def start() -> None:
    """Start the sandbox unless it runs, and tell where it is.

    Raises:
        SandboxError: it can't be started; the message has the last lines of its log.
    """
    was_running = process.status().running
    address = process.ensure_running()
    verb = "runs already" if was_running else "started"
    print(f"The sandbox {verb}: {address.endpoint} (pid {address.pid}), state in {address.home}.")


def stop() -> None:
    """Stop the sandbox with the containers that it runs; it isn't an error if none runs."""
    print("The sandbox has stopped." if process.stop() else "No sandbox runs.")


def status() -> None:
    """Tell whether the sandbox runs and where.

    Raises:
        SandboxError: none runs.
    """
    found = process.status()
    if not found.running:
        raise SandboxError(f"{found.detail} for {found.home}. Start one: autocontainer-nb sandbox start.")
    print(f"{found.detail}\nstate in {found.home}, log in {found.log_file}")


def config() -> None:
    """Print a configuration file with which any Flyte client finds the running sandbox.

    Raises:
        SandboxError: none runs.
    """
    found = process.status()
    if found.address is None:
        raise SandboxError(f"{found.detail} for {found.home}. Start one first: autocontainer-nb sandbox start.")
    print(flyte_config(found.address), end="")


VERBS: Final[Mapping[str, Callable[[], None]]] = {"start": start, "stop": stop, "status": status, "config": config}
