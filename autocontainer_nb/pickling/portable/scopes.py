"""The scopes of a source text, numbered alike by every Python.

A scope's number is its place in the syntax tree, depth first, which only the text decides. The compiler's own order
doesn't serve: it merges equal code and inlines comprehensions since 3.12 (which therefore aren't counted). To tell
which code object belongs to which scope, the tree is compiled a second time with the scopes' numbers as first lines.
"""

import ast
import dis
import warnings
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType
from typing import Any, Final

_ARGUMENT_FLAGS: Final = 0x0C | 0x20 | 0x80 | 0x200  # *args, **kwargs, generator, coroutine, asynchronous generator
Path = tuple[tuple[str, int], ...]  # (name, ordinal among the siblings of this name), outermost first
FUTURES: Final = 0x1FE0000  # the bits of co_flags that __future__ imports set (Include/cpython/code.h, CO_FUTURE_*)
_COUNTED: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.GeneratorExp)
_CHILDLESS: Final = (ast.Name, ast.Constant, ast.expr_context, ast.operator, ast.cmpop, ast.boolop, ast.unaryop)
_JUMPS: Final = frozenset({*dis.hasjrel, *dis.hasjabs})
_NAMES: Final[dict[type, str]] = {ast.Lambda: "<lambda>", ast.GeneratorExp: "<genexpr>"}


def signature(code: CodeType) -> dict[str, Any]:
    """Return what two versions of one installed function must have in common."""
    count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 0x04) + bool(code.co_flags & 0x08)
    return {"arguments": list(code.co_varnames[:count]), "kind": code.co_flags & _ARGUMENT_FLAGS}


@dataclass(frozen=True)
class Scope:
    """One scope as the text has it: its number, name, the first line of its code, and the names that lead to it."""

    number: int
    name: str
    line: int
    path: Path


class ScopeTable:
    """The scopes of one text, and their code objects as this interpreter compiles them."""

    def __init__(self, scopes: list[Scope], codes: dict[int, CodeType]) -> None:
        self.scopes = scopes
        self.codes = codes  # by scope number; a scope that the compiler has optimized away has none
        self._by_place: dict[tuple[str, int], list[Scope]] = {}
        for scope in scopes:
            if scope.number in codes:
                self._by_place.setdefault((scope.name, scope.line), []).append(scope)

    def candidates(self, name: str, line: int) -> list[Scope]:
        """Return the scopes of this name whose code begins at this line, in order; one line may hold several."""
        return self._by_place.get((name, line), [])

    def at(self, path: Path) -> CodeType | None:
        """Return the code object at the end of a chain of names, or None."""
        for scope in self.scopes:
            if scope.path == path:
                return self.codes.get(scope.number)
        return None


@lru_cache(maxsize=256)
def scope_table(text: str, filename: str, flags: int = 0, *, by_statement: bool = False) -> ScopeTable:
    """Return the scopes of the text, compiled under the file name and with the compiler's flags for futures.

    `by_statement` compiles each statement of the text by itself, as IPython does: methods of modules that the same text
    imports are then called by other instructions. `await` outside of functions is allowed where the text needs it.

    Raises:
        SyntaxError: this Python doesn't know the text's syntax.
        ValueError, RecursionError, MemoryError: it can't be compiled for another reason.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the user has seen them when the text was run
        try:
            return _table(text, filename, flags, by_statement)
        except SyntaxError:
            return _table(text, filename, flags | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, by_statement)


def _table(text: str, filename: str, flags: int, by_statement: bool) -> ScopeTable:
    tree: Any = compile(text, filename, "exec", flags | ast.PyCF_ONLY_AST, dont_inherit=True)
    parts = [ast.Module([statement], []) for statement in tree.body] if by_statement else [tree]
    plain = _compiled(parts, filename, flags)
    nodes = _walk(tree)
    base = text.count("\n") + 2
    for scope, node in nodes:
        _mark(node, base + scope.number)
    scopes = [scope for scope, _ in nodes]
    matcher = _Matcher(scopes, base)
    for marked, code in zip(_compiled(parts, filename, flags), plain, strict=True):
        matcher.match(marked, code)
    return ScopeTable(scopes, matcher.codes)


def _compiled(parts: list[ast.Module], filename: str, flags: int) -> list[CodeType]:
    codes = []
    for part in parts:
        codes.append(compile(part, filename, "exec", flags, dont_inherit=True))
        flags |= codes[-1].co_flags & FUTURES  # an import from __future__ holds for what comes after it
    return codes


def _walk(tree: ast.Module) -> list[tuple[Scope, ast.AST]]:
    """Return the scopes with their nodes, depth first, in the tree's own order."""
    found: list[tuple[Scope, ast.AST]] = []

    def visit(node: ast.AST, path: Path, seen: dict[str, int]) -> None:
        for field in node._fields:
            value = getattr(node, field, None)
            for child in value if type(value) is list else (value,):
                if not isinstance(child, ast.AST) or isinstance(child, _CHILDLESS):
                    continue
                if not isinstance(child, _COUNTED):
                    visit(child, path, seen)
                    continue
                name = _NAMES.get(type(child)) or str(getattr(child, "name", ""))
                own = (*path, (name, seen.get(name, 0)))
                seen[name] = seen.get(name, 0) + 1
                found.append((Scope(len(found), name, _first_line(child), own), child))
                visit(child, own, {})

    visit(tree, (), {})
    return found


def _first_line(node: Any) -> int:
    decorators = getattr(node, "decorator_list", None)
    return int((decorators[0] if decorators else node).lineno)


def _mark(node: Any, line: int) -> None:
    """Let the scope's code begin at this line. Decorated code begins with its first decorator: put one more there."""
    target = node
    if getattr(node, "decorator_list", None):
        target = ast.Constant(None)
        node.decorator_list.insert(0, target)
    target.lineno = target.end_lineno = line
    target.col_offset = target.end_col_offset = 0


class _Matcher:
    """Finds, for each marked code object, the one of the plain tree that was compiled from the same scope."""

    def __init__(self, scopes: list[Scope], base: int) -> None:
        self._scopes = scopes
        self._base = base
        self.codes: dict[int, CodeType] = {}

    def match(self, marked: CodeType, plain: CodeType) -> None:
        left = _nested(marked)
        right = _nested(plain)
        for position, code in enumerate(left):
            scope = self._scope(code)
            found = right[position] if len(left) == len(right) else self._merged(code, right)
            if found is None or found.co_name != code.co_name:
                continue
            if scope is not None and scope.name == code.co_name and scope.line == found.co_firstlineno:
                self.codes[scope.number] = found
            self.match(code, found)

    def _scope(self, code: CodeType) -> Scope | None:
        number = code.co_firstlineno - self._base
        return self._scopes[number] if 0 <= number < len(self._scopes) else None

    def _merged(self, code: CodeType, right: list[CodeType]) -> CodeType | None:
        """The compiler has merged equal code of one line: any that is the same but for its lines will do."""
        scope = self._scope(code)
        line = code.co_firstlineno if scope is None else scope.line
        alike = [other for other in right if (other.co_name, other.co_firstlineno) == (code.co_name, line)]
        if len(alike) > 1:
            shape = _shape(code)
            alike = [other for other in alike if _shape(other) == shape]
        return alike[0] if alike else None


def _nested(code: CodeType) -> list[CodeType]:
    return [constant for constant in code.co_consts if isinstance(constant, CodeType)]


def _shape(code: CodeType) -> tuple[Any, ...]:
    """Return what the code does, without where it stands: a marked line also changes offsets, and leaves NOPs."""
    steps = tuple(
        (step.opname, None if step.opcode in _JUMPS else _value(step.argval))
        for step in dis.get_instructions(code)
        if step.opname not in {"NOP", "RESUME"}
    )
    counts = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
    return code.co_name, counts, code.co_varnames, code.co_freevars, code.co_cellvars, steps


def _value(value: Any) -> Any:
    return _shape(value) if isinstance(value, CodeType) else (type(value).__name__, repr(value))
