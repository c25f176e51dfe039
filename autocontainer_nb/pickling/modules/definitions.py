"""The definitions in a module's file, found without running it."""

import ast
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from types import CodeType
from typing import Any, Final, NamedTuple

from autocontainer_nb.pickling.modules.collector import ModuleSource, parse

_MAX_KNOWN: Final = 1000
_DEFINITIONS: Final = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_PLAIN: Final = (bool, int, float, complex, str, bytes, type(None))


class _File(NamedTuple):
    """The definitions in a module's file."""

    codes: Mapping[str, Sequence[CodeType]]  # of functions and methods, by qualified name
    definitions: Mapping[str, int]  # of functions and classes at the top: their lines
    constants: Sequence[tuple[str, int, Any]]  # name, line and value of what is bound once, at the top, to a literal
    names: AbstractSet[str] | None  # all names that it may define; None if unknown
    unbound: AbstractSet[str]  # those that it only reads
    read: AbstractSet[str]  # names of attributes that it reads
    written: AbstractSet[str]  # names of attributes that it assigns
    name: str  # as in its code objects


_known: Final[dict[tuple[str, str], _File]] = {}  # by content and path


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


def _names(tree: ast.Module) -> tuple[AbstractSet[str] | None, AbstractSet[str]]:
    """Return the names that the file may define, and those that it only reads.

    The former are None if it may define others in an unknown way.
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
    """Return the names that the file reads, and those that it writes, as attributes of any object."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    read = {node.attr for node in found if isinstance(node.ctx, ast.Load)}
    imported = {each.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for each in node.names}
    return read | imported, {node.attr for node in found if not isinstance(node.ctx, ast.Load)}


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
