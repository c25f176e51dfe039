"""Protocols and typed dictionaries in the pickle, whose inner attributes differ from one minor version to the next.

Archives call `fill_protocol`, `make_typed_dict` and `fill_typed_dict` by their names in `pickled_names`: their
parameters are part of the format.
"""

import sys
import types
import typing
from types import FunctionType
from typing import Any, Final

from cloudpickle import cloudpickle

_OF_THIS_PYTHON: Final = frozenset({
    "__protocol_attrs__", "__non_callable_proto_members__", "__callable_proto_members_only__",
    "__firstlineno__", "__static_attributes__",  # older versions would take them for members of the protocol
})  # fmt: skip
_NOT_CARRIED: Final = frozenset({"__dict__", "__weakref__", "__module__", "__static_attributes__"})


def fill_protocol(cls: Any, state: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """Give a protocol its attributes and let this Python find out its members."""
    cloudpickle._class_setstate(cls, state)  # noqa: SLF001 - cloudpickle offers no other way
    if sys.version_info >= (3, 12):
        typing._ProtocolMeta.__init__(cls, cls.__name__, cls.__bases__, {})  # type: ignore[attr-defined]  # noqa: SLF001 - what the class statement calls
    if vars(cls).get("_is_runtime_protocol"):
        typing.runtime_checkable(cls)


def make_typed_dict(name: str, bases: tuple[Any, ...], total: bool, names: tuple[str, str], class_id: str) -> Any:
    """Return a typed dictionary without keys; `names` are its module and its qualified name."""
    module, qualname = names
    made: Any = types.new_class(name, bases, {"total": total}, lambda body: body.update(__module__=module))
    made.__qualname__ = qualname
    return cloudpickle._lookup_class_or_track(class_id, made)  # noqa: SLF001 - cloudpickle offers no other way


def fill_typed_dict(cls: Any, attributes: dict[str, Any]) -> None:
    """Give a typed dictionary its keys."""
    for name, value in attributes.items():
        setattr(cls, name, value)


def is_typed_dict(cls: type) -> bool:
    """Whether the class statement of `typing.TypedDict` made the class."""
    return isinstance(cls, typing._TypedDictMeta)  # type: ignore[attr-defined]  # noqa: SLF001 - typing has no question for it before 3.10's is_typeddict, which asks the same


def reduce_typed_dict(cls: Any) -> Any:
    """Reduce a typed dictionary to its keys; those of its bases are among them."""
    generic = [base for base in vars(cls).get("__orig_bases__", ()) if typing.get_origin(base) is typing.Generic]
    class_id = cloudpickle._get_or_create_tracker_id(cls)  # noqa: SLF001 - see make_typed_dict
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
