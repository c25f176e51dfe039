"""What a docstring says, in the three styles people write: Google's, NumPy's and Sphinx' fields.

All three are tried, and the one that recognises the most entries counts, as in the `docstring_parser` package that
flytekit reads docstrings with: equal docstrings give equal descriptions on the wire.
"""

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final


@dataclass
class Docstring:
    """Texts by what they describe. `returns` is by name, None for a result that has none."""

    short: str | None = None
    long: str | None = None
    params: dict[str, str] = field(default_factory=dict)
    returns: dict[str | None, str] = field(default_factory=dict)
    entries: int = 0  # how many entries the style recognised, those of no use here included

    def output_texts(self, outputs: list[str]) -> dict[str, str]:
        """Return {output: text}; the only text of a docstring is that of every output."""
        if len(self.returns) == 1:
            [text] = self.returns.values()
            return dict.fromkeys(outputs, text)
        return {name: text for name, text in self.returns.items() if name is not None}


_PARAM_TITLES: Final = ("Arguments", "Args", "Parameters", "Params", "Attribute", "Attributes")
_RETURN_TITLES: Final = ("Returns", "Yields")
_OTHER_LISTS: Final = ("Raises", "Exceptions", "Except")
_GOOGLE_TITLE: Final = re.compile(
    rf"^({'|'.join((*_PARAM_TITLES, *_RETURN_TITLES, *_OTHER_LISTS, 'Examples', 'Example'))}):[ \t\r\f\v]*$",
    re.MULTILINE,
)
_GOOGLE_TYPED: Final = re.compile(r"(.+?)\(\s*(.*[^\s]+)\s*\)")
_GOOGLE_LISTED: Final = re.compile(r"(\s*[^:\s]+:)|([^:]*\]:.*)")
_NUMPY_TITLE: Final = re.compile(r"^([A-Z][A-Za-z ]+)[ \t]*\n-{3,}[ \t]*$", re.MULTILINE)
_NUMPY_PARAMS: Final = frozenset(
    {"Parameters", "Params", "Arguments", "Args", "Other Parameters", "Other Params", "Other Arguments", "Other Args"}
    | {"Receives", "Receive", "Attributes", "Attribute"}
)
_NUMPY_RETURNS: Final = frozenset({"Returns", "Return", "Yields", "Yield"})
_NUMPY_OTHER_LISTS: Final = frozenset({"Raises", "Raise", "Warns", "Warn"})
_NUMPY_TEXTS: Final = frozenset({"Examples", "Example", "Notes", "Note", "References", "See Also", "Warnings"})
_NUMPY_PARAM: Final = re.compile(r"(?P<name>.*?)(?:\s*:\s*(?P<type>.*?))?")
_NUMPY_RETURN: Final = re.compile(r"(?:(?P<name>.*?)\s*:\s*)?(?P<type>.*?)")
_FIELD: Final = re.compile(r"(^:.*?)(?=^:|\Z)", re.DOTALL | re.MULTILINE)
_FIELD_PARAMS: Final = frozenset({"param", "parameter", "arg", "argument", "attribute", "key", "keyword"})
_FIELD_RETURNS: Final = frozenset({"return", "returns", "yield", "yields"})


def parse_docstring(text: str | None) -> Docstring:
    """Return what the docstring says; a malformed one gives its descriptions only, never an error."""
    clean = inspect.cleandoc(text or "")
    if not clean:
        return Docstring()
    styles: tuple[Callable[[str], Docstring | None], ...] = (_fields, _google, _numpy)
    found = [parsed for style in styles if (parsed := style(clean)) is not None]
    return max(found, key=lambda parsed: parsed.entries) if found else _described(clean)


def _described(text: str) -> Docstring:
    """Return a docstring of the text before all entries: its first line, and the rest."""
    first, _, rest = text.partition("\n")
    return Docstring(first or None, rest.strip() or None)


def _continued(text: str) -> str:
    """Return an entry's text with its later lines' common indentation removed."""
    first, newline, rest = text.partition("\n")
    return f"{first}\n{inspect.cleandoc(rest)}" if newline else text


def _fields(text: str) -> Docstring | None:
    start = re.search("^:", text, re.MULTILINE)
    parsed = _described(text[: start.start()] if start else text)
    for match in _FIELD.finditer(text[start.start() :] if start else ""):
        head, colon, body = match.group(0).lstrip(":").partition(":")
        words = head.split()
        if not colon or not words:
            return None
        parsed.entries += 1
        described = _continued(body.strip())
        if words[0] in _FIELD_PARAMS and len(words) in {2, 3}:
            parsed.params[words[-1].removesuffix("?")] = described
        elif words[0] in _FIELD_PARAMS:
            return None
        elif words[0] in _FIELD_RETURNS:
            parsed.returns[None] = described
    return parsed


def _sections(text: str, title: "re.Pattern[str]") -> tuple[str, list[tuple[str, str]]]:
    """Return the text before the first title, and (title, text below it) for each."""
    matches = list(title.finditer(text))
    if not matches:
        return text, []
    ends = [*(match.start() for match in matches[1:]), len(text)]
    bodies = [(match.group(1), text[match.end() : end]) for match, end in zip(matches, ends, strict=True)]
    return text[: matches[0].start()], bodies


def _google(text: str) -> Docstring | None:
    before, sections = _sections(text, _GOOGLE_TITLE)
    parsed = _described(before)
    for title, chunk in sections:
        body = chunk.strip("\n")
        if not body:
            continue
        indent = re.match(r"\s*", body)
        if not indent or not indent.group():
            return None
        if title in {"Example", "Examples"}:
            parsed.entries += 1
            continue
        for entry in _indented_entries(body, indent.group(), title):
            name, colon, described = entry.partition(":")
            if title in _RETURN_TITLES and not _GOOGLE_LISTED.match(entry):
                parsed.returns[None] = inspect.cleandoc(entry)
            elif not colon:
                return None
            else:
                _note_google(parsed, title, name, _continued(described.removeprefix(" ")).strip("\n"))
            parsed.entries += 1
    return parsed


def _indented_entries(body: str, indent: str, title: str) -> Iterator[str]:
    """Yield the entries of a section: each begins at the section's indentation. What is returned is one entry."""
    if title in _RETURN_TITLES:
        yield inspect.cleandoc(body)
        return
    starts = [match.start() for match in re.finditer(rf"^{indent}(?=\S)", body, re.MULTILINE)]
    for start, end in zip(starts, [*starts[1:], len(body)], strict=True):
        yield body[start + len(indent) : end].strip("\n")


def _note_google(parsed: Docstring, title: str, name: str, described: str) -> None:
    if title in _PARAM_TITLES:
        typed = _GOOGLE_TYPED.match(name)
        parsed.params[(typed.group(1) if typed else name).strip()] = described
    elif title in _RETURN_TITLES:
        parsed.returns[None] = described


def _numpy(text: str) -> Docstring:
    before, sections = _sections(text, _NUMPY_TITLE)
    parsed = _described(before)
    for title, chunk in sections:
        if title in _NUMPY_TEXTS:
            parsed.entries += 1
        if title not in _NUMPY_PARAMS | _NUMPY_RETURNS | _NUMPY_OTHER_LISTS:
            continue
        heads = list(re.finditer(r"^[^\s].*$", chunk, re.MULTILINE))
        ends = [*(head.start() for head in heads[1:]), len(chunk)]
        for head, end in zip(heads, ends, strict=True):
            described = inspect.cleandoc(chunk[head.end() : end])
            parsed.entries += 1
            if title in _NUMPY_PARAMS and (match := _NUMPY_PARAM.fullmatch(head.group())):
                parsed.params[match["name"]] = described
            elif title in _NUMPY_RETURNS and (match := _NUMPY_RETURN.fullmatch(head.group())):
                parsed.returns[match["name"]] = described
    return parsed
