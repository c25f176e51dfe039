"""The check that a module in this process still matches its file.

It compares contents, not dates: the file is compiled, and its functions are compared with those in memory, its plain
constants with the module's attributes. So it doesn't matter what was reloaded, or when.
"""

import dis
import sys
import warnings
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from importlib.machinery import SourceFileLoader
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any, Final, NamedTuple

from autocontainer_nb.errors import CaptureError
from autocontainer_nb.pickling.code.references import walk_code
from autocontainer_nb.pickling.modules.collector import LocalModuleWarning, ModuleSource
from autocontainer_nb.pickling.modules.definitions import _PLAIN, _File, _file
from autocontainer_nb.pickling.modules.referenced import LocalNames

_READING: Final = frozenset({"LOAD_ATTR", "LOAD_METHOD", "IMPORT_FROM"})
_TO_KEEP: Final = "Pass the value as an argument of the task, or write it into the file."
_SHOWN_NAMES: Final = 4
_MAX_REGISTER: Final = 10_000
_SHOWN_CHARACTERS: Final = 40


class Difference(NamedTuple):
    """A name whose object in this process differs from the one in the file."""

    name: str
    line: int
    text: str  # a message, if there is more to say than that it differs


def tell_differences(sources: Sequence[ModuleSource], names: LocalNames) -> None:
    """Warn, with one line per module and cause, if a module in this process differs from its file.

    `names` knows the names in the modules that the captured code refers to.

    Raises:
        CaptureError: the file no longer has one of these names.
    """
    imported = [(source, module, _file(source)) for source, module in _imported(sources)]
    for source, module, file in imported:
        referred: AbstractSet[str] = names.referred.get(source.name, frozenset())
        found = sorted(_differences(module, file), key=lambda difference: difference.line)
        if found:
            _check_names(source, file, referred)
            message = _message(source, found, referred)
            warnings.warn_explicit(message, LocalModuleWarning, source.path, found[0].line)
        older = [name for name, (old, new) in names.older.get(source.name, {}).items() if not _is_alike(old, new)]
        if older:
            older.sort(key=lambda name: file.definitions.get(name.partition(".")[0], 1))
            line = file.definitions.get(older[0].partition(".")[0], 1)
            warnings.warn_explicit(_older_message(source.name, older), LocalModuleWarning, source.path, line)
        lost = list(_lost(module, file, [each for _, _, each in imported], names.codes))
        if lost:
            message = f"{'; '.join(lost[:_SHOWN_NAMES])}: the remote run will not find it. {_TO_KEEP}"
            warnings.warn_explicit(message, LocalModuleWarning, source.path, 1)


def _imported(sources: Sequence[ModuleSource]) -> Iterator[tuple[ModuleSource, ModuleType]]:
    for source in sources:
        module = sys.modules.get(source.name)
        # another loader may have compiled it differently
        if source.is_used and module is not None and type(getattr(module, "__loader__", None)) is SourceFileLoader:
            yield source, module


def _message(source: ModuleSource, found: Sequence[Difference], referred: AbstractSet[str]) -> str:
    values = [difference.text for difference in found if difference.text]
    if len(values) == len(found):
        return f"{'; '.join(values[:_SHOWN_NAMES])}: the remote run uses the one in the file. {_TO_KEEP}"
    names = ", ".join(dict.fromkeys(difference.name for difference in found[:_SHOWN_NAMES]))
    more = f" and {len(found) - _SHOWN_NAMES} more" if len(found) > _SHOWN_NAMES else ""
    return (
        f"The local module {source.name!r} was changed after this process imported it ({names}{more}): the remote run "
        f"uses the file as it is now, while calls here use the older one. To reload it: import importlib; "
        f"importlib.reload(importlib.import_module({source.name!r}))"
        f"{_again(source.name, [each.name for each in found if each.name.partition('.')[0] in referred], '; and run')}"
    )


def _older_message(module: str, names: Sequence[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:_SHOWN_NAMES])
    return (
        f"{shown} here {'is' if len(names) == 1 else 'are'} from before {module} was reloaded; the remote run uses the "
        f"newer code{_again(module, names, ': run')}"
    )


def _again(module: str, names: Sequence[str], words: str) -> str:
    """Return, after the words, the import that updates the notebook's names; empty if there are none."""
    tops = list(dict.fromkeys(name.partition(".")[0] for name in names))[:_SHOWN_NAMES]
    return f"{words} `from {module} import {', '.join(tops)}` again" if tops else ""


def _is_alike(old: Any, new: Any) -> bool:
    """Whether an older function or class behaves like the newer one."""
    if isinstance(old, type):
        ones, others = (dict(_class_functions(each)) for each in (old, new))
    else:
        ones, others = {"": old}, {"": new}
    return ones.keys() == others.keys() and all(
        _same(one.__code__, others[name].__code__) and _plain_defaults(one) == _plain_defaults(others[name])
        for name, one in ones.items()
    )


def _plain_defaults(function: FunctionType) -> list[str]:
    defaults = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    return [repr(each) if type(each) in _PLAIN else "" for each in defaults]


def _lost(module: ModuleType, file: _File, files: Sequence[_File], codes: Sequence[CodeType]) -> Iterator[str]:
    """Yield messages on attributes that this process has set on the module, and that captured code reads."""
    if file.names is None or "__dict__" in file.read:  # it may define names in an unknown way
        return
    written = frozenset().union(*(each.written for each in files))
    read = frozenset().union(*(each.read for each in files))
    for name, value in list(vars(module).items()):
        if name.startswith("__") or name in written or (name in file.names and name not in file.unbound):
            continue
        if isinstance(value, ModuleType) and f"{module.__name__}.{name}" in sys.modules:
            continue  # set by the import of a submodule
        if name in file.unbound or name in read or any(_reads(code, name) for code in codes):
            yield f"`{module.__name__}.{name}` is {_kind(value)} in this process, but isn't in its file"


def _reads(code: CodeType, name: str) -> bool:
    """Whether the code reads an attribute of this name."""
    parts = (part for part in walk_code(code) if name in part.co_names)
    return any(
        instruction.argval == name and instruction.opname in _READING
        for part in parts
        for instruction in dis.get_instructions(part)
    )


def _kind(value: object) -> str:
    if value is None or type(value) in {bool, int, float}:
        return _shown(value)
    if isinstance(value, FunctionType | BuiltinFunctionType):
        return "a function"
    return f"set ({type(value).__name__})"


def _check_names(source: ModuleSource, file: _File, names: AbstractSet[str]) -> None:
    for name in sorted(names - file.names if file.names is not None else ()):
        raise CaptureError(
            f"The task uses {source.name}.{name}, which this process has imported, but {source.path} no longer has "
            f"{name!r}, and the file is what travels. Put it back, or reload the module and run the cells that use it."
        )


def _differences(module: ModuleType, file: _File) -> Iterator[Difference]:
    for name in file.definitions.keys() - vars(module).keys():
        yield Difference(name, file.definitions[name], "")
    files = {file.name, getattr(module, "__file__", None)}
    for name, function in _functions(module):
        if function.__code__.co_filename in files and function.__module__ == module.__name__:
            candidates = file.codes.get(name, [])
            if not any(_same(function.__code__, each) for each in candidates):
                yield Difference(name, candidates[0].co_firstlineno if candidates else 1, "")
    for name, value in list(vars(module).items()):
        if name in file.definitions and isinstance(value, FunctionType) and value.__module__ == "__main__":
            text = f"`{module.__name__}.{name}` was replaced with a function of this notebook"
            yield Difference(name, file.definitions[name], text)
        elif name not in file.definitions and (held := _held_of_notebook(value)) is not None:
            what = f"`{module.__name__}.{name}` holds `{held}` of this notebook"
            yield Difference(name, 1, what)
    for name, line, written in file.constants:
        live = vars(module).get(name, written)
        if type(live) in _PLAIN and repr(live) != repr(written):
            text = f"`{module.__name__}.{name}` is {_shown(live)} in this process and {_shown(written)} in its file"
            yield Difference(name, line, text)


def _held_of_notebook(value: Any) -> str | None:
    """Return the name of a function or class of the notebook's that a container of the module holds: a register."""
    if type(value) not in {list, dict, set} or not value or len(value) > _MAX_REGISTER:
        return None
    items = [*value, *value.values()] if type(value) is dict else list(value)
    own = (one for one in items if issubclass(type(one), FunctionType | type) and one.__module__ == "__main__")
    return next((one.__qualname__ for one in own), None)


def _functions(module: ModuleType) -> Iterator[tuple[str, FunctionType]]:
    """Yield (qualified name, function) of the module's functions, its classes' methods, and the functions they wrap."""
    for value in list(vars(module).values()):
        if isinstance(value, type) and value.__module__ == module.__name__:
            yield from _class_functions(value)
        else:
            yield from _unwrapped(value)


def _class_functions(kind: type) -> Iterator[tuple[str, FunctionType]]:
    for attribute in list(vars(kind).values()):
        yield from _unwrapped(getattr(attribute, "fget", None) if isinstance(attribute, property) else attribute)


def _unwrapped(value: Any) -> Iterator[tuple[str, FunctionType]]:
    with suppress(Exception):  # an object of the user may react in any way
        for _ in range(10):
            if isinstance(value, FunctionType) and _has_own_name(value):
                yield value.__qualname__, value
            value = getattr(value, "__func__", None) or getattr(value, "__wrapped__", None)
            if value is None:
                return


def _has_own_name(function: FunctionType) -> bool:
    """Whether the file has it under this name: a wrapper by `functools.wraps` bears the name of what it wraps."""
    path, _, name = function.__qualname__.rpartition(".")
    return "<locals>" not in path and function.__code__.co_name == name


def _same(code: CodeType, other: CodeType) -> bool:
    """Whether two code objects behave the same, wherever they are in the file."""
    ones, others = list(walk_code(code)), list(walk_code(other))
    return len(ones) == len(others) and all(map(_same_part, ones, others))


def _same_part(one: CodeType, other: CodeType) -> bool:
    return all(
        getattr(one, name) == getattr(other, name)
        for name in ("co_code", "co_names", "co_varnames", "co_freevars", "co_cellvars", "co_flags", "co_argcount",
                     "co_kwonlyargcount", "co_posonlyargcount", "co_name")
    ) and _constants(one) == _constants(other)  # fmt: skip


def _constants(code: CodeType) -> list[tuple[type, str]]:
    return [
        (type(each), repr(sorted(map(repr, each)) if isinstance(each, frozenset) else each))
        for each in code.co_consts
        if not isinstance(each, CodeType)
    ]


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "..."
