"""Objects whose own pickles say no more than their name in the notebook: written with what they hold.

`cachetools.cached`, `toolz.curry` and the like take it for granted that a process which loads a function has its
module. The notebook is no module that anybody can import, and what it has under its own names is known last. So the
content of such an object travels, as that of a function does.

An object of a class of the notebook that names itself (`__reduce__` returns a text) is the one that is there under
this name, where a value comes to a process that has it.

Archives call the functions that make and fill by their names in `pickled_names`: their parameters are part of the
format.
"""

import copyreg
import sys
from contextlib import suppress
from importlib import import_module
from types import FunctionType
from typing import Any, Final

from autocontainer_nb.pickling.portable.main_module import MAIN, is_loading_main

_PROTOCOL: Final = 5
_CURRY: Final = frozenset({"toolz.functoolz", "cytoolz.functoolz"})
_PROXIES: Final = {"FunctionWrapper": ("_self_wrapper", "_self_enabled"), "ObjectProxy": (), "CallableObjectProxy": ()}
_fresh: Final[dict[int, Any]] = {}  # made, and not filled yet


def fill_object(made: Any, state: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """Give an object its attributes and slots; no code of its class runs."""
    attributes, slots = state
    if attributes:
        object.__getattribute__(made, "__dict__").update(attributes)
    for name, value in slots.items():
        object.__setattr__(made, name, value)


def contents_of(obj: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return an object's attributes and those of its slots that are set; no code of its class runs."""
    attributes, slots = {}, {}
    for name in copyreg._slotnames(type(obj)):  # type: ignore[attr-defined]  # noqa: SLF001 - as object.__reduce_ex__ does
        with suppress(AttributeError):
            slots[name] = object.__getattribute__(obj, name)
    with suppress(AttributeError):
        attributes = object.__getattribute__(obj, "__dict__")
    return attributes, slots


def make_named(kind: Any, name: str) -> Any:
    """Return what this process's notebook has under a name if it is of that class, else an empty instance."""
    found = None if is_loading_main() else _in_main(name)
    if type(found) is kind:
        return found
    made = kind.__new__(kind)
    _fresh[id(made)] = made
    return made


def fill_named(made: Any, state: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """Give an instance that was made for this load its attributes and slots; leave one alone that was here already."""
    if _fresh.pop(id(made), None) is not None:
        fill_object(made, state)


def make_proxy(name: str, *arguments: Any) -> Any:
    """Return a proxy of wrapt's; its classes, which answer for what they wrap, have no module of their own to name."""
    return getattr(import_module("wrapt"), name)(*arguments)


def is_named_by_itself(kind: Any) -> bool:
    """Whether instances of the class may name themselves when they are pickled; `reduced_with_content` looks closer."""
    if kind in copyreg.dispatch_table or kind.__module__ == "typing":
        return False
    if kind.__module__ in _CURRY or _is_proxy(kind):
        return True
    return any(isinstance(getattr(kind, name), FunctionType) for name in ("__reduce__", "__reduce_ex__"))


def reduced_with_content(obj: Any) -> Any:
    """Return the object's own reduction; one with its content where that names it in the notebook."""
    kind = type(obj)
    if _is_proxy(kind):
        arguments = (getattr(obj, name) for name in _PROXIES[kind.__name__])
        return make_proxy, (kind.__name__, obj.__wrapped__, *arguments)
    reduced = obj.__reduce_ex__(_PROTOCOL)
    if isinstance(reduced, str):
        return _of_name(obj, reduced)
    if kind.__module__ in _CURRY and isinstance(reduced, tuple) and len(reduced[1]) > 2:  # noqa: PLR2004 - class, function, and more
        make, (cls, function, *rest), *more = reduced
        if isinstance(function, str) and function.startswith(f"{MAIN}:"):
            *rest, _ = rest  # whether it is the very object of that name
            return make, (cls, obj.func, *rest, False), *more
    return reduced


def _of_name(obj: Any, name: str) -> Any:
    """Return the reduction of an object that is pickled as a name."""
    kind = type(obj)
    if getattr(obj, "__module__", None) != MAIN or getattr(kind, "__new__", None) is not object.__new__:
        return name
    if kind.__module__ == MAIN and _in_main(name) is obj:
        return make_named, (kind, name), contents_of(obj), None, None, fill_named
    make = copyreg.__newobj__  # type: ignore[attr-defined]  # the stubs lack what protocol 2 names
    return make, (kind,), contents_of(obj), None, None, fill_object


def _is_proxy(kind: Any) -> bool:
    """Whether it is a class of wrapt's whose instances have nothing but what they wrap."""
    library = sys.modules.get("wrapt")
    return library is not None and kind.__name__ in _PROXIES and kind is getattr(library, kind.__name__, None)


def _in_main(name: str) -> Any:
    found: Any = sys.modules.get(MAIN)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found
