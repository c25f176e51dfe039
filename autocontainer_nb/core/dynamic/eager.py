"""`@eager`: an asynchronous task that runs other tasks by calling them; each call is a separate execution.

In a local run, all of them run in this process. In a container, only the function does: its calls are started at the
control plane, through the slot `eager_children` (declared in `core.dynamic.children`).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from inspect import iscoroutinefunction, unwrap
from traceback import walk_tb
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final

from autocontainer_nb.core.graph.compilation import compiling, current_calls
from autocontainer_nb.core.run.context import entered, local_context, running_context
from autocontainer_nb.core.settings.task_metadata import TaskMetadata
from autocontainer_nb.core.tasks.function_task import AsyncPythonFunctionTask
from autocontainer_nb.errors import DefinitionError
from autocontainer_nb.wire import ENV_CHILDREN_SETTINGS

if TYPE_CHECKING:
    from flyteidl.core import tasks_pb2

    from autocontainer_nb.core.entities.task_target import ExecutionMode
    from autocontainer_nb.core.settings.serialization import SerializationSettings
    from autocontainer_nb.core.workflows.imperative import ImperativeWorkflow


_MADE_BY_ITSELF: Final = frozenset({"is_eager", "generates_deck"})
# CPython's messages, 3.10 to 3.13, for `await 3` and for `asyncio.gather(3)`.
_NOT_AWAITABLE: Final = re.compile(r"object \w+ can't be used in 'await' expression|.* awaitable is required")


class EagerTask(AsyncPythonFunctionTask):
    """A task whose code runs other tasks: `await double(x=1)` waits for an execution of `double`."""

    registers_others = True

    def __init__(
        self, task_config: Any, task_function: FunctionType, *, metadata: TaskMetadata | None = None, **kwargs: Any
    ) -> None:
        """Make a task from a coroutine function; `kwargs` are those of `PythonFunctionTask`.

        Raises:
            DefinitionError: the function isn't an `async def`, or can't be a task.
        """
        if isinstance(task_function, FunctionType) and not iscoroutinefunction(unwrap(task_function)):
            raise DefinitionError(
                f"@eager: expected an `async def`, but {task_function.__name__!r} is a plain `def`. Write `async def "
                f"{task_function.__name__}(...)`, and await the asynchronous tasks in it."
            )
        metadata = replace(metadata or TaskMetadata(), is_eager=True)
        kwargs = {**kwargs, "enable_deck": True, "disable_deck": None}  # its calls are always shown
        super().__init__(task_config, task_function, metadata=metadata, **kwargs)

    def local_execution_mode(self) -> "ExecutionMode":
        """Return the mode of a run in this process."""
        from autocontainer_nb.core.entities.task_target import ExecutionMode

        return ExecutionMode.EAGER_LOCAL_EXECUTION

    def execute(self, **kwargs: Any) -> Any:
        """Run the function to its end; in a container, its calls are executions at the control plane.

        Raises:
            ConfigError: the container doesn't know the control plane's address, or lacks credentials.
            EagerException: in a container, an execution that the function awaits has failed.
        """
        context = running_context()
        if context is None or context.code is None:
            return super().execute(**kwargs)
        from autocontainer_nb.core.dynamic.eager_run import run_with_children

        return run_with_children(self, context, self._body(kwargs))

    def get_as_workflow(self) -> "ImperativeWorkflow":
        """Return a workflow with this single task and a handler that ends executions left by a failed run."""
        from autocontainer_nb.core.dynamic.cleanup import workflow_with_cleanup

        return workflow_with_cleanup(self)

    async def _body(self, values: Mapping[str, Any]) -> Any:
        context = running_context() or local_context()
        calls = current_calls()
        if calls is None:  # in this process
            from autocontainer_nb.core.dynamic.eager_here import calls_here

            calls = calls_here(self.short_name)
        with entered(replace(context, running_task="")), compiling(calls):  # it may call tasks: that is its purpose
            try:
                return await self.task_function(**values)
            except TypeError as error:
                if not _NOT_AWAITABLE.fullmatch(str(error)) or not _raised_in(self.task_function, error):
                    raise
                raise DefinitionError(
                    f"Eager task {self.short_name!r}: {error}. A task of a plain `def`, a workflow or a launch plan "
                    "returns its value when it is called, so leave out `await`. To run several of them at once, await "
                    "asyncio.gather(asyncio.to_thread(first, x=1), asyncio.to_thread(second, x=2))."
                ) from error

    def _container(self, settings: "SerializationSettings") -> "tasks_pb2.Container":
        """Return the container's message, with the settings for registering the tasks that it calls."""
        from autocontainer_nb.core.dynamic.carried_settings import encode_settings, with_built_images

        carried = {ENV_CHILDREN_SETTINGS: encode_settings(with_built_images(self, settings))}
        return super()._container(replace(settings, env={**settings.env, **carried}))


def eager(_fn: Callable[..., Any] | None = None, /, *, metadata: TaskMetadata | None = None, **options: Any) -> Any:
    """Turn a typed `async def` into an eager task: `@eager`, or with the options of `@task`.

    The function is plain Python with real values. It awaits asynchronous and eager tasks, several at once with
    `asyncio.gather`. Tasks of a plain `def`, workflows and launch plans return their value when called; run them at the
    same time as others with `asyncio.to_thread`.

    `await simple(x=3)` runs it here and now, together with everything that it calls. `simple.remote(x=3)` runs it in a
    container, and each of its calls is a separate execution. If one fails, the call raises `EagerException` in the
    container, and the task's own error here. If the function fails or is terminated, its running executions are
    terminated as well.

    In a container it needs the control plane's address, and perhaps credentials, as variables: FLYTE_PLATFORM_URL, and
    for a client secret FLYTE_CREDENTIALS_CLIENT_ID and FLYTE_CREDENTIALS_CLIENT_SECRET, the latter through
    `secret_requests=[Secret(..., env_var="FLYTE_CREDENTIALS_CLIENT_SECRET")]`. The sandbox sets them automatically.

    Args:
        _fn: The function, if the decorator is used without parentheses.
        metadata: Retries, time limit and other settings in one object, as in flytekit.
        options: Those of `@task`.

    Raises:
        DefinitionError: it isn't an `async def`, or its signature can't be a task's interface.
    """
    from autocontainer_nb.core.tasks.task import task

    for name in ("enable_deck", "disable_deck"):
        options.pop(name, None)
    make = task(task_class=EagerTask, **_with_metadata(metadata, options))
    return make if _fn is None else make(_fn)


def _raised_in(function: Callable[..., Any], error: BaseException) -> bool:
    """Whether the error was raised by the function's own lines, or by asyncio called from them."""
    frames = [frame for frame, _ in walk_tb(error.__traceback__)]
    own = [frame for frame in frames if frame.f_code is getattr(unwrap(function), "__code__", None)]
    after = frames[frames.index(own[-1]) + 1 :] if own else []
    return bool(own) and all(str(frame.f_globals.get("__name__", "")).startswith("asyncio.") for frame in after)


def _with_metadata(metadata: TaskMetadata | None, options: Mapping[str, Any]) -> dict[str, Any]:
    if metadata is None:
        return dict(options)
    plain = TaskMetadata()
    names = [each.name for each in fields(metadata) if each.name not in _MADE_BY_ITSELF]
    told = {name: getattr(metadata, name) for name in names if getattr(metadata, name) != getattr(plain, name)}
    twice = [name for name in told if name in options]
    if twice:
        raise DefinitionError(f"@eager: {twice[0]} was passed both directly and in metadata. Remove one of them.")
    return {**options, **told}
