"""Decks: HTML pages that a task writes, combined into one `deck.html`."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from html import escape
from string import Template
from typing import Final, Protocol

from autocontainer_nb.core.environment import clocks_s, running
from autocontainer_nb.storage.access import write_bytes
from autocontainer_nb.storage.uris import join
from autocontainer_nb.type_engine.wording import with_article
from autocontainer_nb.wire import DECK_FILE

# Radio buttons switch the pages, so that they also work in viewers that forbid scripts.
_PAGE: Final = Template("""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>$title</title><style>
body { font-family: system-ui, sans-serif; margin: 1em; }
input[name=deck] { position: absolute; opacity: 0; }
label { display: inline-block; padding: .4em .8em; cursor: pointer; border-bottom: 2px solid transparent; }
input:checked + label { border-color: currentColor; font-weight: 600; }
input:focus-visible + label { outline: 2px solid; }
section { display: none; padding-top: 1em; overflow-x: auto; }
table { border-collapse: collapse; } th, td { border: 1px solid #8888; padding: .2em .6em; text-align: left; }
pre { white-space: pre-wrap; }
$shown
</style></head><body><main>
$labels
$sections
</main></body></html>
""")


class DeckField(str, Enum):
    """The decks that each run of a task makes."""

    INPUT = "Input"
    OUTPUT = "Output"
    SOURCE_CODE = "Source Code"
    TIMELINE = "Timeline"
    DEPENDENCIES = "Dependencies"


class Deck:
    """One page of a run's `deck.html`: `Deck("plots").append(html)` inside a task with `enable_deck=True`.

    Appended HTML is kept unchanged; escape plain text before you append it.
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
        """Append HTML to the page, and return the deck."""
        if not isinstance(html, str):
            raise TypeError(f"append(): expected HTML as a str, got {with_article(type(html))}. Render it first.")
        self._html = f"{self._html}\n{html}"
        return self

    @staticmethod
    def publish() -> None:
        """Write the run's `deck.html` now, if decks are enabled; it is written again when the run ends."""
        context = running.get()
        if context is not None and context.user_space_params.enable_deck:
            context.user_space_params.write_decks()


class TimeLineDeck(Deck):
    """A deck with the time that each part of the run took."""

    def __init__(self, name: str, html: str | None = "", auto_add_to_deck: bool = True) -> None:
        super().__init__(name, html, auto_add_to_deck)
        self._rows: list[tuple[str, float, float]] = []

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """Record how long the block takes, even if it raises."""
        wall_s, process_s = clocks_s()
        try:
            yield
        finally:
            wall_end_s, process_end_s = clocks_s()
            self._rows.append((what, wall_end_s - wall_s, process_end_s - process_s))

    @property
    def html(self) -> str:
        """The table of parts and times, followed by appended HTML."""
        if not self._rows:
            return self._html
        rows = "".join(
            f"<tr><td>{escape(what)}</td><td>{wall:.6f}</td><td>{cpu:.6f}</td></tr>" for what, wall, cpu in self._rows
        )
        head = "<tr><th>Part</th><th>Wall time (s)</th><th>Process time (s)</th></tr>"
        return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>{self._html}"


class Page(Protocol):
    """The content of a tab."""

    @property
    def name(self) -> str:
        """The tab's label."""

    @property
    def html(self) -> str:
        """The tab's content."""


def deck_page(title: str, decks: Sequence[Page]) -> str:
    """Return the page with a tab for each deck, the first one open; the last deck of a name wins."""
    pages = {deck.name: deck.html for deck in decks}
    labels, sections, shown = [], [], []
    for number, (name, html) in enumerate(pages.items()):
        checked = " checked" if number == 0 else ""
        labels.append(
            f'<input type="radio" name="deck" id="d{number}"{checked}><label for="d{number}">{escape(name)}</label>'
        )
        sections.append(f'<section id="p{number}" aria-label="{escape(name, quote=True)}">{html}</section>')
        shown.append(f"#d{number}:checked ~ #p{number} {{ display: block; }}")
    return _PAGE.substitute(
        title=escape(title), labels="\n".join(labels), sections="\n".join(sections), shown="\n".join(shown)
    )


def write_deck(prefix: str | None, title: str, decks: Sequence[Page]) -> str | None:
    """Write the decks to `deck.html` below the URI `prefix` and return its URI; None without a prefix.

    Raises:
        StorageError: it can't be written.
    """
    if prefix is None:
        return None
    uri = join(prefix, DECK_FILE)
    write_bytes(uri, deck_page(title, decks).encode("utf-8", "replace"))
    return uri
