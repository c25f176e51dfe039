"""A run's decks as one HTML page that needs nothing but itself, and the file it is written to."""

from collections.abc import Sequence
from html import escape
from string import Template
from typing import Final, Protocol

from autocontainer_nb.storage.access import join, write_bytes
from autocontainer_nb.wire import DECK_FILE

# The pages are switched by radio buttons: no script, so that a viewer that forbids scripts shows them, too.
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


class Page(Protocol):
    """What a tab shows."""

    @property
    def name(self) -> str:
        """The tab's label."""

    @property
    def html(self) -> str:
        """The tab's content."""


def deck_page(title: str, decks: Sequence[Page]) -> str:
    """Return the page: a tab for each deck, the first one open. Of decks with one name, the last counts."""
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
    """Write the decks to `deck.html` below the URI `prefix` and return its URI; None where there is no prefix.

    Raises:
        StorageError: it can't be written.
    """
    if prefix is None:
        return None
    uri = join(prefix, DECK_FILE)
    write_bytes(uri, deck_page(title, decks).encode("utf-8", "replace"))
    return uri
