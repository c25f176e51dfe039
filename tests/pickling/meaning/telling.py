"""Run by a test: `telling.py` tells the meaning of each definition of the portability corpus, and then writes it.

Prints {name: {"told": ..., "written": ...}}, each with the version, the packages and the sources' hashes.
"""

import json
import sys
import tempfile
import types
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "portability"))

from capturing import fits, run_cell  # found beside the portability corpus
from corpus import DEFINITIONS

from autocontainer_nb.errors import CaptureError
from autocontainer_nb.pickling.code.cells import CellBook
from autocontainer_nb.pickling.writer import ArchiveWriter, EntityDescription, write_archive


def tell(folder: str) -> dict[str, dict[str, object]]:
    """Go through the cells in one `__main__`, as in a notebook."""
    notebook = sys.modules["__main__"] = types.ModuleType("__main__")
    names, book, found = vars(notebook), CellBook(), {}
    for number, definition in enumerate(DEFINITIONS):
        if not fits(definition):
            continue
        run_cell(definition, number, book, names)
        value, entities = names[definition.name], [EntityDescription(name=definition.name)]
        told = ArchiveWriter(value, entities, book).meaning
        try:
            written = write_archive(f"{folder}/entities.pkl", value, entities, book)
        except CaptureError:
            continue
        found[definition.name] = {
            "told": [told.version, {need.distribution: need.version for need in told.needs}],
            "written": [written.version, written.metadata["packages"]],
            "overlooked": not told.may_hold_credentials and bool(written.explanation.credentials),
        }
    return found


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as scratch:
        sys.stdout.write(json.dumps(tell(scratch)))
