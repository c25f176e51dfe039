"""Who wants to know of executions: lists of callables, for a notebook to show what happens. Imports nothing heavy.

A module of its own, so that a notebook extension can register without loading the gRPC client.
"""

from collections.abc import Callable
from typing import Any

on_launch: list[Callable[[Any], None]] = []  # called with each new `Execution`
on_wait: list[
    Callable[[Any, Any], None]
] = []  # called by a wait with the `Execution` and each `ExecutionState` it sees
# Called with the `Execution` when an interrupt hits a wait for it; it may ask, and stop the execution.
on_interrupt: list[Callable[[Any], None]] = []


# Called with each `UploadState` of large data on its way, a few times a second, in the thread that launches.
on_upload: list[Callable[[Any], None]] = []


def launched(execution: Any) -> None:
    """Tell the observers of a new execution."""
    for observer in tuple(on_launch):
        observer(execution)


def waiting(execution: Any, state: Any) -> None:
    """Tell the observers what a wait has just seen; the last time, `state.is_done` is true."""
    for observer in tuple(on_wait):
        observer(execution, state)


def uploading(state: Any) -> None:
    """Tell the observers how far an upload is; the last time, `state.is_done` is true."""
    for observer in tuple(on_upload):
        observer(state)


def interrupted(execution: Any) -> bool:
    """Tell the observers that a wait was interrupted; returns whether there was one to tell the user."""
    for observer in tuple(on_interrupt):
        observer(execution)
    return bool(on_interrupt)
