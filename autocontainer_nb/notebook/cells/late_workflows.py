"""Draws workflows that name a task of a later line or cell as soon as it is there, and says so where it isn't.

What a body names may be defined further down. So nothing is wrong while its cell runs; what is still missing at the end
of the cell is told once, since it may be a slip of the pen. Mistakes that only drawing shows are told after the cell
that made it possible.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from IPython.core.interactiveshell import InteractiveShell

from autocontainer_nb.core.capture.reachable import is_entity
from autocontainer_nb.notebook.cells.error_lines import show_error

if TYPE_CHECKING:  # loaded with the first workflow: loading the extension doesn't wait for it
    from autocontainer_nb.core.workflows.workflow import PythonFunctionWorkflow


class LateWorkflows:
    """Looks after each cell at the workflows that aren't drawn yet; without any, this costs one pass over the names."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._told: WeakKeyDictionary[PythonFunctionWorkflow, str] = WeakKeyDictionary()  # what was said of each

    def install(self) -> None:
        """Look after each cell from now on."""
        self._shell.events.register("post_run_cell", self._look)

    def remove(self) -> None:
        """Stop looking."""
        self._shell.events.unregister("post_run_cell", self._look)

    def _look(self, *_result: object) -> None:
        for workflow in _not_drawn(self._shell.user_ns):
            from autocontainer_nb.core.workflows.later_names import is_defined, similar_name

            name, function = str(workflow.missing_name), vars(workflow)["__wrapped__"]
            if is_defined(name, function):
                try:
                    workflow.attempt()
                except Exception as error:  # noqa: BLE001 - of any class: the body is the user's
                    if self._is_news(workflow, str(error)):
                        show_error(self._shell, type(error), error, error.__traceback__)
                    continue
            name = workflow.missing_name or ""
            if name and self._is_news(workflow, name):
                hint = similar_name(name, function)
                print(  # noqa: T201 - for the cell
                    f"Workflow {workflow.short_name!r} uses {name!r}, which isn't defined yet.{hint} It is drawn "
                    "when a later cell defines it."
                )

    def _is_news(self, workflow: "PythonFunctionWorkflow", text: str) -> bool:
        said = self._told.get(workflow)
        self._told[workflow] = text
        return said != text


def _not_drawn(user_ns: dict[str, Any]) -> Iterator["PythonFunctionWorkflow"]:
    """Yield each workflow of the notebook that isn't drawn, once."""
    seen: set[int] = set()
    for variable, value in list(user_ns.items()):
        if variable.startswith("_") or not is_entity(value) or id(value) in seen:
            continue
        if getattr(value, "missing_name", None) is not None:
            seen.add(id(value))
            yield value
