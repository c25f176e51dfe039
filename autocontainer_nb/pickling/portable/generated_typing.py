"""Named tuples, protocols, typed dictionaries, and aliases that lead to themselves.

Archives call `make_named_tuple` and `fill_named_tuple` by their names in `pickled_names`: their parameters are part of
the format.

Archives call `fill_protocol`, `make_typed_dict`, `fill_typed_dict`, `make_lazy_alias`, `fill_lazy_alias` and
`alias_parameter` by their names in `pickled_names`: their parameters are part of the format.
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
_holders: Final[dict[int, tuple[Any, dict[str, Any]]]] = {}  # where aliases look their values up, until they are given
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


def make_lazy_alias(name: str, module: str, parameters: tuple[tuple[str, str, int, bool, bool], ...]) -> Any:
    """Return what `type NAME[...] = ...` makes, without the value so far: a recursive one leads to the alias itself.

    Each parameter has its kind, its name, how many constraints, whether a bound and a default. Python 3.12 and later.
    """
    holder: dict[str, Any] = {"__name__": module}
    listed = ", ".join(_parameter(index, *each) for index, each in enumerate(parameters))
    text = f"type {name}[{listed}] = held[0]" if listed else f"type {name} = held[0]"
    exec(text, holder)  # noqa: S102 - the only way to a value that is asked for later; of names alone, which are checked
    made = holder.pop(name)
    _holders[id(made)] = made, holder
    return made


def _parameter(index: int, kind: str, name: str, constraints: int, has_bound: bool, has_default: bool) -> str:
    if not name.isidentifier() or not kind.isidentifier():
        raise ValueError(f"expected the name of a type parameter, got {name!r}")
    text = {"TypeVarTuple": "*", "ParamSpec": "**"}.get(kind, "") + name
    if constraints:
        text += ": (" + ", ".join(f"held[1][{index}][{place}]" for place in range(constraints)) + ",)"
    elif has_bound:
        text += f": held[2][{index}]"
    return f"{text} = held[3][{index}]" if has_default else text


def fill_lazy_alias(alias: Any, held: tuple[Any, ...]) -> None:
    """Give an alias its value, and its parameters their constraints, bounds and defaults."""
    _holders.pop(id(alias))[1]["held"] = held


def alias_parameter(alias: Any, index: int) -> Any:
    """Return one of the alias's own parameters."""
    return alias.__type_params__[index]


def reduce_lazy_alias(alias: Any) -> Any:
    """Return the reduction of an alias that leads to itself; NotImplemented for any other one.

    Parameters of the older kind, which others may share, can't be those of such an alias.
    """
    parameters = alias.__type_params__
    own = [kind for kind in map(type, parameters) if kind.__module__ == "typing"]
    is_own = all(getattr(one, "__infer_variance__", True) for one in parameters) and len(own) == len(parameters)
    if not is_own or not alias.__name__.isidentifier() or not _leads_to(alias.__value__, alias):
        return NotImplemented
    defaults = [one.__default__ if getattr(one, "has_default", bool)() else None for one in parameters]
    bounds = [getattr(one, "__bound__", None) for one in parameters]
    constraints = [getattr(one, "__constraints__", ()) for one in parameters]
    described = tuple(
        (type(one).__name__, one.__name__, len(constraints[index]), bounds[index] is not None,
         getattr(one, "has_default", bool)())
        for index, one in enumerate(parameters)
    )  # fmt: skip
    state = (alias.__value__, constraints, bounds, defaults)
    return make_lazy_alias, (alias.__name__, str(alias.__module__), described), state, None, None, fill_lazy_alias


def _leads_to(value: Any, alias: Any) -> bool:
    seen: dict[int, Any] = {}
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if one is alias:
            return True
        if id(one) in seen or one is None:
            continue
        seen[id(one)] = one
        waiting += one if type(one) in {list, tuple} else typing.get_args(one)
        waiting.append(typing.get_origin(one))
        if type(one).__name__ == "TypeAliasType":
            waiting.append(one.__value__)
    return False
