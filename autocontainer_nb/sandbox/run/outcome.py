"""How an attempt can end: with outputs, or with an error that may or may not be tried again."""

from dataclasses import dataclass
from typing import Final

from flyteidl.core import execution_pb2

USER: Final = execution_pb2.ExecutionError.USER
SYSTEM: Final = execution_pb2.ExecutionError.SYSTEM

CODE_BAD_TASK: Final = "BadTaskDefinition"
CODE_BAD_IMAGE: Final = "ImageNotRunnable"
CODE_NOT_STARTED: Final = "ContainerNotStarted"
CODE_EXIT: Final = "NonZeroExit"
CODE_NO_OUTPUTS: Final = "OutputsNotFound"  # flytepropeller's own word for it
CODE_BAD_OUTPUTS: Final = "OutputsUnreadable"
CODE_BAD_ERROR: Final = "ErrorFileBadFormat"  # the same
CODE_TIMEOUT: Final = "TimeoutExpired"  # the same
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
    """The attempt ended well; the URIs are "" where it left no such file."""

    output_uri: str
    deck_uri: str


@dataclass(frozen=True, kw_only=True)
class Failure:
    """The attempt ended badly."""

    error: execution_pb2.ExecutionError
    recoverable: bool
    deck_uri: str = ""


Outcome = Success | Failure


def failure(
    code: str, message: str, *, kind: "execution_pb2.ExecutionError.ErrorKind" = USER, recoverable: bool = False
) -> Failure:
    """Return a failure that the sandbox itself found."""
    return Failure(error=execution_pb2.ExecutionError(code=code, message=message, kind=kind), recoverable=recoverable)


@dataclass(frozen=True, kw_only=True)
class RetryBudget:
    """How many more attempts an execution has, given the errors of those that ended."""

    retries: int
    user_failures: int
    system_failures: int

    def allows(self, ended: Failure) -> bool:
        """Whether another attempt follows; `ended` is counted in the figures already."""
        if not ended.recoverable:
            return False
        if ended.error.kind == SYSTEM:
            return self.system_failures <= SYSTEM_RETRIES
        return self.user_failures <= self.retries


def last_error(ended: Failure, number_of_attempts: int) -> execution_pb2.ExecutionError:
    """Return the execution's error: that of its last attempt, with a word about those before."""
    error = execution_pb2.ExecutionError()
    error.CopyFrom(ended.error)
    if ended.recoverable and number_of_attempts > 1:
        error.code = f"{RETRIES_EXHAUSTED}{error.code}"
        error.message = f"All {number_of_attempts} attempts failed, the last one so: {error.message}"
    return error
