"""What a function refers to by name, and which of it travels by value."""

from collections.abc import Iterator
from contextlib import suppress
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

from autocontainer_nb.pickling.code import global_names
from autocontainer_nb.pickling.local.modules import is_local_module, is_made_at_run_time


def references(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Yield (name, object) for the globals and closure variables that the function's code refers to."""
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
        with suppress(ValueError):  # a variable of the enclosing function that isn't bound yet
            yield name, cell.cell_contents
    for name in global_names(function.__code__):
        if name in function.__globals__:
            yield name, function.__globals__[name]


def inner_function(value: Any) -> FunctionType | None:
    """Return the Python function that a value is or wraps (a task, a decorated function), if there is one."""
    wrapped = getattr(value, "__wrapped__", value)
    return wrapped if isinstance(wrapped, FunctionType) else None


def travels_by_value(value: Any) -> bool:
    """Whether the value's content is carried; what can be imported where the task runs is carried by name.

    What a local module defines is imported there, too: from the module's source, which travels.
    """
    if isinstance(value, ModuleType):
        return is_made_at_run_time(value.__name__)
    if isinstance(value, FunctionType | BuiltinFunctionType | type):
        module = getattr(value, "__module__", None) or "builtins"
        return module == "__main__" or is_made_at_run_time(module)
    return True


def is_own_code(value: Any) -> bool:
    """Whether the value is no code of an installed package: the user's own code, by value or as source, or data."""
    if isinstance(value, ModuleType):
        return travels_by_value(value) or is_local_module(value.__name__)
    if isinstance(value, FunctionType | BuiltinFunctionType | type):
        return travels_by_value(value) or is_local_module(getattr(value, "__module__", None) or "builtins")
    return True
