"""Run a function from a notebook cell in a container somewhere else, on Flyte or on the sandbox that ships inside.

The names below load their modules when they are first asked for: importing the package costs next to nothing.
"""

TYPE_CHECKING = False  # type checkers take it as true by its name; `typing` itself would cost more than all the rest
if TYPE_CHECKING:
    from autocontainer_nb.core.base_task import TaskMetadata as TaskMetadata
    from autocontainer_nb.core.configuration import FastSerializationSettings as FastSerializationSettings
    from autocontainer_nb.core.configuration import SerializationSettings as SerializationSettings
    from autocontainer_nb.core.context import current_context as current_context
    from autocontainer_nb.core.pickled_entity import dump_pickled_entity as dump_pickled_entity
    from autocontainer_nb.core.pickled_entity import inspect_pickled_entity as inspect_pickled_entity
    from autocontainer_nb.core.pickled_entity import load_pickled_entity as load_pickled_entity
    from autocontainer_nb.core.python_auto_container import PICKLE_FILE_PATH as PICKLE_FILE_PATH
    from autocontainer_nb.core.python_auto_container import DefaultNotebookTaskResolver as DefaultNotebookTaskResolver
    from autocontainer_nb.core.python_auto_container import DefaultTaskResolver as DefaultTaskResolver
    from autocontainer_nb.core.python_auto_container import PickledEntity as PickledEntity
    from autocontainer_nb.core.python_auto_container import PickledEntityMetadata as PickledEntityMetadata
    from autocontainer_nb.core.python_auto_container import PythonAutoContainerTask as PythonAutoContainerTask
    from autocontainer_nb.core.python_auto_container import T as T
    from autocontainer_nb.core.python_auto_container import (
        default_notebook_task_resolver as default_notebook_task_resolver,
    )
    from autocontainer_nb.core.python_auto_container import default_task_resolver as default_task_resolver
    from autocontainer_nb.core.python_auto_container import (
        get_registerable_container_image as get_registerable_container_image,
    )
    from autocontainer_nb.core.python_function_task import PythonFunctionTask as PythonFunctionTask
    from autocontainer_nb.core.resources import Resources as Resources
    from autocontainer_nb.core.security import Secret as Secret
    from autocontainer_nb.core.task import task as task
    from autocontainer_nb.errors import ArchiveError as ArchiveError
    from autocontainer_nb.errors import AutocontainerError as AutocontainerError
    from autocontainer_nb.errors import CaptureError as CaptureError
    from autocontainer_nb.errors import ConversionError as ConversionError
    from autocontainer_nb.errors import DefinitionError as DefinitionError
    from autocontainer_nb.errors import ExecutionAbortedError as ExecutionAbortedError
    from autocontainer_nb.errors import ExecutionError as ExecutionError
    from autocontainer_nb.errors import ExecutionFailedError as ExecutionFailedError
    from autocontainer_nb.errors import ExecutionTimedOutError as ExecutionTimedOutError
    from autocontainer_nb.errors import InputError as InputError
    from autocontainer_nb.errors import RecoverableError as RecoverableError
    from autocontainer_nb.errors import RemoteError as RemoteError
    from autocontainer_nb.errors import SandboxError as SandboxError
    from autocontainer_nb.errors import UserError as UserError
    from autocontainer_nb.image.config import Image as Image
    from autocontainer_nb.image.config import ImageConfig as ImageConfig
    from autocontainer_nb.notebook.extension import load_ipython_extension as load_ipython_extension
    from autocontainer_nb.notebook.extension import unload_ipython_extension as unload_ipython_extension
    from autocontainer_nb.remote.client import FlyteRemote as FlyteRemote
    from autocontainer_nb.remote.execution import Execution as Execution

    __version__: str

# Where each name lives: the module, and the name there if it is another one.
_HOMES = {
    "ArchiveError": "errors",
    "AutocontainerError": "errors",
    "CaptureError": "errors",
    "ConversionError": "errors",
    "DefaultNotebookTaskResolver": "core.python_auto_container",
    "DefaultTaskResolver": "core.python_auto_container",
    "DefinitionError": "errors",
    "Execution": "remote.execution",
    "ExecutionAbortedError": "errors",
    "ExecutionError": "errors",
    "ExecutionFailedError": "errors",
    "ExecutionTimedOutError": "errors",
    "FastSerializationSettings": "core.configuration",
    "FlyteRemote": "remote.client",
    "Image": "image.config",
    "ImageConfig": "image.config",
    "InputError": "errors",
    "PICKLE_FILE_PATH": "core.python_auto_container",
    "PickledEntity": "core.python_auto_container",
    "PickledEntityMetadata": "core.python_auto_container",
    "PythonAutoContainerTask": "core.python_auto_container",
    "PythonFunctionTask": "core.python_function_task",
    "RecoverableError": "errors",
    "RemoteError": "errors",
    "Resources": "core.resources",
    "SandboxError": "errors",
    "Secret": "core.security",
    "SerializationSettings": "core.configuration",
    "T": "core.python_auto_container",
    "TaskMetadata": "core.base_task",
    "UserError": "errors",
    "__version__": "wire:PACKAGE_VERSION",
    "current_context": "core.context",
    "default_notebook_task_resolver": "core.python_auto_container",
    "default_task_resolver": "core.python_auto_container",
    "dump_pickled_entity": "core.pickled_entity",
    "get_registerable_container_image": "core.python_auto_container",
    "inspect_pickled_entity": "core.pickled_entity",
    "load_ipython_extension": "notebook.extension",
    "load_pickled_entity": "core.pickled_entity",
    "task": "core.task",
    "unload_ipython_extension": "notebook.extension",
}

__all__ = [
    "PICKLE_FILE_PATH",
    "ArchiveError",
    "AutocontainerError",
    "CaptureError",
    "ConversionError",
    "DefaultNotebookTaskResolver",
    "DefaultTaskResolver",
    "DefinitionError",
    "Execution",
    "ExecutionAbortedError",
    "ExecutionError",
    "ExecutionFailedError",
    "ExecutionTimedOutError",
    "FastSerializationSettings",
    "FlyteRemote",
    "Image",
    "ImageConfig",
    "InputError",
    "PickledEntity",
    "PickledEntityMetadata",
    "PythonAutoContainerTask",
    "PythonFunctionTask",
    "RecoverableError",
    "RemoteError",
    "Resources",
    "SandboxError",
    "Secret",
    "SerializationSettings",
    "T",
    "TaskMetadata",
    "UserError",
    "__version__",
    "current_context",
    "default_notebook_task_resolver",
    "default_task_resolver",
    "dump_pickled_entity",
    "get_registerable_container_image",
    "inspect_pickled_entity",
    "load_ipython_extension",
    "load_pickled_entity",
    "task",
    "unload_ipython_extension",
]

if not TYPE_CHECKING:  # or every misspelt name of the package would type-check

    def __getattr__(name: str) -> object:
        """Return a public name, importing its module at first use (PEP 562)."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        module, _, there = _HOMES[name].partition(":")
        value = getattr(import_module(f"{__name__}.{module}"), there or name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    """Return the public names beside those that every module has, so that a notebook completes them."""
    return sorted({*globals(), *__all__})
