"""What is worth knowing of a function that travels: texts whose names may be missing, and variables that it reads.

A text that a library evaluates may mention names of the notebook. What is written in the code is found
(`code.mentions`); what is put together when the task runs isn't.
"""

import ast
import builtins
import re
from collections.abc import Iterator
from functools import lru_cache
from types import FunctionType
from typing import Any, Final

from autocontainer_nb.pickling.code.cells import CellBook
from autocontainer_nb.pickling.code.mentions import FORMULAS, names_after_at, names_in_code, names_in_formula
from autocontainer_nb.pickling.code.sources import SourceCollector
from autocontainer_nb.pickling.explain.obstacles import note_on
from autocontainer_nb.pickling.meaning.parts import VALUE, Parts

_EVALUATING: Final = frozenset({"eval", "exec", "query", "evaluate", "lambdify"})
_PATSYS: Final = frozenset({"C", "I", "Q", "bs", "cr", "cc", "te", "center", "scale", "standardize", "poly"})
_PYTHON: Final = frozenset({"eval", "exec"})  # where the whole text is Python, if it is called by its bare name
_SET: Final = re.compile(
    r"environ\[\s*[\"'](\w+)[\"']\s*\]\s*=[^=]|environ\.setdefault\(\s*[\"'](\w+)[\"']|putenv\(\s*[\"'](\w+)[\"']"
    r"|run_line_magic\(\s*'(?:set_)?env'\s*,\s*'(\w+)"
)
_LONGEST: Final = 60


def notes_on(value: Any, parts: Parts, sources: SourceCollector, book: CellBook) -> Iterator[str]:
    """Yield what to tell of an object that travels, as the end of a sentence that begins with its name."""
    if parts.kind == "object":
        yield from filter(None, (note_on(value),))
    elif type(value) is FunctionType and parts.how == VALUE:
        yield from _notes_on_function(value, sources, book)


def _notes_on_function(function: FunctionType, sources: SourceCollector, book: CellBook) -> Iterator[str]:
    code = function.__code__
    if code.co_name == "<lambda>" or not {*code.co_names, *_nested_names(code)} & _TOLD:
        return
    source = sources.source(code.co_filename)
    node = _definition(source.text, code.co_name, code.co_firstlineno) if source is not None else None
    if node is None:
        return
    own = {*code.co_varnames, *code.co_cellvars, *code.co_freevars}
    known = {*function.__globals__, *vars(builtins), *own}
    set_by_cells = _variables_set(tuple(cell.source for cell in book.all()))
    told: dict[str, None] = {}
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and (text := _of_text(call, known)) is not None:
            told[text] = None
        name = _variable_read(call)
        if name in set_by_cells:
            told[
                f"reads the environment variable {name}, which a cell sets: a container doesn't have it. "
                f'Pass it on: @task(environment={{"{name}": os.environ["{name}"]}})'
            ] = None
    yield from told


def _nested_names(code: Any) -> set[str]:
    return {name for one in code.co_consts if hasattr(one, "co_names") for name in (*one.co_names, *_nested_names(one))}


_TOLD: Final = _EVALUATING | FORMULAS | {"environ", "getenv"}


@lru_cache(maxsize=64)
def _tree(text: str) -> ast.AST | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _definition(text: str, name: str, line: int) -> ast.AST | None:
    tree = _tree(text)
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            if first == line:
                return node
    return None


def _of_text(call: ast.Call, known: set[str]) -> str | None:
    """Return what to tell of a text that the call evaluates; None if all that it mentions is known."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name not in _EVALUATING | FORMULAS or not call.args:
        return None
    given = call.args[0]
    if not isinstance(given, ast.Constant):
        if isinstance(given, ast.Name | ast.JoinedStr | ast.BinOp | ast.Call | ast.Subscript):
            return (
                f"gives {name}() a text that is made when it runs, line {call.lineno}: this text may mention names. "
                "Those of the notebook travel if the code mentions them as well"
            )
        return None
    text = given.value
    if not isinstance(text, str):
        return None
    is_python = name in _PYTHON and isinstance(call.func, ast.Name)
    names = names_in_code(text) if is_python else names_in_formula(text) if name in FORMULAS else names_after_at(text)
    missing = sorted({one for one in names if one not in known and one not in _PATSYS})
    if not missing:
        return None
    shown = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return f"gives {name}() a text that may mention names, {shown!r}: the notebook has no {', '.join(missing)}"


def _variable_read(node: ast.AST) -> str | None:
    """Return the name of the environment variable that an expression reads."""
    name: Any = None
    if isinstance(node, ast.Subscript) and _is_environ(node.value) and isinstance(node.ctx, ast.Load):
        name = node.slice
    elif isinstance(node, ast.Call) and node.args and isinstance(node.func, ast.Attribute | ast.Name):
        is_get = isinstance(node.func, ast.Attribute) and node.func.attr == "get" and _is_environ(node.func.value)
        if is_get or "getenv" in {getattr(node.func, "attr", ""), getattr(node.func, "id", "")}:
            name = node.args[0]
    return name.value if isinstance(name, ast.Constant) and isinstance(name.value, str) else None


def _is_environ(node: ast.AST) -> bool:
    return "environ" in {getattr(node, "attr", ""), getattr(node, "id", "")}


@lru_cache(maxsize=4)
def _variables_set(texts: tuple[str, ...]) -> frozenset[str]:
    """Return the environment variables that cells set."""
    found = (match for text in texts if "env" in text for match in _SET.findall(text))
    return frozenset(name for match in found for name in match if name)
