"""A task or workflow made ready to leave the notebook: what it reaches, what that means, and one file with all of it.

The user's objects are never changed: what travels, and what is registered, are copies that are found in that file.
"""

import copy
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from autocontainer_nb.core.capture.pickled_file import archive_writer, pickled_entity_of, travels
from autocontainer_nb.core.capture.reachable import reachable_entities, tasks_among
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

if TYPE_CHECKING:
    from autocontainer_nb.pickling.explain.findings import Credential, Explanation
    from autocontainer_nb.pickling.writer import ArchiveWriter, WrittenArchive


class Capture:
    """A task or workflow with all that it reaches. What else there is to know is found out when it is asked for, once.

    Where nothing asks for more than the version, nothing is pickled.
    """

    def __init__(self, entity: Any) -> None:
        """Find what the entity reaches.

        Raises:
            DefinitionError: it reaches two different tasks of one name.
        """
        self.entity = entity
        self.reached = reachable_entities(entity)  # the entity itself first
        self.tasks = tasks_among(entity, self.reached)  # by their registered names
        self.names = tuple(
            name
            for name, task in self.tasks.items()
            if isinstance(task, PythonAutoContainerTask) and (task is entity or travels(task))
        )  # of those that travel

    @property
    def is_needed(self) -> bool:
        """Whether code that the entity runs is in no image: of a notebook, a script or a module of the user's own."""
        return any(travels(task) for task in self.tasks.values())

    @property
    def version(self) -> str:
        """What travels means: equal in every kernel.

        Raises:
            CaptureError: a local module that is needed can't travel.
        """
        with travelling():
            return self._writer.meaning.version

    @property
    def parts(self) -> tuple[Mapping[str, Any], ...]:
        """The named parts behind the version, as in `metadata.json`."""
        with travelling():
            return self._writer.meaning.parts

    @property
    def credentials(self) -> "Sequence[Credential]":
        """What of all that travels may be a credential; nothing is explained where nothing is suspected."""
        with travelling():
            return self._writer.credentials

    @property
    def has_large(self) -> bool:
        """Whether some of it may be stored beside the file; False is certain."""
        with travelling():
            return self._writer.meaning.has_large

    @property
    def explanation(self) -> "Explanation":
        """The table of everything that travels."""
        with travelling():
            return self._writer.explanation

    def write(self, path: str, *, apart: bool = False) -> "WrittenArchive":
        """Write all tasks that travel, with everything that they reach, to `path`.

        With `apart`, large contents aren't in the file: they are `objects` of what is returned.

        Raises:
            CaptureError: something that it reaches can't be pickled; nothing is written.
        """
        with travelling():
            return self._writer.write(path, apart=apart)

    @cached_property
    def _writer(self) -> "ArchiveWriter":
        entity = pickled_entity_of(*(self.tasks[name] for name in self.names))
        if any(getattr(task, "registers_others", False) for task in self.tasks.values()):
            setattr(entity, DOCSTRINGS, carried(self.reached))
        return archive_writer(entity)


def registered_form(entity: Any) -> Any:
    """Return the entity as it is registered: a copy found in the pickled-entity file if its code is in no image."""
    if isinstance(entity, PythonAutoContainerTask):
        found_there = copy.copy(entity)
        found_there.set_resolver(default_notebook_task_resolver)
        return found_there if travels(entity) else entity
    mapped = getattr(entity, "mapped_task", None)
    return entity if mapped is None else entity.over(registered_form(mapped))


@contextmanager
def travelling() -> Iterator[None]:
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
    if not travels(task):
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
