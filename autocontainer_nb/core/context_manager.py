"""`FlyteContextManager.current_context()`: the state of a run, by flytekit's names, for code that reaches into it.

Decorators of workflows ask for the `compilation_state`, whose nodes they put in order; tasks store and fetch files by
`file_access`; tests enter a changed context by `with_context`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from autocontainer_nb.core.data_persistence import FileAccessProvider
from autocontainer_nb.core.environment import running
from autocontainer_nb.core.graph.compilation import CompilationState, current_compilation
from autocontainer_nb.core.run.context import ExecutionParameters, entered, local_context, running_context
from autocontainer_nb.core.run.context import FlyteContext as RunContext

__all__ = ["CompilationState", "ExecutionParameters", "ExecutionState", "FlyteContext", "FlyteContextManager"]


@dataclass(frozen=True, kw_only=True)
class ExecutionState:
    """How code runs: in this process or in a container, and with which parameters."""

    class Mode(Enum):
        """The place of a run, as flytekit numbers them."""

        TASK_EXECUTION = 1  # in a container
        LOCAL_WORKFLOW_EXECUTION = 2
        LOCAL_TASK_EXECUTION = 3
        DYNAMIC_TASK_EXECUTION = 4

    mode: "ExecutionState.Mode | None" = None
    user_space_params: Any = None

    @property
    def working_dir(self) -> str:
        """The run's working directory."""
        return str(self.user_space_params.working_directory)

    def is_local_execution(self) -> bool:
        """Whether the code runs in this process, without a control plane."""
        return self.mode in {self.Mode.LOCAL_TASK_EXECUTION, self.Mode.LOCAL_WORKFLOW_EXECUTION}


class FlyteContext:
    """The state of a run or of a graph that is being drawn. It never changes: `with_...` methods return builders."""

    def __init__(self, run: RunContext, compilation: CompilationState | None = None) -> None:
        self._run = run
        self._compilation = compilation
        self._file_access = FileAccessProvider.over(run.files)

    @staticmethod
    def current_context() -> "FlyteContext":
        """Return the state at this moment."""
        return FlyteContextManager.current_context()

    @property
    def file_access(self) -> FileAccessProvider:
        """The place to store files of values, and to fetch them from."""
        return self._file_access

    @property
    def user_space_params(self) -> ExecutionParameters:
        """What `current_context()` returns."""
        return self._run.user_space_params

    @property
    def compilation_state(self) -> CompilationState | None:
        """The graph that is being drawn, with its `nodes` so far; None if calls run."""
        return self._compilation

    @property
    def execution_state(self) -> ExecutionState:
        """How code runs now."""
        return ExecutionState(mode=_mode(self._run), user_space_params=self._run.user_space_params)

    @property
    def run(self) -> RunContext:
        """The run's own context."""
        return self._run

    def new_builder(self) -> "FlyteContext.Builder":
        """Return a builder of a changed copy."""
        return self.Builder(self._run, self._compilation)

    def new_execution_state(self) -> ExecutionState:
        """Return how code runs now, to be changed by a builder."""
        return self.execution_state

    def with_file_access(self, file_access: FileAccessProvider) -> "FlyteContext.Builder":
        """Return a builder of a copy that stores files elsewhere."""
        return self.new_builder().with_file_access(file_access)

    def with_execution_state(self, execution_state: ExecutionState) -> "FlyteContext.Builder":
        """Return a builder of a copy with the parameters of another run."""
        return self.new_builder().with_execution_state(execution_state)

    class Builder:
        """Builds a changed copy of a context: `with_...(...)`, then `build()`, or `with_context(builder)`."""

        def __init__(self, run: RunContext, compilation: CompilationState | None) -> None:
            self._run = run
            self._compilation = compilation

        def with_file_access(self, file_access: FileAccessProvider) -> "FlyteContext.Builder":
            """Store files by this access, and return the builder."""
            self._run = replace(self._run, files=file_access.files)
            return self

        def with_execution_state(self, execution_state: ExecutionState) -> "FlyteContext.Builder":
            """Take the parameters of this state, and return the builder."""
            self._run = replace(self._run, user_space_params=execution_state.user_space_params)
            return self

        def with_user_space_params(self, params: ExecutionParameters) -> "FlyteContext.Builder":
            """Let `current_context()` return these parameters, and return the builder."""
            self._run = replace(self._run, user_space_params=params)
            return self

        def build(self) -> "FlyteContext":
            """Return the changed copy."""
            return FlyteContext(self._run, self._compilation)


class FlyteContextManager:
    """Where the current context is asked for, and another one entered."""

    @staticmethod
    def current_context() -> FlyteContext:
        """Return the state at this moment: of the run, or of a local run that could begin now."""
        return FlyteContext(running_context() or local_context(), current_compilation())

    @staticmethod
    @contextmanager
    def with_context(context: "FlyteContext | FlyteContext.Builder") -> Iterator[FlyteContext]:
        """Make this the current context within the block."""
        made = context.build() if isinstance(context, FlyteContext.Builder) else context
        with entered(made.run):
            yield made

    @staticmethod
    def push_context(context: "FlyteContext | FlyteContext.Builder") -> FlyteContext:
        """Make this the current context until `pop_context`, and return it. Prefer `with_context`."""
        made = context.build() if isinstance(context, FlyteContext.Builder) else context
        _pushed.append(running.set(made.run))
        return made

    @staticmethod
    def pop_context() -> FlyteContext:
        """Return to the context before the last `push_context`, and return it."""
        if _pushed:
            running.reset(_pushed.pop())
        return FlyteContextManager.current_context()


_pushed: list[Any] = []


def _mode(run: RunContext) -> ExecutionState.Mode | None:
    if run.user_space_params.is_local:
        return ExecutionState.Mode.LOCAL_TASK_EXECUTION if run.running_task else None
    return ExecutionState.Mode.TASK_EXECUTION
