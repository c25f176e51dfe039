"""Slots: how a lower layer reaches up without importing up.

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
    """Put `function` into the slot, ahead of any entry point (tests and embedders use it)."""
    _filled[name] = function


def clear(name: str) -> None:
    """Forget what `fill` put there: the entry point counts again."""
    _filled.pop(name, None)


def filled(name: str) -> Callable[..., Any]:
    """Return the function in the slot, loading its entry point at first use.

    Raises:
        SlotError: nothing fills the slot, or what fills it can't be imported (a missing extra, usually).
    """
    if name not in _filled:
        from importlib.metadata import entry_points

        found = [entry for entry in entry_points(group=GROUP) if entry.name == name]
        if not found:
            raise SlotError(
                f"Nothing fills the slot {name!r}: no installed distribution has an entry point of that name in the "
                f"group {GROUP!r}. Install the package itself (pip install 'autocontainer-nb[notebook]') rather than "
                "importing it from a folder."
            )
        try:
            _filled[name] = found[0].load()
        except ModuleNotFoundError as error:
            raise SlotError(
                f"The slot {name!r} is filled by {found[0].value!r}, which needs the module {error.name!r}: "
                "pip install 'autocontainer-nb[notebook]'."
            ) from error
    return _filled[name]
