"""The exception tree. Every error that this package raises on purpose is one of these.

AutocontainerError
├── UserError                        one line in a notebook, no traceback: the message says how to fix it
│   ├── DefinitionError              a task can't be defined this way (also a TypeError)
│   ├── InputError                   missing, unknown or wrong arguments (also a TypeError)
│   ├── ConversionError              a value doesn't fit its type; has the path to it (also a TypeError)
│   ├── CaptureError                 something that the task uses can't be pickled, or not loaded again
│   ├── CredentialError              the upload seems to contain a credential
│   ├── ImageError                   no image, or an unusable name (also a ValueError)
│   └── ConfigError                  a configuration file or variable can't be used
├── ArchiveError                     an unusable pickled-entity file, of which nothing was unpickled ...
│   ├── ArchiveCorruptError          ... not an archive, truncated, or not well-formed
│   ├── DigestMismatchError          ... not the file that was registered
│   ├── FormatVersionError           ... of another format version
│   ├── PythonVersionError           ... written by another minor version of Python
│   ├── MemberMismatchError          ... a member doesn't match the metadata
│   ├── PackageMismatchError         ... needs a package that is missing or too old here
│   ├── UnpicklingError              verified, but its pickle can't be loaded
│   └── EntityNotFoundError          verified and loaded, but has no entity of that name
├── StorageError                     bytes can't be read or written at a URI
├── SlotError                        an optional part of the package isn't installed
├── SandboxError                     the sandbox can't be started, stopped or found
├── ExecutionError                   a remote execution ended without outputs
│   ├── ExecutionFailedError         the task's code raised, or its container died
│   │   └── TaskTimedOutError        ... longer than the task's timeout; an ExecutionTimedOutError as well
│   ├── ExecutionAbortedError        somebody terminated it
│   ├── ExecutionTimedOutError       it, or the wait for it, took longer than the timeout
│   └── EagerException               inside an eager task: an awaited execution ended without outputs
├── RecoverableError                 raised BY a task to be retried
├── FlyteRecoverableException        the same class, by flytekit's name
└── RemoteError                      the control plane refused; one class per gRPC status
    ├── CancelledError  UnknownError  InvalidArgumentError  DeadlineExceededError  NotFoundError
    ├── AlreadyExistsError  PermissionDeniedError  ResourceExhaustedError  FailedPreconditionError
    ├── AbortedError  OutOfRangeError  UnimplementedError  InternalError  UnavailableError
    └── DataLossError  UnauthenticatedError
"""

from collections.abc import Callable
from typing import Any, Final

# Errors quote files and tracebacks: no more than a person would read, and the end of a traceback is the reason.
_MAX_HEAD_CHARACTERS, _MAX_TAIL_CHARACTERS = 4_000, 6_000


def shortened(text: str) -> str:
    """Return a message to be shown; where it is very long, its beginning and its end."""
    left_out = len(text) - _MAX_HEAD_CHARACTERS - _MAX_TAIL_CHARACTERS
    if left_out <= 0:
        return text
    head, tail = text[:_MAX_HEAD_CHARACTERS], text[-_MAX_TAIL_CHARACTERS:]
    return f"{head}\n… ({left_out} characters left out) …\n{tail}"


class AutocontainerError(Exception):
    """Base of all errors of this package. A message is whole in the error, and `shortened` where it is shown."""


class UserError(AutocontainerError):
    """A user's mistake; the message names the thing, what was expected, what came, and the next step."""


class DefinitionError(UserError, TypeError):
    """A task can't be defined this way."""


class InputError(UserError, TypeError):
    """A task was called with a missing, unknown or unsuitable argument."""


class ConversionError(UserError, TypeError):
    """A value doesn't fit its declared type; the message starts with the path to it."""


class CaptureError(UserError):
    """Something that a task uses can't be pickled, or a new process can't load it.

    `explanation` is the table of everything that the task uses, or None: an `Explanation` of
    `pickling.explain.findings`.
    """

    explanation: Any = None


class CredentialError(UserError):
    """The upload seems to contain a credential; the message says where it is, and never shows its value.

    `explanation` is the table of everything that the task uses, or None.
    """

    explain: Callable[[], Any] | None = None  # makes that table, which may take seconds: where it is asked for

    @property
    def explanation(self) -> Any:
        """The table of everything that the task uses, or None."""
        return self.explain() if self.explain is not None else None


class ImageError(UserError, ValueError):
    """A container image is missing or its name can't be resolved."""


class ConfigError(UserError, ValueError):
    """A configuration file, variable or argument can't be used."""


class ArchiveError(AutocontainerError):
    """A pickled-entity file can't be used."""


class ArchiveCorruptError(ArchiveError):
    """The file is not a well-formed pickled-entity file. Nothing of it was unpickled."""


class DigestMismatchError(ArchiveError):
    """The file's digest isn't the registered one. Nothing of it was unpickled."""


class FormatVersionError(ArchiveError):
    """The file has a format version that this package can't read. Nothing of it was unpickled."""


class PythonVersionError(ArchiveError):
    """The file was written by another minor version of Python. Nothing of it was unpickled."""


class MemberMismatchError(ArchiveError):
    """A member's content doesn't match the metadata. Nothing of it was unpickled."""


class PackageMismatchError(ArchiveError):
    """A package that the file's tasks need is missing or too old here. Nothing of it was unpickled."""


class UnpicklingError(ArchiveError):
    """The verified pickle can't be loaded here; the message has the cause, usually a missing package."""


class EntityNotFoundError(ArchiveError):
    """The file has no entity of that name; the message lists its entities."""


class StorageError(AutocontainerError):
    """Bytes can't be read from or written to a URI."""


class SlotError(AutocontainerError):
    """An optional part of the package isn't installed."""


class SandboxError(AutocontainerError):
    """The sandbox can't be started, stopped or found."""


class ExecutionError(AutocontainerError):
    """A remote execution ended without outputs."""


class ExecutionFailedError(ExecutionError):
    """The task's code raised, or its container died; the message is the container's own."""

    def __init__(self, message: str, *, code: str = "", kind: str = "", execution_id: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.kind = kind  # USER or SYSTEM, as in ExecutionError.ErrorKind
        self.execution_id = execution_id


class ExecutionAbortedError(ExecutionError):
    """Somebody terminated the execution; the message has the cause they gave."""


class ExecutionTimedOutError(ExecutionError):
    """The execution, or the wait for it, took longer than its limit."""


class TaskTimedOutError(ExecutionFailedError, ExecutionTimedOutError):
    """A task ran longer than its `timeout`. Flyte ends its execution as failed, so this is both kinds of error."""


class EagerException(ExecutionError):  # noqa: N818 - flytekit's name of it, which eager tasks catch
    """Inside an eager task's container: an awaited execution ended without outputs; the message says why."""

    def __init__(self, message: str, *, code: str = "", execution_id: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.execution_id = execution_id


class RecoverableError(AutocontainerError):
    """Raise this in a task if another attempt may succeed; Flyte retries the task as long as retries are left."""


FlyteRecoverableException = RecoverableError  # by its name in flytekit


class RemoteError(AutocontainerError):
    """The control plane refused a call, or can't be reached.

    `endpoint` is the server's address, `method` the RPC, `status` the name of the gRPC status, `details` its words.
    """

    retryable: bool = False  # whether the same call may succeed later (gRPC's doc/statuscodes.md)
    may_have_worked: bool = False  # whether the server may have done it, and only its answer got lost

    def __init__(
        self, message: str, *, endpoint: str = "", method: str = "", status: str = "", details: str = ""
    ) -> None:
        super().__init__(message)
        self.endpoint = endpoint
        self.method = method
        self.status = status
        self.details = details


class CancelledError(RemoteError):
    """The call was cancelled by the caller."""


class UnknownError(RemoteError):
    """The server failed for an unknown reason."""


class InvalidArgumentError(RemoteError):
    """The server refused the content of the request."""


class DeadlineExceededError(RemoteError):
    """The call wasn't answered within its time limit."""

    retryable = True


class NotFoundError(RemoteError):
    """The server has nothing of that name."""


class AlreadyExistsError(RemoteError):
    """Something different is registered under the same identifier."""


class PermissionDeniedError(RemoteError):
    """The server knows the caller, and denies access."""


class ResourceExhaustedError(RemoteError):
    """A quota or a message-size limit is exceeded."""


class FailedPreconditionError(RemoteError):
    """The server isn't in the state that the call requires."""


class AbortedError(RemoteError):
    """The call conflicted with a concurrent one."""

    retryable = True


class OutOfRangeError(RemoteError):
    """The request goes beyond the end of the data."""


class UnimplementedError(RemoteError):
    """The server doesn't serve this RPC."""


class InternalError(RemoteError):
    """The server broke one of its own rules."""


class UnavailableError(RemoteError):
    """The endpoint doesn't answer, at least not now."""

    retryable = True


class DataLossError(RemoteError):
    """The server lost data."""


class UnauthenticatedError(RemoteError):
    """The server doesn't accept the credentials, or got none."""


# Complete: a test compares the keys with grpc.StatusCode. OK is no error.
BY_GRPC_STATUS: Final[dict[str, type[RemoteError]]] = {
    "CANCELLED": CancelledError,
    "UNKNOWN": UnknownError,
    "INVALID_ARGUMENT": InvalidArgumentError,
    "DEADLINE_EXCEEDED": DeadlineExceededError,
    "NOT_FOUND": NotFoundError,
    "ALREADY_EXISTS": AlreadyExistsError,
    "PERMISSION_DENIED": PermissionDeniedError,
    "RESOURCE_EXHAUSTED": ResourceExhaustedError,
    "FAILED_PRECONDITION": FailedPreconditionError,
    "ABORTED": AbortedError,
    "OUT_OF_RANGE": OutOfRangeError,
    "UNIMPLEMENTED": UnimplementedError,
    "INTERNAL": InternalError,
    "UNAVAILABLE": UnavailableError,
    "DATA_LOSS": DataLossError,
    "UNAUTHENTICATED": UnauthenticatedError,
}
