"""The table of everything captured as text, for the command line and for IPython in a terminal."""

import re
from collections.abc import Sequence
from typing import Final

from autocontainer_nb.pickling.explain.findings import Credential, Explanation, Row, bullets, shown_path
from autocontainer_nb.pickling.wording import count_of, shown_size, text_table

HEADERS: Final = ("captured", "type", "bytes", "how", "from", "")
MAX_ROWS: Final = 100
CANNOT_TRAVEL: Final = "can't travel"
POSSIBLE_CREDENTIALS: Final = "possible credentials"
ALLOWED_CREDENTIALS: Final = (
    "They are uploaded with the task, because it is defined with @task(allow_credentials=True)."
)
NEXT_FOR_CREDENTIALS: Final = (
    "The upload will be refused. Request a secret instead: @task(secret_requests=[Secret(group=..., key=...)]), and "
    "current_context().secrets.get(group, key) in the task. To upload it all the same: @task(allow_credentials=True)."
)
_UNPRINTABLE: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


def explanation_text(
    title: str, explanation: Explanation, changes: Sequence[str] = (), *, allows_credentials: bool = False
) -> str:
    """Return the table, followed by what can't travel, possible credentials and notes.

    `allows_credentials`: the task is defined with allow_credentials=True, so credentials are uploaded with it.
    """
    lines = [f"{title}: {summary(explanation)}"]
    if changes:
        lines += ["", "changed since the last run", *(f"- {change}" for change in changes)]
    lines += ["", *("  " + line for line in text_table(HEADERS, table_rows(explanation)).split("\n"))]
    hidden = len(explanation.rows) - MAX_ROWS
    if hidden > 0:
        lines.append(f"  and {hidden} more rows; the JSON form has all of them")
    for heading, sentences in sections(explanation, allows_credentials=allows_credentials):
        lines += ["", heading, bullets(sentences)]
    return _UNPRINTABLE.sub("?", "\n".join(line.rstrip() for line in lines))


def summary(found: Explanation) -> str:
    """Return one line: how many names are captured, their size in total, and the number of problems."""
    count = sum(not row.is_part for row in found.rows)
    least = "" if found.is_complete else "at least "
    words = [f"{least}{count} captured, {least}{shown_size(found.size_bytes)} in total"]
    if found.culprits:
        words.append(f"{len(found.culprits)} can't travel")
    if found.credentials:
        words.append(f"{count_of(len(found.credentials), 'possible credential')}")
    return ", ".join(words)


def table_rows(found: Explanation) -> list[tuple[str, ...]]:
    """Return the rows of the table in the order to show them, at most `MAX_ROWS`."""
    flags = found.flags()
    root = common_root(found)
    return [
        (
            shown_name(row, root),
            row.type_name,
            shown_size(row.size_bytes) if row.size_bytes or row.how in {"value", "buffer"} else "",
            shown_how(row),
            row.cell,
            "; ".join([] if row.is_part else flags.get(row.path, [])),
        )
        for row in found.ranked()[:MAX_ROWS]
    ]


def common_root(found: Explanation) -> str:
    """Return the entity that all rows belong to, so that rows can omit its name; empty if there are several."""
    roots = {row.path[0] for row in found.rows if row.how != "module" or len(row.path) > 1}
    return roots.pop() if len(roots) == 1 else ""


def shown_name(row: Row, root: str) -> str:
    """Return the row's path as the table shows it; a part is indented below its container."""
    path = row.path[1:] if root and len(row.path) > 1 else row.path
    return ("  └ " if row.is_part else "") + shown_path(path)


def shown_how(row: Row) -> str:
    """Return how the row travels, in words."""
    if row.how == "module" and row.type_name.startswith("data file"):
        return "as a file"
    return {"buffer": "value (buffer)", "module": "module, as source", "reference": "by name"}.get(row.how, row.how)


def sections(found: Explanation, *, allows_credentials: bool = False) -> list[tuple[str, list[str]]]:
    """Return (heading, sentences) of each kind of problem, and of the notes."""
    all_of_them = [
        (CANNOT_TRAVEL, [culprit.describe() for culprit in found.culprits]),
        (POSSIBLE_CREDENTIALS, _credential_sentences(found.credentials, allows_credentials)),
        ("notes", [note.describe() for note in found.notes]),
    ]
    return [(heading, sentences) for heading, sentences in all_of_them if sentences]


def _credential_sentences(credentials: Sequence[Credential], are_allowed: bool) -> list[str]:
    sentences = [one.describe() + "." for one in credentials]
    return [*sentences, ALLOWED_CREDENTIALS if are_allowed else NEXT_FOR_CREDENTIALS] if sentences else []
