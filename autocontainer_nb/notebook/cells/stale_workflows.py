"""Warns when something still holds an older task or workflow after its cell was run again.

A workflow keeps the tasks it was built from, a launch plan its workflow, a map task the task that it maps. When a cell
redefines one of these, everything in the notebook that still holds the earlier one is named once, with the cell to run
again. A workflow that the cell itself has drawn, above a task that it defines further down, is drawn once more.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from autocontainer_nb.core.base_task import PythonTask
from autocontainer_nb.core.capture.reachable import is_entity, reachable_entities
from autocontainer_nb.errors import DefinitionError
from autocontainer_nb.notebook.cells.error_lines import show_error
from autocontainer_nb.pickling.code.cells import CellBook

Defined = dict[tuple[str, str], Any]  # (kind, registered name) ► the entity


class StaleWorkflows:
    """Checks after each cell whether anything was redefined; if nothing was, this costs one pass over the names."""

    def __init__(self, shell: InteractiveShell, book: CellBook) -> None:
        self._shell = shell
        self._book = book
        self._known: Defined = {}

    def install(self) -> None:
        """Check after each cell from now on."""
        self._known = _defined(self._shell.user_ns)
        self._shell.events.register("post_run_cell", self._look)

    def remove(self) -> None:
        """Stop checking."""
        self._shell.events.unregister("post_run_cell", self._look)

    def _look(self, *_result: object) -> None:
        before, self._known = self._known, _defined(self._shell.user_ns)
        changed = {key: value for key, value in self._known.items() if before.get(key, value) is not value}
        if not changed:
            return
        self._draw_again(changed, before)
        for what, variable, held in stale(self._shell.user_ns, changed):
            cell = self._book.defining(variable)
            again = cell.label if cell else "its cell"
            print(f"{what} {variable!r} still uses the earlier {held!r}: run {again} again to use the new one.")  # noqa: T201 - for the cell

    def _draw_again(self, changed: Defined, before: Defined) -> None:
        """Draw workflows of this cell again that it had drawn before it redefined what they use."""
        for key, workflow in self._known.items():
            if before.get(key) is workflow or getattr(workflow, "attempt", None) is None:
                continue
            if next(stale({workflow.short_name: workflow}, changed), None) is not None:
                try:
                    workflow.attempt()
                except Exception as error:  # noqa: BLE001 - of any class: the body is the user's
                    show_error(self._shell, type(error), error, error.__traceback__)


def stale(user_ns: Mapping[str, Any], changed: Mapping[tuple[str, str], Any]) -> Iterator[tuple[str, str, str]]:
    """Yield (kind, variable, short name of the held entity) for everything that holds an older form of an entity."""
    for variable, value in sorted(user_ns.items(), key=lambda pair: pair[0]):
        if variable.startswith("_") or not _holds_others(value):
            continue
        named = set()
        try:
            reached = reachable_entities(value)
        except DefinitionError:  # it holds a workflow that isn't drawn yet: there is nothing old in that
            continue
        for held in reached:
            newer = changed.get(_key(held))
            if newer is None or newer is held or held is value or held.short_name in named:
                continue
            named.add(held.short_name)
            yield _noun(value), variable, held.short_name


def _defined(user_ns: Mapping[str, Any]) -> Defined:
    """Return the entities that cells define by name, without map tasks: one task may have many of them."""
    return {
        _key(value): value
        for variable, value in list(user_ns.items())
        if not variable.startswith("_") and is_entity(value) and not _is_map(value)
    }


def _key(entity: Any) -> tuple[str, str]:
    return (getattr(entity, "noun", ""), str(getattr(entity, "name", "")))


def _holds_others(value: Any) -> bool:
    """Whether it keeps the entities it was made from; a plain task looks up by name what it calls, each time."""
    return is_entity(value) and (not isinstance(value, PythonTask) or _is_map(value))


def _is_map(entity: Any) -> bool:
    return hasattr(entity, "mapped_task") or hasattr(entity, "target")


def _noun(entity: Any) -> str:
    return "Map task" if _is_map(entity) else str(getattr(entity, "noun", type(entity).__name__))
