"""`pyflyte-execute` and `pyflyte-map-execute`.

Exit code 0 means that the outcome, good or bad, is under the output prefix; 2 a command line that can't be understood;
1 that the outcome couldn't be told, or that FLYTE_FAIL_ON_ERROR asks for it.

Which item it is stands in a variable. Where none says so, the container goes through all items: a map task that was
launched by itself.
"""

import os
import sys
from collections.abc import Callable, Sequence
from functools import partial

from autocontainer_nb.runtime.arguments import ExecuteArguments, UsageError, parse_execute
from autocontainer_nb.runtime.environment import ContainerEnvironment, command_line, container_environment
from autocontainer_nb.runtime.error_document import document_of_exit, document_of_signal
from autocontainer_nb.runtime.run import run_task, write_error
from autocontainer_nb.runtime.supervisor import supervise
from autocontainer_nb.wire import EXECUTE_SCRIPT, MAP_EXECUTE_SCRIPT, PACKAGE_NAME

EXIT_USAGE = 2


def main() -> None:
    """Run the command line of this process; never returns."""
    code = execute(command_line())
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # the parent has nothing left to clean up; tearing its modules down would only take time


def execute(argv: Sequence[str], script: str = EXECUTE_SCRIPT) -> int:
    """Run `pyflyte-execute` with these arguments and return its exit code. In the child process it doesn't return.

    `pyflyte-map-execute` is the same but for options of its own; flytekit has two commands.
    """
    try:
        arguments = parse_execute(argv, script)
    except UsageError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the container's log
        return EXIT_USAGE
    if is_flytekits(arguments.resolver):
        return _hand_over(argv, "map_execute_task_cmd" if script == MAP_EXECUTE_SCRIPT else "execute_task_cmd")
    if arguments.is_test:
        print(f"Nothing is run (--test): {arguments}")  # noqa: T201 - what --test is for
        return 0
    environment = container_environment()
    return run_supervised(partial(run_task, arguments, environment), arguments, environment)


def run_supervised(work: Callable[[], int], arguments: ExecuteArguments, environment: ContainerEnvironment) -> int:
    """Do the work in a child process; returns the exit code, after error.pb is written if the child couldn't."""
    return supervise(
        work,
        lambda number: write_error(arguments, environment, document_of_signal(number, environment)),
        lambda code: write_error(arguments, environment, document_of_exit(code, environment)),
    )


def is_flytekits(resolver: str) -> bool:
    """Whether the task is flytekit's to run: the resolver isn't ours, and flytekit is in this image."""
    if resolver.partition(".")[0] == PACKAGE_NAME:
        return False
    from importlib.util import find_spec

    return find_spec("flytekit") is not None


def _hand_over(argv: Sequence[str], function: str) -> int:
    """Run flytekit's command of the same name, a function there, on the same arguments, in this process."""
    from importlib import import_module

    command = getattr(import_module("flytekit.bin.entrypoint"), function)
    return int(command.main(args=list(argv), standalone_mode=False) or 0)


def map_main() -> None:
    """Run the command line of this process; never returns."""
    code = execute(command_line(), MAP_EXECUTE_SCRIPT)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # as in `pyflyte-execute`
