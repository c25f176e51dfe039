"""`TaskResolverMixin`, the interface of resolvers, and how a resolver is found by its location."""

import importlib
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from autocontainer_nb.core.base_task import PythonTask, Task
from autocontainer_nb.errors import DefinitionError
from autocontainer_nb.pickled_names import name_at, named
from autocontainer_nb.type_engine.wording import with_article

if TYPE_CHECKING:
    from autocontainer_nb.core.settings.serialization import SerializationSettings


class TaskResolverMixin(ABC):
    """Turns a task into strings for the container's command, and those strings back into the task."""

    @property
    @abstractmethod
    def location(self) -> str:
        """The dotted path by which the container imports this resolver."""

    @abstractmethod
    def name(self) -> str:
        """Return the resolver's name, for people."""

    @abstractmethod
    def load_task(self, loader_args: list[str]) -> "PythonTask[Any]":
        """Return the task that the strings identify."""

    @abstractmethod
    def loader_args(self, settings: "SerializationSettings", task: "PythonTask[Any]") -> list[str]:
        """Return the strings that identify the task."""

    @abstractmethod
    def get_all_tasks(self) -> "list[PythonTask[Any]]":
        """Return all tasks that this resolver can load."""

    def task_name(self, t: "Task") -> str | None:  # noqa: ARG002 - the interface's; resolvers that rename override it
        """Return the name that this resolver gives to the task, or None for the task's own."""
        return None


def load_resolver(location: str) -> TaskResolverMixin:
    """Return the resolver at the dotted path, or an instance if it is a class.

    Raises:
        DefinitionError: there is no resolver.
    """
    module, _, name = location.rpartition(".")
    resolver: Any = getattr(importlib.import_module(module), name, None) if module else None
    if isinstance(resolver, type) and issubclass(resolver, TaskResolverMixin):
        resolver = resolver()
    if not isinstance(resolver, TaskResolverMixin):
        raise DefinitionError(
            f"{location!r}: expected a task resolver, got {with_article(type(resolver))}. Does this image have another "
            "version of autocontainer_nb than the one that registered the task?"
        )
    return resolver


def _pairs(loader_args: list[str], required: tuple[str, ...]) -> dict[str, str]:
    given = dict(zip(loader_args[::2], loader_args[1::2], strict=False))
    missing = [key for key in required if key not in given]
    if missing or len(loader_args) % 2:
        raise DefinitionError(
            f"Expected the loader arguments {' '.join(required)}, each with a value, got {loader_args!r}. "
            "Was the command changed by hand?"
        )
    return given


def _reduce_to_location(resolver: Any) -> tuple[Any, ...] | str:
    """Pickle a resolver by its location, so that loading finds the container's own instance."""
    module, variable = resolver.instantiated_in, resolver.find_lhs()
    lasting = name_at(module, variable)
    return (importlib_attribute, (module, variable)) if lasting is None else (named, (lasting,))


def importlib_attribute(module: str, name: str) -> Any:
    """Return a module's attribute: a user's resolver, or a task of an installed package. Named by archives."""
    return getattr(importlib.import_module(module), name)


def resolver_task_name(resolver: TaskResolverMixin, task: Task) -> str:
    """Return the name that the resolver gives to the task, or the task's own."""
    return resolver.task_name(task) or task.name
