"""Named tuples in the pickle: their fields, and what the user added; the rest is generated anew.

Archives call `make_named_tuple` and `fill_named_tuple` by their names in `pickled_names`: their parameters are part of
the format.
"""

from collections import namedtuple
from types import FunctionType
from typing import Any, Final

from cloudpickle import cloudpickle

_OURS_TO_MAKE: Final = frozenset(
    {"__module__", "__slots__", "_fields", "_field_defaults", "__match_args__", "__static_attributes__", "__weakref__"}
)


def make_named_tuple(
    name: str, fields: tuple[str, ...], bases: tuple[type, ...], names: tuple[str, str], class_id: str
) -> type:
    """Return a named tuple without defaults; `names` are its module and its qualified name."""
    module, qualname = names
    made: Any = namedtuple(name, fields, rename=True, module=module)  # type: ignore[misc]  # noqa: PYI024 - made at run time
    made.__qualname__ = qualname
    if bases != (tuple,):
        made.__bases__ = bases  # as typing does for generic ones
    return cloudpickle._lookup_class_or_track(class_id, made)  # type: ignore[no-any-return]  # noqa: SLF001 - cloudpickle offers no other way


def fill_named_tuple(cls: Any, state: tuple[tuple[Any, ...], dict[str, Any]]) -> None:
    """Give the named tuple its defaults and what else its class statement had."""
    defaults, attributes = state
    cls.__new__.__defaults__ = defaults or None
    cls._field_defaults = dict(zip(reversed(cls._fields), reversed(defaults), strict=False))
    if "__annotations__" in attributes:
        cls.__new__.__annotations__ = attributes["__annotations__"]
    for name, value in attributes.items():
        setattr(cls, name, value)


def is_named_tuple(cls: type) -> bool:
    """Whether `namedtuple` or `NamedTuple` made this very class; a subclass of one is an ordinary class."""
    return tuple in cls.__bases__ and {"_fields", "_field_defaults", "_make", "_asdict"} <= vars(cls).keys()


def reduce_named_tuple(cls: Any) -> Any:
    """Reduce a named tuple to its fields and the user's additions."""
    class_id = cloudpickle._get_or_create_tracker_id(cls)  # noqa: SLF001 - see make_named_tuple
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
