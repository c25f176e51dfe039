"""`pyflyte-fast-execute`: the command that fetches code missing in the image, and then runs the inner command.

`pyflyte-execute` of one of our tasks runs in this process, which saves the start of a second interpreter; any other
command, including flytekit's, replaces this process.
"""

import os
import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from autocontainer_nb.errors import AutocontainerError, StorageError
from autocontainer_nb.runtime.execute import EXIT_USAGE, is_flytekits, run_command, run_supervised
from autocontainer_nb.wire import EXECUTE_SCRIPT, MAP_EXECUTE_SCRIPT, PICKLE_FILE_PATH

if TYPE_CHECKING:
    from autocontainer_nb.runtime.arguments import ExecuteArguments, FastExecuteArguments
    from autocontainer_nb.runtime.environment import ContainerEnvironment

_EXIT_NOT_FOUND: Final = 127  # as in a shell if there is no such command


def main() -> None:
    """Run the command line of this process; never returns."""
    run_command(fast_execute)


def fast_execute(argv: Sequence[str]) -> int:
    """Run `pyflyte-fast-execute` with these arguments and return its exit code."""
    from autocontainer_nb.runtime.arguments import UsageError, parse_fast_execute
    from autocontainer_nb.runtime.environment import container_environment

    try:
        arguments = parse_fast_execute(argv)
        inner = _inner_execute(arguments)
    except UsageError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the container's log
        return EXIT_USAGE
    if inner is None or inner.is_test or is_flytekits(inner.resolver):
        return _fetch_and_replace_process(arguments)
    environment = container_environment()
    # The child also does the fetching: an object store's client starts threads, which don't survive a fork.
    return run_supervised(partial(_fetch_and_run, arguments, inner, environment), inner, environment)


def _inner_execute(arguments: "FastExecuteArguments") -> "ExecuteArguments | None":
    """Return the inner command's arguments if this process can run it, for a task or an item; otherwise None."""
    from autocontainer_nb.runtime.arguments import parse_execute

    script = os.path.basename(arguments.command[0])
    is_ours = script in {EXECUTE_SCRIPT, MAP_EXECUTE_SCRIPT}
    return parse_execute(arguments.command[1:], script) if is_ours else None


def _prepare(arguments: "FastExecuteArguments") -> str:
    """Fetch the distribution into the destination and return the destination's absolute path."""
    from autocontainer_nb.storage.access import download

    destination = os.path.abspath(os.path.expanduser(arguments.dest_dir))
    if not os.path.isdir(destination):
        raise StorageError(
            f"--dest-dir: expected an existing folder of this image, got {destination!r}. Create it, or use another."
        )
    if destination not in sys.path:
        sys.path.append(destination)
    if arguments.additional_distribution is None:
        return destination
    name = arguments.additional_distribution.rstrip("/").rpartition("/")[2]
    if name != PICKLE_FILE_PATH and not name.endswith(".tar.gz"):
        raise StorageError(
            f"--additional-distribution: expected {PICKLE_FILE_PATH!r} or a file ending in .tar.gz, got "
            f"{arguments.additional_distribution!r}."
        )
    target = os.path.join(destination, name)
    download(arguments.additional_distribution, target)
    if name.endswith(".tar.gz"):
        _unpack(target, destination)
    return destination


def _unpack(path: str, destination: str) -> None:
    import tarfile

    try:
        with tarfile.open(path) as archive:
            archive.extractall(destination, filter="data")
    except tarfile.TarError as error:
        raise StorageError(f"The distribution {path!r} can't be unpacked: {error}. Register the task again.") from error


def _fetch_and_run(
    arguments: "FastExecuteArguments", inner: "ExecuteArguments", environment: "ContainerEnvironment"
) -> int:
    """Fetch the code, run the task, and return the exit code; a failure to fetch the code is written to error.pb."""
    from autocontainer_nb.runtime.run import run_task, write_error

    try:
        _prepare(arguments)
    except (AutocontainerError, OSError) as error:
        from autocontainer_nb.runtime.error_document import document_of_exception

        return write_error(inner, environment, document_of_exception(error, environment))
    return run_task(inner, environment)


def _fetch_and_replace_process(arguments: "FastExecuteArguments") -> int:
    """Fetch the code and become the command, with the destination in its PYTHONPATH; return only if that fails."""
    from autocontainer_nb.runtime.run import EXIT_FAILED

    command = arguments.command
    try:
        destination = _prepare(arguments)
    except (AutocontainerError, OSError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201 - the container's log
        return EXIT_FAILED
    path = os.environ.get("PYTHONPATH")
    environment = {**os.environ, "PYTHONPATH": f"{path}{os.pathsep}{destination}" if path else destination}
    sys.stdout.flush()
    try:
        os.execvpe(command[0], command, environment)  # noqa: S606 - an argument list, as the control plane gave it
    except OSError as error:
        print(f"{command[0]!r} can't be run: {error.strerror}.", file=sys.stderr)  # noqa: T201 - the container's log
    return _EXIT_NOT_FOUND
