"""Which modules a capture uses, and what asks for each: the user's code, or captured objects of its classes."""

import sys
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any, Final

from autocontainer_nb.pickling.code import walk_code
from autocontainer_nb.pickling.local.modules import is_local_module

_REFERENCES: Final = (FunctionType, BuiltinFunctionType, type)


class UsedModules:
    """Modules noted while one pickler runs."""

    def __init__(self) -> None:
        self.code: set[str] = set()  # that the user's own code refers to
        self.data: set[str] = set()  # whose classes captured objects have

    def note(self, obj: Any) -> None:
        """Note what one object that the pickler meets refers to."""
        if isinstance(obj, ModuleType):
            self.code.add(obj.__name__)
        elif isinstance(obj, FunctionType):
            if _is_users(obj.__module__):
                self._note_function(obj)
        elif isinstance(obj, type):
            if _is_users(obj.__module__):
                self.code.update(_module_of(base) for base in obj.__mro__[1:])
        elif not isinstance(obj, BuiltinFunctionType | CodeType):
            self.data.add(_module_of(type(obj)))

    def _note_function(self, function: FunctionType) -> None:
        """Note where the functions and classes come from that a function refers to by name."""
        namespace = function.__globals__
        named = [namespace.get(name) for part in walk_code(function.__code__) for name in part.co_names]
        annotations = function.__annotations__
        self.code.update(
            _module_of(value) for value in [*named, *annotations.values()] if isinstance(value, _REFERENCES)
        )


def _is_users(module: Any) -> bool:
    """Whether a module is the notebook, or one that nobody has installed."""
    return not isinstance(module, str) or module == "__main__" or module not in sys.modules or is_local_module(module)


def _module_of(value: Any) -> str:
    module = getattr(value, "__module__", None)
    return module if isinstance(module, str) else "builtins"
