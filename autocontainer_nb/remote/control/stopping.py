"""Stop many executions at once."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Protocol

from autocontainer_nb.errors import RemoteError

_AT_ONCE: Final = 8


class Terminable(Protocol):
    """An execution, as far as it is stopped."""

    @property
    def id(self) -> str:
        """Its name."""

    def terminate(self, cause: str = "") -> None:
        """Ask the control plane to stop it."""


def terminate_all(executions: Sequence[Terminable], cause: str) -> None:
    """Ask the control plane to stop each, some at a time; those that have ended already stay as they are.

    Raises:
        RemoteError: some couldn't be stopped: the first one's error. All were tried; the message names those.
    """
    if len(executions) == 1:
        executions[0].terminate(cause)
        return
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="terminate") as pool:
        tried = [(each.id, pool.submit(each.terminate, cause)) for each in executions]
    failed = [(name, error) for name, future in tried if (error := future.exception()) is not None]
    if not failed:
        return
    first = failed[0][1]
    if not isinstance(first, RemoteError):
        raise first
    names = ", ".join(name for name, _ in failed)
    raise type(first)(
        f"{len(failed)} of {len(executions)} executions weren't terminated: {names}. {failed[0][0]}: {first}",
        endpoint=first.endpoint,
        method=first.method,
        status=first.status,
        details=first.details,
    ) from first
