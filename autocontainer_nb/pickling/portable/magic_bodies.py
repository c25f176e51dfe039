"""The bodies of cell magics such as `%%time`, which IPython compiles by themselves, under a name that says nothing."""

import ast
from collections.abc import Iterator
from functools import lru_cache

from autocontainer_nb.pickling.cells import CellBook
from autocontainer_nb.pickling.hashing import sha256_hex
from autocontainer_nb.pickling.sources import Source

_MAGIC = "run_cell_magic"


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
