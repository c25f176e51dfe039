"""`pyflyte-execute` and `pyflyte-map-execute`: the commands that run a task, or an item of a map task.

Exit code 0 means that the outcome, good or bad, is below the output prefix; 2 means an invalid command line; 1 means
that the outcome couldn't be written, or that the task failed and FLYTE_FAIL_ON_ERROR is set.

A variable has the index of the item. Without it, the container processes all items: a map task launched by itself.
"""

import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from autocontainer_nb.wire import EXECUTE_SCRIPT, MAP_EXECUTE_SCRIPT, PACKAGE_NAME

if TYPE_CHECKING:
    from autocontainer_nb.runtime.arguments import ExecuteArguments
    from autocontainer_nb.runtime.environment import ContainerEnvironment

EXIT_USAGE = 2


def main() -> None:
    """Run the command line of this process; never returns."""
    run_command(execute)


def map_main() -> None:
    """Run the command line of this process; never returns."""
    run_command(partial(execute, script=MAP_EXECUTE_SCRIPT))


def run_command(command: Callable[[Sequence[str]], int]) -> None:
    """Run the command with the arguments of this process; never returns."""
    import gc

    gc.disable()  # nearly all that imports make stays: searching it takes a twentieth of a container's start
    from autocontainer_nb.runtime import environment, run, supervisor  # noqa: F401 - all that both processes need

    gc.freeze()
    gc.enable()
    code = command(environment.command_line())
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # the parent has nothing left to clean up; tearing down its modules would only take time


def execute(argv: Sequence[str], script: str = EXECUTE_SCRIPT) -> int:
    """Run `pyflyte-execute` with these arguments and return its exit code; in the child process, never return.

    `pyflyte-map-execute` differs only in its options; in flytekit they are two commands.
    """
    from autocontainer_nb.runtime.arguments import UsageError, parse_execute
    from autocontainer_nb.runtime.environment import container_environment
    from autocontainer_nb.runtime.run import run_task

    try:
        arguments = parse_execute(argv, script)
    except UsageError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the container's log
        return EXIT_USAGE
    if is_flytekits(arguments.resolver):
        return _hand_over(argv, "map_execute_task_cmd" if script == MAP_EXECUTE_SCRIPT else "execute_task_cmd")
    if arguments.is_test:
        print(f"Running nothing (--test): {arguments}")  # noqa: T201 - what --test is for
        return 0
    environment = container_environment()
    return run_supervised(partial(run_task, arguments, environment), arguments, environment)


def run_supervised(work: Callable[[], int], arguments: "ExecuteArguments", environment: "ContainerEnvironment") -> int:
    """Do the work in a child process and return the exit code, after writing error.pb if the child couldn't."""
    from autocontainer_nb.runtime.run import write_error
    from autocontainer_nb.runtime.supervisor import supervise

    def after_signal(number: int) -> int:
        from autocontainer_nb.runtime.error_document import document_of_signal

        return write_error(arguments, environment, document_of_signal(number, environment))

    def after_exit(code: int) -> int:
        from autocontainer_nb.runtime.error_document import document_of_exit

        return write_error(arguments, environment, document_of_exit(code, environment))

    def after_timeout(seconds: float) -> int:
        from autocontainer_nb.runtime.error_document import document_of_timeout

        return write_error(arguments, environment, document_of_timeout(seconds, environment))

    return supervise(work, after_signal, after_exit, after_timeout)


def is_flytekits(resolver: str) -> bool:
    """Whether flytekit has to run the task: the resolver isn't ours, and flytekit is installed in this image."""
    if resolver.partition(".")[0] == PACKAGE_NAME:
        return False
    from importlib.util import find_spec

    return find_spec("flytekit") is not None


def _hand_over(argv: Sequence[str], function: str) -> int:
    """Run flytekit's command of the same name, with the same arguments, in this process."""
    from importlib import import_module

    command = getattr(import_module("flytekit.bin.entrypoint"), function)
    return int(command.main(args=list(argv), standalone_mode=False) or 0)
