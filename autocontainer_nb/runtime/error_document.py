"""What `error.pb` says of a failure: who is to blame, whether another attempt may help, and the user's own traceback.

Source: `flyteidl/core/errors.proto`. USER errors are the task's; SYSTEM errors are storage's, the image's or ours.
"""

import signal
from typing import Final

from flyteidl.core import errors_pb2, execution_pb2

from autocontainer_nb.errors import AutocontainerError, RecoverableError, StorageError
from autocontainer_nb.runtime.environment import ContainerEnvironment, now_ns
from autocontainer_nb.runtime.user_traceback import user_traceback
from autocontainer_nb.wire import ERROR_CODE_SIGNAL, ERROR_CODE_SYSTEM

MAX_MESSAGE_CHARS: Final = 100_000  # the control plane stores and sends it whole
# Raised by flytekit's tasks for the same purpose; recognised by name, since flytekit needn't be here.
_RECOVERABLE_NAMES: Final = frozenset({"RecoverableError", "FlyteRecoverableException"})


def document_of_exception(error: BaseException, environment: ContainerEnvironment) -> errors_pb2.ErrorDocument:
    """Return the document of a failed run: the user's error unless storage or this package is to blame."""
    if isinstance(error, StorageError):
        return _document(environment, ERROR_CODE_SYSTEM, user_traceback(error), recoverable=True, is_user=False)
    if isinstance(error, SystemExit):
        message = (
            f"The task called sys.exit({error.code!r}): a task ends by returning its outputs or by an exception."
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
    """Return the document of a process that a signal ended. Another attempt may help (memory, a lost node)."""
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    hints: dict[int, str] = {
        signal.SIGKILL: "The usual cause: the container ran out of memory. Ask for more by @task(resources=...).",
        signal.SIGSEGV: "A compiled library crashed; the stack of the Python threads is in the log.",
        signal.SIGABRT: "A compiled library gave up; its last words are in the log.",
        signal.SIGTERM: "Somebody or the platform stopped the container.",
    }
    hint = hints.get(number, "")
    message = f"The task's process was ended by {name} (signal {number}) before the task returned. {hint}".strip()
    return _document(
        environment, f"{ERROR_CODE_SIGNAL}:{name}", message, recoverable=True, is_user=number != signal.SIGTERM
    )


def document_of_exit(code: int, environment: ContainerEnvironment) -> errors_pb2.ErrorDocument:
    """Return the document of a process that ended by itself without returning from the task."""
    message = (
        f"The task's process ended with exit code {code} before the task returned (os._exit, or a library that ends "
        "the process). A task ends by returning its outputs or by raising an exception."
    )
    return _document(environment, "USER:ProcessExit", message)


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
