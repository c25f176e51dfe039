"""What code refers to by name, and which of it travels by value."""

import dis
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, ModuleType
from typing import Any, Final

from autocontainer_nb.pickling.code.mentions import names_in_texts, names_in_values, names_of_annotations
from autocontainer_nb.pickling.code.ownership import is_local_module, is_made_at_run_time

_GLOBAL_OPS: Final = frozenset(
    {"LOAD_GLOBAL", "STORE_GLOBAL", "DELETE_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"}
)
_IMPORT: Final = dis.opmap["IMPORT_NAME"]


@lru_cache(maxsize=1024)  # one launch asks ten times; equal code refers to equal names
def global_names(code: CodeType) -> tuple[str, ...]:
    """Return the global names that the code and the code nested in it refer to, in order of appearance.

    Those that only a text mentions are among them, and may be no names at all.
    """
    names: dict[str, None] = {}
    for part in walk_code(code):
        for instruction in dis.get_instructions(part):
            # In a function, LOAD_NAME occurs in nested class bodies only, where it falls back to the globals.
            if instruction.opname in _GLOBAL_OPS and isinstance(instruction.argval, str):
                names[instruction.argval] = None
        names.update(dict.fromkeys(names_in_texts(part)))
    return tuple(names)


def names_of(function: FunctionType) -> tuple[str, ...]:
    """Return the names of its globals that the function refers to, in its code, its annotations and texts of both."""
    space = function.__globals__
    names = [name for name in global_names(function.__code__) if name in space]
    texts = [*names_in_values(function, names), *names_of_annotations(function.__annotations__.values())]
    return tuple(dict.fromkeys((*names, *(name for name in texts if name in space))))


def imported_modules(code: CodeType) -> tuple[str, ...]:
    """Return the modules that the code imports when it runs, in order of appearance."""
    names: dict[str, None] = {}
    for part in walk_code(code):
        for instruction in dis.get_instructions(part) if imports_something(part) else ():
            if instruction.opname == "IMPORT_NAME" and isinstance(instruction.argval, str) and instruction.argval:
                names[instruction.argval] = None
    return tuple(names)


def imports_something(code: CodeType) -> bool:
    """Whether the code, nested code aside, has an import statement: much cheaper to ask than which one."""
    return _IMPORT in code.co_code[::2]


def walk_code(code: CodeType) -> Iterator[CodeType]:
    """Yield the code object and all that are nested in its constants."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from walk_code(constant)


def references(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Yield (name, object) for the globals and closure variables that the function's code refers to."""
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
        with suppress(ValueError):  # a variable of the enclosing function that isn't bound yet
            yield name, cell.cell_contents
    for name in names_of(function):
        yield name, function.__globals__[name]


def definitions_below(cls: type) -> set[int]:
    """Return the identities of the functions, classes and closures' variables that the class's own code refers to."""
    found: dict[int, Any] = {}
    waiting: list[Any] = [cls]
    while waiting:
        one = waiting.pop()
        one = getattr(one, "__func__", one) if type(one) in {staticmethod, classmethod} else one
        kind = type(one)
        if id(one) in found or not (kind is CellType or (is_definition(one) and _is_written(one))):
            continue
        found[id(one)] = one
        if kind is FunctionType:
            waiting += (value for _, value in references(one))
            waiting += one.__closure__ or ()
        elif kind is not CellType:
            waiting += one.__mro__
            for value in list(vars(one).values()):
                waiting += (value.fget, value.fset, value.fdel) if type(value) is property else (value,)
    return set(found)


def _is_written(definition: Any) -> bool:
    """Whether a function or class travels by value: also one that a library's function has made."""
    return travels_by_value(definition) or "<locals>" in definition.__qualname__


def is_definition(value: Any) -> bool:
    """Whether the value is a Python function or a class, and doesn't only give itself out for one."""
    return issubclass(type(value), FunctionType | type)


def inner_function(value: Any) -> FunctionType | None:
    """Return the Python function that a value is or wraps (a task, a decorated function), if there is one."""
    wrapped = getattr(value, "__wrapped__", value)
    return wrapped if type(wrapped) is FunctionType else None


def travels_by_value(value: Any) -> bool:
    """Whether the value travels with its content, rather than by a name that can be imported where the task runs.

    Definitions of a local module are imported as well: from the module's source, which travels.
    """
    if issubclass(type(value), ModuleType):
        return is_made_at_run_time(value.__name__)
    if issubclass(type(value), FunctionType | BuiltinFunctionType | type):
        module = getattr(value, "__module__", None) or "builtins"
        return module == "__main__" or is_made_at_run_time(module)
    return True


def is_own_code(value: Any) -> bool:
    """Whether the value is no code of an installed package: the user's own code, by value or as source, or data."""
    if issubclass(type(value), ModuleType):
        return travels_by_value(value) or is_local_module(value.__name__)
    if issubclass(type(value), FunctionType | BuiltinFunctionType | type):
        return travels_by_value(value) or is_local_module(getattr(value, "__module__", None) or "builtins")
    return True
