"""Which objects have an identity that a program can see: what can be changed, and classes and functions.

Numbers, texts and what else is immutable have none: whether two are one object is the interpreter's business.
"""

import logging
from collections.abc import Container
from enum import Enum
from types import CellType, FunctionType, MethodType, ModuleType
from typing import Any, Final

from autocontainer_nb.pickled_names import named
from autocontainer_nb.pickling.meaning.graph import Node
from autocontainer_nb.pickling.meaning.parts import Parts, imported_as
from autocontainer_nb.pickling.portable.objects import optional_reference, reference
from autocontainer_nb.pickling.surroundings.loggers import make_logger

# What makes an object that a process has once, of its name.
_LOOK_UPS: Final[tuple[Any, ...]] = (named, reference, optional_reference, getattr, logging.getLogger, make_logger)
_CHANGEABLE: Final = frozenset({list, dict, set, bytearray, CellType})
_TRANSPARENT: Final = frozenset({tuple, frozenset, MethodType, property, staticmethod, classmethod})
_HASHED_BY_IDENTITY: Final = frozenset({"torch"})  # libraries whose classes have a __hash__ that is the identity


def is_looked_up(parts: Parts) -> bool:
    """Whether the object is found by its name where it is loaded, so that it is one and the same for everybody."""
    if parts.kind in {"reference", "module", "code", "buffer"}:
        return True
    first = parts.children[0] if parts.children else None
    return first is not None and first.slot == "maker" and any(first.value is one for one in _LOOK_UPS)


class Identities:
    """Judges the numbered objects of a graph."""

    def __init__(self, objects: list[Any], nodes: list[Node | None], nested: Container[int]) -> None:
        self._objects = objects
        self._nodes = nodes
        self._nested = nested  # plain data in which there is something that can be changed
        self._kinds: dict[type, bool] = {}
        self._holding: dict[int, bool] = {}  # whether something immutable holds what can be changed

    def is_definition(self, number: int) -> bool:
        """Whether it is a class or a function that travels by value."""
        node = self._nodes[number]
        kind = type(self._objects[number])
        return node is not None and not node.is_looked_up and (kind is FunctionType or issubclass(kind, type))

    def may_be_shared(self, number: int) -> bool:
        """Whether it may make a difference that the object is met twice; quick."""
        node = self._nodes[number]
        kind = type(self._objects[number])
        if kind in _CHANGEABLE or number in self._nested:
            return True
        return node is not None and not node.is_looked_up and not self.is_definition(number)

    def is_shared(self, number: int) -> bool:
        """Whether it makes a difference that the object is met twice."""
        return self.may_be_shared(number) and (self._can_change(number) or self._holds_changeable(number))

    def is_value(self, number: int) -> bool:
        """Whether it is all the same whether an equal one is this very object."""
        return not self.is_definition(number) and not self.is_shared(number)

    def _can_change(self, number: int) -> bool:
        value = self._objects[number]
        kind = type(value)
        if kind in _CHANGEABLE or number in self._nested:
            return True
        node = self._nodes[number]
        if node is None or node.is_looked_up or kind in _TRANSPARENT or self.is_definition(number):
            return False
        found = self._kinds.get(kind)
        if found is None:
            found = self._kinds[kind] = _has_identity(kind)
        return found

    def _holds_changeable(self, number: int) -> bool:
        """Whether something that can't be changed itself holds what can, in what can't be changed either."""
        known = self._holding.get(number)
        if known is not None:
            return known
        seen, waiting = {number}, [number]
        while waiting:
            one = waiting.pop()
            node = self._nodes[one]
            if self._holding.get(one) or (one != number and self._can_change(one)):
                self._holding[number] = True
                return True
            if node is None or node.is_looked_up or self.is_definition(one) or self._holding.get(one) is False:
                continue
            for _, part in node.parts:
                if isinstance(part, int) and part not in seen:
                    seen.add(part)
                    waiting.append(part)
        self._holding.update(dict.fromkeys(seen, False))
        return False


def _has_identity(kind: Any) -> bool:
    """Whether instances of the class are themselves and nothing else, as far as its hash tells."""
    if issubclass(kind, Enum | ModuleType):
        return False
    definer = next(base for base in kind.__mro__ if "__hash__" in vars(base))
    if definer is object or vars(definer)["__hash__"] is None:
        return True
    if imported_as(definer) is not None:
        return definer.__module__.partition(".")[0] in _HASHED_BY_IDENTITY
    return not getattr(vars(definer).get("__dataclass_params__"), "frozen", False)
