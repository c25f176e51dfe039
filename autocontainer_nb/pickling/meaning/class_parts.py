"""What defines a class that travels by value: the attributes that a person wrote, less what Python keeps there."""

import abc
import dataclasses
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import EnumMeta
from types import FunctionType, GetSetDescriptorType, MemberDescriptorType
from typing import Any, Final, get_type_hints

from autocontainer_nb.pickling.code.mentions import named_by_class
from autocontainer_nb.pickling.portable.generated_dataclass import has_text

# Made anew for every class; `__firstlineno__` (3.13) says where it was, `__static_attributes__` (3.13) has hash order.
_DERIVED: Final = frozenset(
    {
        "__dict__", "__weakref__", "__module__", "__qualname__", "__slotnames__", "__firstlineno__",
        "__static_attributes__",
        "_abc_impl", "_abc_cache", "_abc_negative_cache", "_abc_negative_cache_version", "_abc_registry",
        "__non_callable_proto_members__", "__protocol_attrs__",
        # pydantic compiles these from the fields and decorators, which count; they hold addresses.
        "__pydantic_core_schema__", "__pydantic_validator__", "__pydantic_serializer__", "__pydantic_complete__",
        "__pydantic_parent_namespace__", "__signature__",
    }
)  # fmt: skip
_getstate_of_dataclasses: Final = getattr(dataclasses, "_dataclass_getstate", None)
# What EnumMeta derives from the members.
_DERIVED_IN_ENUMS: Final = frozenset(
    {
        "_member_names_", "_member_map_", "_member_type_", "_value2member_map_", "_unhashable_values_",
        "_unhashable_values_map_", "_hashable_values_", "_value_repr_", "_new_member_", "_use_args_", "_inverted_",
    }
)  # fmt: skip
_OF_EVERY_MEMBER: Final = frozenset({"_value_", "_name_", "__objclass__", "_sort_order_", "_inverted_"})


def class_attributes(cls: type) -> Iterator[tuple[str, Any, str]]:
    """Yield (name, value, slot) of what defines the class besides its name, its bases and its metaclass."""
    derived = _DERIVED | _DERIVED_IN_ENUMS if isinstance(cls, EnumMeta) else _DERIVED
    members = dict(_members(cls)) if isinstance(cls, EnumMeta) else {}
    for name, value in list(vars(cls).items()):
        if name in derived or name in members or isinstance(value, MemberDescriptorType | GetSetDescriptorType):
            continue
        if isinstance(cls, EnumMeta) and _is_enums(value):
            continue
        if name == "__annotations__" and not value:  # made by whoever looks for them
            continue
        if name == "__doc__" and (value is None or _is_signature(cls, value)):
            continue
        yield name, "made by attrs" if _is_made_by_attrs(cls, value) else value, f"attribute {name}"
    for index, (name, member) in enumerate(members.items()):
        yield name, member.value, f"member {index} {name}"
        held = sorted(vars(member).items())
        yield from ((f"{name}.{key}", one, f"of {index} {key}") for key, one in held if key not in _OF_EVERY_MEMBER)
    if isinstance(cls, abc.ABCMeta):
        yield from (("register()", one, "registered") for one in _registered(cls))
    if cls.__module__ == "__main__" and "__main__" in sys.modules:
        named = named_by_class(cls, vars(sys.modules["__main__"]))
        yield from ((f"__annotations__ ({name})", one, f"named {name}") for name, one in named.items())
    if is_dataclass(cls):
        yield from ((f"__annotations__[{name}]", one, f"annotation {name}") for name, one in _named_types(cls))


def _is_signature(cls: type, doc: object) -> bool:
    """Whether a dataclass's docstring is its signature, in which defaults may show their addresses."""
    return is_dataclass(cls) and isinstance(doc, str) and doc.startswith(f"{cls.__name__}(")


def _is_made_by_attrs(cls: type, value: object) -> bool:
    """Whether attrs has generated a method from the fields, which count; its `__hash__` holds a number by hash seed."""
    code = getattr(value, "__code__", None)
    return hasattr(cls, "__attrs_attrs__") and str(getattr(code, "co_filename", "")).startswith("<attrs generated")


def _members(cls: EnumMeta) -> Iterator[tuple[str, Any]]:
    members: Any = cls.__members__
    yield from members.items()


def _is_enums(value: object) -> bool:
    """Whether it is a function of the module `enum`, which its metaclass puts into each class."""
    function = getattr(value, "__func__", value)
    return isinstance(function, FunctionType) and function.__module__ == "enum"


def _registered(cls: abc.ABCMeta) -> Iterator[type]:
    references = abc._get_dump(cls)[0]  # type: ignore[attr-defined]  # noqa: SLF001 - as cloudpickle does: nothing public tells
    found = (reference() for reference in references)
    yield from (one for one in found if one is not None)


def _named_types(cls: type) -> Iterator[tuple[str, Any]]:
    """Yield the types that a dataclass's text annotations name: they travel with it (`text_annotations`)."""
    texts = [name for name, one in vars(cls).get("__annotations__", {}).items() if has_text(one)]
    if texts:
        try:
            hints = get_type_hints(cls, include_extras=True)
        except Exception:  # noqa: BLE001 - annotations are the user's code, which may raise anything
            return
        yield from ((name, hints[name]) for name in texts if name in hints)


def fields_of_tuple(value: Any, count: int) -> tuple[str, ...]:
    """Return how paths call what a named tuple's class is called with, itself first; nothing for all else."""
    fields = getattr(type(value), "_fields", None)
    if not issubclass(type(value), tuple) or type(fields) is not tuple or len(fields) + 1 != count:
        return ()
    return ("", *(f".{name}" for name in fields))


def named_state(value: Any, state: Any) -> Any:
    """Return the state of a frozen dataclass with slots by names: it is pickled as a list; any other as it is."""
    kind: Any = type(value)
    if type(state) is not list or getattr(kind, "__getstate__", None) is not _getstate_of_dataclasses:
        return state
    return dict(zip([field.name for field in fields(kind)], state, strict=False))


def without_cache(state: Any) -> Any:
    """Return the state of an object of pandas without what it keeps of what it was asked (`cache_readonly`)."""
    if type(state) is dict:
        return {key: item for key, item in state.items() if key != "_cache"}
    if type(state) is tuple:  # of arrays: their type, their content and, where there are any, further attributes
        return tuple(one for one in map(without_cache, state) if type(one) is not dict or one)
    return state
