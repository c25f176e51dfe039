"""The observers of executions: lists of callables, by which a notebook shows what happens.

This is a light module of its own, so that a notebook extension can register without loading the gRPC client.
"""

import logging
from collections.abc import Callable
from typing import Any, Final

_log: Final = logging.getLogger("autocontainer_nb")
on_launch: list[Callable[[Any], None]] = []  # called with each new `Execution`
on_wait: list[
    Callable[[Any, Any], None]
] = []  # called by a wait with the `Execution` and each `ExecutionState` it sees
# Called with the `Execution` when an interrupt hits a wait for it; it may ask, and stop the execution.
on_interrupt: list[Callable[[Any], None]] = []


# Called with each `UploadState` of uploads or downloads that take long, a few times a second, in the waiting thread.
on_upload: list[Callable[[Any], None]] = []


def launched(execution: Any) -> None:
    """Notify the observers of a new execution. One that fails doesn't keep the launch from returning the execution."""
    for observer in tuple(on_launch):
        try:
            observer(execution)
        except Exception:  # noqa: BLE001, PERF203 - what a display raises is told, and no reason to lose an execution
            _log.warning("Execution %s was launched, but an observer of it failed:", execution.id, exc_info=True)


def waiting(execution: Any, state: Any) -> None:
    """Notify the observers of the state that a wait has just seen; in the last call, `state.is_done` is true.

    One that fails doesn't end the wait, and is told of once, at its end.
    """
    for observer in tuple(on_wait):
        try:
            observer(execution, state)
        except Exception:  # noqa: BLE001, PERF203 - what a display raises is told, and no reason to lose a result
            if state.is_done:
                _log.warning("Execution %s has ended, but an observer of the wait failed:", execution.id, exc_info=True)


def uploading(state: Any) -> None:
    """Notify the observers of the progress of an upload or download; in the last call, `state.is_done` is true.

    One that fails doesn't end the upload, and is told of once, at its end.
    """
    for observer in tuple(on_upload):
        try:
            observer(state)
        except Exception:  # noqa: BLE001, PERF203 - what a display raises is told, and no reason to lose an upload
            if state.is_done:
                _log.warning("An observer of the transfer of %s failed:", state.what, exc_info=True)


def interrupted(execution: Any) -> bool:
    """Notify the observers that a wait was interrupted; return whether there was any observer."""
    for observer in tuple(on_interrupt):
        observer(execution)
    return bool(on_interrupt)
