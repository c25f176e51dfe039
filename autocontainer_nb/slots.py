"""Slots: functions that a lower layer calls without importing the upper layer that provides them.

A lower layer declares what it needs (a callable of a documented shape) by a slot's name; a distribution fills it with
an entry point of the group `autocontainer_nb.slots`. Four exist: `launcher` (declared by `core.base_task`),
`control_plane` (declared by `remote.config.endpoint`), `eager_children` and `eager_cleanup` (declared by
`core.dynamic.children`).
"""

from collections.abc import Callable
from typing import Any

from autocontainer_nb.errors import SlotError

GROUP = "autocontainer_nb.slots"
_filled: dict[str, Callable[..., Any]] = {}


def fill(name: str, function: Callable[..., Any]) -> None:
    """Put `function` into the slot; it takes precedence over entry points (for tests and embedders)."""
    _filled[name] = function


def clear(name: str) -> None:
    """Undo `fill`, so that the entry point is used again."""
    _filled.pop(name, None)


def filled(name: str) -> Callable[..., Any]:
    """Return the function in the slot; its entry point is loaded on first use.

    Raises:
        SlotError: the slot is empty, or its function can't be imported, usually because an extra is missing.
    """
    if name not in _filled:
        from importlib.metadata import entry_points

        found = [entry for entry in entry_points(group=GROUP) if entry.name == name]
        if not found:
            raise SlotError(
                f"The slot {name!r} is empty: no installed distribution has an entry point of that name in the group "
                f"{GROUP!r}. Install the package (pip install 'autocontainer-nb[notebook]') instead of importing it "
                "from a folder."
            )
        try:
            _filled[name] = found[0].load()
        except ModuleNotFoundError as error:
            raise SlotError(
                f"The slot {name!r} needs {found[0].value!r}, and that needs the module {error.name!r}. Install it: "
                "pip install 'autocontainer-nb[notebook]'."
            ) from error
    return _filled[name]
