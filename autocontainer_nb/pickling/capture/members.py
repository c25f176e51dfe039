"""Which functions and variables of closures a class has, so that a value that holds one holds its class's.

A value's pickle brings its classes along, for processes that don't have them. A process that has one keeps it as it is;
so the methods that came with it would be others than the class's own, and `value.callback.__func__ is Model.run` false.
"""

from collections.abc import Iterable
from functools import cached_property, partialmethod, singledispatchmethod
from types import CellType, FunctionType
from typing import Any, Final

# What wraps functions in the body of a class, and where it has them.
_INSIDE: Final[dict[type, tuple[str, ...]]] = {
    property: ("fget", "fset", "fdel"),
    classmethod: ("__func__",),
    staticmethod: ("__func__",),
    cached_property: ("func",),
    partialmethod: ("func",),
    singledispatchmethod: ("func",),
}
WRAPPED: Final = "__wrapped__"
Place = tuple[type, tuple[str, ...]]  # a class, and the steps from an attribute of it: see `functions.member_at`


class Members:
    """The functions and variables of the classes in one pickle, each with the first place that was found."""

    def __init__(self) -> None:
        self._places: dict[int, Place] = {}
        self._kept: list[Any] = []

    def note(self, cls: type, attributes: Iterable[tuple[str, Any]]) -> None:
        """Note what the attributes of a class have, which follow the class in its pickle."""
        for name, value in attributes:
            self._look((cls, (name,)), value)

    def of(self, value: FunctionType | CellType) -> Place | None:
        """Return the place of a function or variable, if it belongs to a class of the pickle."""
        return self._places.get(id(value))

    def _look(self, place: Place, value: Any) -> None:
        kind = type(value)
        cls, steps = place
        if kind is FunctionType:
            if not self._is_new(place, value):
                return
            for name, cell in zip(value.__code__.co_freevars, value.__closure__ or (), strict=True):
                inner = cls, (*steps, f"{name} of")
                if self._is_new(inner, cell) and _content(cell) is not None:
                    self._look(inner, _content(cell))
            if WRAPPED in vars(value):
                self._look((cls, (*steps, WRAPPED)), vars(value)[WRAPPED])
        for name in _INSIDE.get(kind, ()):
            self._look((cls, (*steps, name)), getattr(value, name))

    def _is_new(self, place: Place, value: FunctionType | CellType) -> bool:
        if id(value) in self._places:
            return False
        self._places[id(value)] = place
        self._kept.append(value)
        return True


def _content(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # it isn't bound yet
        return None
