"""A task or workflow made ready to leave the notebook: one pickled-entity file with every task that it reaches.

The user's objects are never changed: what travels, and what is registered, are copies that are found in that file.
"""

import copy
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from autocontainer_nb.core.capture.pickled_file import pickled_entity_of, write_pickled_entity
from autocontainer_nb.core.capture.reachable import reachable_entities, reachable_tasks
from autocontainer_nb.core.entities.docstrings import carried
from autocontainer_nb.core.python_auto_container import (
    PythonAutoContainerTask,
    default_notebook_task_resolver,
    default_task_resolver,
)
from autocontainer_nb.core.resolvers.pickled_entity import DOCSTRINGS, reduce_for_travel
from autocontainer_nb.core.resolvers.resolver import importlib_attribute
from autocontainer_nb.errors import DefinitionError
from autocontainer_nb.pickling.code.ownership import is_local_module
from autocontainer_nb.pickling.code.references import inner_function
from autocontainer_nb.pickling.explain.findings import Explanation

if TYPE_CHECKING:
    from autocontainer_nb.pickling.capture.buffers import LargeObject


@dataclass(frozen=True)
class Captured:
    """A written file; `task` is what was captured as it is to be registered, `names` are the tasks in the file."""

    digest: str
    path: str
    size_bytes: int
    task: Any
    names: tuple[str, ...] = ()
    objects: "tuple[LargeObject, ...]" = ()  # large contents that the file lacks; views of the notebook's own memory
    version: str = ""  # what was captured means: equal in every kernel, while the digest needn't be
    parts: tuple[Mapping[str, Any], ...] = ()  # the named parts behind the version, as in metadata.json
    explanation: Explanation = field(default_factory=Explanation)  # the table of everything captured


def needs_capture(entity: Any) -> bool:
    """Whether code that the entity runs is in no image: defined in a notebook, a script or a module of the user's own.

    Raises:
        DefinitionError: it reaches two different tasks of one name.
    """
    return any(_is_cell_defined(task) for task in reachable_tasks(entity).values())


def capture_task(task: Any, path: str, *, apart: bool = False) -> Captured:
    """Write the task, with everything that it reaches, to `path`; a map task's file has the task that it maps.

    With `apart`, large contents aren't in the file: they are `objects` of what is returned.

    Raises:
        CaptureError: something that it reaches can't be pickled; nothing is written.
        DefinitionError: it reaches two different tasks of one name.
    """
    return capture_entity(task, path, apart=apart)


def capture_entity(entity: Any, path: str, *, apart: bool = False) -> Captured:
    """Write all tasks that the task or workflow reaches, with everything that they reach, to `path`.

    Raises:
        CaptureError: something that it reaches can't be pickled; nothing is written.
        DefinitionError: it reaches two different tasks of one name.
    """
    reached = reachable_tasks(entity).values()
    tasks = [
        task
        for task in reached
        if isinstance(task, PythonAutoContainerTask) and (task is entity or _is_cell_defined(task))
    ]
    travelling = pickled_entity_of(*tasks)
    if any(getattr(task, "registers_others", False) for task in reached):
        setattr(travelling, DOCSTRINGS, carried(reachable_entities(entity)))
    with _travelling():
        written = write_pickled_entity(travelling, path, apart=apart)
    names = tuple(task.name for task in tasks)
    return Captured(
        written.digest,
        path,
        written.size_bytes,
        registered_form(entity),
        names,
        written.objects,
        version=str(written.metadata["version"]),
        parts=tuple(written.metadata["parts"]),
        explanation=written.explanation,
    )


def registered_form(entity: Any) -> Any:
    """Return the entity as it is registered: a copy found in the pickled-entity file if its code is in no image."""
    if isinstance(entity, PythonAutoContainerTask):
        travelling = copy.copy(entity)
        travelling.set_resolver(default_notebook_task_resolver)
        return travelling if _is_cell_defined(entity) else entity
    mapped = getattr(entity, "mapped_task", None)
    return entity if mapped is None else entity.over(registered_form(mapped))


def _is_cell_defined(task: Any) -> bool:
    if not isinstance(task, PythonAutoContainerTask):
        return False
    if task.task_resolver is default_notebook_task_resolver:
        return True
    function = inner_function(task)
    module = function.__module__ if function else task.instantiated_in
    return module == "__main__" or is_local_module(module)


@contextmanager
def _travelling() -> Iterator[None]:
    """Within the block, tasks are pickled as the container needs them."""
    token = reduce_for_travel.set(_reduce)
    try:
        yield
    finally:
        reduce_for_travel.reset(token)


def _reduce(task: PythonAutoContainerTask[Any], protocol: Any) -> Any:
    """Pickle a cell's task as one that is found in the file, and an installed package's by its import path."""
    if is_local_module(task.instantiated_in):  # its module travels as source
        module = sys.modules[task.instantiated_in]
        variable = _variable(module, task)
        if variable is not None:
            return getattr, (module, variable)
    if not _is_cell_defined(task):
        if task.task_resolver is default_task_resolver:
            try:
                return importlib_attribute, (task.instantiated_in, task.find_lhs())
            except DefinitionError:  # made in a function of its package: it travels as any other object does
                pass
        return object.__reduce_ex__(task, protocol)
    reduced = object.__reduce_ex__(task, protocol)
    if isinstance(reduced, str) or not isinstance(reduced[2], dict):
        return reduced  # in a way of its class's own
    function, arguments, state, *rest = reduced
    # Which variable holds a task is no part of what it is.
    state = {**state, "_task_resolver": default_notebook_task_resolver, "_lhs": None}
    return function, arguments, state, *rest


def _variable(module: Any, task: PythonAutoContainerTask[Any]) -> str | None:
    """Return the variable of the module that holds the task or, if the module was reloaded, the newer one."""
    held = {name: value for name, value in vars(module).items() if type(value) is type(task)}
    same = [name for name, value in held.items() if value is task]
    newer = [name for name, value in held.items() if value.name == task.name]
    return next(iter([*same, *newer]), None)
