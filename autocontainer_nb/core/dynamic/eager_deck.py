"""The deck of an eager task: its calls with their executions, inputs and outcomes."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any, Final

from autocontainer_nb.core.base_task import PythonTask
from autocontainer_nb.core.dynamic.children import Child
from autocontainer_nb.core.run.deck import Deck
from autocontainer_nb.core.tasks.function_task import AsyncPythonFunctionTask
from autocontainer_nb.core.workflows.workflow import WorkflowBase

TITLE: Final = "Eager Executions"
_SHOWN_CHARS: Final = 2_000  # of one value


class EagerDeck(Deck):
    """A page that always shows the current state of the calls."""

    def __init__(self, calls: Callable[[], Sequence[Child]]) -> None:
        super().__init__(TITLE, auto_add_to_deck=False)
        self._calls = calls

    @property
    def html(self) -> str:
        """The list of calls, the first one first."""
        return calls_html(self._calls()) + self._html


def calls_html(calls: Sequence[Child]) -> str:
    """Return the calls as HTML, with all text from values escaped."""
    if not calls:
        return "<p>Nothing has been called yet.</p>"
    return "\n".join(_call(number, child) for number, child in enumerate(calls, 1))


def _call(number: int, child: Child) -> str:
    name = escape(child.execution)
    link = f'<a target="_blank" rel="noopener" href="{escape(child.url, quote=True)}">{name}</a>' if child.url else name
    outcome = (
        ("Error", escape(child.error))
        if child.error
        else ("Result", _shown(child.result) if child.phase == "SUCCEEDED" else "none yet")
    )
    rows = [("Kind", _kind(child.entity)), ("Execution", link), ("Phase", escape(child.phase))]
    rows += [("Inputs", _inputs(child.inputs)), outcome]
    table = "".join(f'<tr><th>{label}</th><td><pre style="margin: 0">{text}</pre></td></tr>' for label, text in rows)
    return f"<h3>{number}. {escape(child.entity.name)}</h3><table>{table}</table>"


def _inputs(values: Mapping[str, Any]) -> str:
    return "\n".join(f"{escape(name)} = {_shown(value)}" for name, value in values.items()) or "none"


def _shown(value: Any) -> str:
    try:
        text = repr(value)
    except Exception as error:  # noqa: BLE001 - a value's own code may raise anything; the deck must not fail a run
        text = f"can't be shown: {type(error).__name__}: {error}"
    return escape(text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]} ...")


def _kind(entity: Any) -> str:
    if isinstance(entity, PythonTask):
        if entity.metadata.is_eager:
            return "Eager task"
        return "Asynchronous task" if isinstance(entity, AsyncPythonFunctionTask) else "Task"
    return "Workflow" if isinstance(entity, WorkflowBase) else type(entity).__name__
