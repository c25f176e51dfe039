"""Tells which workflows still hold the older task after a task's cell was run again (design section 9, line 9).

A workflow keeps the tasks that it was drawn with. When a cell defines a task anew, every workflow of the notebook that
holds the one before is named once, with the cell to run again.
"""

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from autocontainer_nb.core.base_task import PythonTask
from autocontainer_nb.core.reachable import reachable_entities
from autocontainer_nb.pickling.cells import CellBook

_WORKFLOW_MODULE = "autocontainer_nb.core.workflow"


class StaleWorkflows:
    """Looks after each cell whether a task was defined anew; while none was, a look costs a pass over the names."""

    def __init__(self, shell: InteractiveShell, book: CellBook) -> None:
        self._shell = shell
        self._book = book
        self._known: dict[str, PythonTask[Any]] = {}  # by registered name

    def install(self) -> None:
        """Look from now on."""
        self._known = _tasks(self._shell.user_ns)
        self._shell.events.register("post_run_cell", self._look)

    def remove(self) -> None:
        """Stop looking."""
        self._shell.events.unregister("post_run_cell", self._look)

    def _look(self, *_result: object) -> None:
        before, self._known = self._known, _tasks(self._shell.user_ns)
        changed = {name: task for name, task in self._known.items() if before.get(name, task) is not task}
        if not changed or _WORKFLOW_MODULE not in sys.modules:
            return
        for workflow, task in stale(self._shell.user_ns, changed):
            cell = self._book.defining(workflow)
            again = cell.label if cell else "its cell"
            print(f"Workflow {workflow!r} still uses the earlier {task!r}: run {again} again to use the new one.")  # noqa: T201 - for the cell


def stale(user_ns: Mapping[str, Any], changed: Mapping[str, PythonTask[Any]]) -> Iterator[tuple[str, str]]:
    """Yield (workflow's variable, task's short name) where a workflow holds another task of a changed one's name."""
    for variable, value in sorted(user_ns.items()):
        if variable.startswith("_") or not hasattr(type(value), "output_bindings"):
            continue
        held = [entity for entity in reachable_entities(value) if isinstance(entity, PythonTask)]
        for task in held:
            if task.name in changed and changed[task.name] is not task:
                yield variable, task.short_name


def _tasks(user_ns: Mapping[str, Any]) -> dict[str, PythonTask[Any]]:
    return {
        value.name: value
        for variable, value in list(user_ns.items())
        if isinstance(value, PythonTask) and not variable.startswith("_")
    }
