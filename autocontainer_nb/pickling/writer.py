"""Writing a pickled-entity file: one pickle, the sources it was compiled from, its buffers, and what describes them."""

import io
import os
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pickle import PickleBuffer
from types import FunctionType
from typing import Any, Final

import cloudpickle

from autocontainer_nb.errors import CaptureError
from autocontainer_nb.pickling.captures import captures_of
from autocontainer_nb.pickling.cells import CellBook
from autocontainer_nb.pickling.code import imported_modules
from autocontainer_nb.pickling.explain import find_culprits
from autocontainer_nb.pickling.metadata import sha256_hex
from autocontainer_nb.pickling.packages import needed_packages
from autocontainer_nb.pickling.pickler import CapturePickler
from autocontainer_nb.pickling.sources import Source, SourceCollector
from autocontainer_nb.pickling.zip_writer import write_zip
from autocontainer_nb.wire import (
    ARCHIVE_FORMAT_VERSION,
    BUFFERS_PREFIX,
    CELLS_MEMBER,
    METADATA_MEMBER,
    PACKAGE_VERSION,
    PICKLE_MEMBER,
)

MIN_BUFFER_BYTES: Final = 4096  # smaller ones stay in the pickle: a member costs about 200 bytes of its own


@dataclass(frozen=True, kw_only=True)
class EntityDescription:
    """What the archive says of one entity; `function` is the code behind it, where there is some."""

    name: str
    kind: str = "task"
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    function: Callable[..., Any] | None = None


@dataclass(frozen=True)
class WrittenArchive:
    """A file just written: its digest is what the registered command carries."""

    path: str
    digest: str
    size_bytes: int
    metadata: Mapping[str, Any]


def write_archive(path: str, payload: Any, entities: Sequence[EntityDescription], book: CellBook) -> WrittenArchive:
    """Write the payload with its descriptions to `path`, in place of what is there, all at once or not at all.

    Raises:
        CaptureError: something that the payload reaches can't be pickled; nothing is written.
    """
    sources = SourceCollector(book)
    data, buffers, pickler = _pickle(payload, entities, sources, book)
    described = [_describe(entity, sources) for entity in entities]
    members: dict[str, bytes | memoryview] = {PICKLE_MEMBER: data}
    members.update({source.member: source.text.encode("utf-8", "surrogatepass") for source in sources.all()})
    entries = _buffer_entries(buffers)
    members.update(
        {BUFFERS_PREFIX + str(entry["sha256"]): buffer for entry, buffer in zip(entries, buffers, strict=True)}
    )
    metadata = {
        "format_version": ARCHIVE_FORMAT_VERSION,
        "python_version": platform.python_version(),
        "python_implementation": sys.implementation.name,
        "cloudpickle_version": cloudpickle.__version__,
        "autocontainer_nb_version": PACKAGE_VERSION,
        "entities": described,
        "packages": needed_packages(pickler.modules),
        "modules": sorted(pickler.local_modules),
        "sources": [{"name": source.code_name, "sha256": source.sha256} for source in sources.all()],
        "buffers": entries,
        "members": {name: _sha256_of(name, content) for name, content in members.items()},
    }
    raw = _json(metadata)
    write_zip(path, {METADATA_MEMBER: raw, **members, CELLS_MEMBER: _cells_json(sources.all())})
    return WrittenArchive(path, sha256_hex(raw), os.stat(path).st_size, metadata)


def _pickle(
    payload: Any, entities: Sequence[EntityDescription], sources: SourceCollector, book: CellBook
) -> tuple[bytes, list[memoryview], CapturePickler]:
    file = io.BytesIO()
    buffers: list[memoryview] = []

    def keep_outside(buffer: PickleBuffer) -> bool:
        raw = buffer.raw()
        if raw.nbytes < MIN_BUFFER_BYTES:
            return True
        buffers.append(raw)
        return False

    pickler = CapturePickler(file, sources, keep_outside)
    try:
        pickler.dump(payload)
    except Exception as error:
        raise _capture_error(payload, entities, book, error) from error
    return file.getvalue(), buffers, pickler


def _capture_error(
    payload: Any, entities: Sequence[EntityDescription], book: CellBook, error: Exception
) -> CaptureError:
    culprits = []
    for entity in entities:
        if entity.function is not None:
            culprits.extend(find_culprits(entity.name.rpartition(".")[2], entity.function, book))
    if not culprits:
        culprits = find_culprits("entity", payload, book)
    names = ", ".join(repr(entity.name) for entity in entities)
    if not culprits:
        return CaptureError(f"{names} can't be captured: {type(error).__name__}: {error}.")
    lines = [culprit.describe() for culprit in culprits]
    if len(lines) == 1:
        return CaptureError(f"{names} can't be captured: {lines[0]}")
    return CaptureError(
        f"{names} can't be captured, for {len(lines)} reasons:\n" + "\n".join(f"- {line}" for line in lines)
    )


def _describe(entity: EntityDescription, sources: SourceCollector) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": entity.name,
        "kind": entity.kind,
        "inputs": dict(entity.inputs),
        "outputs": dict(entity.outputs),
        "source": None,
        "line": None,
        "captures": [],
        "imports": [],
    }
    if isinstance(entity.function, FunctionType):
        code = entity.function.__code__
        source = sources.source(code.co_filename)
        described["source"] = source.member if source else None
        described["line"] = code.co_firstlineno
        described["captures"] = [capture.as_json() for capture in captures_of(entity.function, sources)]
        described["imports"] = list(imported_modules(code))
    return described


def _buffer_entries(buffers: list[memoryview]) -> list[dict[str, Any]]:
    return [
        {"sha256": sha256_hex(buffer), "size_bytes": buffer.nbytes, "writable": not buffer.readonly}
        for buffer in buffers
    ]


def _sha256_of(name: str, content: bytes | memoryview) -> str:
    """Return the content's hash; content-addressed members carry it in their name, so large data is hashed once."""
    return name.removeprefix(BUFFERS_PREFIX) if name.startswith(BUFFERS_PREFIX) else sha256_hex(content)


def _cells_json(sources: list[Source]) -> bytes:
    return _json({source.code_name: source.origin() for source in sources})


def _json(value: Any) -> bytes:
    import json

    return json.dumps(value, indent=1, sort_keys=False, ensure_ascii=True).encode("ascii")
