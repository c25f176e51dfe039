"""Named tuples, protocols and typed dictionaries.

Archives call `make_named_tuple` and `fill_named_tuple` by their names in `pickled_names`: their parameters are part of
the format.

Archives call `fill_protocol`, `make_typed_dict` and `fill_typed_dict` by their names in `pickled_names`: their
parameters are part of the format.
"""

import sys
import types
import typing
from collections import namedtuple
from types import FunctionType
from typing import Any, Final

from autocontainer_nb.pickling.portable import class_table

_OURS_TO_MAKE: Final = frozenset(
    {"__module__", "__slots__", "_fields", "_field_defaults", "__match_args__", "__static_attributes__", "__weakref__"}
)
_OF_THIS_PYTHON: Final = frozenset({
    "__protocol_attrs__", "__non_callable_proto_members__", "__callable_proto_members_only__",
    "__firstlineno__", "__static_attributes__",  # older versions would take them for members of the protocol
})  # fmt: skip
_NOT_CARRIED: Final = frozenset({"__dict__", "__weakref__", "__module__", "__static_attributes__"})


def make_named_tuple(
    name: str, fields: tuple[str, ...], bases: tuple[type, ...], names: tuple[str, str], class_id: str
) -> type:
    """Return a named tuple without defaults; `names` are its module and its qualified name."""
    found = class_table.existing(class_id, *names)
    if found is not None:
        return found
    module, qualname = names
    made: Any = namedtuple(name, fields, rename=True, module=module)  # type: ignore[misc]  # noqa: PYI024 - made at run time
    made.__qualname__ = qualname
    if bases != (tuple,):
        made.__bases__ = bases  # as typing does for generic ones
    return class_table.made(made, class_id)


def fill_named_tuple(cls: Any, state: tuple[tuple[Any, ...], dict[str, Any]]) -> None:
    """Give the named tuple its defaults and what else its class statement had, if it was made for this load."""
    if not class_table.is_to_fill(cls):
        return
    defaults, attributes = state
    cls.__new__.__defaults__ = defaults or None
    cls._field_defaults = dict(zip(cls._fields[len(cls._fields) - len(defaults) :], defaults, strict=True))
    if "__annotations__" in attributes:
        cls.__new__.__annotations__ = attributes["__annotations__"]
    for name, value in attributes.items():
        setattr(cls, name, value)


def is_named_tuple(cls: type) -> bool:
    """Whether `namedtuple` or `NamedTuple` made this very class; a subclass of one is an ordinary class."""
    return tuple in cls.__bases__ and {"_fields", "_field_defaults", "_make", "_asdict"} <= vars(cls).keys()


def reduce_named_tuple(cls: Any, class_id: str) -> Any:
    """Reduce a named tuple to its fields and the user's additions."""
    arguments = (cls.__name__, cls._fields, cls.__bases__, (cls.__module__, cls.__qualname__), class_id)
    attributes = {
        name: value
        for name, value in vars(cls).items()
        if name not in _OURS_TO_MAKE and name not in cls._fields and not _is_generated(value)
    }
    state = (cls.__new__.__defaults__ or (), attributes)
    return make_named_tuple, arguments, state, None, None, fill_named_tuple


def _is_generated(value: Any) -> bool:
    function = getattr(value, "__func__", value)
    if not isinstance(function, FunctionType):
        return False
    module = str(function.__globals__.get("__name__"))
    return module == "collections" or module.startswith("namedtuple_")


def fill_protocol(cls: Any, state: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """Give a protocol its attributes and let this Python find out its members, if it was made for this load."""
    if not class_table.is_to_fill(cls):
        return
    class_table.set_attributes(cls, state[0])
    if sys.version_info >= (3, 12):
        typing._ProtocolMeta.__init__(cls, cls.__name__, cls.__bases__, {})  # type: ignore[attr-defined]  # noqa: SLF001 - what the class statement calls
    if vars(cls).get("_is_runtime_protocol"):
        typing.runtime_checkable(cls)


def make_typed_dict(name: str, bases: tuple[Any, ...], total: bool, names: tuple[str, str], class_id: str) -> Any:
    """Return a typed dictionary without keys; `names` are its module and its qualified name."""
    found = class_table.existing(class_id, *names)
    if found is not None:
        return found
    module, qualname = names
    made: Any = types.new_class(name, bases, {"total": total}, lambda body: body.update(__module__=module))
    made.__qualname__ = qualname
    return class_table.made(made, class_id)


def fill_typed_dict(cls: Any, attributes: dict[str, Any]) -> None:
    """Give a typed dictionary its keys, if it was made for this load."""
    if not class_table.is_to_fill(cls):
        return
    for name, value in attributes.items():
        setattr(cls, name, value)


def is_typed_dict(cls: type) -> bool:
    """Whether the class statement of `typing.TypedDict` made the class."""
    return isinstance(cls, typing._TypedDictMeta)  # type: ignore[attr-defined]  # noqa: SLF001 - typing has no question for it before 3.10's is_typeddict, which asks the same


def reduce_typed_dict(cls: Any, class_id: str) -> Any:
    """Reduce a typed dictionary to its keys; those of its bases are among them."""
    generic = [base for base in vars(cls).get("__orig_bases__", ()) if typing.get_origin(base) is typing.Generic]
    arguments = (
        cls.__name__, (typing.TypedDict, *generic), cls.__total__, (cls.__module__, cls.__qualname__), class_id
    )  # fmt: skip
    attributes = {name: value for name, value in vars(cls).items() if name not in _NOT_CARRIED}
    return make_typed_dict, arguments, attributes, None, None, fill_typed_dict


def without_protocol_machinery(attributes: dict[str, Any]) -> dict[str, Any]:
    """Return a class's attributes without what `typing` has put into a protocol or an implementation of one."""
    return {
        name: value
        for name, value in attributes.items()
        if name not in _OF_THIS_PYTHON and not (name in {"__init__", "__subclasshook__"} and _is_typings(value))
    }


def _is_typings(value: Any) -> bool:
    function = getattr(value, "__func__", value)
    return isinstance(function, FunctionType) and function.__module__ == "typing"
