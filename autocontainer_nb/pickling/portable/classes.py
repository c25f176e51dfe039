"""Classes in the pickle, and how they are made again.

Each has a lasting id (`class_table`): where the id's class is here already, it is taken, and left as it is.

What stands in a class's own dictionary is carried, whatever its bases have there. What `__init_subclass__` and a
metaclass of the user's did is in it already: to run them once more would register twice, or fail for want of the class
statement's arguments. Archives call `_make_skeleton_class` and `fill_class` by their names in `pickled_names`, so the
parameters are part of the format.

After `from __future__ import annotations` a dataclass holds the names of its fields' types, and nothing else refers to
these types: where the class is loaded, they couldn't be found. The user's class is left as it is.
"""

import abc
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import is_dataclass
from enum import Enum
from importlib import import_module
from types import FunctionType, GetSetDescriptorType, MemberDescriptorType
from typing import Any, Final, get_type_hints

from autocontainer_nb.pickling.portable import class_table
from autocontainer_nb.pickling.portable.generated_dataclass import (
    fill_dataclass,
    generated_methods,
    has_text,
    reduce_dataclass,
)
from autocontainer_nb.pickling.portable.generated_enum import fill_enum, reduce_enum
from autocontainer_nb.pickling.portable.generated_typing import (
    fill_protocol,
    is_named_tuple,
    is_typed_dict,
    reduce_named_tuple,
    reduce_typed_dict,
    without_protocol_machinery,
)
from autocontainer_nb.pickling.portable.objects import reference

# Made anew with every class; those of `abc` are replaced by the list of what is registered.
_MADE_ANEW: Final = frozenset(
    {
        "__dict__", "__weakref__", "__module__", "__slots__", "__slotnames__",
        "_abc_impl", "_abc_cache", "_abc_negative_cache", "_abc_negative_cache_version", "_abc_registry",
    }
)  # fmt: skip
_NAMELESS: Final = (type(None), type(...), type(NotImplemented))


def _make_skeleton_class(
    metaclass: Any, name: str, bases: tuple[Any, ...], keywords: dict[str, Any], class_id: str, _: Any
) -> type:
    """Return a class with an empty body, to be filled; the one of this id that is here already, if there is one."""
    qualname = str(keywords.pop("__qualname__", name))
    found = class_table.existing(class_id, str(keywords.get("__module__")), qualname)
    if found is not None:
        return found
    body = {sys.intern(key): value for key, value in keywords.items()}
    resolved = types.resolve_bases(bases)
    with _silenced(resolved):
        if class_table.has_travelled(metaclass):
            constructor: Any = next(
                kind for kind in metaclass.__mro__ if "__new__" in vars(kind) and not class_table.has_travelled(kind)
            )
            made = constructor.__new__(metaclass, name, resolved, body)
        else:
            made = types.new_class(name, bases, {"metaclass": metaclass}, lambda namespace: namespace.update(body))
    type.__setattr__(made, "__qualname__", qualname)
    return class_table.made(made, class_id)


def fill_class(cls: Any, state: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """Give a class that was made for this load what stood in its dictionary; leave one alone that was here already."""
    if class_table.is_to_fill(cls):
        class_table.set_attributes(cls, state[0])


@contextmanager
def _silenced(bases: tuple[Any, ...]) -> Iterator[None]:
    """Within the block, the user's own `__init_subclass__` of these bases pass on without doing anything."""
    kinds = dict.fromkeys(kind for base in bases if isinstance(base, type) for kind in base.__mro__)
    hooks = [(kind, vars(kind)["__init_subclass__"]) for kind in kinds if "__init_subclass__" in vars(kind)]
    own: list[tuple[Any, Any]] = [(kind, hook) for kind, hook in hooks if class_table.has_travelled(kind)]
    for kind, _ in own:
        type.__setattr__(kind, "__init_subclass__", classmethod(_passing_on(kind)))
    try:
        yield
    finally:
        for kind, hook in own:
            type.__setattr__(kind, "__init_subclass__", hook)


def _passing_on(kind: Any) -> Any:
    def pass_on(cls: type, **_: Any) -> None:
        super(kind, cls).__init_subclass__()

    return pass_on


def with_types(cls: type, reduced: Any) -> Any:
    """Return cloudpickle's reduction of a class by value, its text annotations replaced by the types they name.

    A class whose annotations name something unknown stays as it is: who needs the type says so.
    """
    own = vars(cls).get("__annotations__", {})
    if not isinstance(reduced, tuple) or not any(map(has_text, own.values())):
        return reduced
    try:
        hints = get_type_hints(cls, include_extras=True)
    except Exception:  # noqa: BLE001 - annotations are the user's code, which may raise anything
        return reduced
    make, arguments, (attributes, slots), *rest = reduced
    resolved = {name: hints.get(name, annotation) for name, annotation in own.items()}
    return (make, arguments, ({**attributes, "__annotations__": resolved}, slots), *rest)


def reduce_class(cls: type, id_of: Callable[[type], str]) -> Any:
    """Return the reduction of a class that travels by value, `id_of` its id; NotImplemented for an imported one."""
    from cloudpickle import cloudpickle

    if cloudpickle._should_pickle_by_reference(cls):  # noqa: SLF001 - cloudpickle offers no other way
        return NotImplemented
    elsewhere = _reduce_pythons(cls)
    if elsewhere is not None:
        return elsewhere
    class_id = id_of(cls)
    if issubclass(cls, Enum):
        return reduce_enum(cls, class_id)
    if is_named_tuple(cls):
        return reduce_named_tuple(cls, class_id)
    if is_typed_dict(cls):
        return reduce_typed_dict(cls, class_id)
    attributes = _attributes(cls)
    fill: Callable[..., None] = fill_class
    if hasattr(cls, "_is_protocol"):
        attributes = without_protocol_machinery(attributes)
        fill = fill_protocol if vars(cls).get("_is_protocol") else fill
    reduced: Any = _make_skeleton_class, _arguments(cls, class_id), (attributes, {}), None, None, fill
    if is_dataclass(cls):
        reduced = with_types(cls, reduced)
        if "__dataclass_params__" in vars(cls):
            reduced = reduce_dataclass(cls, reduced)
    return reduced


def attributes_in(reduced: Any) -> dict[str, Any] | None:
    """Return the attributes in the reduction of a class that fills them in; None for one that makes them otherwise."""
    fill = reduced[5] if isinstance(reduced, tuple) and len(reduced) == 6 else None  # noqa: PLR2004 - with a setter
    found: Any = None
    if fill in {fill_class, fill_enum}:
        found = reduced[2][0]
    elif fill is fill_dataclass:
        found = reduced[2][0][0]
    return found if found is None else dict(found)


def with_attributes(reduced: Any, attributes: dict[str, Any]) -> Any:
    """Return the reduction of a class with other attributes."""
    make, arguments, state, *rest = reduced
    first = (attributes, *state[0][1:]) if rest[-1] is fill_dataclass else attributes
    return make, arguments, (first, *state[1:]), *rest


def _reduce_pythons(cls: type) -> Any:
    """Return the reduction of a class of Python's own that isn't found under its own name: of locks, of iterators."""
    from cloudpickle import cloudpickle

    if type(cls) is type and (cls in _NAMELESS or cls in cloudpickle._BUILTIN_TYPE_NAMES):  # noqa: SLF001 - cloudpickle offers no other way
        return cloudpickle._class_reduce(cls)  # noqa: SLF001 - likewise
    if cls.__module__.partition(".")[0] not in sys.stdlib_module_names:
        return None
    for module in ("types", "_collections_abc", "_thread", "weakref"):
        for name, value in vars(import_module(module)).items():
            if value is cls:
                return reference, (module, name)
    return None


def _arguments(cls: type, class_id: str) -> tuple[Any, ...]:
    """Return what `_make_skeleton_class` is called with; slots are there from the start: later they have no effect."""
    body = {"__module__": cls.__module__} if "__module__" in vars(cls) else {}
    if "__dict__" in vars(cls) and not isinstance(vars(cls)["__dict__"], GetSetDescriptorType):  # the user's own
        body["__dict__"] = vars(cls)["__dict__"]
    if "__slots__" in vars(cls):
        body["__slots__"] = vars(cls)["__slots__"]
    if cls.__qualname__ != cls.__name__:
        body["__qualname__"] = cls.__qualname__
    return type(cls), cls.__name__, vars(cls).get("__orig_bases__", cls.__bases__), body, class_id, None


def _attributes(cls: Any) -> dict[str, Any]:
    """Return what stands in the class's own dictionary, in a lasting order, but for what is made anew with it."""
    own = vars(cls)
    attributes = {
        "".join(name): own[name]  # a copy: whether a text is interned shows in the pickle
        for name in sorted(own)
        if name not in _MADE_ANEW
        and not (isinstance(own[name], MemberDescriptorType) and own[name].__objclass__ is cls)
    }
    if "__static_attributes__" in attributes:  # since 3.13, in the order of a set
        attributes["__static_attributes__"] = tuple(sorted(attributes["__static_attributes__"]))
    if isinstance(cls, abc.ABCMeta):
        references = abc._get_dump(cls)[0]  # type: ignore[attr-defined]  # noqa: SLF001 - nothing public tells
        attributes[class_table.REGISTERED] = [one for each in references if (one := each()) is not None]
    return attributes


def generated_functions(cls: type) -> list[tuple[FunctionType, str]]:
    """Return the functions without source that a library has generated for this class, with the names people know."""
    if "__dataclass_params__" not in vars(cls):
        return []
    found = []
    for name, method in generated_methods(cls).items():
        label = f"{cls.__qualname__}.{name}"
        found += [(method, label), (getattr(method, "__wrapped__", method), label)]
    return found
