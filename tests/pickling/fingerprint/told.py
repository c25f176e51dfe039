"""What a cell of a real kernel tells of an object: its fingerprint, before and after it has been pickled."""

import io
from contextlib import suppress
from typing import Any

from autocontainer_nb.pickling.capture.buffers import ContentHashes
from autocontainer_nb.pickling.capture.pickler import CapturePickler
from autocontainer_nb.pickling.code.cells import cells
from autocontainer_nb.pickling.code.sources import SourceCollector
from autocontainer_nb.pickling.meaning.fingerprint import Fingerprinter


def told(value: Any) -> tuple[str, str]:
    """Return both."""
    before = _digest(value)
    with suppress(Exception):  # some definitions are refused by name
        CapturePickler(io.BytesIO(), SourceCollector(cells)).dump(value)
    return before, _digest(value)


def _digest(value: Any) -> str:
    return Fingerprinter(SourceCollector(cells), ContentHashes()).digest(value)
