"""Classes in the pickle: what the user wrote, less what the minor version at hand has put in."""

from dataclasses import is_dataclass
from enum import Enum
from types import FunctionType
from typing import Any

from cloudpickle import cloudpickle

from autocontainer_nb.pickling.portable.class_maker import _make_skeleton_class
from autocontainer_nb.pickling.portable.generated_dataclass import generated_methods, reduce_dataclass
from autocontainer_nb.pickling.portable.generated_enum import reduce_enum
from autocontainer_nb.pickling.portable.generated_tuple import is_named_tuple, reduce_named_tuple
from autocontainer_nb.pickling.portable.generated_typing import (
    fill_protocol,
    is_typed_dict,
    reduce_typed_dict,
    without_protocol_machinery,
)
from autocontainer_nb.pickling.portable.text_annotations import with_types


def reduce_class(cls: type) -> Any:
    """Return the reduction of a class that travels by value; NotImplemented for one that is imported by name."""
    if cloudpickle._should_pickle_by_reference(cls):  # noqa: SLF001 - cloudpickle offers no other way
        return NotImplemented
    if issubclass(cls, Enum):
        return reduce_enum(cls)
    if is_named_tuple(cls):
        return reduce_named_tuple(cls)
    if is_typed_dict(cls):
        return reduce_typed_dict(cls)
    reduced = cloudpickle._class_reduce(cls)  # noqa: SLF001 - likewise
    if not isinstance(reduced, tuple) or reduced[0] is not cloudpickle._make_skeleton_class:  # noqa: SLF001 - likewise
        return reduced
    _, arguments, (attributes, slots), listed, items, fill = reduced
    attributes = _plain(cls, attributes)
    arguments = _with_slots(cls, arguments)
    if hasattr(cls, "_is_protocol"):
        attributes = without_protocol_machinery(attributes)
        fill = fill_protocol if vars(cls).get("_is_protocol") else fill
    reduced = _make_skeleton_class, arguments, (attributes, slots), listed, items, fill
    if is_dataclass(cls):
        reduced = with_types(cls, reduced)
        if "__dataclass_params__" in vars(cls):
            reduced = reduce_dataclass(cls, reduced)
    return reduced


def generated_functions(cls: type) -> list[tuple[FunctionType, str]]:
    """Return the functions without source that a library has generated for this class, with the names people know."""
    if "__dataclass_params__" not in vars(cls):
        return []
    found = []
    for name, method in generated_methods(cls).items():
        label = f"{cls.__qualname__}.{name}"
        found += [(method, label), (getattr(method, "__wrapped__", method), label)]
    return found


def _plain(cls: type, attributes: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes with the qualified name, which isn't in the class's dictionary, and lasting orders."""
    mangled = {f"_{cls.__name__.lstrip('_')}{name}" for name in _slots(cls) if name.startswith("__")}
    plain = {name: value for name, value in attributes.items() if name not in mangled}
    if "__static_attributes__" in plain:  # since 3.13, in the order of a set
        plain["__static_attributes__"] = tuple(sorted(plain["__static_attributes__"]))
    if cls.__qualname__ != cls.__name__:
        plain["__qualname__"] = cls.__qualname__
    return plain


def _with_slots(cls: type, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """Let the class have its slots from the start: later they would be names without effect."""
    if "__slots__" not in vars(cls):
        return arguments
    kind, name, bases, keywords, *rest = arguments
    return kind, name, bases, {**keywords, "__slots__": vars(cls)["__slots__"]}, *rest


def _slots(cls: type) -> list[str]:
    slots = vars(cls).get("__slots__", ())
    return [slots] if isinstance(slots, str) else list(slots)
