"""The run of a task: load it, read its inputs, call it, write its outcome."""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from flyteidl.core import errors_pb2, interface_pb2, literals_pb2
from google.protobuf.message import Message

from autocontainer_nb.core.resolvers.resolver import load_resolver
from autocontainer_nb.core.run.context import CodeOrigin, ExecutionParameters, FlyteContext
from autocontainer_nb.errors import ImageError, StorageError
from autocontainer_nb.runtime.arguments import ExecuteArguments
from autocontainer_nb.runtime.environment import ContainerEnvironment, share_modules_with_children, unique_suffix
from autocontainer_nb.runtime.time_limit import end_after
from autocontainer_nb.storage.access import PrefixAccess, read_bytes, write_bytes
from autocontainer_nb.storage.uris import join
from autocontainer_nb.wire import ERROR_FILE, FUTURES_FILE, LOADER_ARG_DIGEST, OUTPUTS_FILE

EXIT_TOLD = 0  # the outcome, good or bad, is below the output prefix, where the control plane reads it
EXIT_FAILED = 1  # the same, but the environment asks for a failing process; or it couldn't be written


def run_task(arguments: ExecuteArguments, environment: ContainerEnvironment) -> int:
    """Run the task, write `outputs.pb`, `futures.pb` or `error.pb`, and return the process's exit code."""
    try:
        if environment.runtime_packages:
            _install(environment.runtime_packages)
        outcome = _outcome(arguments, environment)
        name = OUTPUTS_FILE if isinstance(outcome, literals_pb2.LiteralMap) else FUTURES_FILE
        write_bytes(join(arguments.output_prefix, name), outcome.SerializeToString(deterministic=True))
    except BaseException as error:  # noqa: BLE001 - the edge of the process: everything is reported
        from autocontainer_nb.runtime.error_document import document_of_exception

        return write_error(arguments, environment, document_of_exception(error, environment))
    return EXIT_TOLD


def _install(packages: Sequence[str]) -> None:
    """Install the image's `runtime_packages` with the pip of this Python."""
    import subprocess
    from importlib import invalidate_caches

    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", *packages]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    print(done.stdout, end="", flush=True)  # noqa: T201 - the container's log
    if done.returncode != 0:
        raise ImageError(
            f"The runtime packages {' '.join(packages)} couldn't be installed. The last line of pip's output: "
            f"{done.stdout.strip().rpartition(chr(10))[2]}"
        )
    invalidate_caches()


def write_error(
    arguments: ExecuteArguments, environment: ContainerEnvironment, document: errors_pb2.ErrorDocument
) -> int:
    """Write the document to the output prefix and its message to the log, and return the process's exit code."""
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


def _outcome(arguments: ExecuteArguments, environment: ContainerEnvironment) -> Message:
    """Return the task's outputs, or the graph that a dynamic task has drawn."""
    working_directory = os.getcwd()
    if working_directory not in sys.path:
        sys.path.append(working_directory)
    resolver = load_resolver(arguments.resolver)
    task = resolver.load_task(arguments.loader_args)
    share_modules_with_children()
    if environment.runs_alone:
        _keep_time_limit(task)
    inputs = literals_pb2.LiteralMap.FromString(read_bytes(arguments.inputs))
    context = _context(arguments, environment, working_directory)
    try:
        outcome = task.dispatch_execute(context, inputs)
    finally:
        if task.enable_deck:
            _leave_decks(context.user_space_params)  # also for a failed run: its decks may explain the failure
    if environment.offloading and isinstance(outcome, literals_pb2.LiteralMap):
        return _offloaded(outcome, task.interface.outputs.variables, arguments, environment)
    return outcome


def _keep_time_limit(task: Any) -> None:
    """Have the supervisor end the task at the limit of its own settings; tasks of other packages have none here."""
    limit = getattr(getattr(task, "metadata", None), "timeout_duration", None)
    if limit:
        end_after(limit.total_seconds())


def _offloaded(
    outputs: literals_pb2.LiteralMap,
    variables: Mapping[str, interface_pb2.Variable],
    arguments: ExecuteArguments,
    environment: ContainerEnvironment,
) -> literals_pb2.LiteralMap:
    """Write large literals to files beside `outputs.pb`, and return the outputs that refer to them."""
    from autocontainer_nb.type_engine.offload import limits_from, offload

    one_item = environment.array_index is not None  # of a map task, whose interface has lists
    types = {name: each.type.collection_type if one_item else each.type for name, each in variables.items()}
    kept, files = offload(outputs, types, arguments.output_prefix, limits_from(environment.offloading))
    for name, content in files.items():
        write_bytes(join(arguments.output_prefix, name), content)
    return kept


def _context(arguments: ExecuteArguments, environment: ContainerEnvironment, working_directory: str) -> FlyteContext:
    raw_prefix = arguments.raw_output_data_prefix or join(arguments.output_prefix, "raw")
    return FlyteContext(
        files=PrefixAccess(raw_prefix, os.path.join(working_directory, ".inputs"), copies=True),
        user_space_params=ExecutionParameters(
            execution_id=environment.execution_id,
            task_id=environment.task_id,
            attempt=environment.attempt,
            working_directory=working_directory,
            raw_output_prefix=raw_prefix,
            output_metadata_prefix=arguments.output_prefix,
            checkpoint_prefix=arguments.checkpoint_path,
            previous_checkpoint_prefix=arguments.prev_checkpoint,
        ),
        array_index=environment.array_index,
        item_tolerance=environment.item_tolerance,
        code=CodeOrigin(
            distribution=arguments.dynamic_addl_distro,
            destination=arguments.dynamic_dest_dir,
            digest=arguments.loader_args[-1] if arguments.loader_args[-2:-1] == [LOADER_ARG_DIGEST] else "",
            settings=environment.children_settings,
        ),
    )


def _leave_decks(params: ExecutionParameters) -> None:
    """Write the run's `deck.html`; a failure is only logged, since decks are an extra."""
    try:
        params.write_decks()
    except StorageError as error:
        print(f"The decks couldn't be written: {error}", file=sys.stderr, flush=True)  # noqa: T201 - the container's log
