"""Code as what it means: equal for texts that differ in comments, line breaks, brackets or their place in a file.

Where the source is known and proven (compiling it gives this very code), the meaning is read from its syntax tree:
bytecode may differ by where lines were broken. Else it is the bytecode without names of files and numbers of lines.

A function's own decorators, defaults, annotations and docstring aren't looked at here: they are objects, and count as
such (`parts`). What is defined within it counts in full.
"""

import ast
from collections.abc import Callable, Iterator
from functools import lru_cache
from types import CodeType
from typing import Any, Final

from autocontainer_nb.pickling.code.references import walk_code

_FUTURE_FLAGS: Final = 0x1FF0000  # CO_FUTURE_DIVISION (0x20000) to CO_FUTURE_ANNOTATIONS (0x1000000), Include/code.h
_HAS_DOCSTRING: Final = 0x4000000  # Python 3.13, Include/cpython/code.h
_OPTIMIZED: Final = 0x1  # code of a function, not of a module or a class
_PARTS: Final = ("co_argcount", "co_posonlyargcount", "co_kwonlyargcount", "co_flags", "co_names", "co_varnames")
_VARIABLES: Final = ("co_freevars", "co_cellvars", "co_code", "co_exceptiontable")

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class _Source:
    """A text that code is compiled from: read once, however many launches ask for it."""

    def __init__(self, tree: ast.AST, codes: list[CodeType]) -> None:
        self._nodes: dict[tuple[str, int], list[_Function]] = {}
        for node in ast.walk(tree):
            if isinstance(node, _Function):
                self._nodes.setdefault(_place(node), []).append(node)
        self._codes: dict[tuple[str, int], list[CodeType]] = {}
        for code in codes:
            self._codes.setdefault(_place_of(code), []).append(code)
        self._plain: dict[int, tuple[str, str] | None] = {}

    def node(self, code: CodeType) -> _Function | None:
        """Return the one function of the text that is compiled to this very code."""
        if not any(_bytecode(one) == _bytecode(code) for one in self._codes.get(_place_of(code), ())):
            return None
        nodes = self._nodes.get(_place_of(code), [])
        if len(nodes) > 1:
            nodes = [node for node in nodes if _spans(node, code)]
        return nodes[0] if len(nodes) == 1 else None

    def plain(self, node: _Function) -> tuple[str, str] | None:
        """Return the node's syntax tree as text, and its source in one spelling."""
        key = id(node)  # which this object keeps
        if key not in self._plain:
            try:
                plain = _simplified(node)
                self._plain[key] = ast.dump(plain), ast.unparse(ast.fix_missing_locations(plain))
            except (ValueError, RecursionError):  # an integer of thousands of digits; thousands of nested operators
                self._plain[key] = None
        return self._plain[key]


@lru_cache(maxsize=256)
def _source(text: str, flags: int) -> _Source | None:
    """Return the text's functions, compiled with the flags for futures; None where it can't be compiled."""
    try:
        tree = ast.parse(text)
        module = compile(text, "", "exec", flags | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
        return _Source(tree, list(walk_code(module)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


class CodeReader:
    """Reads what code means; `text_of` returns the source behind a code object's file name, or None."""

    def __init__(self, text_of: Callable[[str], str | None]) -> None:
        self._text_of = text_of
        self._texts: dict[str, str | None] = {}

    def meaning(self, code: CodeType) -> bytes:
        """Return bytes that are equal where the code means the same, in every process of this Python minor."""
        text = self.text(code)
        if text is None:
            return b"bytecode\0" + repr(_bytecode(code, is_outermost=True)).encode("utf-8", "surrogatepass")
        bound = (code.co_flags & _FUTURE_FLAGS, tuple(sorted(code.co_freevars)))
        return b"source\0" + f"{bound}\0{text[0]}".encode("utf-8", "surrogatepass")

    def lines(self, code: CodeType) -> list[str]:
        """Return the code's lines in one spelling, without comments; empty where there is no proven source."""
        found = self.text(code)
        return [] if found is None else found[1].splitlines()

    def text(self, code: CodeType) -> tuple[str, str] | None:
        """Return (syntax tree as text, source in one spelling), None where there is no proven source."""
        file = code.co_filename
        if file not in self._texts:
            self._texts[file] = self._text_of(file)
        source = _source(self._texts[file] or "", code.co_flags & _FUTURE_FLAGS)
        node = source and source.node(code)
        return source.plain(node) if source and node else None


def _place(node: _Function) -> tuple[str, int]:
    if isinstance(node, ast.Lambda):
        return "<lambda>", node.lineno
    return node.name, min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def _place_of(code: CodeType) -> tuple[str, int]:
    return code.co_name, code.co_firstlineno


def _spans(node: _Function, code: CodeType) -> bool:
    """Whether the code's instructions have the place of the lambda's body; before Python 3.11 nothing tells."""
    if not isinstance(node, ast.Lambda) or not hasattr(code, "co_positions"):
        return False
    body = node.body
    return (body.lineno, body.end_lineno, body.col_offset, body.end_col_offset) in set(code.co_positions())


def _bytecode(code: CodeType, *, is_outermost: bool = False) -> tuple[Any, ...]:
    """Return what the code is, without names of files and numbers of lines, its constants in a fixed order."""
    constants = [_constant(one) for one in code.co_consts]
    if is_outermost and constants and isinstance(code.co_consts[0], str) and _has_docstring(code):
        constants[0] = ("doc",)
    return (code.co_name, *(getattr(code, name, b"") for name in (*_PARTS, *_VARIABLES)), tuple(constants))


def _has_docstring(code: CodeType) -> bool:
    import sys

    if sys.version_info >= (3, 13):
        return bool(code.co_flags & _HAS_DOCSTRING)
    return bool(code.co_flags & _OPTIMIZED) and not code.co_name.startswith("<")


def _constant(value: Any) -> tuple[Any, ...]:
    if isinstance(value, CodeType):
        return "code", _bytecode(value)
    if isinstance(value, frozenset):
        return "frozenset", sorted((_constant(one) for one in value), key=repr)
    if isinstance(value, tuple):
        return "tuple", tuple(_constant(one) for one in value)
    # The text tells 0.0 from -0.0 and 1 from 1.0 and True, which are equal.
    return type(value).__name__, hex(value) if type(value) is int else repr(value)


def _simplified(node: _Function) -> _Function:
    """Return a copy of the node without what doesn't change what the function does, and what counts as an object."""
    own: _Function = _copied(node)
    arguments = own.args
    for argument in _arguments(arguments):
        argument.annotation = None
    arguments.defaults, arguments.kw_defaults = [], []
    if not isinstance(own, ast.Lambda):
        own.decorator_list, own.returns = [], None
        if ast.get_docstring(own, clean=False) is not None:
            own.body = own.body[1:] or [ast.Pass()]
    _Simplifier().visit(own)
    return own


def _copied(value: Any) -> Any:
    """Return a copy of a syntax tree that has what Python gives its nodes, and nothing else.

    What shows tracebacks (`executing`, by way of IPython) hangs a parent on every node that it reads, `ast.Load()`
    included, of which a process has a single one: a deep copy would take a whole other file along.
    """
    if isinstance(value, list):
        return [_copied(one) for one in value]
    if not isinstance(value, ast.AST):
        return value
    fields = {name: _copied(content) for name, content in ast.iter_fields(value)}
    return ast.copy_location(type(value)(**fields), value)


def _arguments(arguments: ast.arguments) -> Iterator[ast.arg]:
    yield from (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    yield from (one for one in (arguments.vararg, arguments.kwarg) if one is not None)


class _Simplifier(ast.NodeTransformer):
    """Leaves out what has no effect: `pass` beside other statements, the types of local variables, `u` prefixes."""

    def __init__(self) -> None:
        self._is_in_class = False

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Visit the node's children, then drop statements without effect from its blocks."""
        outer = self._is_in_class
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            self._is_in_class = isinstance(node, ast.ClassDef)
        super().generic_visit(node)
        self._is_in_class = outer
        has_docstring = isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list) and block:
                first = block[:1] if has_docstring and field == "body" else []
                rest = [one for one in block[len(first) :] if not _is_idle(one)]
                kept = [one for one in first if not isinstance(one, ast.Pass)] + rest
                setattr(node, field, kept or ([ast.Pass()] if field == "body" else []))
        if hasattr(node, "type_comment"):
            node.type_comment = None
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """Forget whether a text was written with the prefix `u`."""
        node.kind = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """Forget the type of a function's variable, which is never evaluated; a class keeps those of its attributes."""
        if self._is_in_class:
            return self.generic_visit(node)
        if node.value is None:
            node.annotation = ast.Constant(value=None)
            return node
        return self.generic_visit(ast.Assign(targets=[node.target], value=node.value, lineno=node.lineno))


def _is_idle(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )
