"""`make docs` ends here: each link of the built site leads somewhere, and no page loads anything from another host.

    python docs/check_site.py site

Links within the site must name a file of it, and an anchor that the file has. A link to another host must stand in a
Markdown page below docs/, so none comes from the theme or the generator. Exits with 1, and a line for each fault.
"""

import re
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

DOCS = Path(__file__).parent
LOADED = {"img": "src", "script": "src", "source": "src", "iframe": "src", "link": "href"}
NOT_FETCHED = {"canonical", "next", "prev"}  # relations that tell a robot where a page is; browsers load nothing
CSS_ADDRESS = re.compile(r"url\(\s*[\"']?((?:https?:)?//[^)\"']+)|@import\s+[\"']((?:https?:)?//[^\"']+)")


@dataclass
class Page(HTMLParser):
    """What one page links to, what it loads, and the anchors that it has."""

    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag's anchor, and its link or what it loads."""
        given = {name: value or "" for name, value in attrs}
        self.anchors.update(given[name] for name in ("id", "name") if given.get(name))
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        attribute = LOADED.get(tag)
        if attribute in given and given.get("rel") not in NOT_FETCHED:
            self.loaded.append(given[attribute])


def faults(site: Path) -> list[str]:
    """Return a line for each link that leads nowhere, and for each address on another host that isn't documented."""
    pages = {path: Page() for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        page.feed(path.read_text(encoding="utf-8"))
    documented = "".join(path.read_text(encoding="utf-8") for path in DOCS.rglob("*.md"))
    found = [] if pages else [f"{site}: no page; build the site first: make docs"]
    for path, page in pages.items():
        if path.name == "404.html":  # its links are absolute, since it is served at any address
            page.links, page.loaded = [], [one for one in page.loaded if _host(one)]
        where = path.relative_to(site)
        found += [f"{where} loads {one}" for one in page.loaded if _host(one)]
        found += [f"{where} lacks {one}" for one in page.loaded if not _host(one) and not _file(path, one).exists()]
        found += [
            f"{where} links to {one}: in no page below docs/" for one in page.links if _undocumented(one, documented)
        ]
        found += [f"{where} links to {one}: {why}" for one in page.links if (why := _leads_nowhere(path, one, pages))]
    for path in sorted(site.rglob("*.css")):
        for match in CSS_ADDRESS.finditer(path.read_text(encoding="utf-8")):
            found.append(f"{path.relative_to(site)} loads {match[1] or match[2]}")
    return found


def _host(address: str) -> str:
    return urlsplit(address).netloc


def _file(page: Path, address: str) -> Path:
    path = unquote(urlsplit(address).path)
    return (page.parent / path).resolve() if path else page


def _undocumented(address: str, documented: str) -> bool:
    return bool(_host(address)) and address not in documented


def _leads_nowhere(page: Path, address: str, pages: dict[Path, Page]) -> str:
    parts = urlsplit(address)
    if parts.netloc or parts.scheme in {"mailto", "javascript"}:
        return ""
    target = _file(page, address)
    if target.is_dir():
        target /= "index.html"
    if not target.exists():
        return "no such file"
    other = pages.get(target)
    if parts.fragment and other is not None and unquote(parts.fragment) not in other.anchors:
        return "no such anchor"
    return ""


def main() -> int:
    """Check the site that the command line names, and return the exit code."""
    if len(sys.argv) != 2:
        print("usage: check_site.py SITE", file=sys.stderr)
        return 2
    site = Path(sys.argv[1]).resolve()
    found = faults(site)
    print(
        "\n".join(found)
        if found
        else f"{site.name}: {len(list(site.rglob('*.html')))} pages, each link leads somewhere"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
