"""The content of docstrings, parsed by `docstring_parser`, as flytekit parses them.

Images don't need that package. A task that registers others in its container takes along the content of their
docstrings (`carried`); where the package is missing, other docstrings count as empty. Versions are computed from the
text of docstrings (`as_written`), so they don't depend on the package.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final


@dataclass(frozen=True)
class Docstring:
    """Texts by what they describe. `returns` is by name, None for a result that has none."""

    short: str | None = None
    long: str | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    returns: Mapping[str | None, str] = field(default_factory=dict)

    def output_texts(self, outputs: list[str]) -> dict[str, str]:
        """Return {output: text}; the only text of a docstring is that of every output."""
        if len(self.returns) == 1:
            [text] = self.returns.values()
            return dict.fromkeys(outputs, text)
        return {name: text for name, text in self.returns.items() if name is not None}


_NOTHING: Final = Docstring()
_brought: Final[dict[str, Docstring]] = {}  # from the pickled-entity file, by the SHA-256 of the docstring
_read: Final[ContextVar[bool]] = ContextVar("docstrings_are_read", default=True)


def parse_docstring(text: str | None) -> Docstring:
    """Return the content of the docstring; an empty one where it can't be parsed, never an error."""
    if not text:
        return _NOTHING
    if not _read.get():
        return Docstring(short=text)
    return (_brought.get(_key(text)) if _brought else None) or _parsed(text) or _NOTHING


@contextmanager
def as_written() -> Iterator[None]:
    """Within the block docstrings aren't parsed: the whole text is the short description."""
    token = _read.set(False)
    try:
        yield
    finally:
        _read.reset(token)


def carried(entities: Iterable[Any]) -> dict[str, Docstring]:
    """Return the content of the docstrings of the entities' functions, for `bring` in another process."""
    interfaces = (getattr(entity, "python_interface", None) for entity in entities)
    texts = {interface.docstring for interface in interfaces if interface is not None}
    found = ((_key(text), parse_docstring(text)) for text in sorted(text for text in texts if text))
    return {key: parsed for key, parsed in found if parsed != _NOTHING}


def bring(docstrings: Mapping[str, Docstring]) -> None:
    """Use the content of docstrings that `carried` returned in another process."""
    _brought.update(docstrings)


def _key(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _parsed(text: str) -> Docstring | None:
    try:
        from docstring_parser import ParseError, parse
    except ImportError:  # an image, or a bare environment
        return None
    try:
        found = parse(text)
    except ParseError:  # of no style at all
        return None
    return Docstring(
        found.short_description,
        found.long_description,
        {each.arg_name: each.description or "" for each in found.params},
        {each.return_name: each.description or "" for each in found.many_returns},
    )
