"""What pickled constants of a graph mean: their bytes change with the place of a class's code, and no version may."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from autocontainer_nb.type_engine.families.pickles import naming


@contextmanager
def constants_by_meaning() -> Iterator[None]:
    """Within the block nothing that is pickled for a literal is stored: its URI says what it means instead."""
    with naming(_meaning):
        yield


def _meaning(value: Any) -> str:
    from autocontainer_nb.core.capture.capture import travelling
    from autocontainer_nb.pickling.capture.buffers import current_hashes
    from autocontainer_nb.pickling.code.cells import cells
    from autocontainer_nb.pickling.code.sources import SourceCollector
    from autocontainer_nb.pickling.meaning.fingerprint import Fingerprinter

    with travelling():
        return f"meaning:{Fingerprinter(SourceCollector(cells), current_hashes()).digest(value)}"
