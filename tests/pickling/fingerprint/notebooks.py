"""A notebook's cells run in a namespace of their own, and the version of what they define."""

import itertools
import textwrap
from typing import Any

from autocontainer_nb.pickling.capture.buffers import ContentHashes
from autocontainer_nb.pickling.code.cells import Cell, CellBook
from autocontainer_nb.pickling.code.sources import SourceCollector
from autocontainer_nb.pickling.meaning.fingerprint import Fingerprinter
from autocontainer_nb.pickling.meaning.versions import Versions, versions_of

_numbers = itertools.count()


class Notebook:
    """One kernel's namespace and what its cells define; cells get file names as a kernel gives them: never twice."""

    def __init__(self, *texts: str) -> None:
        self.book = CellBook()
        self.namespace: dict[str, Any] = {"__name__": "__main__", "__builtins__": __builtins__}
        for text in texts:
            self.run(text)

    def run(self, text: str) -> None:
        """Run one cell."""
        text = textwrap.dedent(text)
        filename = f"/tmp/ipykernel_{next(_numbers)}/1.py"
        self.book.record(Cell(filename, text))
        exec(compile(text, filename, "exec", dont_inherit=True), self.namespace)

    def digest(self, expression: str) -> str:
        """Return the fingerprint of an expression's value."""
        fingerprinter = Fingerprinter(SourceCollector(self.book), ContentHashes())
        return fingerprinter.digest(eval(expression, self.namespace))

    def versions(self, name: str = "f", packages: dict[str, str] | None = None) -> Versions:
        """Return the versions of the entity of this name."""
        fingerprinter = Fingerprinter(SourceCollector(self.book), ContentHashes())
        return versions_of({name: self.namespace[name]}, None, [], packages or {}, fingerprinter)


def digest(expression: str, *cells: str) -> str:
    """Return the fingerprint of an expression in a notebook of its own."""
    return Notebook(*cells).digest(expression)
