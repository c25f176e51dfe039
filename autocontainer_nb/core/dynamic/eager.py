"""`@eager`: an asynchronous task that runs others by calling them; each call is an execution of its own.

Here and now all of them run in this process. In a container the function alone does: what it calls is started at the
control plane, by whoever fills the slot `eager_children` (`core.dynamic.children` declares it).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from inspect import iscoroutinefunction, unwrap
from traceback import walk_tb
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final

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
# CPython's words of 3.10 to 3.13, for `await 3` and for `asyncio.gather(3)`.
_NOT_AWAITABLE: Final = re.compile(r"object \w+ can't be used in 'await' expression|.* awaitable is required")


class EagerTask(AsyncPythonFunctionTask):
    """A task whose code runs other tasks: `await double(x=1)` in it waits for an execution of that task."""

    registers_others = True

    def __init__(
        self, task_config: Any, task_function: FunctionType, *, metadata: TaskMetadata | None = None, **kwargs: Any
    ) -> None:
        """Make the task of a coroutine function; `kwargs` are those of `PythonFunctionTask`.

        Raises:
            DefinitionError: the function isn't an `async def`, or can't be a task.
        """
        if isinstance(task_function, FunctionType) and not iscoroutinefunction(unwrap(task_function)):
            raise DefinitionError(
                f"@eager takes an `async def`, and {task_function.__name__!r} is a plain `def`. Write `async def "
                f"{task_function.__name__}(...)`, and await the asynchronous tasks in it."
            )
        metadata = replace(metadata or TaskMetadata(), is_eager=True)
        kwargs = {**kwargs, "enable_deck": True, "disable_deck": None}  # what it has called is always shown
        super().__init__(task_config, task_function, metadata=metadata, **kwargs)

    def local_execution_mode(self) -> "ExecutionMode":
        """Return as what a run in this process counts."""
        from autocontainer_nb.core.entities.task_target import ExecutionMode

        return ExecutionMode.EAGER_LOCAL_EXECUTION

    def execute(self, **kwargs: Any) -> Any:
        """Run the function to its end; in a container, with its calls as executions at the control plane.

        Raises:
            ConfigError: in a container that isn't told where the control plane is, or as whom to call it.
            EagerException: in a container, an execution that the function awaits has failed.
        """
        context = running_context()
        if context is None or context.code is None:
            return super().execute(**kwargs)
        from autocontainer_nb.core.dynamic.eager_run import run_with_children

        return run_with_children(self, context, self._body(kwargs))

    def get_as_workflow(self) -> "ImperativeWorkflow":
        """Return a workflow of this task alone, with a handler that ends what a failed run has left running."""
        from autocontainer_nb.core.dynamic.cleanup import workflow_with_cleanup

        return workflow_with_cleanup(self)

    async def _body(self, values: Mapping[str, Any]) -> Any:
        context = running_context() or local_context()
        with entered(replace(context, running_task="")):  # what it calls isn't called inside a task: it is what it does
            try:
                return await self.task_function(**values)
            except TypeError as error:
                if not _NOT_AWAITABLE.fullmatch(str(error)) or not _raised_in(self.task_function, error):
                    raise
                raise DefinitionError(
                    f"Eager task {self.short_name!r}: {error}. A task of a plain `def`, a workflow and a launch plan "
                    "give their value when they are called: leave out `await`. To run several of them at once, await "
                    "asyncio.gather(asyncio.to_thread(first, x=1), asyncio.to_thread(second, x=2))."
                ) from error

    def _container(self, settings: "SerializationSettings") -> "tasks_pb2.Container":
        """Return the container's message, with what the tasks that it calls are to be registered with."""
        from autocontainer_nb.core.dynamic.carried_settings import encode_settings, with_built_images

        carried = {ENV_CHILDREN_SETTINGS: encode_settings(with_built_images(self, settings))}
        return super()._container(replace(settings, env={**settings.env, **carried}))


def eager(_fn: Callable[..., Any] | None = None, /, *, metadata: TaskMetadata | None = None, **options: Any) -> Any:
    """Make an eager task of a typed `async def`: `@eager` alone, or with the options of `@task`.

    The function is plain Python with real values. Asynchronous tasks and other eager tasks that it calls are awaited,
    several at once by `asyncio.gather`; tasks of a plain `def`, workflows and launch plans give their value at the
    call, and run at once with others by `asyncio.to_thread`.

    Called, it runs here and now, and all that it calls with it: `await simple(x=3)`. By `simple.remote(x=3)` it runs
    in a container, and each of its calls is an execution of its own. One that fails raises `EagerException` there, and
    the task's own error here. When the function fails or is terminated, what it has left running is terminated, too.

    In a container it needs the control plane's address, and credentials, as variables: FLYTE_PLATFORM_URL, and where
    a client secret is wanted FLYTE_CREDENTIALS_CLIENT_ID and FLYTE_CREDENTIALS_CLIENT_SECRET, the latter by
    `secret_requests=[Secret(..., env_var="FLYTE_CREDENTIALS_CLIENT_SECRET")]`. The sandbox gives them by itself.

    Args:
        _fn: The function, when the decorator stands without parentheses.
        metadata: Retries, time limit and the like in one object, as flytekit takes them here.
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
    """Whether the function's own lines raised the error, or asyncio, called by them."""
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
        raise DefinitionError(f"@eager: {twice[0]} was given both by itself and in metadata. Leave one out.")
    return {**options, **told}
