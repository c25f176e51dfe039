"""Writing a pickled-entity file: one pickle, the sources it was compiled from, its buffers, and what describes them."""

import os
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

import cloudpickle

from autocontainer_nb.pickling.archive.hashing import sha256_hex, sha256_of_parts
from autocontainer_nb.pickling.archive.zip_writer import Content, parts_of, write_zip
from autocontainer_nb.pickling.capture.buffers import LargeData, LargeObject, current_hashes
from autocontainer_nb.pickling.capture.packages import needs_of, packages_of
from autocontainer_nb.pickling.capture.pickler import CapturePickler
from autocontainer_nb.pickling.code.cells import CellBook
from autocontainer_nb.pickling.code.references import imported_modules
from autocontainer_nb.pickling.code.sources import Source, SourceCollector
from autocontainer_nb.pickling.credentials.finder import CredentialFinder, current_finder
from autocontainer_nb.pickling.explain.archive import module_rows
from autocontainer_nb.pickling.explain.entities import (
    capture_error,
    captures_json,
    cells_json,
    decoded,
    explain_entities,
    own_bytes,
    source_credentials,
)
from autocontainer_nb.pickling.explain.findings import Explanation
from autocontainer_nb.pickling.meaning.fingerprint import Fingerprinter
from autocontainer_nb.pickling.meaning.versions import versions_of
from autocontainer_nb.pickling.modules.collector import ModuleSource, collect
from autocontainer_nb.pickling.modules.stale import tell_differences
from autocontainer_nb.wire import (
    ARCHIVE_FORMAT_VERSION,
    BUFFERS_PREFIX,
    CAPTURES_KEY,
    CELLS_MEMBER,
    METADATA_MEMBER,
    PACKAGE_VERSION,
    PICKLE_MEMBER,
)


@dataclass(frozen=True, kw_only=True)
class EntityDescription:
    """What the archive says of one entity; `function` is the code behind it, where there is some."""

    name: str
    kind: str = "task"
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    function: Callable[..., Any] | None = None
    value: Any = None  # the entity itself, for its version


@dataclass(frozen=True)
class WrittenArchive:
    """A file just written: its digest is what the registered command carries."""

    path: str
    digest: str
    size_bytes: int
    metadata: Mapping[str, Any]
    objects: tuple[LargeObject, ...] = ()  # content that belongs to the archive and isn't in the file
    explanation: Explanation = field(default_factory=Explanation)  # everything that is in it, and what to know of it


def write_archive(
    path: str,
    payload: Any,
    entities: Sequence[EntityDescription],
    book: CellBook,
    *,
    apart: bool = False,
    besides: Any = None,
    finder: CredentialFinder | None = None,
) -> WrittenArchive:
    """Write the payload with its descriptions to `path`, in place of what is there, all at once or not at all.

    With `apart`, the file is small: large contents are left to the caller, as the `objects` of what is returned.
    `besides` is what counts in the version beside the entities: what else is in the payload.
    `finder` looks for credentials in all that is written; what it finds is in the `explanation`, and stops nothing.

    Raises:
        CaptureError: something that the payload reaches can't be pickled; nothing is written.
    """
    sources = SourceCollector(book)
    hashes = current_hashes()  # nothing is hashed twice in one capture
    large = LargeData(hashes, apart=apart)
    pickler = _pickle(payload, entities, sources, book, large)
    explanation = explain_entities(entities, payload, book, finder)
    described = [_describe(entity, sources, explanation) for entity in entities]
    captured = sources.all()  # what looks for sources after this doesn't add any to the file
    files = _local_modules(pickler)
    texts = [*((one.label, one.text) for one in captured), *decoded((one.member, one.content) for one in files)]
    explanation.credentials += source_credentials(finder or CredentialFinder(), texts)
    explanation.rows += module_rows((one.name, one.member, len(one.content)) for one in files)
    members: dict[str, Content] = {PICKLE_MEMBER: large.stream.pieces}
    members.update({file.member: file.content for file in files})
    members.update({source.member: source.text.encode("utf-8", "surrogatepass") for source in captured})
    buffers, splices = large.describe()
    members.update(large.members())
    names = sorted({*pickler.modules, *pickler.local_names.wanted})
    values = {entity.name: payload if entity.value is None else entity.value for entity in entities}
    needs = needs_of(pickler.used.code | pickler.local_names.wanted, pickler.used.data, pickler.modules, files)
    packages = packages_of(needs)
    versions = versions_of(values, besides if values else payload, names, packages, Fingerprinter(sources, hashes))
    for entry in described:
        entry["version"] = versions.entities[entry["name"]]
    metadata = {
        "format_version": ARCHIVE_FORMAT_VERSION,
        "version": versions.version,
        "python_version": platform.python_version(),
        "python_implementation": sys.implementation.name,
        "cloudpickle_version": cloudpickle.__version__,
        "autocontainer_nb_version": PACKAGE_VERSION,
        "entities": described,
        "parts": [part.as_json() for part in versions.parts],
        "packages": packages,
        "needs": [need.as_json() for need in needs],
        "modules": [file.as_json() for file in files if file.name],
        "sources": [{"name": source.code_name, "sha256": source.sha256} for source in captured],
        "buffers": buffers,
        "splices": splices,
        "code": pickler.portable.codes.entries(),
        "references": sorted(pickler.portable.references),
        "unportable": pickler.portable.codes.unportable(),
        "members": {name: _sha256_of(name, content) for name, content in members.items()},
    }
    raw = _json(metadata)
    write_zip(path, {METADATA_MEMBER: raw, **members, CELLS_MEMBER: _cells_json(captured, explanation)})
    return WrittenArchive(path, sha256_hex(raw), os.stat(path).st_size, metadata, large.objects(), explanation)


def _local_modules(pickler: CapturePickler) -> list[ModuleSource]:
    """Return the files of the local modules that the pickle needs; tells where a module in memory is an older one."""
    files = collect(pickler.local_names.wanted, tell=True)
    tell_differences(files, pickler.local_names)
    return files


def _pickle(
    payload: Any, entities: Sequence[EntityDescription], sources: SourceCollector, book: CellBook, large: LargeData
) -> CapturePickler:
    pickler = CapturePickler(large.stream, sources, large.keep_outside)
    pickler.pass_by = large.pass_by
    try:
        pickler.dump(payload)
    except Exception as error:
        raise capture_error(
            entities, explain_entities(entities, payload, book, current_finder(), error), error
        ) from error
    return pickler


def _describe(entity: EntityDescription, sources: SourceCollector, explanation: Explanation) -> dict[str, Any]:
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
        described["captures"] = captures_json(explanation, entity.name)
        described["bytes"] = own_bytes(explanation, entity.name)
        described["imports"] = list(imported_modules(code))
    return described


def _sha256_of(name: str, content: Content) -> str:
    """Return the content's hash; content-addressed members carry it in their name, so large data is hashed once."""
    return name.removeprefix(BUFFERS_PREFIX) if name.startswith(BUFFERS_PREFIX) else sha256_of_parts(parts_of(content))


def _cells_json(sources: list[Source], explanation: Explanation) -> bytes:
    origins: dict[str, Any] = {source.code_name: source.origin() for source in sources}
    return _json({**origins, CAPTURES_KEY: cells_json(explanation)})


def _json(value: Any) -> bytes:
    import json

    return json.dumps(value, indent=1, sort_keys=False, ensure_ascii=True).encode("ascii")
