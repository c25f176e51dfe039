"""What an archive's metadata says of a task: name, kind, and the interface in words."""

from typing import Any

from autocontainer_nb.core.base_task import PythonTask
from autocontainer_nb.pickling.captures import inner_function
from autocontainer_nb.pickling.writer import EntityDescription
from autocontainer_nb.type_engine.names import show_type


def describe_task(name: str, task: PythonTask[Any]) -> EntityDescription:
    """Return the description of the task that the archive holds under `name`."""
    interface = task.python_interface
    return EntityDescription(
        name=name,
        kind="task",
        inputs={name: show_type(kind) for name, kind in interface.inputs.items()},
        outputs={name: show_type(kind) for name, kind in interface.outputs.items()},
        function=inner_function(task),
        value=task,
    )
