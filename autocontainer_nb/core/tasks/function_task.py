"""Tasks that run Python code: a function, an `async def`, a class's `execute`."""

from abc import ABC
from collections.abc import Mapping
from types import FunctionType
from typing import Any, TypeVar

from flyteidl.core import literals_pb2

from autocontainer_nb.core.base_task import wrap_function
from autocontainer_nb.core.entities.interface import function_interface
from autocontainer_nb.core.entities.notebook_scope import notebook_scope
from autocontainer_nb.core.python_auto_container import PythonAutoContainerTask, resolver_for
from autocontainer_nb.core.resolvers.resolver import TaskResolverMixin
from autocontainer_nb.core.run.context import FlyteContext, context_in
from autocontainer_nb.core.run.coroutines import run_to_end
from autocontainer_nb.core.settings.task_metadata import TaskMetadata
from autocontainer_nb.errors import DefinitionError
from autocontainer_nb.type_engine.wording import with_article

T = TypeVar("T")


class PythonFunctionTask(PythonAutoContainerTask[T]):
    """A task that runs a typed Python function."""

    def __init__(
        self,
        task_config: T,
        task_function: FunctionType,
        *,
        metadata: TaskMetadata | None = None,
        task_resolver: TaskResolverMixin | None = None,
        environment: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        """Make a task from a function; `kwargs` are those of `PythonAutoContainerTask`.

        Raises:
            DefinitionError: the function can't be a task, for example because a parameter has no annotation.
        """
        if not isinstance(task_function, FunctionType):
            raise DefinitionError(
                f"@task: expected a Python function, got {with_article(type(task_function))}. Decorate a `def`, and "
                "put @task above all other decorators."
            )
        name = task_function.__name__
        super().__init__(
            name=notebook_scope.qualify(task_function.__module__, name),
            task_config=task_config,
            interface=function_interface(name, task_function),
            metadata=metadata,
            task_resolver=task_resolver or resolver_for(task_function.__module__),
            environment=environment,
            **kwargs,
        )
        wrap_function(self, task_function)

    @property
    def task_function(self) -> FunctionType:
        """The decorated function."""
        function: FunctionType = self.__dict__["__wrapped__"]
        return function

    def execute(self, **kwargs: Any) -> Any:
        """Call the function."""
        return self.task_function(**kwargs)


class PythonInstanceTask(PythonAutoContainerTask[T], ABC):
    """A task that runs its class's `execute(**inputs)`, which subclasses implement. Assign it to a variable."""

    def __init__(
        self,
        name: str,
        task_config: T,
        task_type: str = "python-task",
        task_resolver: TaskResolverMixin | None = None,
        **kwargs: Any,
    ) -> None:
        """Describe the task; `kwargs` are those of `PythonAutoContainerTask`."""
        super().__init__(name=name, task_config=task_config, task_type=task_type, task_resolver=task_resolver, **kwargs)
        if task_resolver is None:
            self.set_resolver(resolver_for(self.instantiated_in))


class AsyncPythonFunctionTask(PythonFunctionTask[Any]):
    """A task that runs a typed coroutine function. Calling it returns a coroutine: `await fetch(url=...)`."""

    def execute(self, **kwargs: Any) -> Any:
        """Run the coroutine to its end and return its result."""
        return run_to_end(self._body(kwargs))

    async def sandbox_execute_async(
        self, ctx: FlyteContext, input_literal_map: literals_pb2.LiteralMap
    ) -> literals_pb2.LiteralMap:
        """Do the same as `sandbox_execute` in the loop that is running."""
        from autocontainer_nb.core.run.own_place import in_own_place_async

        async def run(folder: str) -> literals_pb2.LiteralMap:
            params, running = self._begin_here(context_in(ctx, self._name, folder))
            with running as context:
                values = self._values(context, input_literal_map)
                outputs = self.outputs_of(self.post_execute(params, await self._body(values)))
                literals = {name: self._output_literal(context, name, value) for name, value in outputs.items()}
            if self._enable_deck:
                self._fill_decks(params, values, outputs)
                params.write_decks()
            return literals_pb2.LiteralMap(literals=literals)

        return await in_own_place_async(run, self._environment)

    async def _run_here(self, ctx: FlyteContext, values: dict[str, Any]) -> Any:
        params, running = self._begin_here(ctx)
        with running:
            returned = self.post_execute(params, await self._body(values))
        return self._end_here(params, values, returned)

    async def _body(self, values: Mapping[str, Any]) -> Any:
        return await self.task_function(**values)
