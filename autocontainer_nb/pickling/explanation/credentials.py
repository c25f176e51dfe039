"""Credentials in what a task takes along: found by form, by name, and by the environment variables of this process.

Nothing here keeps, returns or shows a value: findings tell where one is and what it looks like.
"""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from autocontainer_nb.pickling.explanation.credential_names import (
    is_secret_variable,
    keeps_promise,
    promise_of,
)
from autocontainer_nb.pickling.explanation.credential_shapes import shape_of, shapes_in

MAX_TEXT: Final = 1 << 20  # characters of one value that are looked at
_MAX_BYTES: Final = 1 << 18  # of a value of bytes: what is longer is data
_MIN_LENGTH: Final = 6
_MIN_SHAPE: Final = 8  # shorter ones are recognised by their names alone
_TOGETHER: Final = 1 << 18  # characters of many texts that are looked at in one go
_MAX_ITEMS: Final = 200_000  # texts of one container
_FRAME: Final = "[]'\"_.="  # what stands around a name in a path
_WRAPPERS: Final = frozenset({"value", "secret_value"})
_MAX_STEP: Final = 40
# What occurs in each name that promises a credential; in few other texts, so that these need no parsing.
_HINT: Final = re.compile(
    r"(?i)passw|pass(?:phrase|code)|(?:db|user)_?pass|pwd|secret|token|credential|bearer|authorization|"
    r"(?:api|access|private|account|auth|signing|encryption|storage|service|subscription)[_-]?key"
)
_SETTERS: Final = frozenset({"setdefault", "putenv", "getenv", "get", "setenv", "set", "set_key"})
_ASSIGNMENT: Final = re.compile(
    r"""(?m)^\s*(?:export\s+|%env\s+|%set_env\s+)?([A-Za-z_][\w.-]{2,60})\s*[=:]\s*["']?([^\s"'#]{6,})["']?\s*(?:#.*)?$"""
)


_current: ContextVar["CredentialFinder | None"] = ContextVar("credential_finder", default=None)


@contextmanager
def using(finder: "CredentialFinder") -> Iterator[None]:
    """Within the block, `current_finder` is this one: all that describes values hides what it recognises."""
    token = _current.set(finder)
    try:
        yield
    finally:
        _current.reset(token)


def current_finder() -> "CredentialFinder":
    """Return the finder of the running block; outside of any, one that knows no environment."""
    return _current.get() or CredentialFinder()


def may_be_shown(text: str | bytes) -> bool:
    """Whether a key or the like may stand in a path that people read: not if it looks like a credential."""
    return len(text) < _MIN_SHAPE or not _looks_secret(current_finder(), text)


@lru_cache(maxsize=8192)
def _looks_secret(finder: "CredentialFinder", text: str | bytes) -> bool:
    return finder.in_value((), text) is not None


@dataclass(frozen=True)
class InSource:
    """A credential in a source text: the line it stands in, the name it is bound to if it has one, and what it is."""

    line: int
    name: str
    kind: str


@dataclass(frozen=True)
class CredentialFinder:
    """Looks at values and source texts; `variables` are the environment variables whose values nobody should read."""

    variables: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @classmethod
    def with_environment(cls, environment: Mapping[str, str]) -> "CredentialFinder":
        """Return a finder that knows the secret-looking variables of the environment, too."""
        secret = sorted((name, value.strip()) for name, value in environment.items() if is_secret_variable(name, value))
        return cls(tuple(secret))

    def in_value(self, names: Sequence[str], value: str | bytes | bytearray) -> str | None:
        """Return why the value may be a credential, as in `looks like a GitHub token`; None where nothing says so.

        `names` are those that lead to it, the nearest last.
        """
        if len(value) < _MIN_LENGTH:
            return None
        if not isinstance(value, str):
            if len(value) > _MAX_BYTES:
                return None
            value = bytes(value).decode("latin-1")
        text = value[:MAX_TEXT]
        return self._by_content(text) or _by_name(names, text)

    def in_plain(self, value: Any) -> list[tuple[str, str]]:
        """Return (step, reason) for the texts of a flat container of plain values.

        The texts are looked through together, and one by one only where that finds something.
        """
        pairs = value.items() if type(value) is dict else enumerate(value)
        texts = [(key, _as_text(item)) for key, item in pairs if type(item) is str or type(item) is bytes]
        found = [(_step(value, key), kind) for key, kind in self._among(texts)]
        if type(value) is dict:
            found += [("a key", kind) for _, kind in self._among([(0, key) for key in value if type(key) is str])]
            named = ((key, text) for key, text in texts if type(key) is str and _HINT.search(key))
            found += [(_step(value, key), kind) for key, text in named if (kind := _by_name((key,), text))]
        return found

    def _among(self, texts: Sequence[tuple[Any, str]]) -> Iterator[tuple[Any, str]]:
        """Yield (key, reason) of those texts whose content tells that they may be credentials."""
        start = size = 0
        for index, (_, text) in enumerate(texts[:_MAX_ITEMS]):
            size += len(text)
            if size < _TOGETHER and index + 1 < min(len(texts), _MAX_ITEMS):
                continue
            chunk = texts[start : index + 1]
            if self._by_content("\n".join(one for _, one in chunk)):
                for key, one in chunk:
                    kind = self._by_content(one)
                    if kind:
                        yield key, kind
            start, size = index + 1, 0

    def in_source(self, text: str) -> list[InSource]:
        """Return the credentials in a source text, each line once, by line."""
        text = text[:MAX_TEXT]
        found: dict[int, InSource] = {}
        shapes = list(shapes_in(text))
        is_suspect = bool(shapes) or _HINT.search(text) or any(secret in text for _, secret in self.variables)
        constants = list(_named_constants(text)) if is_suspect else []
        named = {line: name for line, name, _ in constants}
        for position, kind in shapes:
            line = text.count("\n", 0, position) + 1
            found.setdefault(line, InSource(line, named.get(line, ""), f"looks like {kind}"))
        for variable, secret in self.variables:
            position = text.find(secret)
            while position >= 0:
                line = text.count("\n", 0, position) + 1
                kind = f"has the value of the environment variable {variable}"
                found.setdefault(line, InSource(line, named.get(line, ""), kind))
                position = text.find(secret, position + len(secret))
        for line, name, value in constants:
            reason = _by_name((name,), value)
            if reason:
                found.setdefault(line, InSource(line, name, reason))
        return [found[line] for line in sorted(found)]

    def _by_content(self, text: str) -> str | None:
        kind = shape_of(text)
        if kind is not None:
            return f"looks like {kind}"
        for name, secret in self.variables:
            if secret in text:
                return f"has the value of the environment variable {name}"
        return None


def _step(value: Any, key: Any) -> str:
    """Return how a path shows an item: by its key where there is one that may be shown."""
    if type(value) is dict:
        shown = f'["{key}"]' if isinstance(key, str) else f"[{key!r}]"
        return shown if len(shown) <= _MAX_STEP and shape_of(shown) is None else "[…]"
    return f"[{key}]" if isinstance(value, list | tuple) else "an element"


def _as_text(value: str | bytes) -> str:
    return value[:MAX_TEXT] if isinstance(value, str) else value[:_MAX_BYTES].decode("latin-1")


def _by_name(names: Sequence[str], text: str) -> str | None:
    """Judge by the nearest name; a wrapper such as pydantic's SecretStr adds one of its own in between."""
    if not names:
        return None
    for name in (names[-1], *(names[-2:-1] if names[-1].strip(_FRAME) in _WRAPPERS else ())):
        promise = promise_of(name)
        if promise and keeps_promise(promise, text):
            return f"is called {name.strip(_FRAME)!r}, and its value may be one"
    return None


def _named_constants(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield (line, name, text) for the literals that a source binds to a name, the promising ones last."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        for match in _ASSIGNMENT.finditer(text):
            yield text.count("\n", 0, match.start(1)) + 1, match[1], match[2]
        return
    pairs = [pair for node in ast.walk(tree) for pair in _pairs(node)]
    for name, constant in sorted(pairs, key=lambda pair: bool(promise_of(pair[0]))):
        yield constant.lineno, name, _text_of(constant)


def _pairs(node: ast.AST) -> Iterator[tuple[str, ast.Constant]]:
    """Yield (name, literal) for what one node of a syntax tree binds."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            names = target.elts if isinstance(target, ast.Tuple | ast.List) else [target]
            values = node.value.elts if isinstance(node.value, ast.Tuple | ast.List) else [node.value] * len(names)
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
                yield name.strip(), ast.Constant(value.strip(), lineno=node.lineno)


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
