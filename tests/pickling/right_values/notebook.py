"""A notebook whose functions are called here and in a container, and what both give."""

import itertools
import pickle
import textwrap
from pathlib import Path
from types import ModuleType
from typing import Any

from archives import write
from cloudpickle import cloudpickle
from container import Container

from autocontainer_nb.pickling.capture.buffers import ContentHashes
from autocontainer_nb.pickling.code.cells import Cell, cells
from autocontainer_nb.pickling.code.sources import SourceCollector
from autocontainer_nb.pickling.meaning.fingerprint import Fingerprinter

_numbers = itertools.count()


def cloudpickles_tables() -> tuple[dict[Any, Any], dict[Any, Any], set[str]]:
    """What cloudpickle keeps of classes and modules for the whole process."""
    by_class: Any = cloudpickle._DYNAMIC_CLASS_TRACKER_BY_CLASS
    by_id: Any = cloudpickle._DYNAMIC_CLASS_TRACKER_BY_ID
    return dict(by_class), dict(by_id), cloudpickle.list_registry_pickle_by_value()


class Notebook:
    """What a kernel's `__main__` is, and a folder for files."""

    def __init__(self, folder: Path, container: Container) -> None:
        self.module = ModuleType("__main__")
        self.names = vars(self.module)
        self.folder = folder
        self.container = container
        self.last_path: Path | None = None  # of a file

    def run(self, text: str) -> None:
        """Run one cell."""
        text = textwrap.dedent(text)
        number = next(_numbers)
        filename = f"/tmp/ipykernel_of_tests/{number}.py"
        cells.record(Cell(filename, text, f"id{number}", number))
        exec(compile(text, filename, "exec", dont_inherit=True), self.names)

    def here(self, name: str, *arguments: Any) -> str:
        """The text of what the direct call gives, or its error."""
        try:
            return repr(self.names[name](*arguments))
        except Exception as error:  # noqa: BLE001 - whatever the cell raises is compared
            return f"{type(error).__name__}: {error}"

    def remote(self, name: str, *arguments: Any) -> dict[str, str]:
        """What the captured function gives in the container; capturing leaves cloudpickle's tables alone."""
        path = self.folder / f"{next(_numbers)}.pkl"
        before = cloudpickles_tables()
        write(self.names[name], path, self.names[name], cells)
        self.last_path = path
        found = self.container.run(path, *arguments)
        assert cloudpickles_tables() == before
        return found

    def there(self, name: str, *arguments: Any) -> str:
        """The text of what the captured function gives in the container, or its error."""
        found = self.remote(name, *arguments)
        return found["error"] if "error" in found else found["text"]

    def result(self, name: str, *arguments: Any) -> Any:
        """The value that the captured function gives in the container, loaded here."""
        return self.result_of(self.remote(name, *arguments))

    def result_of(self, found: dict[str, str]) -> Any:
        """The value that a container gave, loaded here; cloudpickle's tables are as before."""
        before = cloudpickles_tables()
        value = pickle.loads(bytes.fromhex(found["pickle"]))
        assert cloudpickles_tables() == before
        return value

    def version(self, name: str) -> str:
        """The fingerprint of what the name means now."""
        return Fingerprinter(SourceCollector(cells), ContentHashes()).digest(self.names[name])
