"""Making pickled-entity files for tests, sound and unsound ones."""

import json
import zipfile
from pathlib import Path
from typing import Any

from autocontainer_nb.pickling.archive.hashing import sha256_hex
from autocontainer_nb.pickling.code.cells import CellBook
from autocontainer_nb.pickling.writer import EntityDescription, WrittenArchive, write_archive


class Canary:
    """An object whose unpickling leaves a trace: the file named here exists afterwards."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> Any:
        return exec, (f"open({str(self.trace)!r}, 'w').close()",)


def write(payload: Any, path: Path, function: Any = None, book: CellBook | None = None) -> WrittenArchive:
    """Write the payload as the only entity of a file."""
    entity = EntityDescription(name="nb.entity", inputs={"x": "int"}, outputs={"o0": "int"}, function=function)
    return write_archive(str(path), payload, [entity], book or CellBook())


def members_of(path: Path) -> dict[str, bytes]:
    """Return the file's members in order, read by the standard library."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rewrite(path: Path, members: dict[str, bytes]) -> None:
    """Write the members as a plain archive."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def change_metadata(path: Path, **changes: Any) -> str:
    """Change fields of the metadata and return the file's new digest."""
    members = members_of(path)
    metadata = {**json.loads(members["metadata.json"]), **changes}
    members["metadata.json"] = json.dumps(metadata).encode()
    rewrite(path, members)
    return sha256_hex(members["metadata.json"])
