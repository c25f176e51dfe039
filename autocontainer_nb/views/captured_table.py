"""The table of everything captured, as the notebook shows it: HTML in Jupyter, text in a terminal."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from autocontainer_nb.pickling.explain.findings import MAX_SHOWN, Explanation, Row
from autocontainer_nb.pickling.explain.text import (
    CANNOT_TRAVEL,
    MAX_ROWS,
    POSSIBLE_CREDENTIALS,
    common_root,
    explanation_text,
    sections,
    shown_how,
    shown_name,
    summary,
)
from autocontainer_nb.pickling.wording import shown_size
from autocontainer_nb.views.style import CARD, FAINT, GREY, code, esc, pill, table

RED, AMBER = "#c22f2f", "#9a5b00"  # white text on each has a contrast of at least 4.5 (WCAG 2.1, AA)
_BAR_WIDTH_PX: Final = 48
_HEADERS: Final = ["captured", "type", "bytes", "", "how", "from", ""]


@dataclass(frozen=True)
class ExplanationView:
    """The result of `%flyte explain`: `.explanation` has everything, `.data` the same in a form that fits JSON."""

    title: str
    explanation: Explanation
    changes: Sequence[str] = ()
    remarks: Sequence[str] = ()
    allows_credentials: bool = False  # whether the task was defined with allow_credentials=True

    @property
    def data(self) -> dict[str, Any]:
        """The same data as `autocontainer-nb explain --json` prints."""
        return {"title": self.title, "changes": list(self.changes), **self.explanation.as_json()}

    def __repr__(self) -> str:
        allowed = self.allows_credentials
        text = explanation_text(self.title, self.explanation, self.changes, allows_credentials=allowed)
        return "\n\n".join([text, *self.remarks])

    def _repr_html_(self) -> str:
        return explanation_html(self)


def explanation_html(view: ExplanationView) -> str:
    """Return the table as one HTML fragment; all text from the notebook is escaped."""
    explanation = view.explanation
    parts = [f'<div>{code(view.title)} <span style="{FAINT}">· {esc(summary(explanation))}</span></div>']
    if view.changes:
        parts.append(_list("changed since the last run", view.changes, GREY))
    rows = explanation.ranked()
    flags, root = explanation.flags(), common_root(explanation)
    largest = max((row.size_bytes for row in rows), default=0)
    parts.append(table(_HEADERS, [_cells(row, root, largest, flags) for row in rows[:MAX_ROWS]]))
    if len(rows) > MAX_ROWS:
        parts.append(f'<div style="{FAINT}">and {len(rows) - MAX_ROWS} more rows; all of them are in .data</div>')
    colours = {CANNOT_TRAVEL: RED, POSSIBLE_CREDENTIALS: AMBER}
    all_sections = sections(explanation, allows_credentials=view.allows_credentials)
    parts += [_list(heading, sentences, colours.get(heading, GREY)) for heading, sentences in all_sections]
    parts += [f'<div style="margin-top:6px">{esc(remark)}</div>' for remark in view.remarks]
    return f'<div style="{CARD}">{"".join(parts)}</div>'


def _cells(row: Row, root: str, largest: int, flags: dict[tuple[str, ...], list[str]]) -> list[str]:
    words = [] if row.is_part else flags.get(row.path, [])
    travels = row.how in {"value", "buffer"}
    red = [word for word in words if "can't travel" in word]
    marks = " ".join(pill(word, RED if word in red else AMBER) for word in words)
    size = f'<span style="white-space:nowrap">{esc(shown_size(row.size_bytes))}</span>' if travels else ""
    return [
        code(shown_name(row, root)),
        code(row.type_name),
        size,
        _bar(row.size_bytes, largest) if travels else "",
        f'<span style="white-space:nowrap;{"" if travels else FAINT}">{esc(shown_how(row))}</span>',
        f'<span style="white-space:nowrap;{FAINT}">{esc(row.cell)}</span>',
        marks,
    ]


def _bar(size_bytes: int, largest: int) -> str:
    """Return a bar for the share of the largest row; nothing if it would be too small to see."""
    width = round(_BAR_WIDTH_PX * size_bytes / largest) if largest else 0
    if not width:
        return ""
    style = f"display:inline-block;width:{width}px;height:8px;border-radius:2px;background:{GREY};opacity:0.55"
    return f'<span style="{style}"></span>'


def _list(heading: str, sentences: Sequence[str], colour: str) -> str:
    items = "".join(
        f'<li style="margin:2px 0;overflow-wrap:anywhere">{_quoted(one)}</li>' for one in sentences[:MAX_SHOWN]
    )
    more = f"<li>and {len(sentences) - MAX_SHOWN} more</li>" if len(sentences) > MAX_SHOWN else ""
    head = f'<div style="margin-top:8px">{pill(heading, colour)}</div>'
    return f'{head}<ul style="margin:4px 0 0 0;padding-left:20px">{items}{more}</ul>'


def _quoted(sentence: str) -> str:
    """Return the sentence with the parts between back quotes shown as code."""
    return "".join(code(part) if index % 2 else esc(part) for index, part in enumerate(sentence.split("`")))
