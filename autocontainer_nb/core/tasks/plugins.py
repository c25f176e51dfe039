"""`TaskPlugins`: which class of tasks belongs to which `task_config`, as users of flytekit register them."""

from typing import Any, ClassVar

from autocontainer_nb.core.tasks.function_task import PythonFunctionTask
from autocontainer_nb.errors import DefinitionError

_PEERS_PLUGINS = "flytekitplugins"


class TaskPlugins:
    """The register of task classes by the type of their configuration; each method is called on the class."""

    _classes: ClassVar[dict[type, type[PythonFunctionTask[Any]]]] = {}

    @classmethod
    def register_pythontask_plugin(
        cls, plugin_config_type: type, plugin: type[PythonFunctionTask[Any]], override: bool = True
    ) -> None:
        """Make tasks of this class where `@task(task_config=...)` gets a configuration of this type.

        Raises:
            DefinitionError: another class is registered for it, and `override` is False.
        """
        known = cls._classes.get(plugin_config_type, plugin)
        if known is not plugin and not override:
            raise DefinitionError(
                f"TaskPlugins: {plugin_config_type.__name__} already belongs to {known.__name__}. Pass "
                f"override=True to let {plugin.__name__} take its place."
            )
        cls._classes[plugin_config_type] = plugin

    @classmethod
    def find_pythontask_plugin(cls, plugin_config_type: type) -> type[PythonFunctionTask[Any]]:
        """Return the class for configurations of this type; without one, that of plain tasks."""
        return next(
            (cls._classes[kind] for kind in plugin_config_type.__mro__ if kind in cls._classes), PythonFunctionTask
        )


def class_for_config(task_config: Any) -> type[PythonFunctionTask[Any]] | None:
    """Return the class that is registered for the configuration, or None.

    Raises:
        DefinitionError: it belongs to a plug-in of flytekit's, whose tasks are flytekit's own.
    """
    kind = type(task_config)
    found = TaskPlugins.find_pythontask_plugin(kind)
    if found is not PythonFunctionTask:
        return found
    if kind.__module__.partition(".")[0] == _PEERS_PLUGINS:
        raise DefinitionError(
            f"task_config: {kind.__name__} is of the plug-in {kind.__module__}, whose tasks are flytekit's. Register "
            "such a task with flytekit, and name it here by reference_task(...)."
        )
    return None
