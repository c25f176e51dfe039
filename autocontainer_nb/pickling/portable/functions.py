"""Code objects, closures and functions in the pickle.

Every archive calls `load_portable`, by its name in `pickled_names`. What another minor needs is put into `rebuilt` by
`rebuild`, before anything is unpickled.

Cells travel as objects of their own, so that functions which share a variable still share it. Archives call the
functions of this module by their names in `pickled_names`: their parameters are part of the format.
"""

import builtins
import marshal
import sys
import weakref
from collections.abc import Callable
from types import CellType, CodeType, FunctionType
from typing import Any, Final

from autocontainer_nb.errors import PythonVersionError
from autocontainer_nb.pickling.portable import class_table
from autocontainer_nb.pickling.portable.main_module import welcome

# Version 2 of marshal has no back references, whose presence depends on reference counts: equal code, equal bytes.
_MARSHAL_VERSION: Final = 2
THIS_MINOR: Final = f"{sys.version_info.major}.{sys.version_info.minor}"
_members_here: Final[weakref.WeakSet[FunctionType]] = weakref.WeakSet()  # of classes that a load has found
_UNBOUND: Final = object()
_WITHOUT_PLACE: Final = ("co_name", "co_code", "co_names", "co_varnames", "co_freevars", "co_flags")
rebuilt: Final[dict[str, CodeType]] = {}  # by the key of the code's record, which is made of its source's hash
_of_modules: Final[dict[str, dict[str, Any]]] = {}  # records of installed code that may be loaded, by their keys
_came: Final[dict[int, tuple["weakref.ref[CodeType]", dict[str, Any]]]] = {}  # installed code, with its record


def dump_code(code: CodeType, rename: Callable[[str], str]) -> bytes:
    """Return the code object as bytes, with each file name in it, nested code included, passed through `rename`."""
    return marshal.dumps(_renamed(code, rename), _MARSHAL_VERSION)


def load_code(data: bytes) -> CodeType:
    """Return the code object that `dump_code` wrote. Only a verified archive of this Python minor may come here."""
    code = marshal.loads(data)  # noqa: S302 - reached from the verified pickle only; the reader checked digest and Python
    if not isinstance(code, CodeType):
        raise TypeError(f"marshalled code expected, found {type(code).__name__}")
    return code


def _renamed(code: CodeType, rename: Callable[[str], str]) -> CodeType:
    constants = tuple(_renamed(item, rename) if isinstance(item, CodeType) else item for item in code.co_consts)
    return code.replace(co_filename=rename(code.co_filename), co_consts=constants)


def load_portable(minor: str, key: str, data: bytes) -> CodeType:
    """Return the code object: `data` unmarshalled on the minor version that wrote it, the one rebuilt elsewhere.

    Raises:
        PythonVersionError: another minor version wrote it and it wasn't rebuilt.
    """
    if minor == THIS_MINOR:
        return _noted(load_code(data), key)
    code = rebuilt.get(key)
    if code is None:
        raise PythonVersionError(
            f"A code object ({key}) was captured by Python {minor} and is loaded by Python {THIS_MINOR}, but wasn't "
            "rebuilt from its source. Load the file with load_pickled_entity, which does that first."
        )
    return code


def know_records(entries: list[dict[str, Any]]) -> None:
    """Take the records of what will be loaded: what they say of installed code needn't be found out again here."""
    _of_modules.update((str(entry["key"]), entry) for entry in entries if "module" in entry)


def _noted(code: CodeType, key: str) -> CodeType:
    entry, number = _of_modules.get(key), id(code)
    if entry is not None:
        _came[number] = weakref.ref(code, lambda _: _came.pop(number, None)), entry
    return code


def record_of(code: CodeType) -> dict[str, Any] | None:
    """Return the record with which installed code came here, None for code that didn't."""
    found = _came.get(id(code))
    return found[1] if found is not None and found[0]() is code else None


def make_cell() -> CellType:
    """Return a variable of an enclosing function, unbound so far."""
    return CellType()


def fill_cell(cell: CellType, content: tuple[Any]) -> None:
    """Bind the variable."""
    (cell.cell_contents,) = content


def member_at(cls: type, steps: tuple[str, ...]) -> Any:
    """Return what is at the end of steps from a class: an attribute of it, then attributes of what is there.

    A step `x of` leads to the variable x in the closure of a function, and a further one to what it is bound to.
    """
    found: Any = vars(cls).get(steps[0])
    for step in steps[1:]:
        if type(found) is CellType:
            found = found.cell_contents
        if step.endswith(" of"):
            found = found.__closure__[found.__code__.co_freevars.index(step.removesuffix(" of"))]
        else:
            found = getattr(found, step)
    return found


def make_member(place: tuple[type, tuple[str, ...]], *made_of: Any) -> FunctionType:
    """Return the function of a class that was here already, at its place; else a new one, as `make_function` does."""
    code = made_of[0]
    found = _here(*place)
    if type(found) is CellType:  # the function is what this variable is bound to
        found = _content(found)
    if type(found) is FunctionType and _does_the_same(found.__code__, code):
        _members_here.add(found)
        return found
    return make_function(*made_of)


def _does_the_same(one: CodeType, other: CodeType) -> bool:
    """Whether both are compiled from the same text, which may stand at another place."""
    return all(getattr(one, name) == getattr(other, name) for name in _WITHOUT_PLACE)


def is_kept(function: FunctionType) -> bool:
    """Whether the function belongs to a class that was here before it was loaded: it stays as it is."""
    return function in _members_here


def fill_member(function: FunctionType, state: Any) -> None:
    """Fill a function in, as `fill_function` does; leave one alone that was here already."""
    if not is_kept(function):
        fill_function(function, state)


def make_member_cell(place: tuple[type, tuple[str, ...]]) -> CellType:
    """Return the variable in a closure of a class that was here already; else a new one, which isn't bound."""
    found = _here(*place)
    return found if type(found) is CellType else CellType()


def fill_member_cell(cell: CellType, content: tuple[Any]) -> None:
    """Bind the variable, unless it is bound: then it was here already."""
    if _content(cell) is _UNBOUND:
        fill_cell(cell, content)


def _content(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return _UNBOUND


def _here(cls: type, steps: tuple[str, ...]) -> Any:
    """Return the class's member if the class was here before this load, None if it is made by it."""
    if class_table.is_being_made(cls):
        return None
    try:
        return member_at(cls, steps)
    except (AttributeError, IndexError, TypeError, ValueError):  # the class has been changed since
        return None


def reduce_function(function: FunctionType, names: dict[str, Any]) -> Any:
    """Reduce a function to its code, its variables and its state; `names` is what its globals begin with."""
    code = function.__code__
    arguments = code, names, code.co_freevars, function.__closure__ or ()
    return make_function, arguments, state_of(function), None, None, fill_function


def state_of(function: FunctionType) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any], Any]:
    """Return what `fill_function` takes: attributes, slots, the globals that the code names, and loaded submodules."""
    from cloudpickle import cloudpickle

    own, slots = cloudpickle._function_getstate(function)  # noqa: SLF001 - cloudpickle offers no other way
    slots = dict(slots)
    names = slots.pop("__globals__")
    modules = slots.pop("_cloudpickle_submodules")
    del slots["__closure__"]
    parameters = getattr(function, "__type_params__", ())  # since 3.12
    if parameters:
        slots["__type_params__"] = parameters
    return own, slots, names, modules


def make_function(
    code: CodeType, names: dict[str, Any], free: tuple[str, ...], cells: tuple[CellType, ...]
) -> FunctionType:
    """Return a function whose globals are `names`; its free variables are those of `free`, held by `cells`."""
    names.setdefault("__builtins__", builtins.__dict__)
    if not free:
        return FunctionType(code, names)
    if code.co_freevars != free:  # another minor version may order them differently, or need fewer
        by_name = dict(zip(free, cells, strict=True))
        cells = tuple(by_name[name] for name in code.co_freevars)
    return FunctionType(code, names, None, None, cells or None)


def make_generated(
    made_by: tuple[str, str], data: bytes, names: dict[str, Any], free: tuple[str, ...], cells: tuple[CellType, ...]
) -> FunctionType:
    """Return a method that a library generated without source; on another minor version a stand-in.

    `made_by` is the minor version and the method's name. The stand-in is replaced when its class is completed; one that
    is used apart from its class raises PythonVersionError.
    """
    minor, label = made_by
    if minor == THIS_MINOR:
        return make_function(load_code(data), names, free, cells)
    message = f"{label} was generated by Python {minor} and can't be used on Python {THIS_MINOR} apart from its class."
    code = _stand_in.__code__
    constants = tuple(message if constant == "message" else constant for constant in code.co_consts)
    return make_function(code.replace(co_consts=constants), names, (), ())


def fill_function(function: FunctionType, state: tuple[dict[str, Any], dict[str, Any], dict[str, Any], Any]) -> None:
    """Give the function its own attributes, its slots (name, defaults, ...) and the globals that it uses.

    The last part of the state is read by nobody: loading it has imported the modules that the code finds loaded.
    """
    own, slots, names, _ = state
    if own:
        vars(function).update(own)
    function.__globals__.update(names)
    for name, value in slots.items():
        if name != "__type_params__" or sys.version_info >= (3, 12):
            setattr(function, name, value)
    welcome(function)


def _stand_in(*_: Any, **__: Any) -> Any:
    from autocontainer_nb.errors import PythonVersionError

    raise PythonVersionError("message")
