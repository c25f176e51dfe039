"""The source texts that captured code was compiled from, bodies of cell magics too."""

import ast
import linecache
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from autocontainer_nb.pickling.archive.hashing import sha256_hex
from autocontainer_nb.pickling.code.cells import CellBook
from autocontainer_nb.pickling.code.ownership import installed_name, is_installed_code
from autocontainer_nb.wire import SOURCES_PREFIX

_ANYBODYS = "<string>"  # what exec and eval call any text; since Python 3.13 linecache takes it for that of `python -c`
_MAGIC = "run_cell_magic"


@dataclass(frozen=True)
class Source:
    """One cell's or one local file's text, and where it came from."""

    text: str
    sha256: str
    label: str
    cell_id: str = ""
    execution_count: int | None = None

    @property
    def code_name(self) -> str:
        """The file name that the captured code objects carry: made of the text's hash, equal in every kernel."""
        return f"<source {self.sha256[:16]}>"

    @property
    def member(self) -> str:
        """The archive's member that holds the text."""
        return f"{SOURCES_PREFIX}{self.sha256}.py"

    def origin(self) -> dict[str, Any]:
        """Return what `cells.json` says: it changes from kernel to kernel and is outside the digest."""
        return {"label": self.label, "id": self.cell_id, "execution_count": self.execution_count}


@dataclass
class SourceCollector:
    """Finds the source of each code object that is captured and gives its file a lasting name."""

    book: CellBook
    found: dict[str, Source | None] = field(default_factory=dict)  # by the file name as compiled

    def rename(self, filename: str) -> str:
        """Return the lasting name for a code object's file name; code without source keeps its own.

        Installed code that travels all the same, such as a wrapper that the standard library has made around a method
        of the user's, is named without this machine's folders.
        """
        return self._name(filename, self.source(filename))

    def name_only(self, filename: str) -> str:
        """Return the lasting name as `rename` does; the text behind it needn't travel because of this."""
        return self._name(filename, self.found[filename] if filename in self.found else self._find(filename))

    def source(self, filename: str) -> Source | None:
        """Return the source text for a code object's file name, or None for installed code and unknown names."""
        if filename not in self.found:
            self.found[filename] = self._find(filename)
        return self.found[filename]

    def add(self, source: Source) -> None:
        """Let a text travel that no file name leads to."""
        self.found[source.code_name] = source

    def all(self) -> list[Source]:
        """Return all sources found so far, each text once, in a fixed order."""
        return sorted(
            {source.sha256: source for source in self.found.values() if source}.values(), key=lambda s: s.sha256
        )

    def _name(self, filename: str, source: Source | None) -> str:
        return installed_name(filename) if source is None else source.code_name

    def _find(self, filename: str) -> Source | None:
        cell = self.book.lookup(filename)
        if cell is not None:
            return Source(cell.source, _hash(cell.source), cell.label, cell.cell_id, cell.execution_count)
        if is_installed_code(filename) or filename == _ANYBODYS:
            return None
        text = "".join(linecache.getlines(filename))
        if not text:
            return None
        return Source(text, _hash(text), filename.rpartition("/")[2].strip("<>"))


def _hash(text: str) -> str:
    return sha256_hex(text.encode("utf-8", "surrogatepass"))


def magic_bodies(book: CellBook) -> Iterator[Source]:
    """Yield what cell magics were given as their bodies, latest first."""
    for cell in reversed(book.all()):
        if _MAGIC in cell.source:
            for text in _bodies(cell.source):
                digest = sha256_hex(text.encode("utf-8", "surrogatepass"))
                yield Source(text, digest, cell.label, cell.cell_id, cell.execution_count)


@lru_cache(maxsize=256)
def _bodies(source: str) -> tuple[str, ...]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return ()
    return tuple(
        node.args[2].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == _MAGIC
        and len(node.args) == 3  # noqa: PLR2004 - name, line, body: what IPython's transformer writes
        and isinstance(node.args[2], ast.Constant)
        and isinstance(node.args[2].value, str)
    )
