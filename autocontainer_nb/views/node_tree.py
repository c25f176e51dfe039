"""The tree of an execution's nodes as HTML and as text: pure functions over rows, each node before those inside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from autocontainer_nb.pickling.wording import shown_duration
from autocontainer_nb.views.links import link
from autocontainer_nb.views.style import CARD, FAINT, GREY, MONO, PHASE_COLOURS, clipped, code, esc, pill, plain, table

_INDENT: Final = "  "
_INDENT_EM: Final = 1.4
_NOTE_CHARACTERS: Final = 160
_MORE: Final = "… and more: .nodes.walk() goes through all."
_WHOLE: Final = 40  # characters of an id or a name that are kept on one line
_BREAKS: Final = "overflow-wrap:anywhere"
_HEADERS: Final = ("node", "runs", "phase", "took", "")


@dataclass(frozen=True, kw_only=True)
class NodeRow:
    """One node: `notes` are short texts beside it, `links` are (name, address) of its output."""

    depth: int
    id: str
    kind: str
    entity: str
    phase: str
    duration_s: float | None = None
    notes: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()


def node_tree_text(rows: Sequence[NodeRow], execution_id: str, *, is_cut: bool = False) -> str:
    """Return the tree as aligned columns; one line a node, with its notes below it. If it `is_cut`, it says so."""
    if not rows:
        return f"Execution {plain(execution_id)} has no nodes so far."
    cells = [_cells(row) for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(3)]
    lines = []
    for row, cell in zip(rows, cells, strict=True):
        columns = [text.ljust(width) for text, width in zip(cell[:3], widths, strict=True)]
        lines.append("  ".join([*columns, cell[3]]).rstrip())
        margin = _INDENT * (row.depth + 2)
        lines += [margin + clipped(plain(note), _NOTE_CHARACTERS) for note in row.notes]
        lines += [f"{margin}{plain(name)}: {plain(uri)}" for name, uri in row.links]
    return "\n".join([*lines, _MORE] if is_cut else lines)


def node_tree_html(rows: Sequence[NodeRow], execution_id: str, *, is_cut: bool = False) -> str:
    """Return the tree as a table without scripts; nodes inside others are indented."""
    if not rows:
        return f'<div style="{CARD};{FAINT}">{esc(f"Execution {execution_id} has no nodes so far.")}</div>'
    body = [_html_cells(row) for row in rows]
    more = f'<div style="{FAINT}">{esc(_MORE)}</div>' if is_cut else ""
    return f'<div style="{CARD}">{table(list(_HEADERS), body)}{more}</div>'


def _cells(row: NodeRow) -> tuple[str, str, str, str]:
    took = "" if row.duration_s is None else shown_duration(row.duration_s)
    return _INDENT * row.depth + plain(row.id), plain(_runs(row)), plain(row.phase), took


def _runs(row: NodeRow) -> str:
    return " ".join(part for part in (row.kind, row.entity) if part)


def _html_cells(row: NodeRow) -> list[str]:
    took = "" if row.duration_s is None else esc(shown_duration(row.duration_s))
    notes = [
        f'<div style="{FAINT};{MONO};{_BREAKS}">{esc(clipped(note, _NOTE_CHARACTERS))}</div>' for note in row.notes
    ]
    notes += [f'<div style="{_BREAKS}">{link(name, uri)}</div>' for name, uri in row.links]
    name = code(row.id, is_whole=len(row.id) <= _WHOLE)
    return [
        f'<div style="padding-left:{row.depth * _INDENT_EM:.1f}em;{_BREAKS}">{name}</div>',
        f'<span style="{_lines(_runs(row))}">{esc(_runs(row))}</span>',
        pill(row.phase, PHASE_COLOURS.get(row.phase, GREY)),
        f'<span style="white-space:nowrap">{took}</span>',
        "".join(notes),
    ]


def _lines(text: str) -> str:
    """Return the style of a text that stays on one line, if it is short, and never sticks out of the card."""
    return "white-space:nowrap" if len(text) <= _WHOLE else _BREAKS
