"""What `task.remote(...)` does: fills the slot `launcher`, by the remote that this process uses by default."""

from collections.abc import Mapping
from threading import Lock
from typing import Any

from autocontainer_nb.remote.client import FlyteRemote
from autocontainer_nb.remote.execution import Execution
from autocontainer_nb.remote.submit import Launchable

_lock = Lock()
_default: FlyteRemote | None = None


def default_remote() -> FlyteRemote:
    """Return the control plane that `task.remote(...)` uses; made from environment and files at first use."""
    global _default  # noqa: PLW0603 - one control plane for a process, replaced by set_default_remote
    with _lock:
        if _default is None:
            _default = FlyteRemote()
        return _default


def set_default_remote(remote: FlyteRemote | None) -> None:
    """Make `task.remote(...)` use this control plane from now on; None forgets the choice."""
    global _default  # noqa: PLW0603 - see above
    with _lock:
        _default = remote


def launch_task(task: Launchable, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Execution:
    """Return the execution of the task with these arguments, at once, while it runs."""
    return default_remote().submit(task, args, dict(kwargs))
