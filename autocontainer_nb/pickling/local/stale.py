"""Whether a local module in this process is what its file says now: the file is what travels.

Told by comparison, not by dates: the file is compiled, and its functions are compared with those in memory, its plain
constants with the module's attributes. So it doesn't matter who reloaded what, or when.
"""

import ast
import dis
import sys
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from importlib.machinery import SourceFileLoader
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any, Final, NamedTuple

from autocontainer_nb.errors import CaptureError
from autocontainer_nb.pickling.code import walk_code
from autocontainer_nb.pickling.local.names import LocalNames
from autocontainer_nb.pickling.local.sources import LocalModuleWarning, ModuleSource, parse

_MAX_KNOWN: Final = 1000
_DEFINITIONS: Final = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_PLAIN: Final = (bool, int, float, complex, str, bytes, type(None))
_READING: Final = frozenset({"LOAD_ATTR", "LOAD_METHOD", "IMPORT_FROM"})
_TO_KEEP: Final = "Pass the value as an argument of the task, or write it into the file."
_SHOWN_NAMES: Final = 4
_SHOWN_CHARACTERS: Final = 40


class Difference(NamedTuple):
    """One name that isn't in the file what it is in this process."""

    name: str
    line: int
    text: str  # what to say of it, if there is more to say than that it differs


class _File(NamedTuple):
    """What a module's file says."""

    codes: Mapping[str, Sequence[CodeType]]  # of functions and methods, by qualified name
    definitions: Mapping[str, int]  # of functions and classes at the top: their lines
    constants: Sequence[tuple[str, int, Any]]  # name, line and value of what is bound once, at the top, to a literal
    names: AbstractSet[str] | None  # all that it may define; None where that can't be seen
    unbound: AbstractSet[str]  # of these names, those that it only reads
    read: AbstractSet[str]  # the names that follow a dot, where they are read
    written: AbstractSet[str]  # and where they are assigned to
    name: str  # by which its code objects know it


_known: Final[dict[tuple[str, str], _File]] = {}  # by content and path


def tell_differences(sources: Sequence[ModuleSource], names: LocalNames) -> None:
    """Warn, in one line for each module and cause, where what is in this process isn't what the file says now.

    `names` knows what of the modules the code that travels refers to.

    Raises:
        CaptureError: the file has no longer what is referred to.
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
            line = file.definitions.get(older[0].partition(".")[0], 1)
            warnings.warn_explicit(_older_message(source.name, older), LocalModuleWarning, source.path, line)
        lost = list(_lost(module, file, [each for _, _, each in imported], names.codes))
        if lost:
            message = f"{'; '.join(lost[:_SHOWN_NAMES])}: the remote run won't find it. {_TO_KEEP}"
            warnings.warn_explicit(message, LocalModuleWarning, source.path, 1)


def _imported(sources: Sequence[ModuleSource]) -> Iterator[tuple[ModuleSource, ModuleType]]:
    for source in sources:
        module = sys.modules.get(source.name)
        # another loader may have compiled it in another way
        if source.is_used and module is not None and type(getattr(module, "__loader__", None)) is SourceFileLoader:
            yield source, module


def _file(source: ModuleSource) -> _File:
    key = (source.sha256, source.path)
    if key not in _known:
        if len(_known) > _MAX_KNOWN:
            _known.clear()
        tree = parse(source.content, source.path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code = compile(tree, source.path, "exec", dont_inherit=True)
        codes: dict[str, list[CodeType]] = {}
        for qualified, each in _named_codes(code, ""):
            codes.setdefault(qualified, []).append(each)
        definitions = {node.name: node.lineno for node in tree.body if isinstance(node, _DEFINITIONS)}
        for name in _deleted(tree):
            definitions.pop(name, None)
        constants = list(_constants_of(tree))
        _known[key] = _File(codes, definitions, constants, *_names(tree), *_attributes(tree), code.co_filename)
    return _known[key]


def _message(source: ModuleSource, found: Sequence[Difference], referred: AbstractSet[str]) -> str:
    values = [difference.text for difference in found if difference.text]
    if len(values) == len(found):
        return f"{'; '.join(values[:_SHOWN_NAMES])}: the remote run uses the file's. {_TO_KEEP}"
    names = ", ".join(dict.fromkeys(difference.name for difference in found[:_SHOWN_NAMES]))
    more = f" and {len(found) - _SHOWN_NAMES} more" if len(found) > _SHOWN_NAMES else ""
    return (
        f"The local module {source.name!r} was changed after this process imported it ({names}{more}): the remote run "
        f"uses the file as it is now, calls here still the older one. To reload it: import importlib; "
        f"importlib.reload(importlib.import_module({source.name!r}))"
        f"{_again(source.name, [each.name for each in found if each.name.partition('.')[0] in referred], '; and run')}"
    )


def _older_message(module: str, names: Sequence[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:_SHOWN_NAMES])
    return (
        f"{shown} here {'is' if len(names) == 1 else 'are'} from before {module} was reloaded; the remote run uses the "
        f"newer{_again(module, names, ': run')}"
    )


def _again(module: str, names: Sequence[str], words: str) -> str:
    """Return, after the words, what makes the notebook's own names the newer ones; nothing where there are none."""
    tops = list(dict.fromkeys(name.partition(".")[0] for name in names))[:_SHOWN_NAMES]
    return f"{words} `from {module} import {', '.join(tops)}` again" if tops else ""


def _is_alike(old: Any, new: Any) -> bool:
    """Whether an older function or class does the same as the newer one."""
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
    """Yield what to say of the attributes that this process has given the module, and that what travels reads."""
    if file.names is None or "__dict__" in file.read:  # it may give itself names in a way not seen
        return
    written = frozenset().union(*(each.written for each in files))
    read = frozenset().union(*(each.read for each in files))
    for name, value in list(vars(module).items()):
        if name.startswith("__") or name in written or (name in file.names and name not in file.unbound):
            continue
        if isinstance(value, ModuleType) and f"{module.__name__}.{name}" in sys.modules:
            continue  # importing a module below makes it one
        if name in file.unbound or name in read or any(_reads(code, name) for code in codes):
            yield f"`{module.__name__}.{name}` is {_kind(value)} in this process, and its file doesn't have it"


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
            f"The task uses {source.name}.{name}, which this process has imported, but {source.path} has no {name!r} "
            "any more, and the file is what travels. Reload the module and run the cells that use it, or put it back."
        )


def _names(tree: ast.Module) -> tuple[AbstractSet[str] | None, AbstractSet[str]]:
    """Return the names that the file mentions as its own, and those that it only reads.

    The former are None where it may define others, in a way not seen.
    """
    nodes = list(ast.walk(tree))
    imports = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    aliases = {(alias.asname or alias.name).partition(".")[0] for node in imports for alias in node.names}
    words = {node.id for node in nodes if isinstance(node, ast.Name)}
    defined = {node.name for node in nodes if isinstance(node, _DEFINITIONS)}
    is_open = (
        "*" in aliases or "__getattr__" in defined or bool(words & {"globals", "locals", "vars", "exec", "setattr"})
    )
    bound = {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    bound |= {each for node in nodes for each in (getattr(node, "name", None), getattr(node, "rest", None)) if each}
    bound |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    return None if is_open else words | defined | aliases, words - bound - defined - aliases


def _attributes(tree: ast.Module) -> tuple[AbstractSet[str], AbstractSet[str]]:
    """Return the names that the file reads, and writes, as attributes of whatever."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    read = {node.attr for node in found if isinstance(node.ctx, ast.Load)}
    imported = {each.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for each in node.names}
    return read | imported, {node.attr for node in found if not isinstance(node.ctx, ast.Load)}


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
            text = f"`{module.__name__}.{name}` was replaced by a function of this notebook"
            yield Difference(name, file.definitions[name], text)
    for name, line, written in file.constants:
        live = vars(module).get(name, written)
        if type(live) in _PLAIN and repr(live) != repr(written):
            text = f"`{module.__name__}.{name}` is {_shown(live)} in this process and {_shown(written)} in its file"
            yield Difference(name, line, text)


def _named_codes(code: CodeType, prefix: str) -> Iterator[tuple[str, CodeType]]:
    """Yield (qualified name, code) of the functions at the top and in classes."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            name = prefix + constant.co_name
            yield name, constant
            if not constant.co_flags & 0x2:  # CO_NEWLOCALS, which the bodies of classes lack
                yield from _named_codes(constant, f"{name}.")
            elif constant.co_name.startswith("<generic parameters of"):  # PEP 695: the function is one level deeper
                yield from _named_codes(constant, prefix)


def _functions(module: ModuleType) -> Iterator[tuple[str, FunctionType]]:
    """Yield (qualified name, function) of the module's own functions, of its classes' methods, and what they wrap."""
    for value in list(vars(module).values()):
        if isinstance(value, type) and value.__module__ == module.__name__:
            yield from _class_functions(value)
        else:
            yield from _unwrapped(value)


def _class_functions(kind: type) -> Iterator[tuple[str, FunctionType]]:
    for attribute in list(vars(kind).values()):
        yield from _unwrapped(getattr(attribute, "fget", None) if isinstance(attribute, property) else attribute)


def _unwrapped(value: Any) -> Iterator[tuple[str, FunctionType]]:
    with suppress(Exception):  # an object of the user's may answer in any way
        for _ in range(10):
            if isinstance(value, FunctionType) and "<locals>" not in value.__qualname__:
                yield value.__qualname__, value
            value = getattr(value, "__func__", None) or getattr(value, "__wrapped__", None)
            if value is None:
                return


def _same(code: CodeType, other: CodeType) -> bool:
    """Whether two code objects do the same; where they stand doesn't count."""
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


def _deleted(tree: ast.Module) -> set[str]:
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Delete)]
    return {target.id for node in found for target in node.targets if isinstance(target, ast.Name)}


def _constants_of(tree: ast.Module) -> Iterator[tuple[str, int, Any]]:
    """Yield (name, line, value) of the plain constants that are bound once, at the top."""
    nodes = list(ast.walk(tree))
    stored = Counter(node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    changing = {name for node in nodes if isinstance(node, ast.Global) for name in node.names} | _deleted(tree)
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        target = targets[0]
        if not isinstance(node, ast.Assign | ast.AnnAssign) or len(targets) != 1 or not isinstance(target, ast.Name):
            continue
        if node.value is None or target.id in changing or stored[target.id] != 1:
            continue
        with suppress(ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            written = ast.literal_eval(node.value)
            if isinstance(written, _PLAIN):
                yield target.id, node.lineno, written


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "..."
