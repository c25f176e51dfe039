"""Global names that only a text mentions: `"a > @LIMIT"`, `globals()["f"]`, `eval("f(x)")`, annotations in quotes.

What isn't sure to be a name isn't taken: it would carry what nobody uses.
"""

import ast
import dis
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any, Final, ForwardRef

MAX_TEXT: Final = 10_000  # characters of a text that is looked at
_AT: Final = re.compile(r"(?<![\w@.])@([^\W\d]\w*)")  # as pandas' query and eval refer to variables
_QUOTED: Final = re.compile(r"""["']([^"']+)["']""")
_LOOK_UP: Final = frozenset({"globals", "__main__"})
FORMULAS: Final = frozenset({"ols", "glm", "logit", "probit", "mixedlm", "dmatrix", "dmatrices", "from_formula"})
_EVALUATE: Final = frozenset({"eval", "exec", "compile"})
_OPTIMIZED: Final = 0x01  # the flag of functions
_HAS_DOCSTRING: Final = 0x4000000  # since 3.14; before, a function's first constant is its docstring or None
_MARKS_DOCSTRINGS: Final = hasattr(dis, "COMPILER_FLAG_NAMES") and "HAS_DOCSTRING" in dis.COMPILER_FLAG_NAMES.values()
_DEPTH: Final = 10  # of types in types


def names_in_texts(code: CodeType) -> Iterator[str]:
    """Yield the names that texts in this code, nested code aside, may refer to; not all need be global."""
    texts = [text for text in _constants(code) if len(text) <= MAX_TEXT]
    for text in texts:
        yield from names_after_at(text)
    looked_up = _LOOK_UP.intersection((*code.co_names, *texts))
    if looked_up:
        yield from (text for text in texts if text.isidentifier())
        if "__main__" in looked_up:
            yield from code.co_names  # as in `__main__.f`
    if _EVALUATE.intersection(code.co_names):
        for text in texts:
            yield from names_in_code(text)
    if FORMULAS.intersection(code.co_names):
        for text in texts:
            yield from names_in_formula(text)
    for annotation in _annotations(code):
        yield from names_in_annotation(annotation)


def names_after_at(text: str) -> list[str]:
    """Return the names that a text refers to by `@`."""
    return _AT.findall(text) if "@" in text else []


@lru_cache(maxsize=256)
def names_in_code(text: str) -> tuple[str, ...]:
    """Return the names that a text has in it if it is Python; none if it isn't."""
    try:
        tree = ast.parse(text.strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    return tuple(dict.fromkeys(node.id for node in ast.walk(tree) if isinstance(node, ast.Name)))


@lru_cache(maxsize=256)
def names_in_formula(text: str) -> tuple[str, ...]:
    """Return the names of functions and modules in a formula, `y ~ f(x) + np.log(z)`: other names are of its data."""
    try:
        tree = ast.parse(text.replace("~", "+").strip(" +"), mode="eval") if "~" in text else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        tree = None
    nodes = list(ast.walk(tree)) if tree is not None else []
    used = [one.func for one in nodes if isinstance(one, ast.Call)]
    used += [one.value for one in nodes if isinstance(one, ast.Attribute)]
    return tuple(dict.fromkeys(one.id for one in used if isinstance(one, ast.Name)))


def names_in_annotation(annotation: Any, depth: int = _DEPTH) -> Iterator[str]:
    """Yield the names in an annotation that is a text, or has one in it."""
    if isinstance(annotation, ForwardRef):
        annotation = annotation.__forward_arg__
    if type(annotation) is str:
        if len(annotation) <= MAX_TEXT:
            for text in (annotation, *_QUOTED.findall(annotation)):  # a text in a text: List["Optional[N]"]
                yield from names_in_code(text)
    elif depth and not isinstance(annotation, type):
        for one in getattr(annotation, "__args__", None) or ():
            yield from names_in_annotation(one, depth - 1)


def names_of_annotations(annotations: Iterable[Any]) -> tuple[str, ...]:
    """Return the names in those of the annotations that are texts."""
    return tuple(dict.fromkeys(name for one in annotations for name in names_in_annotation(one)))


def named_by_class(cls: type, space: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the namespace of a class's module has under the names in its annotations that are texts.

    A class in the body of another one is found through that, by who looks it up: the outer one is named as well.
    """
    names = names_of_annotations(vars(cls).get("__annotations__", {}).values())
    outer, *inner = cls.__qualname__.split(".")
    found: Any = space.get(outer) if inner else None
    for name in inner:
        found = vars(found).get(name) if isinstance(found, type) else None
    if found is cls:
        names = (*names, outer)
    return {name: space[name] for name in names if name in space and space[name] is not cls}


def names_in_values(function: FunctionType, names: Iterable[str]) -> Iterator[str]:
    """Yield the names that texts refer to which the function has under these global names."""
    space = function.__globals__
    evaluates = bool(_EVALUATE.intersection(function.__code__.co_names))
    for name in names:
        text = space.get(name)
        if type(text) is str and len(text) <= MAX_TEXT:
            yield from names_after_at(text)
            if evaluates:
                yield from names_in_code(text)


def _constants(code: CodeType) -> list[str]:
    """Return the texts in the code, but for docstrings and what class bodies have as names."""
    constants = code.co_consts
    if not code.co_flags & _OPTIMIZED and code.co_name != "<module>":
        return []  # a class body: the names of the class and of its annotated fields
    if code.co_flags & _HAS_DOCSTRING or (not _MARKS_DOCSTRINGS and code.co_flags & _OPTIMIZED):
        constants = constants[1:]
    texts = [one for one in constants if type(one) is str]
    texts += [each for one in constants if type(one) is tuple for each in one if type(each) is str]
    return texts


def _annotations(code: CodeType) -> Iterator[str]:
    """Yield the texts that classes and functions in this code have as annotations."""
    if not code.co_flags & _OPTIMIZED:
        before: Any = None
        for instruction in dis.get_instructions(code) if "__annotations__" in code.co_names else ():
            if instruction.opname == "LOAD_NAME" and instruction.argval == "__annotations__" and type(before) is str:
                yield before
            before = instruction.argval if instruction.opname == "LOAD_CONST" else None
    for constant in code.co_consts:
        if _is_signature(constant):
            yield from constant[1::2]


def _is_signature(constant: object) -> bool:
    """Whether a constant is what a function statement has for annotations that are texts: names, each with its text."""
    return (
        type(constant) is tuple
        and len(constant) >= 2  # noqa: PLR2004 - a pair
        and len(constant) % 2 == 0
        and all(type(one) is str for one in constant)
        and all(name.isidentifier() for name in constant[::2])
    )
