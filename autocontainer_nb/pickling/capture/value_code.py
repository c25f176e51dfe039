"""A value with code of the notebook's or of a local module's, pickled as a task is, and ahead of it what loading needs.

The pickle of a value is one stream: a call of `prepare_value` with what a task's file has in its metadata (sources,
records of code, files of local modules), whose result is dropped, then the value itself.
"""

import io
import platform
import sys
from typing import Any, Final

from autocontainer_nb.pickling.capture.members import Members
from autocontainer_nb.pickling.capture.pickler import CapturePickler
from autocontainer_nb.pickling.code.cells import cells
from autocontainer_nb.pickling.code.sources import SourceCollector
from autocontainer_nb.pickling.load.values import prepare_value
from autocontainer_nb.pickling.modules.collector import ModuleSource, collect
from autocontainer_nb.pickling.portable.class_table import lasting_id
from autocontainer_nb.pickling.portable.naming import PROTOCOL, NamingPickler
from autocontainer_nb.pickling.portable.shared_memory import SharedMemory

_POP: Final = b"0"
_MAX_DATA_BYTES: Final = 1 << 20  # of the data files of local modules' packages: a value isn't the way to send more


def dumps_with_code(value: Any) -> bytes:
    """Return the pickle of a value with the code that isn't installed.

    Raises:
        CaptureError: a local module that it needs can't travel.
    """
    memory = SharedMemory()
    body, pickler = _dumped(value, memory)
    plan = memory.plan(pickler.holds)
    if plan is not None:
        body, pickler = _dumped(value, plan)
    return b"".join((_header(pickler)[:-1], _POP, body.getbuffer()))


def _dumped(value: Any, memory: SharedMemory) -> tuple[io.BytesIO, CapturePickler]:
    file = io.BytesIO()
    pickler = CapturePickler(file, SourceCollector(cells), id_of=lasting_id, memory=memory, members=Members())
    pickler.dump(value)
    return file, pickler


def _header(pickler: CapturePickler) -> bytes:
    """Return the pickle of the call, in which no part refers to another one: so it can be put ahead of a pickle."""
    file = io.BytesIO()
    header = NamingPickler(file, protocol=PROTOCOL)
    header.fast = True
    header.dump(_Call(_needs(pickler)))
    return file.getvalue()


class _Call:
    """Pickled as a call of `prepare_value`."""

    def __init__(self, needs: dict[str, Any]) -> None:
        self._needs = needs

    def __reduce__(self) -> tuple[Any, ...]:
        return prepare_value, (self._needs,)


def _needs(pickler: CapturePickler) -> dict[str, Any]:
    return {
        "python_version": platform.python_version(),
        "python_implementation": sys.implementation.name,
        "sources": {source.code_name: source.text for source in pickler.sources.all()},
        "code": pickler.portable.codes.entries(),
        "references": sorted(pickler.portable.references),
        "modules": [_entry(file) for file in _files(pickler)],
    }


def _files(pickler: CapturePickler) -> list[ModuleSource]:
    found = collect(pickler.local_names.wanted)
    data_bytes = sum(len(file.content) for file in found if not file.name)
    return found if data_bytes <= _MAX_DATA_BYTES else [file for file in found if file.name]


def _entry(file: ModuleSource) -> dict[str, Any]:
    return {"name": file.name, "member": file.member, "content": file.content}
