"""Enumerations in the pickle: their members, and what the user added; each Python's own machinery is made anew.

Archives call `make_enum` and `fill_enum` by their names in `pickled_names`: their parameters are part of the format.
"""

import enum
from collections.abc import Iterator
from types import FunctionType
from typing import Any, Final

from autocontainer_nb.pickling.portable import class_table

# Names that some minor version's metaclass puts into each class, or that belong to the interpreter.
_MACHINERY: Final = frozenset({
    "_member_names_", "_member_map_", "_value2member_map_", "_member_type_", "_use_args_", "_unhashable_values_",
    "_unhashable_values_map_", "_hashable_values_", "_value_repr_", "_flag_mask_", "_singles_mask_", "_all_bits_",
    "_inverted_", "_new_member_", "__new_member__", "_test_simple_enum", "__dict__", "__weakref__", "__module__",
    "__static_attributes__",
})  # fmt: skip
_OF_A_MEMBER: Final = frozenset({"_value_", "_name_", "__objclass__", "_sort_order_", "_inverted_"})
_PLAIN: Final = (int, str, float, bytes)


def make_enum(
    name: str,
    bases: tuple[type, ...],
    members: list[tuple[str, Any, tuple[Any, ...] | None]],
    names: tuple[str, str],
    class_id: str,
) -> Any:
    """Return an enumeration with these members (name, value, arguments of the data type's constructor or None).

    None of the user's code runs: constructors aren't called, since what they did is in the state. Where the id's
    enumeration is here already, it is taken as it is.
    """
    found = class_table.existing(class_id, *names)
    if found is not None:
        return found
    base: Any = bases[-1]
    metaclass: Any = type(base)
    namespace = metaclass.__prepare__(name, bases)
    wrap = getattr(enum, "member", lambda value: value)  # since 3.11, where functions are no members otherwise
    for member, value, _ in members:
        namespace[member] = wrap(value)
    replayed = any(arguments is not None for _, _, arguments in members)
    if replayed:
        namespace["__new__"] = _replay(members)
    silent = isinstance(base.__init__, FunctionType) and base.__init__.__module__ != "enum"
    if silent:
        namespace["__init__"] = lambda *_: None
    made = metaclass.__new__(metaclass, name, bases, namespace)
    if silent:
        del made.__init__
    if replayed:
        del made.__new_member__
        _set_constructor(made, getattr(made, "__new_member__", made._member_type_.__new__))
    made.__module__, made.__qualname__ = names
    return class_table.made(made, class_id)


def fill_enum(cls: Any, state: tuple[dict[str, Any], dict[str, dict[str, Any]], FunctionType | None]) -> None:
    """Give the enumeration its methods and other attributes, and its members theirs, if it was made for this load."""
    if not class_table.is_to_fill(cls):
        return
    attributes, of_members, constructor = state
    class_table.set_attributes(cls, attributes)
    for name, content in of_members.items():
        vars(cls.__members__[name]).update(content)
    if constructor is not None:
        cls.__new_member__ = constructor
        _set_constructor(cls, constructor)


def reduce_enum(cls: Any, class_id: str) -> Any:
    """Reduce an enumeration to its members and the user's additions."""
    is_users = isinstance(getattr(cls, "__new_member__", None), FunctionType)  # of this class or of a base
    members = [(name, member._value_, _arguments(cls, member, is_users)) for name, member in cls.__members__.items()]
    arguments = (cls.__name__, cls.__bases__, members, (cls.__module__, cls.__qualname__), class_id)
    of_members = {
        name: {key: value for key, value in vars(member).items() if key not in _OF_A_MEMBER}
        for name, member in cls.__members__.items()
    }
    state = (
        dict(_attributes(cls)),
        {name: content for name, content in of_members.items() if content},
        vars(cls).get("__new_member__"),
    )
    return make_enum, arguments, state, None, None, fill_enum


def _attributes(cls: Any) -> Iterator[tuple[str, Any]]:
    for name, value in vars(cls).items():
        if name in _MACHINERY or name in cls.__members__ or _is_machinery(cls, name, value):
            continue
        yield name, value


def _is_machinery(cls: Any, name: str, value: Any) -> bool:
    if name == "_boundary_":
        return any(getattr(base, name, None) is value for base in cls.__bases__)
    function = getattr(value, "__func__", value)
    return isinstance(function, FunctionType) and function.__module__ == "enum"


def _arguments(cls: Any, member: Any, users_constructor: bool) -> tuple[Any, ...] | None:
    kind = cls._member_type_
    if kind is object:
        return () if users_constructor else None
    if not users_constructor and kind in _PLAIN and type(member._value_) is kind:
        return None
    if hasattr(kind, "__getnewargs__"):
        return tuple(kind.__getnewargs__(member))
    return tuple(kind.__reduce__(member)[1])


def _replay(members: list[tuple[str, Any, tuple[Any, ...] | None]]) -> Any:
    """Return a constructor that makes one member after the other as it was."""
    waiting = list(reversed(members))

    def construct(cls: Any, *_: Any) -> Any:
        _, value, arguments = waiting.pop()
        made = cls._member_type_.__new__(cls, *(arguments or ()))
        made._value_ = value
        return made

    return construct


def _set_constructor(cls: Any, constructor: Any) -> None:
    if hasattr(enum, "member"):  # since 3.11 flags make their combinations by it
        cls._new_member_ = constructor
