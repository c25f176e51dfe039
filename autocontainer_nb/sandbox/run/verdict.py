"""The outcome of an attempt, determined from its exit code and its files.

The order is flytepropeller's (`nodes/task/handler.go`, `ioutils/remote_file_output_reader.go`): error.pb counts first;
a container with a bad exit code has failed whatever it wrote; outputs.pb is success; no file at all is success only if
the task declares no outputs.
"""

import errno
import shutil
import signal
from pathlib import Path
from typing import Final

from flyteidl.core import errors_pb2, execution_pb2, literals_pb2, tasks_pb2
from google.protobuf.message import DecodeError

from autocontainer_nb.sandbox.blobs.execution_paths import AttemptPaths
from autocontainer_nb.sandbox.blobs.output_file import tail
from autocontainer_nb.sandbox.blobs.store import BlobStore
from autocontainer_nb.sandbox.run import outcome
from autocontainer_nb.sandbox.run.outcome import SYSTEM, Failure, Outcome, Success, failure
from autocontainer_nb.wire import ERROR_CODE_SIGNAL, ERROR_FILE, OUTPUTS_FILE

_KILLED_HINT: Final = " The system does that when memory runs out."
_SHELL_SIGNAL_BASE: Final = 128
_FULL_BELOW_BYTES: Final = 64 << 10


def judge(
    paths: AttemptPaths, task: tasks_pb2.TaskTemplate, exit_code: int | None, attempt: int, blobs: BlobStore
) -> Outcome:
    """Return the outcome of an attempt; the exit code of a container adopted after a kill is unknown (None)."""
    deck_uri = blobs.uri(paths.deck) if paths.deck.is_file() else ""
    ended = _failure(paths, exit_code, attempt, blobs) or _success(paths, task, exit_code, attempt, blobs)
    if isinstance(ended, Failure):
        ended.error.message += full_disk_note(paths.output_prefix)
        return Failure(error=ended.error, recoverable=ended.recoverable, deck_uri=deck_uri)
    return Success(output_uri=ended.output_uri, deck_uri=deck_uri)


def _failure(paths: AttemptPaths, exit_code: int | None, attempt: int, blobs: BlobStore) -> Failure | None:
    if paths.error.is_file():
        return _read_error(paths.error, blobs.uri(paths.error))
    if exit_code:
        return _bad_exit(paths, exit_code, attempt)
    if paths.futures.is_file():
        return failure(
            outcome.CODE_BAD_TASK,
            "The task is dynamic (it wrote futures.pb); the sandbox runs single tasks only. Run it on a Flyte cluster.",
        )
    return None


def _success(
    paths: AttemptPaths, task: tasks_pb2.TaskTemplate, exit_code: int | None, attempt: int, blobs: BlobStore
) -> Outcome:
    if paths.outputs.is_file():
        problem = _outputs_problem(paths.outputs)
        if problem:
            return failure(outcome.CODE_BAD_OUTPUTS, problem, kind=SYSTEM, recoverable=True)
        return Success(output_uri=blobs.uri(paths.outputs), deck_uri="")
    if exit_code is None:
        return failure(
            outcome.CODE_LOST,
            f"The sandbox was killed while attempt {attempt} was running, and the container has ended without writing "
            f"{OUTPUTS_FILE} or {ERROR_FILE}.{_last_lines(paths.log)}",
            kind=SYSTEM,
            recoverable=True,
        )
    if task.interface.outputs.variables:
        names = ", ".join(sorted(task.interface.outputs.variables))
        return failure(
            outcome.CODE_NO_OUTPUTS,
            f"The container of attempt {attempt} ended with exit code 0 but without {OUTPUTS_FILE}, although the task "
            f"declares the outputs {names}. Did its code exit the process?{_last_lines(paths.log)}",
            recoverable=True,
        )
    return Success(output_uri="", deck_uri="")


def _read_error(path: Path, uri: str) -> Failure:
    try:
        document = errors_pb2.ErrorDocument.FromString(path.read_bytes())
    except DecodeError as problem:
        return _bad_error_file(uri, str(problem))
    if not document.HasField("error"):
        return _bad_error_file(uri, "it contains no error")
    given = document.error
    error = execution_pb2.ExecutionError(
        code=given.code, message=given.message, error_uri=uri, kind=given.origin, worker=given.worker
    )
    if given.HasField("timestamp"):
        error.timestamp.CopyFrom(given.timestamp)
    return Failure(error=error, recoverable=given.kind == errors_pb2.ContainerError.RECOVERABLE)


def _bad_error_file(uri: str, reason: str) -> Failure:
    message = f"The container failed, but its {ERROR_FILE} can't be read ({uri}): {reason}."
    return failure(outcome.CODE_BAD_ERROR, message, kind=SYSTEM, recoverable=True)


def _outputs_problem(path: Path) -> str:
    try:
        literals_pb2.LiteralMap.FromString(path.read_bytes())
    except DecodeError as error:
        return f"The container ended with exit code 0, but its {OUTPUTS_FILE} can't be read ({path}): {error}."
    return ""


def _bad_exit(paths: AttemptPaths, exit_code: int, attempt: int) -> Failure:
    number = -exit_code if exit_code < 0 else exit_code - _SHELL_SIGNAL_BASE
    names = {member.value: member.name for member in signal.Signals}
    if exit_code < 0 or number in names:
        name = names.get(number, "an unknown signal")
        hint = _KILLED_HINT if number == signal.SIGKILL else ""
        code, how = ERROR_CODE_SIGNAL, f"was ended by signal {number} ({name}).{hint}"
    else:
        code, how = outcome.CODE_EXIT, f"ended with exit code {exit_code} and without {ERROR_FILE}."
    message = f"The container of attempt {attempt} {how}{_last_lines(paths.log)}"
    return failure(code, message, recoverable=True)


def _last_lines(log: Path) -> str:
    text = tail(log)
    return f" The last lines of its output:\n{text}" if text else " It printed nothing."


def full_disk_note(path: Path) -> str:
    """Return a sentence to add to a failure if the disk is full right now, else ""."""
    try:
        free_bytes = shutil.disk_usage(path).free
    except OSError:
        return ""
    return f"\nThe disk of {path} is full ({free_bytes} bytes free)." if free_bytes < _FULL_BELOW_BYTES else ""


def timed_out(timeout_s: float, attempt: int, log: Path) -> Failure:
    """Return the failure of an attempt that was ended at its time limit."""
    message = f"Attempt {attempt} ran longer than the task's timeout of {timeout_s:g} s and was ended."
    return failure(outcome.CODE_TIMEOUT, message + _last_lines(log), recoverable=True)


def storage_failed(error: OSError) -> Failure:
    """Return the failure of an execution whose files the sandbox can't write or read."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    what = "The disk is full" if full else "A file can't be written or read"
    fix = "Free some space" if full else "Remove the cause"
    return failure(
        outcome.CODE_STORAGE,
        f"{what} where the sandbox keeps its state: {error}. {fix} and run the task again.",
        kind=SYSTEM,
    )
