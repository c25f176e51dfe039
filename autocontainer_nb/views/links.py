"""Links to pages outside of the notebook, for addresses that a server gave."""

from urllib.parse import urlsplit

from autocontainer_nb.views.style import esc


def link(name: str, uri: str) -> str:
    """Return a link that opens in a new tab, as HTML; an address that is no web page's is shown as text."""
    try:
        is_page = urlsplit(uri).scheme in ("http", "https")
    except ValueError:  # an address that can't be read
        is_page = False
    if not is_page:
        return f"{esc(name)}: {esc(uri)}"
    return f'<a href="{esc(uri)}" target="_blank" rel="noopener noreferrer">{esc(name)}</a>'
