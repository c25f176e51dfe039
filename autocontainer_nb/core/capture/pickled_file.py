"""`PickledEntity` written to a file, and a file inspected."""

import copy
import os
import platform
import sys
from types import FunctionType
from typing import TYPE_CHECKING, Any

from autocontainer_nb.core.base_task import PythonTask
from autocontainer_nb.core.capture.reachable import is_entity, reachable_entities, tasks_among
from autocontainer_nb.core.environment import variables
from autocontainer_nb.core.python_auto_container import PythonAutoContainerTask, default_notebook_task_resolver
from autocontainer_nb.core.resolvers.pickled_entity import (
    _CODERS,
    _TRANSFORMERS,
    NAMES,
    PickledEntity,
    PickledEntityMetadata,
)
from autocontainer_nb.errors import DefinitionError
from autocontainer_nb.pickling.code.ownership import is_local_module
from autocontainer_nb.pickling.code.references import inner_function
from autocontainer_nb.pickling.credentials.finder import CredentialFinder
from autocontainer_nb.pickling.portable.main_module import MAIN, MainNames
from autocontainer_nb.storage.local import replacing
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.type_engine.wording import show_type, with_article
from autocontainer_nb.wire import NEEDS_OFF

if TYPE_CHECKING:
    from collections.abc import Iterable

    from autocontainer_nb.pickling.writer import ArchiveWriter, EntityDescription


def process_finder() -> CredentialFinder:
    """Return a finder that knows the secret-looking environment variables of this process."""
    return CredentialFinder.with_environment(variables())


def describe_task(name: str, task: PythonTask[Any]) -> "EntityDescription":
    """Return the description of the task that the archive holds under `name`."""
    from autocontainer_nb.core.settings.needs import needs_json
    from autocontainer_nb.pickling.writer import EntityDescription  # with the pickler: `%load_ext` needs neither

    interface = task.python_interface
    return EntityDescription(
        name=name,
        kind="task",
        inputs={name: show_type(kind) for name, kind in interface.inputs.items()},
        outputs={name: show_type(kind) for name, kind in interface.outputs.items()},
        function=inner_function(task),
        value=task,
        needs=needs_json(task.needed_packages),
    )


def pickled_entity_of(*tasks: PythonTask[Any]) -> PickledEntity:
    """Return a PickledEntity with the tasks under their names, made by this Python."""
    return PickledEntity(PickledEntityMetadata(platform.python_version()), {task.name: task for task in tasks})


def travels(task: Any) -> bool:
    """Whether the task's code is in no image: of a notebook, a script or a module of the user's own."""
    if not isinstance(task, PythonAutoContainerTask):
        return False
    if task.task_resolver is default_notebook_task_resolver:
        return True
    function = inner_function(task)
    module = function.__module__ if function else task.instantiated_in
    return module == MAIN or is_local_module(module)


def dump_pickled_entity(entity: Any, path: "str | os.PathLike[str]", *, trial: str = NEEDS_OFF) -> str:
    """Write the entity to `path` and return the file's digest: SHA-256 of its metadata, 64 hexadecimal digits.

    `entity` is a task, or a workflow or launch plan, of which the tasks are written that it runs; or a list of these;
    or a PickledEntity, whose tasks are written under the names that they have there.

    What the entities' functions reach travels: functions, classes and data of the notebook by value, local modules as
    source, as their files are now (what their variables hold in this process doesn't travel). Installed packages are
    imported again where the file is loaded. With `trial="check"` the file is loaded once by a process of its own, and
    only one that loads takes the place of what is there; "warn" tells.

    Raises:
        DefinitionError: it is nothing of this kind, or reaches two different tasks of one name.
        CaptureError: something that they reach can't be pickled; the message tells each, its path and its cell. Or it
            can't be loaded.

    Warns:
        UserWarning: the file may hold credentials; the message tells where they are in it.
    """
    from autocontainer_nb.pickling.trial.trial_load import TrialLoad, trial_mode

    mode = trial_mode(trial, {})
    with replacing(os.fspath(path)) as partial:
        written = archive_writer(_pickled_entity(entity)).write(partial)
        with TrialLoad(written, mode, variables()) as tried:
            tried.settle()
    if written.explanation.credentials:
        import warnings

        from autocontainer_nb.pickling.explain.findings import credential_warning

        warnings.warn(credential_warning(written.explanation.credentials), stacklevel=2)
    return written.digest


def _pickled_entity(given: Any) -> PickledEntity:
    """Return what is to be written, of whatever `dump_pickled_entity` takes."""
    if isinstance(given, PickledEntity):
        return given
    several = list(given) if isinstance(given, list | tuple | set | frozenset) else [given]
    reached = []
    for each in several:
        if not is_entity(each):
            name = getattr(each, "__name__", None) or repr(each)
            advice = f": write @task above `def {name}`" if isinstance(each, FunctionType) else ""
            raise DefinitionError(
                "dump_pickled_entity: expected a task, a workflow, a list of them or a PickledEntity, got "
                f"{with_article(type(each))}, {name}{advice}."
            )
        reached += reachable_entities(each)
    found = tasks_among(several[0] if len(several) == 1 else "The list", reached)
    tasks = {name: task for name, task in found.items() if travels(task) or _is_given(task, several)}
    if not tasks:
        raise DefinitionError(
            "dump_pickled_entity: nothing of this runs as a Python task, so there is nothing to write. Pass a task, or "
            "a workflow with one."
        )
    return pickled_entity_of(*tasks.values())


def _is_given(task: Any, several: list[Any]) -> bool:
    """Whether the task itself was asked for: then it is written even where an image may have it."""
    return isinstance(task, PythonAutoContainerTask) and any(task is each for each in several)


def archive_writer(entity: PickledEntity) -> "ArchiveWriter":
    """Return what knows the meaning of the entity, and writes it."""
    from autocontainer_nb.pickling.code.cells import cells
    from autocontainer_nb.pickling.writer import ArchiveWriter

    described = [describe_task(name, task) for name, task in entity.entities.items()]
    home = _home_of(described)
    return ArchiveWriter(
        _travelling(entity, home),
        described,
        cells,
        besides=[*type_engine.registrations(), *_coders()],
        finder=process_finder(),
        home=home,
    )


def _coders() -> list[Any]:
    """Return what the user has registered for data frames; nothing is loaded to ask."""
    found = sys.modules.get("autocontainer_nb.core.conversion.frame_coders")
    return found.coder_registrations() if found is not None else []


def _home_of(described: "Iterable[EntityDescription]") -> dict[str, Any]:
    """Return the notebook's namespace: that of `__main__`, or of the first task that takes itself for it."""
    found = vars(sys.modules[MAIN])
    spaces = [one.function.__globals__ for one in described if isinstance(one.function, FunctionType)]
    own = [space for space in spaces if space.get("__name__") == MAIN]
    return found if not own or any(space is found for space in own) else own[0]


def _travelling(entity: PickledEntity, home: dict[str, Any]) -> PickledEntity:
    """Return the entity with what travels beside its fields: the user's transformers, and last the names of it all."""
    travelling = copy.copy(entity)
    registrations = type_engine.registrations()
    if registrations:
        setattr(travelling, _TRANSFORMERS, registrations)
    if _coders():
        setattr(travelling, _CODERS, _coders())
    tasks = {task.short_name: task for task in entity.entities.values()}
    setattr(travelling, NAMES, MainNames({name: task for name, task in tasks.items() if home.get(name) is task}))
    return travelling


def inspect_pickled_entity(path: str) -> dict[str, Any]:
    """Return what is in the file, without unpickling; the keys: `pickling.inspect.description.inspect_archive`."""
    from autocontainer_nb.pickling.credentials.finder import using
    from autocontainer_nb.pickling.inspect.description import inspect_archive

    with using(process_finder()):
        return inspect_archive(path)
