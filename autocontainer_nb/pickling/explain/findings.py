"""The findings of a walk, and how credentials are reported."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

ARROW: Final = " ► "
_ENDS_SHOWN: Final = 5  # steps at each end of a long path that are shown
MAX_SHOWN: Final = 20  # findings of one kind that a message lists; the rest are counted
Path = tuple[str, ...]


@dataclass
class Row:
    """One name that a task reaches: its type, how it travels, and its size in bytes.

    An object with two names belongs to the first. `how` is "value" (its content travels), "buffer" (the same, most
    of it being memory of arrays), "module" (a local module, whose source travels) or "reference" (imported again).
    """

    path: Path
    type_name: str
    how: str
    size_bytes: int = 0
    buffer_bytes: int = 0
    cell: str = ""  # the label of the cell or file that made it; may be empty
    is_part: bool = False  # a large part of the row before it, which includes its bytes

    @property
    def name(self) -> str:
        """The name under which the referring function knows it."""
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
    """One object that can't be pickled, proved by pickling it alone."""

    path: Path
    type_name: str
    what: str  # `a lock`
    cause: str  # the message of pickle
    fix: str
    cell: str = ""

    def describe(self) -> str:
        """Return a sentence with the place, the kind, the cell, the cause and the remedy."""
        origin = f", made in {self.cell}" if self.cell else ""
        subject = f"`{shown_path(self.path)}` is {self.what} ({self.type_name}){origin}"
        return f"{subject}: {self.cause}. To fix it: {self.fix}."


@dataclass(frozen=True)
class Credential:
    """A possible credential: its place and what it looks like, never its value."""

    path: Path  # the names that lead to it; empty for one in a source text
    kind: str  # `looks like a GitHub token`
    cell: str = ""
    line: int = 0  # in the source text, from 1; 0 for a value

    @property
    def place(self) -> str:
        """Its place, as text."""
        if self.line:
            named = f" (`{shown_path(self.path)}`)" if self.path else ""
            return f"line {self.line} of the source of {self.cell}{named}"
        return f"`{shown_path(self.path)}`" + (f" (from {self.cell})" if self.cell else "")

    def describe(self) -> str:
        """Return its place and what it looks like."""
        return f"{self.place} {self.kind}"


@dataclass(frozen=True)
class Note:
    """A warning about an object that does travel."""

    path: Path
    text: str  # `is on a GPU, ...`

    def describe(self) -> str:
        """Return the warning as a sentence."""
        return f"`{shown_path(self.path)}` {self.text}."


@dataclass
class Explanation:
    """Everything that one capture reaches. `is_complete` is False if the walk stopped at its limit."""

    rows: list[Row] = field(default_factory=list)
    culprits: list[Culprit] = field(default_factory=list)
    credentials: list[Credential] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    shared: list[tuple[Path, Row]] = field(default_factory=list)  # other names of rows
    is_complete: bool = True

    @property
    def size_bytes(self) -> int:
        """The size of all rows together."""
        return sum(row.size_bytes for row in self.rows if not row.is_part)

    def ranked(self) -> list[Row]:
        """Return the rows in the order of the table: flagged ones first, then by size; parts follow their row."""
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
        """Return the problems of rows, in a few words each, by the path of the row."""
        known = {row.path for row in self.rows if not row.is_part}
        problems: dict[Path, list[str]] = {}
        findings = [
            *((one.path, f"{one.what}: can't travel") for one in self.culprits),
            *((one.path, "possible credential") for one in self.credentials if not one.line),
            *((one.path, one.text) for one in self.notes),
        ]
        for path, words in findings:
            while len(path) > 1 and path not in known:
                path = path[:-1]  # noqa: PLW2901 - up to the row that it belongs to
            if words not in problems.setdefault(path, []):
                problems[path].append(words)
        return problems

    def as_json(self) -> dict[str, Any]:
        """Return everything in a form that fits JSON, without any value."""
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
    """Return `train ► loaders ► cache ► _lock`; for a long path its ends, and the number of steps between them."""
    hidden = len(path) - 2 * _ENDS_SHOWN
    if hidden <= 1:
        return ARROW.join(path)
    return ARROW.join([*path[:_ENDS_SHOWN], f"… {hidden:,} more …", *path[-_ENDS_SHOWN:]])


def bullets(sentences: Iterable[str]) -> str:
    """Return one line per sentence, at most `MAX_SHOWN`, and the number of the others."""
    lines = list(sentences)
    shown = [f"- {line}" for line in lines[:MAX_SHOWN]]
    if len(lines) > MAX_SHOWN:
        shown.append(f"- and {len(lines) - MAX_SHOWN} more")
    return "\n".join(shown)


def credential_warning(found: Sequence[Credential]) -> str:
    """Return the warning for a file with possible credentials that was written without an upload."""
    return f"The file seems to contain {counted(found)}. Don't share or upload it.\n{listed(found)}"


def counted(found: Sequence[Credential]) -> str:
    """Return `a credential` or `3 credentials`."""
    return "a credential" if len(found) == 1 else f"{len(found)} credentials"


def listed(found: Sequence[Credential]) -> str:
    """Return one line per credential, with its place and what it looks like."""
    return bullets(one.describe() + "." for one in found)
