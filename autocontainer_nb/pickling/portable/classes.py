"""Classes in the pickle, their lasting ids, and how they are made again.

cloudpickle marks each class that it carries by value with an id, so that a class which comes back is the one that
left. It draws the id at random, which would give every kernel another digest; ours is a hash of the definition.

What `__init_subclass__` and a metaclass of the user's did is in the class's state already: to run them once more would
register twice, or fail for want of the class statement's arguments. `_make_skeleton_class` has cloudpickle's name
and parameters; archives call it by its name in `pickled_names`, so the parameters are part of the format.

After `from __future__ import annotations` a dataclass holds the names of its fields' types, and nothing else refers to
these types: where the class is loaded, they couldn't be found. The user's class is left as it is.
"""

import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import is_dataclass
from enum import Enum
from types import CodeType, FunctionType
from typing import Any, get_type_hints

from cloudpickle import cloudpickle

from autocontainer_nb.pickled_names import lasting_path
from autocontainer_nb.pickling.archive.hashing import sha256_hex
from autocontainer_nb.pickling.portable.functions import dump_code
from autocontainer_nb.pickling.portable.generated_dataclass import generated_methods, reduce_dataclass
from autocontainer_nb.pickling.portable.generated_enum import reduce_enum
from autocontainer_nb.pickling.portable.generated_typing import (
    fill_protocol,
    is_named_tuple,
    is_typed_dict,
    reduce_named_tuple,
    reduce_typed_dict,
    without_protocol_machinery,
)

_PLAIN = frozenset({int, float, str, bytes, bool, type(None)})


def give_lasting_id(cls: type, rename: Callable[[str], str]) -> None:
    """Let cloudpickle mark the class by what it is: its name, its methods' code, its plain attributes.

    Where a cell is run again unchanged, the newer class takes the place of the older one of the same id.
    """
    by_class: Any = cloudpickle._DYNAMIC_CLASS_TRACKER_BY_CLASS  # noqa: SLF001 - cloudpickle offers no other way
    if cls not in by_class:
        class_id = sha256_hex(b"\0".join(_definition(cls, rename)))[:32]
        by_class[cls] = class_id
        cloudpickle._DYNAMIC_CLASS_TRACKER_BY_ID[class_id] = cls  # noqa: SLF001 - likewise


def _definition(cls: type, rename: Callable[[str], str]) -> list[bytes]:
    parts = [
        f"{cls.__module__}.{cls.__qualname__}",
        *(lasting_path(base) or f"{base.__module__}.{base.__qualname__}" for base in cls.__bases__),
    ]
    definition = [part.encode() for part in parts]
    for name, value in sorted(vars(cls).items()):
        if name not in {"__dict__", "__weakref__", "__doc__"}:
            definition += [name.encode(), _content(value, rename)]
    return definition


def _content(value: Any, rename: Callable[[str], str]) -> bytes:
    function = getattr(value, "__func__", None) or getattr(value, "fget", None) or value
    if isinstance(function, FunctionType):
        return dump_code(function.__code__, rename)
    if isinstance(value, CodeType):
        return dump_code(value, rename)
    if type(value) in _PLAIN:  # not a subclass: the repr of an enumeration's member is the user's code
        return repr(value).encode("utf-8", "surrogatepass")
    if isinstance(value, tuple | list) and all(type(item) in _PLAIN for item in value):
        return repr(value).encode("utf-8", "surrogatepass")
    return type(value).__qualname__.encode()


def _make_skeleton_class(
    metaclass: Any, name: str, bases: tuple[Any, ...], keywords: dict[str, Any], class_id: str, _: Any
) -> type:
    """Return a class with an empty body, to be filled; the one of this id that is here already, if there is one."""
    body = {sys.intern(key): value for key, value in keywords.items()}
    resolved = types.resolve_bases(bases)
    with _silenced(resolved):
        if _travelled(metaclass):
            constructor: Any = next(
                kind for kind in metaclass.__mro__ if "__new__" in vars(kind) and not _travelled(kind)
            )
            made = constructor.__new__(metaclass, name, resolved, body)
        else:
            made = types.new_class(name, bases, {"metaclass": metaclass}, lambda namespace: namespace.update(body))
    return cloudpickle._lookup_class_or_track(class_id, made)  # type: ignore[no-any-return]  # noqa: SLF001 - cloudpickle offers no other way


def _travelled(cls: type) -> bool:
    """Whether the class came here by value: an installed one is never changed."""
    return cls in cloudpickle._DYNAMIC_CLASS_TRACKER_BY_CLASS  # noqa: SLF001 - likewise


@contextmanager
def _silenced(bases: tuple[Any, ...]) -> Iterator[None]:
    """Within the block, the user's own `__init_subclass__` of these bases pass on without doing anything."""
    kinds = dict.fromkeys(kind for base in bases if isinstance(base, type) for kind in base.__mro__)
    hooks = [(kind, vars(kind)["__init_subclass__"]) for kind in kinds if "__init_subclass__" in vars(kind)]
    own: list[tuple[Any, Any]] = [(kind, hook) for kind, hook in hooks if _travelled(kind)]
    for kind, _ in own:
        kind.__init_subclass__ = classmethod(_passing_on(kind))
    try:
        yield
    finally:
        for kind, hook in own:
            kind.__init_subclass__ = hook


def _passing_on(kind: Any) -> Any:
    def pass_on(cls: type, **_: Any) -> None:
        super(kind, cls).__init_subclass__()

    return pass_on


def with_types(cls: type, reduced: Any) -> Any:
    """Return cloudpickle's reduction of a class by value, its text annotations replaced by the types they name.

    A class whose annotations name something unknown stays as it is: who needs the type says so.
    """
    own = vars(cls).get("__annotations__", {})
    if not isinstance(reduced, tuple) or not any(isinstance(annotation, str) for annotation in own.values()):
        return reduced
    try:
        hints = get_type_hints(cls, include_extras=True)
    except Exception:  # noqa: BLE001 - annotations are the user's code, which may raise anything
        return reduced
    make, arguments, (attributes, slots), *rest = reduced
    resolved = {name: hints.get(name, annotation) for name, annotation in own.items()}
    return (make, arguments, ({**attributes, "__annotations__": resolved}, slots), *rest)


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
