"""What a running task can ask about its own run, and where its files go."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from logging import Logger, getLogger

from flyteidl.core import identifier_pb2

from autocontainer_nb.storage.access import FileAccess


@dataclass(frozen=True, kw_only=True)
class ExecutionParameters:
    """What `current_context()` returns inside a task."""

    execution_id: identifier_pb2.WorkflowExecutionIdentifier
    task_id: identifier_pb2.Identifier
    attempt: int  # 0 for the first one, as Flyte counts
    working_directory: str
    raw_output_prefix: str  # URI below which files of this run go
    checkpoint_prefix: str | None = None
    previous_checkpoint_prefix: str | None = None
    logging: Logger = field(default_factory=lambda: getLogger("autocontainer_nb.task"))


@dataclass(frozen=True, kw_only=True)
class FlyteContext:
    """What converting and executing depend on: the file access of this run, and the user's view of it."""

    files: FileAccess
    user_space_params: ExecutionParameters


_current: ContextVar[FlyteContext | None] = ContextVar("autocontainer_nb_context", default=None)


def current_context() -> ExecutionParameters:
    """Return the parameters of the run that the caller is in; outside of any run, those of a local one."""
    context = _current.get()
    return (context or local_context()).user_space_params


@contextmanager
def entered(context: FlyteContext) -> Iterator[FlyteContext]:
    """Make `context` the current one within the block."""
    token = _current.set(context)
    try:
        yield context
    finally:
        _current.reset(token)


def local_context() -> FlyteContext:
    """Return the context of a run here and now: files go to a temporary folder of this process."""
    from autocontainer_nb.core.local_files import local_file_access, local_prefix

    return FlyteContext(
        files=local_file_access(),
        user_space_params=ExecutionParameters(
            execution_id=identifier_pb2.WorkflowExecutionIdentifier(project="local", domain="local", name="local"),
            task_id=identifier_pb2.Identifier(resource_type=identifier_pb2.TASK, project="local", domain="local"),
            attempt=0,
            working_directory=local_prefix(),
            raw_output_prefix=local_prefix(),
        ),
    )
