"""The form of one entry: a cell of a notebook, the name that it binds, and what using that name must give."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Definition:
    """One cell that binds `name`; `call` is an expression over that name, whose value is `expected` on every Python.

    `expected` holds where the cell ran and where `name` has travelled to. `transformed` is what IPython makes of the
    cell, where that differs. `since` is the first minor version whose grammar and library the cell fits; on an older one
    the definition must be refused by name. `needs` are modules that must be installed on both sides.
    """

    name: str
    cell: str
    call: str
    expected: Any
    transformed: str = ""
    since: tuple[int, int] = (3, 10)
    needs: Sequence[str] = field(default=())

    @property
    def source(self) -> str:
        """The text that is compiled."""
        return self.transformed or self.cell


def cell(text: str) -> str:
    """Return the text as a cell has it: without the line break after the opening quotes."""
    return text.removeprefix("\n")
