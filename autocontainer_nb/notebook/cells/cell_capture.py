"""Records the source of every cell that runs, under the file name that its code objects carry."""

import linecache
from typing import Any, Final

from IPython.core.interactiveshell import InteractiveShell

from autocontainer_nb.pickling.code.cells import Cell, CellBook

_ENDS: Final = ("", "\n", "\n\n")


class CellCapture:
    """Records a shell's cells into a book, from `install` to `remove`.

    IPython calls its compiler's `cache` with the text that it compiles and the execution count, and gets the name of
    the cell's code: the only place where all three are exact in every version. Only the shell's own compiler object
    is wrapped.
    """

    def __init__(self, shell: InteractiveShell, book: CellBook) -> None:
        self._shell = shell
        self._book = book
        self._active = False

    def install(self) -> None:
        """Record all cells from now on, and those that have already run."""
        self._active = True
        self._record_history()
        compiler = self._shell.compile
        original = compiler.cache

        def cache(transformed_code: str, number: int = 0, raw_code: str | None = None) -> str:
            name: str = original(transformed_code, number, raw_code)
            if self._active:
                self._record(name, transformed_code, raw_code, number)
            return name

        self._wrapper = cache
        vars(compiler)["cache"] = cache

    def remove(self) -> None:
        """Stop recording, and forget what was recorded."""
        self._active = False
        # A wrapper installed after ours still calls ours, which from now on only passes the call on.
        if vars(self._shell.compile).get("cache") is self._wrapper:
            del vars(self._shell.compile)["cache"]
        self._book.clear()

    def _record(self, name: str, transformed: str, raw: str | None, number: int) -> None:
        parent = parent_message(self._shell)
        if parent.get("content", {}).get("silent"):
            return  # a front end's own code, not a cell
        cell_id = parent.get("metadata", {}).get("cellId") or ""
        self._book.record(Cell(name, transformed, str(cell_id), number, raw or transformed))

    def _record_history(self) -> None:
        history = self._shell.history_manager
        if history is None:
            return
        pairs = zip(history.input_hist_raw, history.input_hist_parsed, strict=False)
        for number, (raw, transformed) in enumerate(pairs):
            if number and transformed:
                name = self._code_name(raw, transformed, number)
                self._book.record(Cell(name, transformed, "", number, raw))

    def _code_name(self, raw: str, transformed: str, number: int) -> str:
        """Return the name that the compiler gave an earlier cell: a hash of a text that history has shortened.

        History drops line breaks at the end. The candidate that `linecache` knows is the right one.
        """
        names: list[str] = [
            self._shell.compile.get_code_name(raw + end, transformed.rstrip("\n") + transformed_end, number)
            for end in _ENDS
            for transformed_end in _ENDS
        ]
        return next((name for name in names if name in linecache.cache), names[0])


def parent_message(shell: InteractiveShell) -> dict[str, Any]:
    """Return the front end's request that is being executed; empty outside a kernel."""
    get_parent = getattr(shell, "get_parent", None)
    parent = get_parent() if get_parent is not None else {}
    return parent if isinstance(parent, dict) else {}
