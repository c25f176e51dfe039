"""The task that a decorated function becomes."""

from collections.abc import Mapping
from types import FunctionType
from typing import Any, TypeVar

from autocontainer_nb.core.base_task import TaskResolverMixin, wrap_function
from autocontainer_nb.core.interface import function_interface
from autocontainer_nb.core.python_auto_container import PythonAutoContainerTask, resolver_for
from autocontainer_nb.core.resolvers import notebook_scope
from autocontainer_nb.core.task_metadata import TaskMetadata
from autocontainer_nb.errors import DefinitionError

T = TypeVar("T")


class PythonFunctionTask(PythonAutoContainerTask[T]):
    """A task whose code is one typed Python function."""

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
        """Make the task of a function; `kwargs` are those of `PythonAutoContainerTask`.

        Raises:
            DefinitionError: the function can't be a task: a parameter without annotation, for instance.
        """
        if not isinstance(task_function, FunctionType):
            raise DefinitionError(
                f"@task takes a Python function, got {type(task_function).__name__}. Decorate a `def`, and "
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
        """The function that was decorated."""
        function: FunctionType = self.__dict__["__wrapped__"]
        return function

    def execute(self, **kwargs: Any) -> Any:
        """Call the function."""
        return self.task_function(**kwargs)
