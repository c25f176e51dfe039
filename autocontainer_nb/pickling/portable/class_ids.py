"""Lasting identities of the user's classes: equal definitions have equal ones, in every kernel.

cloudpickle marks each class that it carries by value with an id, so that a class which comes back is the one that
left. It draws the id at random, which would give every kernel another digest; ours is a hash of the definition.
"""

from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any

from cloudpickle import cloudpickle

from autocontainer_nb.pickled_names import lasting_path
from autocontainer_nb.pickling.code import dump_code
from autocontainer_nb.pickling.hashing import sha256_hex

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
