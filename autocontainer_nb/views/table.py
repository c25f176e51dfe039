"""A list as the notebook shows it: an HTML table in Jupyter, aligned columns in a terminal."""

from collections.abc import Sequence
from dataclasses import dataclass

from autocontainer_nb.pickling.wording import text_table
from autocontainer_nb.views.style import CARD, FAINT, GREY, PHASE_COLOURS, code, esc, pill, plain, table


@dataclass(frozen=True)
class TableView:
    """The result of `%flyte tasks` and `%flyte runs`; `code_columns` are shown in the code font, phases as labels."""

    headers: Sequence[str]
    rows: Sequence[Sequence[str]]
    empty: str
    code_columns: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return plain(text_table(self.headers, self.rows)) if self.rows else self.empty

    def _repr_html_(self) -> str:
        if not self.rows:
            return f'<div style="{CARD};{FAINT}">{esc(self.empty)}</div>'
        rows = [[self._cell(*pair) for pair in zip(self.headers, row, strict=True)] for row in self.rows]
        return f'<div style="{CARD}">{table(list(self.headers), rows)}</div>'

    def _cell(self, header: str, text: str) -> str:
        if header == "phase":
            return pill(text, PHASE_COLOURS.get(text, GREY))
        return code(text) if header in self.code_columns else f'<span style="white-space:nowrap">{esc(text)}</span>'
