"""The tasks among the variables of the notebook."""

from collections.abc import Mapping
from typing import Any

from autocontainer_nb.core.python_auto_container import PythonAutoContainerTask
from autocontainer_nb.errors import UserError
from autocontainer_nb.notebook.magic_arguments import nearest
from autocontainer_nb.pickling.cells import CellBook


def tasks_in(user_ns: Mapping[str, Any]) -> dict[str, PythonAutoContainerTask[Any]]:
    """Return the tasks by variable name, those of IPython's own (`_`, `_3`) left out."""
    return {
        name: value
        for name, value in list(user_ns.items())
        if isinstance(value, PythonAutoContainerTask) and not name.startswith("_")
    }


def task_named(name: str, user_ns: Mapping[str, Any]) -> PythonAutoContainerTask[Any]:
    """Return the task behind the name.

    Raises:
        UserError: there is no such variable, or it is no task; the message names the nearest task, or all.
    """
    value = user_ns.get(name)
    if isinstance(value, PythonAutoContainerTask):
        return value
    known = tasks_in(user_ns)
    hint = nearest(name, known) or (
        f" Tasks here: {', '.join(sorted(known))}." if known else " No cell has defined one."
    )
    kind = type(value).__name__
    if hasattr(type(value), "remote"):  # a workflow, a launch plan, a task of another kind
        raise UserError(f"{name!r} is a {kind}, and %flyte takes Python tasks: start it by {name}.remote(...).{hint}")
    if value is not None:
        raise UserError(f"{name!r} is no task but {kind}: put @task above its definition.{hint}")
    raise UserError(f"There is no task {name!r} in this notebook.{hint}")


def task_rows(user_ns: Mapping[str, Any], book: CellBook) -> list[tuple[str, str, str]]:
    """Return (name, signature, cell) of each task, in the order of names."""
    rows = []
    for name, task in sorted(tasks_in(user_ns).items()):
        cell = book.defining(name)
        rows.append((name, task.python_interface.show(), cell.label if cell else ""))
    return rows
