"""The two ways in which a container finds its task: by import, or in the pickled-entity file beside it."""

import importlib
import os
import sys
from typing import TYPE_CHECKING, Any

from autocontainer_nb.compiler.names import registered_spelling
from autocontainer_nb.core.base_task import PythonTask, Task, TaskResolverMixin
from autocontainer_nb.core.pickled_entity import load_pickled_entity
from autocontainer_nb.core.tracker import TrackedInstance
from autocontainer_nb.errors import DefinitionError, EntityNotFoundError
from autocontainer_nb.pickled_names import name_at, named
from autocontainer_nb.wire import LOADER_ARG_DIGEST, LOADER_ARG_ENTITY, PICKLE_FILE_PATH

if TYPE_CHECKING:
    from autocontainer_nb.core.configuration import SerializationSettings

_TASK_MODULE, _TASK_NAME = "task-module", "task-name"  # flytekit's spelling


def load_resolver(location: str) -> TaskResolverMixin:
    """Return the resolver at the dotted path; where a class stands there, an instance of it.

    Raises:
        DefinitionError: there is none, or something else.
    """
    module, _, name = location.rpartition(".")
    resolver: Any = getattr(importlib.import_module(module), name, None) if module else None
    if isinstance(resolver, type) and issubclass(resolver, TaskResolverMixin):
        resolver = resolver()
    if not isinstance(resolver, TaskResolverMixin):
        raise DefinitionError(
            f"The resolver {location!r} isn't a task resolver (found {type(resolver).__name__}). "
            "Is another version of autocontainer_nb in this image than the one that registered the task?"
        )
    return resolver


class DefaultTaskResolver(TrackedInstance, TaskResolverMixin):
    """Finds a task by importing its module: for tasks in installed packages."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002 - the seed's signature
        super().__init__()

    def __reduce__(self) -> tuple[Any, ...] | str:
        return _reduce_to_location(self)

    def name(self) -> str:
        """Return the resolver's name."""
        return "DefaultTaskResolver"

    def load_task(self, loader_args: list[str]) -> PythonTask[Any]:
        """Return the task that `["task-module", MODULE, "task-name", VARIABLE]` stands for.

        Raises:
            DefinitionError: the arguments have another form, or the module has no such task.
        """
        given = _pairs(loader_args, (_TASK_MODULE, _TASK_NAME))
        module = importlib.import_module(given[_TASK_MODULE])
        task = getattr(module, given[_TASK_NAME], None)
        if not isinstance(task, PythonTask):
            raise DefinitionError(
                f"{given[_TASK_MODULE]!r} has no task {given[_TASK_NAME]!r} (found {type(task).__name__}). "
                "Is the image older than the registered task?"
            )
        return task

    def loader_args(self, settings: "SerializationSettings", task: PythonTask[Any]) -> list[str]:  # noqa: ARG002 - the seed's
        """Return the task's module and the variable that holds it."""
        return [_TASK_MODULE, task.instantiated_in, _TASK_NAME, task.find_lhs()]

    def get_all_tasks(self) -> list[PythonTask[Any]]:
        """Return the tasks in all modules that are imported now."""
        found = [v for m in list(sys.modules.values()) for v in vars(m).values() if isinstance(v, PythonTask)]
        return list({id(task): task for task in found if task.instantiated_in != "__main__"}.values())


class DefaultNotebookTaskResolver(TrackedInstance, TaskResolverMixin):
    """Finds a task in the pickled-entity file in the working directory: for tasks defined in a notebook."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002 - the seed's signature
        super().__init__()

    def __reduce__(self) -> tuple[Any, ...] | str:
        return _reduce_to_location(self)

    def name(self) -> str:
        """Return the resolver's name."""
        return "DefaultNotebookTaskResolver"

    def load_task(self, loader_args: list[str]) -> PythonTask[Any]:
        """Return the task that `["entity-name", NAME, "digest", HEX]` stands for, from `entities.pkl` here.

        Raises:
            ArchiveError: the file can't be used, or isn't the one that was registered; nothing of it was unpickled.
            EntityNotFoundError: it holds no entity of that name.
        """
        given = _pairs(loader_args, (LOADER_ARG_ENTITY,))
        path = os.path.join(os.getcwd(), PICKLE_FILE_PATH)
        entity = load_pickled_entity(path, given.get(LOADER_ARG_DIGEST), owns_process=True)
        name = given[LOADER_ARG_ENTITY]
        task = entity.entities.get(name) or _task_of_shipped_module(name)
        if task is None:
            names = ", ".join(repr(known) for known in entity.entities) or "none"
            raise EntityNotFoundError(
                f"{path!r} holds no entity named {name!r}; it has: {names}. Register the task again."
            )
        return task

    def loader_args(self, settings: "SerializationSettings", task: PythonTask[Any]) -> list[str]:
        """Return the task's name and, where the settings have it, the digest that the container insists on."""
        digest = settings.pickled_entity_digest
        return [LOADER_ARG_ENTITY, task.name, *((LOADER_ARG_DIGEST, digest) if digest else ())]

    def get_all_tasks(self) -> list[PythonTask[Any]]:
        """Return the tasks in the pickled-entity file in the working directory; none where there is no file."""
        path = os.path.join(os.getcwd(), PICKLE_FILE_PATH)
        return list(load_pickled_entity(path).entities.values()) if os.path.exists(path) else []


class NotebookScope:
    """Which tasks are cell-defined: all whose module is `__main__`, while a notebook has opened the scope."""

    def __init__(self) -> None:
        self._prefix: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether a notebook has opened the scope."""
        return self._prefix is not None

    def open(self, prefix: str) -> None:
        """From now on, tasks made in `__main__` resolve from the pickled-entity file and are named `PREFIX.NAME`."""
        self._prefix = prefix

    def close(self) -> None:
        """Undo `open`; tasks made meanwhile keep what they have."""
        self._prefix = None

    def qualify(self, module: str, name: str) -> str:
        """Return the registered name of a function of this module and name, in ASCII."""
        prefix = self._prefix if module == "__main__" and self._prefix else module
        return registered_spelling(f"{prefix}.{name}")

    def qualify_given(self, module: str, name: str) -> str:
        """Return the registered name of what its maker has named, in ASCII: of a cell's, `PREFIX.NAME`."""
        if not self.covers(module) or name.startswith(f"{self._prefix}."):
            return registered_spelling(name)
        return registered_spelling(f"{self._prefix}.{name}")

    def covers(self, module: str) -> bool:
        """Whether a task made in the module is cell-defined."""
        return self.is_open and module == "__main__"


notebook_scope = NotebookScope()


def install_notebook_resolver(prefix: str) -> None:
    """Make tasks that are defined in `__main__` from now on cell-defined, with names that begin with `prefix`."""
    notebook_scope.open(prefix)


def uninstall_notebook_resolver() -> None:
    """Undo `install_notebook_resolver`."""
    notebook_scope.close()


def _task_of_shipped_module(name: str) -> PythonTask[Any] | None:
    """Return the task that a local module out of the archive defines under this name: one that was imported late."""
    from autocontainer_nb.pickling.local.loader import module_attribute

    found = module_attribute(name)
    if found is None:  # its function may have a name that is registered in another spelling
        there = module_attribute(f"{name.rpartition('.')[0]}.__dict__") or {}
        found = next((each for each in there.values() if isinstance(each, PythonTask) and each.name == name), None)
    return found if isinstance(found, PythonTask) else None


def _pairs(loader_args: list[str], required: tuple[str, ...]) -> dict[str, str]:
    given = dict(zip(loader_args[::2], loader_args[1::2], strict=False))
    missing = [key for key in required if key not in given]
    if missing or len(loader_args) % 2:
        raise DefinitionError(
            f"loader arguments {' '.join(required)} expected, each with a value, got {loader_args!r}. "
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
