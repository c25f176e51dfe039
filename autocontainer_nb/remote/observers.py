"""The observers of executions: lists of callables, by which a notebook shows what happens.

This is a light module of its own, so that a notebook extension can register without loading the gRPC client.
"""

from collections.abc import Callable
from typing import Any

on_launch: list[Callable[[Any], None]] = []  # called with each new `Execution`
on_wait: list[
    Callable[[Any, Any], None]
] = []  # called by a wait with the `Execution` and each `ExecutionState` it sees
# Called with the `Execution` when an interrupt hits a wait for it; it may ask, and stop the execution.
on_interrupt: list[Callable[[Any], None]] = []


# Called with each `UploadState` of an upload of large data, a few times a second, in the launching thread.
on_upload: list[Callable[[Any], None]] = []


def launched(execution: Any) -> None:
    """Notify the observers of a new execution."""
    for observer in tuple(on_launch):
        observer(execution)


def waiting(execution: Any, state: Any) -> None:
    """Notify the observers of the state that a wait has just seen; in the last call, `state.is_done` is true."""
    for observer in tuple(on_wait):
        observer(execution, state)


def uploading(state: Any) -> None:
    """Notify the observers of the progress of an upload; in the last call, `state.is_done` is true."""
    for observer in tuple(on_upload):
        observer(state)


def interrupted(execution: Any) -> bool:
    """Notify the observers that a wait was interrupted; return whether there was any observer."""
    for observer in tuple(on_interrupt):
        observer(execution)
    return bool(on_interrupt)
