"""The default decks of a run: source, packages, times, inputs and outputs."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from autocontainer_nb.core.run.context import ExecutionParameters
from autocontainer_nb.core.run.deck import Deck, DeckField
from autocontainer_nb.core.run.renderers import PythonDependencyRenderer, SourceCodeRenderer, to_html
from autocontainer_nb.pickling.code.references import inner_function


def fill_decks(
    params: ExecutionParameters, fields: Sequence[str], task: Any, inputs: Mapping[str, Any], outputs: Mapping[str, Any]
) -> None:
    """Add the decks that the task asks for to the run's; a value that can't be shown is replaced by the reason."""
    interface = task.python_interface
    pages: dict[DeckField, Callable[[], str]] = {
        DeckField.SOURCE_CODE: lambda: SourceCodeRenderer().to_html(_source(task)),
        DeckField.DEPENDENCIES: PythonDependencyRenderer().to_html,
        DeckField.INPUT: lambda: _values(inputs, interface.inputs),
        DeckField.OUTPUT: lambda: _values(outputs, interface.outputs),
    }
    timeline = params.timeline_deck  # made by the first timed part
    params.decks.remove(timeline)
    made = {
        field: Deck(field.value, page(), auto_add_to_deck=False) for field, page in pages.items() if field in fields
    }
    if DeckField.TIMELINE in fields:
        made[DeckField.TIMELINE] = timeline
    params.decks.extend(made[field] for field in DeckField if field in made)


def _values(values: Mapping[str, Any], kinds: Mapping[str, Any]) -> str:
    return "\n".join(f"<h3>{escape(name)}</h3>{_shown(value, kinds.get(name))}" for name, value in values.items())


def _shown(value: Any, kind: Any) -> str:
    try:
        return to_html(value, kind)
    except Exception as error:  # noqa: BLE001 - a value's own display code may raise anything; the run has succeeded
        return f"<pre>can't be shown: {escape(f'{type(error).__name__}: {error}')}</pre>"


def _source(task: Any) -> str:
    function = inner_function(task)
    try:
        return inspect.getsource(function if function is not None else type(task))
    except (OSError, TypeError):
        return "The source isn't known here."
