"""The two default resolvers: one imports the task's module, the other loads the pickled-entity file."""

import importlib
import os
import sys
from typing import TYPE_CHECKING, Any

from autocontainer_nb.core.base_task import PythonTask
from autocontainer_nb.core.entities.entity import TrackedInstance
from autocontainer_nb.core.resolvers.pickled_entity import load_pickled_entity
from autocontainer_nb.core.resolvers.resolver import TaskResolverMixin, _pairs, _reduce_to_location
from autocontainer_nb.errors import DefinitionError, EntityNotFoundError
from autocontainer_nb.wire import LOADER_ARG_DIGEST, LOADER_ARG_ENTITY, PICKLE_FILE_PATH

if TYPE_CHECKING:
    from autocontainer_nb.core.settings.serialization import SerializationSettings

_TASK_MODULE, _TASK_NAME = "task-module", "task-name"  # flytekit's spelling


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
        """Return the task that `["task-module", MODULE, "task-name", VARIABLE]` identifies.

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
        """Return the tasks in all imported modules."""
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
        """Return the task that `["entity-name", NAME, "digest", HEX]` identifies, from `entities.pkl` in this folder.

        Raises:
            ArchiveError: the file can't be used, or isn't the one that was registered; nothing of it was unpickled.
            EntityNotFoundError: it holds no entity of that name.
        """
        given = _pairs(loader_args, (LOADER_ARG_ENTITY,))
        path = os.path.join(os.getcwd(), PICKLE_FILE_PATH)
        name = given[LOADER_ARG_ENTITY]
        entity = load_pickled_entity(path, given.get(LOADER_ARG_DIGEST), owns_process=True, entity_name=name)
        task = entity.entities.get(name) or _task_of_shipped_module(name)
        if task is None:
            names = ", ".join(repr(known) for known in entity.entities) or "none"
            raise EntityNotFoundError(
                f"{path!r} has no entity named {name!r}. Its entities: {names}. Register the task again."
            )
        return task

    def loader_args(self, settings: "SerializationSettings", task: PythonTask[Any]) -> list[str]:
        """Return the task's name and, if the settings have one, the digest that the container requires."""
        digest = settings.pickled_entity_digest
        return [LOADER_ARG_ENTITY, task.name, *((LOADER_ARG_DIGEST, digest) if digest else ())]

    def get_all_tasks(self) -> list[PythonTask[Any]]:
        """Return the tasks in the pickled-entity file in the working directory; none if there is no file."""
        path = os.path.join(os.getcwd(), PICKLE_FILE_PATH)
        return list(load_pickled_entity(path).entities.values()) if os.path.exists(path) else []


def _task_of_shipped_module(name: str) -> PythonTask[Any] | None:
    """Return the task that a local module out of the archive defines under this name: one that was imported late."""
    from autocontainer_nb.pickling.load.modules import module_attribute

    found = module_attribute(name)
    if found is None:  # its function may have a name that is registered in another spelling
        there = module_attribute(f"{name.rpartition('.')[0]}.__dict__") or {}
        found = next((each for each in there.values() if isinstance(each, PythonTask) and each.name == name), None)
    return found if isinstance(found, PythonTask) else None
