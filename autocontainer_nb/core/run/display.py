"""`display` in a task's process: what a notebook would show is in the run's deck, or without decks in its log.

IPython puts `display` among the built-in names of a kernel; a container's process has this one there. Values show
themselves as they do in a notebook, by IPython's own methods (`_repr_html_` and the like), which need no IPython.
"""

import base64
import itertools
from collections.abc import Collection, Mapping
from html import escape
from typing import Any, Final

from autocontainer_nb.core.environment import running
from autocontainer_nb.core.run.renderers import MarkdownRenderer, to_html

_TEXT: Final = "text/plain"
_METHODS: Final = {  # in the order in which a notebook prefers what they give
    "text/html": "_repr_html_",
    "text/markdown": "_repr_markdown_",
    "image/svg+xml": "_repr_svg_",
    "image/png": "_repr_png_",
    "image/jpeg": "_repr_jpeg_",
    "text/latex": "_repr_latex_",
    "application/json": "_repr_json_",
}
_CANARY: Final = "_ipython_canary_method_should_not_exist_"  # who has it answers to every name, and means nothing by it
_ids: Final = itertools.count(1)
Bundle = dict[str, Any]  # what shows a value, by the type of the content


class DisplayHandle:
    """What `display(..., display_id=...)` returns, to show values again; a log and a deck keep what was shown."""

    def __init__(self, display_id: str) -> None:
        self.display_id = display_id

    def display(self, value: Any, **options: Any) -> None:
        """Show the value."""
        display(value, **options)

    def update(self, value: Any, **options: Any) -> None:
        """Show the value, below what was shown before."""
        display(value, **options)


def display(
    *objects: Any,
    include: Collection[str] | None = None,
    exclude: Collection[str] | None = None,
    raw: bool = False,
    display_id: Any = None,
    **_: Any,
) -> DisplayHandle | None:
    """Show values in the run's deck if the task has decks, otherwise as text in its log.

    The parameters are those of IPython's `display`; `raw` is for mappings from the type of a content to the content.
    """
    context = running.get()
    params = None if context is None else context.user_space_params
    for value in objects:
        bundle = dict(value) if raw else _bundle(value, include, exclude)
        if bundle is None:
            continue  # the value has shown itself
        if params is not None and params.enable_deck:
            params.default_deck.append(_html(bundle, value))
        else:
            print(bundle.get(_TEXT, repr(value)), flush=True)  # noqa: T201 - the container's log
    if not display_id:
        return None
    return DisplayHandle(str(next(_ids)) if display_id is True else str(display_id))


def _bundle(value: Any, include: Collection[str] | None, exclude: Collection[str] | None) -> Bundle | None:
    """Return what shows the value; None for one that does it itself."""
    if isinstance(value, type) or callable(getattr(value, _CANARY, None)):  # a class's methods are its instances'
        return {_TEXT: repr(value)}
    shows_itself = getattr(value, "_ipython_display_", None)
    if callable(shows_itself):
        shows_itself()
        return None
    bundle: Bundle = {}
    for kind, name in _METHODS.items():
        shown = _called(value, name)
        if shown is not None:
            bundle[kind] = shown
    given = _called(value, "_repr_mimebundle_", include=include, exclude=exclude)
    if given is not None:
        bundle.update(given[0] if isinstance(given, tuple) else given)
    bundle = {
        kind: shown
        for kind, shown in bundle.items()
        if (not include or kind in include) and kind not in (exclude or ())
    }
    bundle.setdefault(_TEXT, repr(value))
    return bundle


def _called(value: Any, name: str, **options: Any) -> Any:
    """Return what a method of the value's that shows it gives, without what it says beside it; None without one."""
    method = getattr(value, name, None)
    if not callable(method):
        return None
    try:
        shown = method(**options)
    except Exception:  # noqa: BLE001 - the next way to show it is tried, as IPython does
        return None
    return shown[0] if isinstance(shown, tuple) and name != "_repr_mimebundle_" else shown


def _html(bundle: Mapping[str, Any], value: Any) -> str:
    for kind in _METHODS:
        shown = bundle.get(kind)
        if shown is None:
            continue
        if kind in {"text/html", "image/svg+xml"}:
            return str(shown)
        if kind == "text/markdown":
            return MarkdownRenderer().to_html(str(shown))
        if kind.startswith("image/"):
            data = base64.b64encode(shown).decode() if isinstance(shown, bytes) else str(shown)
            return f'<img alt="image" src="data:{kind};base64,{data}">'
        return f"<pre>{escape(str(shown))}</pre>"
    text = str(bundle[_TEXT]) if _TEXT in bundle else ""
    return to_html(value) if text == repr(value) else f"<pre>{escape(text)}</pre>"
