"""The modules that code imports, found without running it: for a code object, and for a module's source.

In `from a import b`, `b` may be a name in `a` or a module: both are reported, to be resolved by the caller. Names that
are computed at run time (`import_module(name)`) can't be seen; literal names can.
"""

import ast
import dis
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType
from typing import Final

from autocontainer_nb.pickling.code.references import imports_something, walk_code

NOW: Final = "now"  # without it, importing the importing module fails
LATER: Final = "later"  # in a function that may run
GUARDED: Final = "guarded"  # the code goes on without it

_CALLS: Final = frozenset({"import_module", "__import__"})
_CATCHES_A_MISSING_MODULE: Final = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


@dataclass(frozen=True)
class Import:
    """One name that may be a module, and when the code asks for it."""

    name: str
    line: int
    when: str  # NOW, LATER or GUARDED


def imports_of_code(code: CodeType) -> tuple[str, ...]:
    """Return the names that may be modules which the code imports when it runs, in order of appearance."""
    names: dict[str, None] = {}
    for part in walk_code(code):
        fromlist: object = None
        for instruction in dis.get_instructions(part) if imports_something(part) else ():
            if instruction.opname == "LOAD_CONST":
                fromlist = instruction.argval
            elif instruction.opname == "IMPORT_NAME" and instruction.argval:
                module = str(instruction.argval)
                names[module] = None
                if isinstance(fromlist, tuple):
                    names.update((f"{module}.{name}", None) for name in fromlist if name != "*")
        if _CALLS.intersection(part.co_names):
            names.update((text, None) for text in part.co_consts if isinstance(text, str) and _is_dotted_name(text))
    return tuple(names)


def imports_of_tree(tree: ast.AST, package: str) -> list[Import]:
    """Return the names that may be modules which a module of this package imports, at its top or later.

    What stands under `if TYPE_CHECKING:` isn't imported.
    """
    return list(_below(tree, package, NOW))


def _below(node: ast.AST, package: str, when: str) -> Iterator[Import]:
    if isinstance(node, ast.Import | ast.ImportFrom | ast.Call):
        for name in _names(node, package):
            yield Import(name, node.lineno, when)
    children: list[ast.AST] = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.If) and _is_type_checking(node.test):
        children = list(node.orelse)
    elif isinstance(node, ast.Try) and any(map(_catches_a_missing_module, node.handlers)):
        children = [*node.handlers, *node.orelse, *node.finalbody]
        for guarded in node.body:
            yield from _below(guarded, package, GUARDED)
    elif when == NOW and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        when = LATER
    for child in children:
        yield from _below(child, package, when)


def _names(node: ast.Import | ast.ImportFrom | ast.Call, package: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = _absolute(node.module or "", node.level, package)
        if base:
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names if alias.name != "*")
    else:
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        given = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
        if called in _CALLS and isinstance(given, str):
            level = len(given) - len(given.lstrip("."))
            name = _absolute(given[level:], level, package)
            if _is_dotted_name(name):
                yield name


def _absolute(name: str, level: int, package: str) -> str:
    """Return the absolute name of a relative import; nothing where it leaves its top-level package."""
    if not level:
        return name
    parts = package.split(".") if package else []
    if level - 1 >= len(parts):
        return ""
    return ".".join([*parts[: len(parts) - level + 1], *([name] if name else [])])


def _is_dotted_name(text: str) -> bool:
    return all(part.isidentifier() for part in text.split("."))


def _is_type_checking(test: ast.expr) -> bool:
    return (test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")) == "TYPE_CHECKING"


def _catches_a_missing_module(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or getattr(kind, "id", "") in _CATCHES_A_MISSING_MODULE for kind in caught)
