"""The variables of the notebook that `%flyte` accepts: tasks, and everything else that can be started."""

from collections.abc import Mapping
from typing import Any

from autocontainer_nb.core.capture.reachable import is_entity, reachable_entities
from autocontainer_nb.core.entities.with_options import WithOptions
from autocontainer_nb.core.python_auto_container import PythonAutoContainerTask
from autocontainer_nb.errors import UserError
from autocontainer_nb.notebook.magics.arguments import nearest
from autocontainer_nb.pickling.code.cells import CellBook


def tasks_in(user_ns: Mapping[str, Any]) -> dict[str, PythonAutoContainerTask[Any]]:
    """Return the tasks with Python code by variable name, without IPython's own variables (`_`, `_3`)."""
    return {name: value for name, value in runnables_in(user_ns).items() if isinstance(value, PythonAutoContainerTask)}


def runnables_in(user_ns: Mapping[str, Any]) -> dict[str, Any]:
    """Return what can be started, by variable name: tasks of all kinds, workflows, launch plans, references."""
    return {name: value for name, value in list(user_ns.items()) if not name.startswith("_") and is_runnable(value)}


def is_runnable(value: Any) -> bool:
    """Whether the value has a `.remote(...)` that starts it on a control plane: an entity, or one with options."""
    return (is_entity(value) and hasattr(type(value), "remote")) or isinstance(value, WithOptions)


def runnable_named(name: str, user_ns: Mapping[str, Any]) -> Any:
    """Return the entity of that name, to be started.

    Raises:
        UserError: there is no such variable, or it can't be started; the message names similar ones that can, or all.
    """
    value = user_ns.get(name)
    if is_runnable(value):
        return value
    known = runnables_in(user_ns)
    hint = nearest(name, known) or (
        f" Defined here: {', '.join(sorted(known))}." if known else " No tasks are defined here yet."
    )
    if value is not None:
        raise UserError(
            f"{name!r} is of type {type(value).__name__}, not a task. Put @task above its definition.{hint}"
        )
    if "/" in name or "." in name:
        raise UserError(f"There is no file {name!r}, and no task has such a name.{hint}")
    raise UserError(f"There is no task {name!r} in this notebook.{hint}")


def task_named(name: str, user_ns: Mapping[str, Any]) -> Any:
    """Return the entity of that name, if Python code travels with it: a task, or an entity that runs tasks.

    Raises:
        UserError: there is no such variable, or no code of this notebook belongs to it.
    """
    value = runnable_named(name, user_ns)
    if isinstance(value, WithOptions):
        value = value.entity
    if not any(isinstance(each, PythonAutoContainerTask) for each in reachable_entities(value)):
        raise UserError(f"{name!r} is of type {type(value).__name__}, which contains no Python code of this notebook.")
    return value


def task_rows(user_ns: Mapping[str, Any], book: CellBook) -> list[tuple[str, str, str]]:
    """Return (name, signature, cell) of each thing that can be started, in the order of names."""
    rows = []
    for name, each in sorted(runnables_in(user_ns).items()):
        cell = book.defining(name)
        rows.append((name, each.python_interface.show(), cell.label if cell else ""))
    return rows
