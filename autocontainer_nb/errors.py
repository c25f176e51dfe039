"""The exception tree. Every error that this package raises on purpose is one of these.

AutocontainerError
├── UserError                        one line in a notebook, no traceback: the message is the help
│   ├── DefinitionError              a task can't be defined so (also a TypeError)
│   ├── InputError                   missing, unknown or wrong arguments (also a TypeError)
│   ├── ConversionError              a value doesn't fit its type; tells the path (also a TypeError)
│   ├── CaptureError                 something reached by the task can't be pickled
│   ├── CredentialError              what would be uploaded may hold a credential
│   ├── ImageError                   no image, or one that can't be resolved (also a ValueError)
│   └── ConfigError                  a configuration file or variable can't be used
├── ArchiveError                     a pickled-entity file that can't be used; nothing of it was unpickled ...
│   ├── ArchiveCorruptError          ... not an archive, truncated, or not well-formed
│   ├── DigestMismatchError          ... other content than was registered
│   ├── FormatVersionError           ... written in another format version
│   ├── PythonVersionError           ... made by another Python minor
│   ├── MemberMismatchError          ... a member is not what the metadata says
│   ├── PackageMismatchError         ... needs a package that isn't here, or a newer one
│   ├── UnpicklingError              verified, but its pickle can't be loaded here
│   └── EntityNotFoundError          verified and loaded, but holds no entity of that name
├── StorageError                     bytes can't be read or written at a URI
├── SlotError                        an optional part of the package isn't there
├── SandboxError                     the sandbox can't be started, stopped or found
├── ExecutionError                   a remote execution ended without outputs
│   ├── ExecutionFailedError         the task's code raised, or its container died
│   ├── ExecutionAbortedError        somebody terminated it
│   ├── ExecutionTimedOutError       it ran longer than its timeout, or than the wait's
│   └── EagerException               inside an eager task: an execution that it awaits ended without outputs
├── RecoverableError                 raised BY a task: try again (flytekit: FlyteRecoverableException)
└── RemoteError                      the control plane refused; one class for each gRPC status
    ├── CancelledError  UnknownError  InvalidArgumentError  DeadlineExceededError  NotFoundError
    ├── AlreadyExistsError  PermissionDeniedError  ResourceExhaustedError  FailedPreconditionError
    ├── AbortedError  OutOfRangeError  UnimplementedError  InternalError  UnavailableError
    └── DataLossError  UnauthenticatedError
"""

from typing import Any, Final

_MAX_TOLD_CHARACTERS = 10_000  # errors quote what files say of themselves: not more than a person reads


class AutocontainerError(Exception):
    """Base of all errors of this package."""

    def __str__(self) -> str:
        text = super().__str__()
        return text if len(text) <= _MAX_TOLD_CHARACTERS else f"{text[:_MAX_TOLD_CHARACTERS]}…"


class UserError(AutocontainerError):
    """A mistake in what the user wrote; the message names the thing, what was expected, what came, the next step."""


class DefinitionError(UserError, TypeError):
    """A task can't be defined this way."""


class InputError(UserError, TypeError):
    """A task was called with a missing, unknown or unsuitable argument."""


class ConversionError(UserError, TypeError):
    """A value doesn't fit its declared type; the message tells the path to the place."""


class CaptureError(UserError):
    """Something that a task reaches can't be carried out of the notebook.

    `explanation` is the table of everything that it reaches, where there is one: an `Explanation` of
    `pickling.explain.findings`.
    """

    explanation: Any = None


class CredentialError(UserError):
    """Something that may be a credential would be uploaded; the message tells where it is, and never its value."""

    explanation: Any = None


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
    """The file has a format version that this package doesn't read. Nothing of it was unpickled."""


class PythonVersionError(ArchiveError):
    """The file was made by another minor version of Python. Nothing of it was unpickled."""


class MemberMismatchError(ArchiveError):
    """A member's content isn't what the metadata says. Nothing of it was unpickled."""


class PackageMismatchError(ArchiveError):
    """A package that the file's tasks need isn't installed here, or is older. Nothing of it was unpickled."""


class UnpicklingError(ArchiveError):
    """The verified pickle can't be loaded here; the message carries the cause (a missing package, usually)."""


class EntityNotFoundError(ArchiveError):
    """The file holds no entity of that name; the message lists those it has."""


class StorageError(AutocontainerError):
    """Bytes can't be read from or written to a URI."""


class SlotError(AutocontainerError):
    """An optional part of the package isn't installed."""


class SandboxError(AutocontainerError):
    """The sandbox can't be started, stopped or found."""


class ExecutionError(AutocontainerError):
    """A remote execution ended without outputs."""


class ExecutionFailedError(ExecutionError):
    """The task's code raised, or its container died; the message carries the container's own words."""

    def __init__(self, message: str, *, code: str = "", kind: str = "", execution_id: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.kind = kind  # USER or SYSTEM, as in ExecutionError.ErrorKind
        self.execution_id = execution_id


class ExecutionAbortedError(ExecutionError):
    """Somebody terminated the execution; the message carries the cause given."""


class ExecutionTimedOutError(ExecutionError):
    """The execution, or the wait for it, took longer than its limit."""


class EagerException(ExecutionError):  # noqa: N818 - flytekit's name of it, which eager tasks catch
    """Inside an eager task's container: an execution that it awaits ended without outputs; the message tells why."""

    def __init__(self, message: str, *, code: str = "", execution_id: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.execution_id = execution_id


class RecoverableError(AutocontainerError):
    """Raise it inside a task to say that another attempt may succeed; Flyte retries while retries are left."""


class RemoteError(AutocontainerError):
    """The control plane refused a call, or can't be reached.

    `endpoint` is who was asked, `method` the RPC, `status` the gRPC status by name, `details` the server's own words.
    """

    retryable: bool = False  # whether the same call may succeed later (gRPC's doc/statuscodes.md)

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
    """The server failed without saying how."""


class InvalidArgumentError(RemoteError):
    """The server refused the request's content."""


class DeadlineExceededError(RemoteError):
    """No answer came within the call's time limit."""

    retryable = True


class NotFoundError(RemoteError):
    """The server knows nothing of that name."""


class AlreadyExistsError(RemoteError):
    """Something different is registered under the same identifier."""


class PermissionDeniedError(RemoteError):
    """The server knows who asks, and refuses."""


class ResourceExhaustedError(RemoteError):
    """A quota or a message-size limit is used up."""


class FailedPreconditionError(RemoteError):
    """The server isn't in the state that the call needs."""


class AbortedError(RemoteError):
    """The call lost against another one at the same time."""

    retryable = True


class OutOfRangeError(RemoteError):
    """The request reaches past the end of what there is."""


class UnimplementedError(RemoteError):
    """The server doesn't serve this RPC."""


class InternalError(RemoteError):
    """The server broke one of its own rules."""


class UnavailableError(RemoteError):
    """Nothing answers at the endpoint, or not now."""

    retryable = True


class DataLossError(RemoteError):
    """The server lost data."""


class UnauthenticatedError(RemoteError):
    """The server doesn't accept the credentials, or none came."""


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
