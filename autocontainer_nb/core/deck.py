"""Decks: pages of HTML that a run leaves for people, shown beside its result."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from html import escape

from autocontainer_nb.core.environment import clocks_s
from autocontainer_nb.core.running import running


class DeckField(str, Enum):
    """The decks that a task makes by itself."""

    INPUT = "Input"
    OUTPUT = "Output"
    SOURCE_CODE = "Source Code"
    TIMELINE = "Timeline"
    DEPENDENCIES = "Dependencies"


class Deck:
    """One page of a run's `deck.html`: `Deck("plots").append(html)` inside a task with `enable_deck=True`.

    What is appended is HTML and stands as it is; plain text is escaped by whoever renders it.
    """

    def __init__(self, name: str, html: str | None = "", auto_add_to_deck: bool = True) -> None:
        self._name = name
        self._html = html or ""
        context = running.get()
        if auto_add_to_deck and context is not None:
            context.user_space_params.decks.append(self)

    @property
    def name(self) -> str:
        """The page's title."""
        return self._name

    @property
    def html(self) -> str:
        """The page's content."""
        return self._html

    def append(self, html: str) -> "Deck":
        """Add HTML at the page's end; returns the deck."""
        if not isinstance(html, str):
            raise TypeError(f"a deck takes HTML as text, got {type(html).__name__}: render it first")
        self._html = f"{self._html}\n{html}"
        return self

    @staticmethod
    def publish() -> None:
        """Write the run's `deck.html` as it is now, where decks are enabled; the run's end writes it again."""
        context = running.get()
        if context is not None and context.user_space_params.enable_deck:
            context.user_space_params.write_decks()


class TimeLineDeck(Deck):
    """How long each part of the run took."""

    def __init__(self, name: str, html: str | None = "", auto_add_to_deck: bool = True) -> None:
        super().__init__(name, html, auto_add_to_deck)
        self._rows: list[tuple[str, float, float]] = []

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """Note how long the block takes, also where it raises."""
        wall_s, process_s = clocks_s()
        try:
            yield
        finally:
            wall_end_s, process_end_s = clocks_s()
            self._rows.append((what, wall_end_s - wall_s, process_end_s - process_s))

    @property
    def html(self) -> str:
        """The table of parts and times, and what was appended."""
        if not self._rows:
            return self._html
        rows = "".join(
            f"<tr><td>{escape(what)}</td><td>{wall:.6f}</td><td>{cpu:.6f}</td></tr>" for what, wall, cpu in self._rows
        )
        head = "<tr><th>Part</th><th>Wall time (s)</th><th>Process time (s)</th></tr>"
        return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>{self._html}"
