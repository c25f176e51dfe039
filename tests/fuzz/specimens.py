"""Sound pickled-entity files that the fuzzer starts from; each one's pickle tells when it is loaded."""

import importlib
import io
import json
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autocontainer_nb.pickling.archive.zip_writer import add_member
from autocontainer_nb.pickling.code.cells import Cell, CellBook
from autocontainer_nb.pickling.writer import EntityDescription, write_archive
from autocontainer_nb.wire import LOCATIONS_MEMBER

fired: list[str] = []  # the canaries that were unpickled, in order


class Canary:
    """Notes in `fired` that it is unpickled, where an attacker's object would do something worse."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __reduce__(self) -> tuple[Any, ...]:
        return exec, (f"import specimens; specimens.fired.append({self.name!r})",)


@dataclass(frozen=True)
class Specimen:
    """A file's bytes and the digest that was registered for it."""

    name: str
    data: bytes
    digest: str


def specimens(folder: Path) -> list[Specimen]:
    """Return files of every make: plain, with sources, buffers and modules, compressed by another tool, an attacker's.

    `folder` gets the large objects that one of them has outside of itself.
    """
    cell = Cell("<cell 1>", "def double(x):\n    return 2 * x + OFFSET\n", "c1", 1)
    space: dict[str, Any] = {"OFFSET": 3, "__name__": "__main__"}
    exec(compile(cell.source, cell.filename, "exec"), space)
    buffers = [bytearray(range(256)) * 20, bytearray(5000)]
    large = bytes(range(256)) * 5000
    made = [
        _write("plain", {"canary": Canary("plain")}),
        _write("sources", {"canary": Canary("sources"), "double": space["double"]}, cell, space["double"]),
        _write("buffers", [Canary("buffers"), *map(_OutOfBand, buffers)]),
        _write("attacker", {"canary": Canary("attacker"), "data": b"\x80\x05" * 40}),
        _write("objects", [Canary("objects"), large, _OutOfBand(large + b"x")], folder=folder),
        _module_specimen(folder),
    ]
    return [*made, *(_deflated(each) for each in made[:2])]


class _OutOfBand(bytearray):
    """Travels as a buffer of its own, as an array does."""

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        from pickle import PickleBuffer

        return bytearray, (PickleBuffer(self),)


def _write(
    name: str, payload: Any, cell: Cell | None = None, function: Any = None, folder: Path | None = None
) -> Specimen:
    """Write a file; with a folder, its large contents are objects there."""
    book = CellBook()
    if cell is not None:
        book.record(cell)
    entity = EntityDescription(name=f"nb.{name}", inputs={"x": "int"}, outputs={"o0": "int"}, function=function)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch, "entities.pkl")
        written = write_archive(str(path), payload, [entity], book, apart=folder is not None)
        locations = {}
        for each in written.objects:
            place = Path(str(folder), each.sha256)
            place.write_bytes(each.content)
            locations[each.sha256] = place.as_uri()
        if locations:
            add_member(str(path), LOCATIONS_MEMBER, json.dumps(locations).encode())
        return Specimen(name, path.read_bytes(), written.digest)


def _module_specimen(folder: Path) -> Specimen:
    """Write a file that takes a local module along."""
    package = folder / "fuzzed_package"
    package.mkdir()
    (package / "__init__.py").write_text("def triple(x):\n    return 3 * x\n")
    (package / "table.csv").write_text("a,b\n1,2\n")
    sys.path.insert(0, str(folder))
    try:
        module = importlib.import_module("fuzzed_package")
        return _write("modules", {"canary": Canary("modules"), "triple": module.triple})
    finally:
        sys.path.remove(str(folder))


def _deflated(specimen: Specimen) -> Specimen:
    """Return the same file as another ZIP tool might write it: compressed, but for the metadata."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(specimen.data)) as old, zipfile.ZipFile(file, "w") as new:
        for index, info in enumerate(old.infolist()):
            method = zipfile.ZIP_DEFLATED if index else zipfile.ZIP_STORED
            new.writestr(zipfile.ZipInfo(info.filename), old.read(info), method)
    return Specimen(f"{specimen.name}, deflated", file.getvalue(), specimen.digest)
