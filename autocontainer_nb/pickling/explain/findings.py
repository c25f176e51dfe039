"""What a walk finds, and how credentials are told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

ARROW: Final = " ► "
_ENDS_SHOWN: Final = 5  # steps at either end of a long path that are spelled out
MAX_SHOWN: Final = 20  # findings of one kind that a message spells out; the rest is counted
Path = tuple[str, ...]


@dataclass
class Row:
    """One name that a task reaches, what it is, how it travels, and how many bytes it takes along.

    What is reached by two names belongs to the first. `how` is "value" (its content travels), "buffer" (the same, most
    of it being memory of arrays), "module" (a local module, whose source travels) or "reference" (imported again).
    """

    path: Path
    type_name: str
    how: str
    size_bytes: int = 0
    buffer_bytes: int = 0
    cell: str = ""  # the label of the cell or file that made it, or empty
    is_part: bool = False  # a large thing inside of the row before it, whose bytes that row counts, too

    @property
    def name(self) -> str:
        """The name by which the function that refers to it knows it."""
        return self.path[-1]

    def as_json(self) -> dict[str, Any]:
        """Return the row for `explain --json`."""
        return {
            "path": list(self.path),
            "type": self.type_name,
            "how": self.how,
            "bytes": self.size_bytes,
            "cell": self.cell or None,
            "is_part": self.is_part,
        }


@dataclass(frozen=True)
class Culprit:
    """One object that can't be pickled, which a trial with that one object has proved."""

    path: Path
    type_name: str
    what: str  # `a lock`
    cause: str  # pickle's own words
    fix: str
    cell: str = ""

    def describe(self) -> str:
        """Return one sentence: where, what, from which cell, why, and what to do."""
        made = f", made in {self.cell}" if self.cell else ""
        return f"`{shown_path(self.path)}` is {self.what} ({self.type_name}){made}: {self.cause}. Next: {self.fix}."


@dataclass(frozen=True)
class Credential:
    """Something that may be a credential: where it is and what it looks like, never its value."""

    path: Path  # the names that lead to it; empty for one that stands in a source text
    kind: str  # `looks like a GitHub token`
    cell: str = ""
    line: int = 0  # in the source text, from 1; 0 for a value

    @property
    def place(self) -> str:
        """Where it is, in words."""
        if self.line:
            named = f", `{shown_path(self.path)}`" if self.path else ""
            return f"line {self.line} of the source of {self.cell}{named}"
        return f"`{shown_path(self.path)}`" + (f", from {self.cell}" if self.cell else "")

    def describe(self) -> str:
        """Return where it is and what it looks like."""
        return f"{self.place} {self.kind}"


@dataclass(frozen=True)
class Note:
    """A warning about something that does travel."""

    path: Path
    text: str  # `is on a GPU, ...`

    def describe(self) -> str:
        """Return the warning as a sentence."""
        return f"`{shown_path(self.path)}` {self.text}."


@dataclass
class Explanation:
    """Everything that one capture reaches. `is_complete` is False where the walk was ended at its limit."""

    rows: list[Row] = field(default_factory=list)
    culprits: list[Culprit] = field(default_factory=list)
    credentials: list[Credential] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    shared: list[tuple[Path, Row]] = field(default_factory=list)  # other names of rows
    is_complete: bool = True

    @property
    def size_bytes(self) -> int:
        """What all rows take together."""
        return sum(row.size_bytes for row in self.rows if not row.is_part)

    def ranked(self) -> list[Row]:
        """Return the rows as a table shows them: what is flagged, then the largest; parts behind what they are in."""
        flagged = self.flags()
        groups: list[list[Row]] = []
        for row in self.rows:
            if row.is_part and groups:
                groups[-1].append(row)
            else:
                groups.append([row])
        groups.sort(key=lambda group: (group[0].path not in flagged, -group[0].size_bytes, group[0].how == "reference"))
        return [row for group in groups for row in group]

    def flags(self) -> dict[Path, list[str]]:
        """Return what is wrong with rows, in a few words each, by the row's path."""
        known = {row.path for row in self.rows if not row.is_part}
        found: dict[Path, list[str]] = {}
        findings = [
            *((one.path, f"{one.what}: can't travel") for one in self.culprits),
            *((one.path, "may be a credential") for one in self.credentials if not one.line),
            *((one.path, one.text) for one in self.notes),
        ]
        for path, words in findings:
            while len(path) > 1 and path not in known:
                path = path[:-1]  # noqa: PLW2901 - up to the row that it belongs to
            if words not in found.setdefault(path, []):
                found[path].append(words)
        return found

    def as_json(self) -> dict[str, Any]:
        """Return everything as what JSON can hold. No value is in it."""
        return {
            "total_bytes": self.size_bytes,
            "is_complete": self.is_complete,
            "captured": [row.as_json() for row in self.ranked()],
            "cannot_travel": [
                {"path": list(one.path), "type": one.type_name, "what": one.what, "cause": one.cause, "fix": one.fix,
                 "cell": one.cell or None}
                for one in self.culprits
            ],
            "credentials": [
                {"path": list(one.path), "kind": one.kind, "cell": one.cell or None, "line": one.line or None}
                for one in self.credentials
            ],
            "notes": [{"path": list(one.path), "text": one.text} for one in self.notes],
        }  # fmt: skip


def shown_path(path: Sequence[str]) -> str:
    """Return `train ► loaders ► cache ► _lock`; of a long path the ends, and how many steps are between them."""
    hidden = len(path) - 2 * _ENDS_SHOWN
    if hidden <= 1:
        return ARROW.join(path)
    return ARROW.join([*path[:_ENDS_SHOWN], f"… {hidden:,} more …", *path[-_ENDS_SHOWN:]])


def bullets(sentences: Iterable[str]) -> str:
    """Return one line for each sentence, at most `MAX_SHOWN`, and how many there are beyond."""
    lines = list(sentences)
    shown = [f"- {line}" for line in lines[:MAX_SHOWN]]
    if len(lines) > MAX_SHOWN:
        shown.append(f"- and {len(lines) - MAX_SHOWN} more")
    return "\n".join(shown)


def credential_warning(found: Sequence[Credential]) -> str:
    """Return what is said where a file with possible credentials was written and nothing is uploaded."""
    return f"The file may hold {counted(found)}: give it to nobody, and upload it nowhere.\n{listed(found)}"


def counted(found: Sequence[Credential]) -> str:
    """Return `a credential`, or how many there are."""
    return "a credential" if len(found) == 1 else f"{len(found)} credentials"


def listed(found: Sequence[Credential]) -> str:
    """Return a line for each: where it is, and what it looks like."""
    return bullets(one.describe() + "." for one in found)
