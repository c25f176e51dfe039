"""One run of one task: load it, read its inputs, call it, write what came of it."""

import os
import sys
from importlib import import_module
from typing import Any

from flyteidl.core import errors_pb2, literals_pb2

from autocontainer_nb.core.base_task import TaskResolverMixin
from autocontainer_nb.core.context import ExecutionParameters, FlyteContext
from autocontainer_nb.errors import DefinitionError, StorageError
from autocontainer_nb.runtime.arguments import ExecuteArguments
from autocontainer_nb.runtime.environment import ContainerEnvironment, unique_suffix
from autocontainer_nb.runtime.error_document import document_of_exception
from autocontainer_nb.storage.access import PrefixAccess, join, read_bytes, write_bytes
from autocontainer_nb.wire import ERROR_FILE, OUTPUTS_FILE

EXIT_TOLD = 0  # what happened, good or bad, is under the output prefix; the control plane reads it there
EXIT_FAILED = 1  # told too, but the environment asks for a failing process; or it couldn't be told


def run_task(arguments: ExecuteArguments, environment: ContainerEnvironment) -> int:
    """Run the task and write `outputs.pb` or `error.pb`; returns the process's exit code."""
    try:
        outputs = _outputs(arguments, environment)
        write_bytes(join(arguments.output_prefix, OUTPUTS_FILE), outputs.SerializeToString(deterministic=True))
    except (Exception, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001 - the edge of the process: all is told
        return write_error(arguments, environment, document_of_exception(error, environment))
    return EXIT_TOLD


def write_error(
    arguments: ExecuteArguments, environment: ContainerEnvironment, document: errors_pb2.ErrorDocument
) -> int:
    """Write the document to the output prefix and its message to the log; returns the process's exit code."""
    sys.stdout.flush()
    print(document.error.message, file=sys.stderr, flush=True)  # noqa: T201 - the container's log
    name = ERROR_FILE
    if environment.is_distributed:
        name = ERROR_FILE.replace(".pb", f"-{unique_suffix()}.pb")
    try:
        write_bytes(join(arguments.output_prefix, name), document.SerializeToString())
    except StorageError as error:
        print(f"The error above couldn't be written: {error}", file=sys.stderr, flush=True)  # noqa: T201 - likewise
        return EXIT_FAILED
    return EXIT_FAILED if environment.fail_on_error else EXIT_TOLD


def _outputs(arguments: ExecuteArguments, environment: ContainerEnvironment) -> literals_pb2.LiteralMap:
    working_directory = os.getcwd()
    if working_directory not in sys.path:
        sys.path.append(working_directory)
    resolver = _resolver(arguments.resolver)
    task = resolver.load_task(arguments.loader_args)
    inputs = literals_pb2.LiteralMap.FromString(read_bytes(arguments.inputs))
    raw_prefix = arguments.raw_output_data_prefix or join(arguments.output_prefix, "raw")
    context = FlyteContext(
        files=PrefixAccess(raw_prefix, os.path.join(working_directory, ".inputs")),
        user_space_params=ExecutionParameters(
            execution_id=environment.execution_id,
            task_id=environment.task_id,
            attempt=environment.attempt,
            working_directory=working_directory,
            raw_output_prefix=raw_prefix,
            checkpoint_prefix=arguments.checkpoint_path,
            previous_checkpoint_prefix=arguments.prev_checkpoint,
        ),
    )
    return task.dispatch_execute(context, inputs)


def _resolver(location: str) -> TaskResolverMixin:
    module, _, name = location.rpartition(".")
    resolver: Any = getattr(import_module(module), name, None) if module else None
    if not isinstance(resolver, TaskResolverMixin):
        raise DefinitionError(
            f"The resolver {location!r} isn't a task resolver (found {type(resolver).__name__}). "
            "Is another version of autocontainer_nb in this image than the one that registered the task?"
        )
    return resolver
