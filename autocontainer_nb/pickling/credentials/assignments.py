"""Names bound to texts in source code."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final

from autocontainer_nb.pickling.credentials.names import promise_of

_SETTERS: Final = frozenset({"setdefault", "putenv", "getenv", "get", "setenv", "set", "set_key"})
_ASSIGNMENT: Final = re.compile(
    r"""(?m)^\s*(?:export\s+|%env\s+|%set_env\s+)?([A-Za-z_][\w.-]{2,60})\s*[=:]\s*["']?([^\s"'#]{6,})["']?\s*(?:#.*)?$"""
)


@dataclass(frozen=True)
class _Bound:
    """A literal that a source binds to a name: its line, its text, and where it stands in the source."""

    line: int
    name: str
    text: str
    start: int
    end: int
    last_line: int


def _bound(text: str) -> Iterator[_Bound]:
    """Yield the literals that a source binds to a name, the promising ones first."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        yield from (_of_match(text, match) for match in _ASSIGNMENT.finditer(text))
        return
    lines = text.split("\n")
    starts = [0, *accumulate(len(line) + 1 for line in lines)]
    pairs = [pair for node in ast.walk(tree) for pair in _pairs(node)]
    for name, constant in sorted(pairs, key=lambda pair: not promise_of(pair[0])):
        last = constant.end_lineno or constant.lineno
        start, end = (
            starts[line - 1] + len(lines[line - 1].encode()[:column].decode(errors="ignore"))
            for line, column in ((constant.lineno, constant.col_offset), (last, constant.end_col_offset or 0))
        )
        yield _Bound(constant.lineno, name, _text_of(constant), start, end, last)


def _bound_in_lines(text: str, hint: "re.Pattern[str]") -> Iterator[_Bound]:
    """Yield what the lines in which the hint occurs bind to a name: of a text too long for a syntax tree."""
    end = 0
    for found in hint.finditer(text):
        if found.start() < end:
            continue  # in the same line as the one before
        start = text.rfind("\n", 0, found.start()) + 1
        end = text.find("\n", found.end())
        end = len(text) if end < 0 else end
        match = _ASSIGNMENT.match(text, start, end)
        if match is not None:
            yield _of_match(text, match)


def _of_match(text: str, match: "re.Match[str]") -> _Bound:
    line = text.count("\n", 0, match.start(1)) + 1
    return _Bound(line, match[1], match[2], match.start(2), match.end(2), line)


def _pairs(node: ast.AST) -> Iterator[tuple[str, ast.Constant]]:
    """Yield (name, literal) for what one node of a syntax tree binds."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            values = node.value.elts if isinstance(node.value, ast.Tuple | ast.List | ast.Set) else [node.value]
            names = target.elts if isinstance(target, ast.Tuple | ast.List) else [target] * len(values)
            yield from _literals(zip(map(_name_of, names), values, strict=False))
    elif isinstance(node, ast.AnnAssign | ast.NamedExpr):
        yield from _literals([(_name_of(node.target), node.value)])
    elif isinstance(node, ast.keyword):
        yield from _literals([(node.arg or "", node.value)])
    elif isinstance(node, ast.Dict):
        yield from _literals((_text_of(key), value) for key, value in zip(node.keys, node.values, strict=True))
    elif isinstance(node, ast.arguments):
        positional = [*node.posonlyargs, *node.args]
        defaults = positional[len(positional) - len(node.defaults) :]
        yield from _literals(zip((one.arg for one in defaults), node.defaults, strict=True))
        yield from _literals(zip((one.arg for one in node.kwonlyargs), node.kw_defaults, strict=True))
    elif isinstance(node, ast.Call):
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called in _SETTERS and len(node.args) > 1:
            yield from _literals([(_text_of(node.args[0]), node.args[1])])
        elif called == "run_line_magic" and len(node.args) > 1:  # `%env NAME=value`, as IPython compiles it
            name, sign, value = _text_of(node.args[1]).partition("=")
            if sign:
                yield name.strip(), ast.copy_location(ast.Constant(value.strip()), node.args[1])


def _literals(pairs: Any) -> Iterator[tuple[str, ast.Constant]]:
    for name, value in pairs:
        if name and isinstance(value, ast.Constant) and isinstance(value.value, str | bytes):
            yield name, value


def _name_of(target: ast.expr) -> str:
    if isinstance(target, ast.Name):
        return target.id
    if isinstance(target, ast.Attribute):
        return target.attr
    return _text_of(target.slice) if isinstance(target, ast.Subscript) else ""


def _text_of(node: ast.expr | None) -> str:
    if not isinstance(node, ast.Constant):
        return ""
    if isinstance(node.value, bytes):
        return node.value.decode("latin-1")
    return node.value if isinstance(node.value, str) else ""
