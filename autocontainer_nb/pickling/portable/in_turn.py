"""What a definition holds besides definitions, loaded after it is complete: instances then find their class as it is.

A method may mention a set of instances of its own class, or a class have one as an attribute. Written where it is met,
that set would be made while the class has no methods yet: its items would be hashed by identity, or filled in without
the `__setstate__` that they need. So data that functions, classes and closures hold waits until the outermost
definition that is being written is whole, and follows it in the pickle. The last that was met comes first: it belongs
to what was reached from the others. But an instance whose class has code that runs while it is loaded comes after what
that code refers to; where it is a part of that itself, its class's `__new__` isn't called.

Archives call the functions of this module by their names in `pickled_names`: their parameters are part of the format.
"""

from collections.abc import Callable
from types import (
    BuiltinFunctionType,
    CellType,
    ClassMethodDescriptorType,
    FunctionType,
    GetSetDescriptorType,
    MethodDescriptorType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import Any, Final

from autocontainer_nb.pickling.portable import class_table
from autocontainer_nb.pickling.portable.functions import is_kept

_ATOMS: Final = frozenset({type(None), bool, int, float, complex, str, bytes, type(...), type(NotImplemented)})
_DEFINITIONS: Final = (  # and what built-in types have
    *(FunctionType, BuiltinFunctionType, ModuleType, type, staticmethod, classmethod, property),
    *(WrapperDescriptorType, MethodDescriptorType, ClassMethodDescriptorType, GetSetDescriptorType),
)
_ROWS: Final = frozenset({tuple, list, set, frozenset})
_RUNNING: Final = ("__hash__", "__eq__", "__new__", "__setstate__", "__reduce__", "__reduce_ex__", "__setattr__")
_MAX_ITEMS: Final = 200  # of small tables that needn't wait


def in_turn(*parts: Any) -> Any:
    """Return the first of things that were loaded one after another."""
    return parts[0] if parts else None


def bind_globals(function: FunctionType, names: dict[str, Any]) -> None:
    """Give the function more of the global variables that it uses."""
    if not is_kept(function):
        function.__globals__.update(names)


def bind_attributes(function: FunctionType, attributes: dict[str, Any], slots: dict[str, Any]) -> None:
    """Give the function the values of attributes and slots (defaults) that waited."""
    if is_kept(function):
        return
    vars(function).update(attributes)
    for name, value in slots.items():
        setattr(function, name, value)


def complete_class(cls: type, attributes: dict[str, Any]) -> None:
    """Give a class that was made for this load the attributes that waited; leave one alone that was here already."""
    if class_table.is_to_complete(cls):
        class_table.set_attributes(cls, attributes)


class Later:
    """Something to do when the outermost definition is complete; pickled as that call."""

    def __init__(self, call: Callable[..., None], *arguments: Any) -> None:
        self._call = call
        self._arguments = arguments

    def __reduce__(self) -> tuple[Any, ...]:
        return in_turn, (_Call(self._call, self._arguments), End(self))

    @property
    def target(self) -> Any:
        """What it is done to: a function, a class, or a variable of a closure."""
        return self._arguments[0]

    @property
    def is_simple(self) -> bool:
        """Whether it is certain that no instance is made for it, as far as its containers are looked through."""
        return all(map(is_simple, self._arguments[1:]))


class _Call:
    """What is really done."""

    def __init__(self, *call: Any) -> None:
        self._call = call

    def __reduce__(self) -> tuple[Any, ...]:
        return self._call


class End:
    """Stands behind what is done later: pickled when all of that is written."""

    def __init__(self, done: Later) -> None:
        self.done = done

    def __reduce__(self) -> tuple[Any, ...]:
        return in_turn, ()


class Rest:
    """Stands for what waits, behind the definition that it waits for."""


def waits(value: Any) -> bool:
    """Whether a value is data that may hold instances, so that it is loaded when its holder is complete."""
    return not (issubclass(type(value), _DEFINITIONS) or _only_has(value, ()))


def is_simple(value: Any) -> bool:
    """Whether it is certain that a value has no instances, as far as its containers are looked through."""
    return _only_has(value, _DEFINITIONS)


def attribute_waits(name: str, value: Any) -> bool:
    """Whether an attribute of a class is such data: not what Python made, or answers for others."""
    if name.startswith("__") and name.endswith("__"):
        return False
    return not hasattr(type(value), "__get__") and type(value) is not CellType and waits(value)


def runs_when_loaded(kind: Any) -> bool:
    """Whether a class has code of its own that runs when an instance is loaded, or put into a set or a dictionary."""
    return any(type(getattr(kind, name, None)) is FunctionType for name in _RUNNING)


def _only_has(value: Any, others: tuple[type, ...]) -> bool:
    """Whether it is an atom, of one of the other types, or a small container of these and nothing else."""
    waiting = [value]
    left = _MAX_ITEMS
    while waiting:
        one = waiting.pop()
        kind = type(one)
        if kind in _ATOMS or issubclass(kind, others):
            continue
        if kind is dict:
            inner = [*one, *one.values()]
        elif kind in _ROWS:
            inner = list(one)
        else:
            return False
        left -= len(inner)
        if left < 0:
            return False
        waiting += inner
    return True
