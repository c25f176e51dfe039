"""A task made ready to leave the notebook: written to a pickled-entity file, as a copy that is found there."""

import copy
import os
from dataclasses import dataclass
from typing import Any

from autocontainer_nb.core.pickled_entity import dump_pickled_entity, pickled_entity_of
from autocontainer_nb.core.python_auto_container import PythonAutoContainerTask, default_notebook_task_resolver
from autocontainer_nb.pickling.captures import inner_function
from autocontainer_nb.pickling.modules import is_local_module


@dataclass(frozen=True)
class Captured:
    """A written file, and the task as it is to be registered: a copy, for the user's own object is never changed."""

    digest: str
    path: str
    size_bytes: int
    task: PythonAutoContainerTask[Any]


def needs_capture(task: PythonAutoContainerTask[Any]) -> bool:
    """Whether the task's code is in no image: it is defined in a notebook, a script or a module of the user's own."""
    if task.task_resolver is default_notebook_task_resolver:
        return True
    function = inner_function(task)
    module = function.__module__ if function else task.instantiated_in
    return module == "__main__" or is_local_module(module)


def capture_task(task: PythonAutoContainerTask[Any], path: str) -> Captured:
    """Write the task, with everything that it reaches, to `path`.

    Raises:
        CaptureError: something that it reaches can't be pickled; nothing is written.
    """
    travelling = copy.copy(task)
    travelling.set_resolver(default_notebook_task_resolver)
    digest = dump_pickled_entity(pickled_entity_of(travelling), path)
    return Captured(digest=digest, path=path, size_bytes=os.stat(path).st_size, task=travelling)
