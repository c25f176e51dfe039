"""The base of tasks that aren't made of a function: a name, an interface, and the `execute` of their class."""

from abc import ABC
from typing import Any, TypeVar

from autocontainer_nb.core.base_task import TaskResolverMixin
from autocontainer_nb.core.python_auto_container import PythonAutoContainerTask, resolver_for

T = TypeVar("T")


class PythonInstanceTask(PythonAutoContainerTask[T], ABC):
    """A task whose code is its class's: subclasses implement `execute(**inputs)`. Assign it to a variable."""

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
