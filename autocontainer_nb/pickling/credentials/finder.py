"""The finder: by form, by name, and by this process's variables.

Nothing here keeps, returns or shows a value: findings tell where one is and what it looks like.
"""

import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

from autocontainer_nb.pickling.credentials.assignments import _bound, _bound_in_lines
from autocontainer_nb.pickling.credentials.names import is_secret_variable, keeps_promise, promise_of
from autocontainer_nb.pickling.credentials.shapes import shape_of, spans_in, sure_shape_in, texts_of

MAX_TEXT: Final = 1 << 20  # characters of a text; in what is longer, only what is certain is looked for
_MAX_BYTES: Final = 1 << 18  # of a value of bytes: what is longer is data
_MIN_LENGTH: Final = 6
_MIN_SHAPE: Final = 8  # shorter ones are recognised by their names alone
_TOGETHER: Final = 1 << 18  # characters of many texts that are looked at in one go
_REMEMBERED_BYTES: Final = 4 << 20  # what is as long isn't looked through again while nothing of it has changed
_MAX_REMEMBERED: Final = 1000
_ITEMS_TOGETHER: Final = 4096
_FRAME: Final = "[]'\"_.="  # what stands around a name in a path
_WRAPPERS: Final = frozenset({"value", "secret_value"})
_INDEX: Final = re.compile(r"\[\d+\]|an element")
_MAX_STEP: Final = 40
# What occurs in each name that promises a credential; in few other texts, so that these need no parsing.
_HINT: Final = re.compile(
    r"(?i)passw|pass(?:phrase|code)|(?:db|user)_?pass|pw|secret|token|credential|bearer|authorization|"
    r"(?:api|access|private|account|auth|signing|encryption|storage|service|subscription)[_-]?key"
)
_judged: Final[OrderedDict[tuple[bytes, Any], str | None]] = OrderedDict()  # what was said of long data, by its hash
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


def masked(text: str) -> str:
    """Return a source text to be shown, without the lines in which the running block's finder sees a credential."""
    return current_finder().masked(text)


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
    last_line: int = 0  # where it ends, if it takes more than one line


@dataclass(frozen=True)
class CredentialFinder:
    """Looks at values and source texts; `variables` are the environment variables whose values nobody should read."""

    variables: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @classmethod
    def with_environment(cls, environment: Mapping[str, str]) -> "CredentialFinder":
        """Return a finder that also knows the secret-looking variables of the environment."""
        secret = sorted((name, value.strip()) for name, value in environment.items() if is_secret_variable(name, value))
        return cls(tuple(secret))

    def in_value(self, names: Sequence[str], value: str | bytes | bytearray) -> str | None:
        """Return why the value may be a credential, as in `looks like a GitHub token`; None where nothing says so.

        `names` are those that lead to it, the nearest last.
        """
        if len(value) < _MIN_LENGTH:
            return None
        if len(value) > (MAX_TEXT if isinstance(value, str) else _MAX_BYTES):
            return self._in_data(value)
        text = value if isinstance(value, str) else str(value, "latin-1")
        return self._by_content(text) or _by_name(names, text)

    def in_array(self, value: Any) -> str | None:
        """Return why an array or column of texts may hold a credential; None for any other object, numbers too."""
        return next((kind for text in texts_of(value) if (kind := self._in_texts(text)) is not None), None)

    def _in_texts(self, text: str) -> str | None:
        return self._by_content(text) if len(text) <= MAX_TEXT else self._in_data(text)

    def _in_data(self, value: str | bytes | bytearray) -> str | None:
        """Judge what is long by the forms that are certain, and by the environment's values: all of it, once."""
        if len(value) < _REMEMBERED_BYTES:
            return self._in_data_anew(value)
        content = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
        key = sha256(content).digest(), (type(value) is str, self.variables)
        if key not in _judged:
            _judged[key] = self._in_data_anew(value)
            while len(_judged) > _MAX_REMEMBERED:
                _judged.popitem(last=False)
        return _judged[key]

    def _in_data_anew(self, value: str | bytes | bytearray) -> str | None:
        kind = sure_shape_in(value) or (shape_of(value[:MAX_TEXT]) if isinstance(value, str) else None)
        if kind is not None:
            return f"looks like {kind}"
        for name, secret in self.variables:
            if (secret if isinstance(value, str) else secret.encode("utf-8", "surrogatepass")) in value:  # type: ignore[operator]  # both are of one kind
                return f"has the value of the environment variable {name}"
        return None

    def in_plain(self, value: Any, names: Sequence[str] = ()) -> list[tuple[str, str]]:
        """Return (step, reason) for the texts of a flat container of plain values, to which the names lead.

        The texts are looked through together, and one by one only where that finds something.
        """
        pairs = value.items() if type(value) is dict else enumerate(value)
        items = [(key, item) for key, item in pairs if type(item) is str or type(item) is bytes]
        long = {key for key, item in items if len(item) > (MAX_TEXT if type(item) is str else _MAX_BYTES)}
        texts = [(key, _as_text(item)) for key, item in items if key not in long]
        found = [(_step(value, key), kind) for key, kind in self._among(texts)]
        found += [(_step(value, key), kind) for key, item in items if key in long and (kind := self._in_data(item))]
        if type(value) is not dict and names and promise_of(nearest(names)):
            told = {step for step, _ in found}
            steps = ((_step(value, key), _by_name(names, text)) for key, text in texts)
            found += [(step, kind) for step, kind in steps if kind and step not in told]
        if type(value) is dict:
            found += [("a key", kind) for _, kind in self._among([(0, key) for key in value if type(key) is str])]
            named = ((key, text) for key, text in texts if type(key) is str and _HINT.search(key))
            found += [(_step(value, key), kind) for key, text in named if (kind := _by_name((key,), text))]
        return found

    def among(self, texts: Iterable[str | bytes]) -> list[str | bytes]:
        """Return those of the texts whose content tells that they may be credentials."""
        shortish, found = [], []
        for text in texts:
            size = len(text)
            if size < _MIN_SHAPE:
                continue
            if size <= _MAX_BYTES or (size <= MAX_TEXT and type(text) is str):
                shortish.append(text)
            elif self._in_data(text):
                found.append(text)
        for start in range(0, len(shortish), _ITEMS_TOGETHER):
            found += self._in_some(shortish[start : start + _ITEMS_TOGETHER])
        return found

    def _in_some(self, texts: list[str | bytes]) -> list[str | bytes]:
        """Look through texts together, in parts where they are long, and one by one where something is found."""
        if len(texts) > 1 and sum(map(len, texts)) > _TOGETHER:
            middle = len(texts) // 2
            return self._in_some(texts[:middle]) + self._in_some(texts[middle:])
        if not self._by_content("\n".join(map(_as_text, texts))):
            return []
        return [text for text in texts if self._by_content(_as_text(text))]

    def _among(self, texts: Sequence[tuple[Any, str]]) -> Iterator[tuple[Any, str]]:
        """Yield (key, reason) of those texts whose content tells that they may be credentials."""
        start = size = 0
        for index, (_, text) in enumerate(texts):
            size += len(text)
            if size < _TOGETHER and index + 1 < len(texts):
                continue
            chunk = texts[start : index + 1]
            if self._by_content("\n".join(one for _, one in chunk)):
                for key, one in chunk:
                    kind = self._by_content(one)
                    if kind:
                        yield key, kind
            start, size = index + 1, 0

    def in_source(self, text: str) -> list[InSource]:
        """Return the credentials in a source text, each line once, by line.

        In what is longer than `MAX_TEXT` characters, a name and what is bound to it must stand in one line.
        """
        text = _with_plain_ends(text)
        found: dict[int, InSource] = {}
        spans = [(start, end, f"looks like {kind}") for start, end, kind in spans_in(text)]
        for variable, secret in self.variables:
            kind = f"has the value of the environment variable {variable}"
            spans += [(one.start(), one.end(), kind) for one in re.finditer(re.escape(secret), text)]
        bound: list[Any] = []
        if spans or _HINT.search(text):
            bound = list(_bound(text) if len(text) <= MAX_TEXT else _bound_in_lines(text, _HINT))
        for start, end, kind in spans:
            line = text.count("\n", 0, start) + 1
            name = next((one.name for one in bound if one.start <= start and end <= one.end), "")
            found.setdefault(line, InSource(line, name, kind, line + text.count("\n", start, end)))
        for one in bound:
            reason = _by_name((one.name,), one.text)
            if reason:
                known = found.get(one.line, InSource(one.line, one.name, reason))
                found[one.line] = replace(known, last_line=max(known.last_line, one.last_line))
        return [found[line] for line in sorted(found)]

    def masked(self, text: str) -> str:
        """Return a source text to be shown: each line with a credential is replaced by a comment that says so."""
        found = self.in_source(text)
        if not found:
            return text
        lines = _with_plain_ends(text).split("\n")
        for one in found:
            for number in range(one.line, max(one.line, one.last_line) + 1):
                indent = re.match(r"\s*", lines[number - 1])
                lines[number - 1] = f"{indent[0] if indent else ''}# line {number} isn't shown: {one.kind}"
        return "\n".join(lines)

    def _by_content(self, text: str) -> str | None:
        kind = shape_of(text)
        if kind is not None:
            return f"looks like {kind}"
        return self._of_environment(text)

    def _of_environment(self, text: str) -> str | None:
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
    return value if isinstance(value, str) else value.decode("latin-1")


def nearest(names: Sequence[str]) -> str:
    """Return the nearest real name: the elements of a list are called what the list is."""
    return next((name for name in reversed(names) if not _INDEX.fullmatch(name)), "")


def _by_name(names: Sequence[str], text: str) -> str | None:
    """Judge by the nearest name; a wrapper such as pydantic's SecretStr adds one of its own in between."""
    if not names:
        return None
    name_of_all = nearest(names)
    for name in (name_of_all, *(names[-2:-1] if name_of_all.strip(_FRAME) in _WRAPPERS else ())):
        promise = promise_of(name)
        if promise and keeps_promise(promise, text):
            return f"is called {name.strip(_FRAME)!r}, and its value may be one"
    return None


def _with_plain_ends(text: str) -> str:
    """Return the text with the line ends that Python's parser counts, each as one character."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
