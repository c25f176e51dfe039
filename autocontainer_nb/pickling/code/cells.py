"""The notebook's cells that have run: which one a code object came from, and which one made a name.

Pure data. The notebook layer records each cell as it starts (`cells.record`); capturing and error messages read it.
In a container, and outside a notebook, the book is empty.
"""

import threading
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Cell:
    """One run of one cell.

    `source` is the text that was compiled: a code object's `co_filename` is `filename`, its line numbers count lines of
    `source`. Where IPython rewrote magics, `raw` is what the user typed; else both are the same.
    """

    filename: str
    source: str
    cell_id: str = ""
    execution_count: int | None = None
    raw: str = field(default="")

    def __post_init__(self) -> None:
        """Let `raw` be the source where IPython rewrote nothing."""
        if not self.raw:
            object.__setattr__(self, "raw", self.source)

    @property
    def label(self) -> str:
        """How IPython's tracebacks name the cell: `Cell In[7]`."""
        if self.execution_count is not None:
            return f"Cell In[{self.execution_count}]"
        return f"Cell {self.cell_id}" if self.cell_id else "Cell"


class CellBook:
    """The cells that have run, latest last. Safe to use from several threads."""

    def __init__(self) -> None:
        self._cells: dict[str, Cell] = {}
        self._bound: dict[str, frozenset[str]] = {}  # by source text, filled on demand
        self._lock = threading.Lock()

    def record(self, cell: Cell) -> None:
        """Note that `cell` runs now. The same text run again replaces its earlier run."""
        with self._lock:
            self._cells.pop(cell.filename, None)
            self._cells[cell.filename] = cell

    def lookup(self, filename: str) -> Cell | None:
        """Return the cell whose code objects have this `co_filename`, or None."""
        return self._cells.get(filename)

    def defining(self, name: str) -> Cell | None:
        """Return the cell that bound the top-level name last, judged by its source, or None.

        What a cell binds by `exec`, `globals()` or `from m import *` can't be seen in its source.
        """
        with self._lock:
            cells = list(self._cells.values())
        for cell in reversed(cells):
            # Parsing is only worth while where the name occurs at all.
            if name in cell.source and name in self._names_bound_by(cell.source):
                return cell
        return None

    def all(self) -> list[Cell]:
        """Return the cells, latest last."""
        with self._lock:
            return list(self._cells.values())

    def clear(self) -> None:
        """Forget all cells."""
        with self._lock:
            self._cells.clear()
            self._bound.clear()

    def __len__(self) -> int:
        return len(self._cells)

    def _names_bound_by(self, source: str) -> frozenset[str]:
        if source not in self._bound:
            self._bound[source] = bound_names(source)
        return self._bound[source]


def bound_names(source: str) -> frozenset[str]:
    """Return the top-level names that running `source` binds; none where it isn't Python.

    Bodies of functions and classes and the targets of comprehensions are scopes of their own. The body of a cell magic
    such as `%%time` counts as part of the cell.
    """
    import ast

    try:
        pending: list[ast.AST] = [ast.parse(source)]
    except (SyntaxError, ValueError):
        return frozenset()
    names: set[str] = set()
    while pending:
        node = pending.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
            pending.extend(node.decorator_list)
        elif isinstance(node, ast.Lambda):
            continue
        elif isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            # Only a walrus reaches out of a comprehension.
            names.update(inner.target.id for inner in ast.walk(node) if isinstance(inner, ast.NamedExpr))
        elif isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Store):
                names.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.update(alias.asname or alias.name.partition(".")[0] for alias in node.names)
        else:
            names.update(_names_in_fields(node))
            pending.extend(ast.iter_child_nodes(node))
    return frozenset(names - {"*"})


def _names_in_fields(node: object) -> frozenset[str]:
    """Return names that a node keeps as plain text: handlers, patterns, and those in a cell magic's body."""
    import ast

    if isinstance(node, ast.ExceptHandler):
        return frozenset()  # unbound again when the handler ends
    if isinstance(node, ast.MatchAs | ast.MatchStar):
        return frozenset({node.name} if node.name else ())
    if isinstance(node, ast.MatchMapping):
        return frozenset({node.rest} if node.rest else ())
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "run_cell_magic"
        and len(node.args) == 3  # noqa: PLR2004 - name, line, body: what IPython's transformer writes
        and isinstance(node.args[2], ast.Constant)
        and isinstance(node.args[2].value, str)
    ):
        return bound_names(node.args[2].value)
    return frozenset()


cells = CellBook()
