"""Run by each Python of the matrix: `capturing.py FOLDER [NAME ...]` captures each definition in a file of its own.

Cells run one after the other in one `__main__`, as in a notebook. Writes {name: reason} of what can't be captured.
"""

import __future__

import ast
import asyncio
import inspect
import json
import sys
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from corpus import DEFINITIONS  # found beside this file
from corpus.definition import Definition

from autocontainer_nb.errors import CaptureError
from autocontainer_nb.pickling.code.cells import Cell, CellBook
from autocontainer_nb.pickling.portable.naming import NamingPickler
from autocontainer_nb.pickling.writer import EntityDescription, write_archive


def refuse(value: object) -> None:
    """Let no pickle hold the path of one of our modules."""
    raise AssertionError(f"{value!r} has no name in autocontainer_nb/pickled_names.py")


def fits(definition: Definition) -> bool:
    """Whether this Python has the definition's syntax and the modules that it needs."""
    return sys.version_info >= definition.since and all(find_spec(name) for name in definition.needs)


def run_cell(definition: Definition, number: int, book: CellBook, names: dict[str, object]) -> None:
    """Compile and run the cell as IPython does, statement by statement."""
    cell = Cell(f"/tmp/ipykernel_1/{number}.py", definition.source, str(number), number, definition.cell)
    book.record(cell)
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    for statement in ast.parse(definition.source).body:
        code = compile(ast.Module([statement], []), cell.filename, "exec", flags, dont_inherit=True)
        flags |= code.co_flags & __future__.annotations.compiler_flag
        result = eval(code, names)
        if code.co_flags & inspect.CO_COROUTINE:  # it has an await outside of functions
            asyncio.run(result)


def capture(folder: Path, wanted: set[str]) -> dict[str, str]:
    """Write FOLDER/NAME.pkl for each definition."""
    NamingPickler.unnamed = staticmethod(refuse)
    book = CellBook()
    names = vars(sys.modules["__main__"])
    failed = {}
    for number, definition in enumerate(DEFINITIONS):
        if not fits(definition) or (wanted and definition.name not in wanted):
            continue
        run_cell(definition, number, book, names)
        entity = EntityDescription(name=definition.name)
        try:
            write_archive(str(folder / f"{definition.name}.pkl"), names[definition.name], [entity], book)
        except CaptureError as error:
            failed[definition.name] = str(error)
    return failed


if __name__ == "__main__":
    sys.stdout.write(json.dumps(capture(Path(sys.argv[1]), set(sys.argv[2:]))))
