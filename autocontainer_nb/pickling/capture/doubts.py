"""Which of the objects in a pickle may fail to load, though pickling them went well.

Plain data, functions, classes and objects that are only given their attributes load wherever their modules are. The
rest runs code of somebody's: of a class that says itself how it is pickled, of a constructor that is called again, of a
library that nobody here knows. Where a capture has any of these, it is loaded once on trial (`pickling.trial`).
"""

import copyreg
import os
import sys
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, Final

from autocontainer_nb.pickling.code.ownership import is_local_module, is_made_at_run_time
from autocontainer_nb.wire import PACKAGE_NAME

# Modules whose instances are known to come back: what is pickled most, and tested where it is made.
_KNOWN: Final = frozenset(
    {
        *("abc", "array", "builtins", "calendar", "codecs", "collections", "copyreg", "dataclasses", "datetime"),
        *("decimal", "enum", "fractions", "functools", "inspect", "ipaddress", "itertools", "logging", "numbers"),
        *(
            "operator",
            "pathlib",
            "random",
            "re",
            "statistics",
            "string",
            "time",
            "types",
            "typing",
            "typing_extensions",
        ),
        *(
            "typing_extensions",
            "uuid",
            "zoneinfo",
            "_collections",
            "_decimal",
            "_functools",
            "_operator",
            "_random",
            "_abc",
        ),
        *("attr", "attrs", "numpy", "pandas", "polars", "pyarrow", "pydantic", "pydantic_core", "scipy", "sklearn"),
        *("torch", "cloudpickle", "flyteidl", PACKAGE_NAME),
    }
)
# Methods that run, or count, while an instance is made and filled.
_TELLING: Final = (
    *("__reduce__", "__reduce_ex__", "__getstate__", "__setstate__", "__getnewargs__", "__getnewargs_ex__", "__new__"),
    *("__getattr__", "__getattribute__", "__hash__"),
)
_FILLING: Final = ("__setitem__", "append", "extend")  # of lists and dictionaries: their items come before attributes
_CONSTRUCTING: Final = ("__new__", "__init__", "__init_subclass__", "__array_finalize__")
_BY_DATACLASS, _BY_ATTRS = "<string>", "<attrs generated"  # the files of the methods that these write
_CYTHONS: Final = "_cython_"  # how the modules begin that the classes of functions made by Cython say they are of
_NAMED_TUPLE: Final = "namedtuple_"  # what the standard library calls the module of a named tuple's constructor


class Doubts:
    """Collects, while one pickler runs, whose loading isn't known to hold."""

    def __init__(self) -> None:
        self.kinds: set[str] = set()  # what may fail, by its type's or module's name
        self.modules: set[str] = set()  # what loading imports
        self._met: set[type] = set()
        self._homes: dict[str, bool] = {}

    def note(self, obj: Any) -> None:
        """Note one object that the pickler meets, of another type than plain data."""
        kind = type(obj)
        if kind in self._met:
            return
        if kind is FunctionType or kind is BuiltinFunctionType or _is_cythons(kind):
            self._note_home(getattr(obj, "__module__", None))
        elif kind is ModuleType:
            self._note_home(obj.__name__)
        elif issubclass(kind, type):
            self._note_home(obj.__module__)
            if self._is_carried(obj.__module__) and self._joins_unknown(obj):
                self.kinds.add(_name_of(obj))
        else:
            self._met.add(kind)
            self._note_home(kind.__module__)
            if self._may_fail(kind):
                self.kinds.add(_name_of(kind))

    def _note_home(self, module: Any) -> None:
        """Note a module that a name is looked up in, and whether another process finds it."""
        if not isinstance(module, str) or module in self._homes:
            return
        is_carried = self._is_carried(module)
        self._homes[module] = is_carried or _is_found_anew(module)
        if not self._homes[module]:
            self.kinds.add(f"module {module}")
        if not is_carried and module.partition(".")[0] not in sys.stdlib_module_names:
            self.modules.add(module)

    def _is_carried(self, module: Any) -> bool:
        """Whether what such a module defines is in the pickle, or comes with it as source."""
        if not isinstance(module, str) or module == "__main__" or module not in sys.modules:
            return True
        return is_local_module(module) or is_made_at_run_time(module)

    def _may_fail(self, kind: type) -> bool:
        """Whether loading an instance runs code that isn't known to do well."""
        own = [each for each in kind.__mro__ if not _is_known(each.__module__)]
        if not own or hasattr(kind, "_member_map_"):  # a member of an enumeration comes by its name
            return False
        if issubclass(kind, BaseException) or kind in copyreg.dispatch_table:
            return True
        if kind.__reduce__ is not object.__reduce__ or kind.__reduce_ex__ is not object.__reduce_ex__:
            return any(name in vars(each) for each in own for name in (*_CONSTRUCTING, *_TELLING))
        names = (*_TELLING, *_FILLING) if issubclass(kind, list | dict) else _TELLING
        if any(_is_own(each, name) for each in own for name in names):
            return True
        # Slots are set one by one, but where a known `__setstate__` does it, as that of a frozen dataclass.
        has_slots = any(vars(each).get("__slots__") for each in own) and not hasattr(kind, "__setstate__")
        return has_slots and any(_is_own(each, "__setattr__") for each in own)

    def _joins_unknown(self, cls: type) -> bool:
        """Whether making the class calls a library's code: its metaclass's, or what a base does with each subclass."""
        kind = type(cls)
        if not _is_known(kind.__module__) and not self._is_carried(kind.__module__):
            return True
        others = (each for each in cls.__mro__[1:] if not _is_known(each.__module__))
        return any("__init_subclass__" in vars(each) and not self._is_carried(each.__module__) for each in others)


def _is_cythons(kind: type) -> bool:
    home: Any = kind.__module__  # a descriptor of its instances' in Cython 3.1.0
    return not isinstance(home, str) or home.startswith(_CYTHONS)


def _is_known(module: Any) -> bool:
    return isinstance(module, str) and module.partition(".")[0] in _KNOWN


def _is_own(cls: type, name: str) -> bool:
    """Whether a class has a method of somebody's own: not None, nor what a library writes into it."""
    method = vars(cls).get(name)
    if method is None:
        return False
    method = getattr(method, "__func__", method)
    module = getattr(method, "__module__", None)
    if _is_known(module) or str(module).startswith(_NAMED_TUPLE):
        return False
    written_by = method.__code__.co_filename if isinstance(method, FunctionType) else ""
    is_hash = name == "__hash__" and "__dataclass_fields__" in vars(cls) and written_by == _BY_DATACLASS
    return not (is_hash or written_by.startswith(_BY_ATTRS))


def _is_found_anew(module: str) -> bool:
    """Whether a new process of this interpreter can import the module."""
    top = module.partition(".")[0]
    if top in sys.stdlib_module_names or top == PACKAGE_NAME:
        return True
    spec = getattr(sys.modules.get(module), "__spec__", None)
    if spec is None:
        return False
    if not spec.has_location:
        return spec.submodule_search_locations is not None or spec.origin in {"built-in", "frozen"}
    return os.path.exists(str(spec.origin)) or ".zip" in str(spec.origin)


def _name_of(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"
