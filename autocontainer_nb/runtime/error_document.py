"""The content of `error.pb`: the user's traceback, or what ended the process.

Source: `flyteidl/core/errors.proto`. USER errors are the task's; SYSTEM errors are those of storage, image or package.
"""

import os
import signal
import sys
import traceback
from collections.abc import Mapping
from typing import Final

from flyteidl.core import errors_pb2, execution_pb2

from autocontainer_nb.errors import AutocontainerError, RecoverableError, StorageError
from autocontainer_nb.runtime.environment import ContainerEnvironment, now_ns
from autocontainer_nb.wire import (
    ERROR_CODE_SIGNAL,
    ERROR_CODE_SYSTEM,
    ERROR_CODE_TIMEOUT,
    MODULES_FOLDER,
    PICKLE_FILE_PATH,
)

_PACKAGE_FOLDER: Final = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_ASYNCIO_FOLDER: Final = os.path.join(os.path.dirname(traceback.__file__), "asyncio") + os.sep
_BEFORE_USERS: Final = (_PACKAGE_FOLDER, _ASYNCIO_FOLDER)
MAX_MESSAGE_CHARS: Final = 100_000  # the control plane stores and sends the whole message
# Including flytekit's class for the same purpose; recognised by name, since flytekit may not be installed.
_RECOVERABLE_NAMES: Final = frozenset({"RecoverableError", "FlyteRecoverableException"})


def user_traceback(error: BaseException) -> str:
    """Return the formatted traceback with its causes; lines of cells read `Cell In[7], line 3`."""
    formatted = traceback.TracebackException.from_exception(error)
    _drop_our_frames(formatted, set())
    text = "".join(formatted.format())
    text = _as_in_the_project(text.rstrip("\n")) if MODULES_FOLDER in text else text.rstrip("\n")
    return _with_labels(text) if "<source " in text else text


def _drop_our_frames(formatted: traceback.TracebackException, seen: set[int]) -> None:
    """Remove the frames before the user's code, including asyncio's; later frames of this package are kept."""
    if id(formatted) in seen:
        return
    seen.add(id(formatted))
    frames = list(formatted.stack)
    first = next((index for index, frame in enumerate(frames) if not frame.filename.startswith(_BEFORE_USERS)), None)
    if first is not None:
        formatted.stack = traceback.StackSummary.from_list(frames[first:])
    for linked in (formatted.__cause__, formatted.__context__, *(getattr(formatted, "exceptions", None) or ())):
        if linked is not None:
            _drop_our_frames(linked, seen)


def _as_in_the_project(text: str) -> str:
    """Show the files of local modules as in the project that they come from: by their path from an import folder."""
    for folder in sys.path:
        if MODULES_FOLDER in os.path.basename(folder):
            text = text.replace(f'File "{folder}{os.sep}', 'File "')
    return text


def _with_labels(text: str) -> str:
    for name, label in _labels().items():
        shown = label if label.startswith("Cell") else f'File "{label}"'
        text = text.replace(f'File "{name}"', shown)
    return text


def _labels() -> Mapping[str, str]:
    from autocontainer_nb.pickling.archive.sources import source_labels
    from autocontainer_nb.pickling.archive.zip_reader import ZipReader

    try:
        return source_labels(ZipReader(os.path.join(os.getcwd(), PICKLE_FILE_PATH)))
    except (AutocontainerError, OSError):  # the labels are a courtesy: the error itself must be reported
        return {}


def document_of_exception(error: BaseException, environment: ContainerEnvironment) -> errors_pb2.ErrorDocument:
    """Return the document of a failed run: a user error unless storage failed."""
    if isinstance(error, StorageError):
        return _document(environment, ERROR_CODE_SYSTEM, user_traceback(error), recoverable=True, is_user=False)
    if isinstance(error, SystemExit):
        message = (
            f"The task called sys.exit({error.code!r}). A task must return its outputs or raise an exception."
            f"\n\n{user_traceback(error)}"
        )
        return _document(environment, "USER:SystemExit", message)
    recoverable = isinstance(error, RecoverableError) or any(
        kind.__name__ in _RECOVERABLE_NAMES for kind in type(error).__mro__
    )
    is_ours = isinstance(error, AutocontainerError) and not recoverable
    message = f"{type(error).__name__}: {error}" if is_ours else user_traceback(error)
    return _document(environment, f"USER:{type(error).__name__}", message, recoverable=recoverable)


def document_of_signal(number: int, environment: ContainerEnvironment) -> errors_pb2.ErrorDocument:
    """Return the document of a process ended by a signal; another attempt may succeed (memory, a lost node)."""
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    hints: dict[int, str] = {
        signal.SIGKILL: "Usually, the container ran out of memory. Request more with @task(resources=...).",
        signal.SIGSEGV: "A compiled library crashed. The stack of the Python threads is in the log.",
        signal.SIGABRT: "A compiled library aborted. Its last message is in the log.",
        signal.SIGTERM: "The container was stopped, by somebody or by the platform.",
    }
    hint = hints.get(number, "")
    message = f"The task's process was ended by {name} (signal {number}) before the task returned. {hint}".strip()
    return _document(
        environment, f"{ERROR_CODE_SIGNAL}:{name}", message, recoverable=True, is_user=number != signal.SIGTERM
    )


def document_of_exit(code: int, environment: ContainerEnvironment) -> errors_pb2.ErrorDocument:
    """Return the document of a process that exited without returning from the task."""
    message = (
        f"The task's process ended with exit code {code} before the task returned (os._exit, or a library that ends "
        "the process). A task must return its outputs or raise an exception."
    )
    return _document(environment, "USER:ProcessExit", message)


def document_of_timeout(seconds: float, environment: ContainerEnvironment) -> errors_pb2.ErrorDocument:
    """Return the document of a task that was ended at its own time limit: as flytepropeller's of a node, retried."""
    message = (
        f"task execution timeout [{seconds:g}s] expired: the attempt ran longer than @task(timeout=...) allows, and "
        "was ended."
    )
    return _document(environment, ERROR_CODE_TIMEOUT, message, recoverable=True)


def _document(
    environment: ContainerEnvironment, code: str, message: str, *, recoverable: bool = False, is_user: bool = True
) -> errors_pb2.ErrorDocument:
    kinds = errors_pb2.ContainerError
    error = errors_pb2.ContainerError(
        code=code,
        message=_shortened(message),
        kind=kinds.RECOVERABLE if recoverable else kinds.NON_RECOVERABLE,
        origin=execution_pb2.ExecutionError.USER if is_user else execution_pb2.ExecutionError.SYSTEM,
        worker=environment.worker_name,
    )
    error.timestamp.FromNanoseconds(now_ns())
    return errors_pb2.ErrorDocument(error=error)


def _shortened(message: str) -> str:
    if len(message) <= MAX_MESSAGE_CHARS:
        return message
    half = MAX_MESSAGE_CHARS // 2
    return f"{message[:half]}\n... {len(message) - 2 * half} characters left out ...\n{message[-half:]}"
