"""Functions as a notebook has them: defined in `__main__`, by cells that a book has recorded."""

from typing import Any

from autocontainer_nb.pickling.code.cells import Cell, CellBook


class Notebook:
    """Runs cells in a namespace of their own; `book` knows them."""

    def __init__(self) -> None:
        self.book = CellBook()
        self.names: dict[str, Any] = {"__name__": "__main__"}

    def run(self, source: str, **names: Any) -> None:
        """Run the text as the next cell; `names` are variables that the cell is supposed to have made."""
        count = len(self.book) + 1
        filename = f"<cell {id(self)} {count}>"
        text = "".join(f"{name} = ...\n" for name in names) + source
        exec(compile(text, filename, "exec"), self.names)
        self.names.update(names)
        self.book.record(Cell(filename, text, f"id{count}", count))

    def __getitem__(self, name: str) -> Any:
        return self.names[name]
