"""The outcomes of an attempt: outputs, or an error that may be retried."""

from dataclasses import dataclass
from typing import Final

from flyteidl.core import execution_pb2

from autocontainer_nb.wire import ERROR_CODE_TIMEOUT

USER: Final = execution_pb2.ExecutionError.USER
SYSTEM: Final = execution_pb2.ExecutionError.SYSTEM

CODE_BAD_TASK: Final = "BadTaskDefinition"
CODE_BAD_IMAGE: Final = "ImageNotRunnable"
CODE_NOT_STARTED: Final = "ContainerNotStarted"
CODE_EXIT: Final = "NonZeroExit"
CODE_NO_OUTPUTS: Final = "OutputsNotFound"  # the code that flytepropeller uses
CODE_BAD_OUTPUTS: Final = "OutputsUnreadable"
CODE_BAD_ERROR: Final = "ErrorFileBadFormat"  # the same
CODE_TIMEOUT: Final = ERROR_CODE_TIMEOUT
CODE_LOST: Final = "SandboxKilled"
CODE_STORAGE: Final = "SandboxStorage"
CODE_INTERNAL: Final = "SandboxInternal"
RETRIES_EXHAUSTED: Final = "RetriesExhausted|"  # flytepropeller's prefix for the last error of several attempts

# flytepropeller's default for failures that aren't the user's (config node-config.max-node-retries-system-failures).
SYSTEM_RETRIES: Final = 3
# What flyteadmin gives a single task that says nothing (util/single_task_execution.go).
DEFAULT_RETRIES: Final = 3


@dataclass(frozen=True, kw_only=True)
class Success:
    """The attempt succeeded; a URI is "" if there is no such file."""

    output_uri: str
    deck_uri: str


@dataclass(frozen=True, kw_only=True)
class Failure:
    """The attempt failed."""

    error: execution_pb2.ExecutionError
    recoverable: bool
    deck_uri: str = ""


Outcome = Success | Failure


def failure(
    code: str, message: str, *, kind: "execution_pb2.ExecutionError.ErrorKind" = USER, recoverable: bool = False
) -> Failure:
    """Return a failure that the sandbox itself reports."""
    return Failure(error=execution_pb2.ExecutionError(code=code, message=message, kind=kind), recoverable=recoverable)


@dataclass(frozen=True, kw_only=True)
class RetryBudget:
    """The number of attempts that an execution has left after its failures so far."""

    retries: int
    user_failures: int
    system_failures: int

    def allows(self, ended: Failure) -> bool:
        """Whether another attempt follows; the numbers include `ended`."""
        if not ended.recoverable:
            return False
        if ended.error.kind == SYSTEM:
            return self.system_failures <= SYSTEM_RETRIES
        return self.user_failures <= self.retries


def last_error(ended: Failure, number_of_attempts: int) -> execution_pb2.ExecutionError:
    """Return the error of the execution: the one of its last attempt, with the number of attempts."""
    error = execution_pb2.ExecutionError()
    error.CopyFrom(ended.error)
    if ended.recoverable and number_of_attempts > 1:
        error.code = f"{RETRIES_EXHAUSTED}{error.code}"
        error.message = f"All {number_of_attempts} attempts failed. The last error: {error.message}"
    return error
