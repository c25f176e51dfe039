"""Writing a pickled-entity file: one pickle, the sources it was compiled from, its buffers, and what describes them.

What a file means (`meaning`) and what is in it for people (`explain`) are known before it is written, each when it is
asked for: where the control plane has the same meaning already, nothing is pickled.
"""

import os
import platform
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import FunctionType
from typing import Any

import cloudpickle

from autocontainer_nb.pickling.archive.hashing import sha256_hex, sha256_of_parts
from autocontainer_nb.pickling.archive.zip_writer import Content, parts_of, write_zip
from autocontainer_nb.pickling.capture.buffers import LargeData, LargeObject, current_hashes
from autocontainer_nb.pickling.capture.doubts import Doubts
from autocontainer_nb.pickling.capture.packages import packages_of
from autocontainer_nb.pickling.capture.pickler import CapturePickler
from autocontainer_nb.pickling.code.cells import CellBook
from autocontainer_nb.pickling.code.references import imported_modules
from autocontainer_nb.pickling.code.sources import Source, SourceCollector
from autocontainer_nb.pickling.credentials.finder import CredentialFinder, current_finder, using
from autocontainer_nb.pickling.explain.archive import module_rows, surroundings_rows
from autocontainer_nb.pickling.explain.entities import (
    UNTOLD,
    capture_error,
    captures_json,
    cells_json,
    explain_entities,
    own_bytes,
    source_credentials,
    suspected_credentials,
)
from autocontainer_nb.pickling.explain.findings import Credential, Explanation
from autocontainer_nb.pickling.meaning.meaning import Meaning, meaning_of
from autocontainer_nb.pickling.meaning.texts_met import contents_of
from autocontainer_nb.pickling.modules.collector import ModuleSource, collect
from autocontainer_nb.pickling.portable.shared_memory import SharedMemory
from autocontainer_nb.pickling.surroundings.restore import behind_surroundings
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
    needs: Mapping[str, Any] | None = None  # what it says itself of packages


@dataclass(frozen=True)
class WrittenArchive:
    """A file just written: its digest is what the registered command carries."""

    path: str
    digest: str
    size_bytes: int
    metadata: Mapping[str, Any]
    objects: tuple[LargeObject, ...] = ()  # content that belongs to the archive and isn't in the file
    explanation: Explanation = field(default_factory=Explanation)  # everything that is in it, and what to know of it
    doubts: Doubts = field(default_factory=Doubts)  # what of it isn't known to load

    @property
    def version(self) -> str:
        """What the file means: equal in every kernel, while the digest needn't be."""
        return str(self.metadata["version"])

    @property
    def parts(self) -> tuple[Mapping[str, Any], ...]:
        """The named parts behind the version."""
        return tuple(self.metadata["parts"])

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the entities in the file."""
        return tuple(entity["name"] for entity in self.metadata["entities"])


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
    """Write the payload with its descriptions to `path`, as `ArchiveWriter.write` does."""
    return ArchiveWriter(payload, entities, book, besides=besides, finder=finder).write(path, apart=apart)


class ArchiveWriter:
    """A payload with its descriptions, to be written.

    `besides` is what counts in the version beside the entities: what else is in the payload.
    `finder` looks for credentials in all that is written; what it finds is in the `explanation`, and stops nothing.
    `home` is the notebook's namespace, which becomes `__main__` of the task's process.
    """

    def __init__(
        self,
        payload: Any,
        entities: Sequence[EntityDescription],
        book: CellBook,
        *,
        besides: Any = None,
        finder: CredentialFinder | None = None,
        home: dict[str, Any] | None = None,
    ) -> None:
        self._payload = payload
        self._entities = entities
        self._book = book
        self._besides = besides
        self._finder = finder or current_finder()
        self._home = home
        self._hashes = current_hashes()  # nothing is hashed twice in one capture
        self._looked_at: set[tuple[str, str | bytes]] = set()  # sources in which credentials were looked for

    @cached_property
    def meaning(self) -> Meaning:
        """What the file means; nothing is pickled for it.

        Raises:
            CaptureError: a local module that is needed can't travel.
        """
        values = {one.name: self._payload if one.value is None else one.value for one in self._entities}
        besides = self._besides if values else self._payload
        with using(self._finder):
            return meaning_of(values, besides, self._payload, self._book, self._hashes, self._finder, self._home)

    @cached_property
    def explanation(self) -> Explanation:
        """Everything that is in the file, and what to know of it; nothing is pickled for it."""
        with using(self._finder):
            is_judged = not self.meaning.texts.suspects_objects
            found = explain_entities(self._entities, self._payload, self._book, self._finder, is_judged=is_judged)
        if not found.is_complete:  # what may be a credential is told all the same
            found.credentials += [one for one in self._suspected if one not in found.credentials]
        self._look_at(found, self.meaning.sources, self.meaning.files)
        found.rows += module_rows((file.name, file.member, len(file.content)) for file in self.meaning.files)
        found.rows += surroundings_rows(self.meaning.surroundings)
        return found

    @property
    def credentials(self) -> list[Credential]:
        """What in the file may be a credential. Where nothing is suspected, nothing needs an explanation to be sure."""
        if "explanation" in vars(self):
            return self.explanation.credentials
        if not self.meaning.may_hold_credentials:
            return []
        return [*self._suspected, *source_credentials(self._finder, self.meaning.texts.sources)]

    @cached_property
    def _suspected(self) -> list[Credential]:
        """What in the captured objects may be a credential, however many there are."""
        if not self.meaning.may_hold_credentials:
            return []
        met = self.meaning.texts
        with using(self._finder):
            found, is_sure = suspected_credentials(self._entities, self._payload, self._book, self._finder, met)
        if found or is_sure:
            return found
        return [Credential((one.name.rpartition(".")[2],), UNTOLD) for one in self._entities]

    def write(self, path: str, *, apart: bool = False) -> WrittenArchive:
        """Write the file to `path`, in place of what is there, all at once or not at all.

        With `apart`, the file is small: large contents are left to the caller, as the `objects` of what is returned.

        Raises:
            CaptureError: something that the payload reaches can't be pickled; nothing is written.
        """
        with using(self._finder):
            return self._written(path, apart=apart)

    def _written(self, path: str, *, apart: bool) -> WrittenArchive:
        meaning = self.meaning
        pickler, large, doubts = self._pickled(SharedMemory(), apart=apart)
        plan = pickler.memory and pickler.memory.plan(pickler.holds)
        if plan is not None:  # arrays share memory, which is only known now
            pickler, large, doubts = self._pickled(plan, apart=apart)
        sources = pickler.sources
        explanation = self.explanation
        described = [_describe(entity, sources, explanation) for entity in self._entities]
        for entry in described:
            entry["version"] = meaning.versions.entities[entry["name"]]
        captured = sources.all()  # what looks for sources after this doesn't add any to the file
        names = meaning.names.with_those_of(pickler)
        files = collect(names.local_names.wanted)
        self._look_at(explanation, captured, files)
        needs = names.needs(files)
        members: dict[str, Content] = {PICKLE_MEMBER: large.stream.pieces}
        members.update({file.member: file.content for file in files})
        members.update({source.member: source.text.encode("utf-8", "surrogatepass") for source in captured})
        buffers, splices = large.describe()
        members.update(large.members())
        metadata = {
            "format_version": ARCHIVE_FORMAT_VERSION,
            "version": meaning.version,
            "python_version": platform.python_version(),
            "python_implementation": sys.implementation.name,
            "cloudpickle_version": cloudpickle.__version__,
            "autocontainer_nb_version": PACKAGE_VERSION,
            "entities": described,
            "parts": list(meaning.parts),
            "packages": packages_of(needs),
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
        size_bytes = os.stat(path).st_size
        return WrittenArchive(path, sha256_hex(raw), size_bytes, metadata, large.objects(), explanation, doubts)

    def _pickled(self, memory: SharedMemory, *, apart: bool) -> tuple[CapturePickler, LargeData, Doubts]:
        large = LargeData(self._hashes, apart=apart)
        ids = self.meaning.class_ids
        sources = SourceCollector(self._book)
        pickler = CapturePickler(large.stream, sources, large.keep_outside, ids.id_of, self._home, memory)
        doubts = Doubts()

        def pass_by(obj: object) -> None:
            large.pass_by(obj)
            doubts.note(obj)

        pickler.pass_by = pass_by
        try:
            pickler.dump(behind_surroundings(self.meaning.surroundings, self._payload))
        except Exception as error:
            found = explain_entities(self._entities, self._payload, self._book, current_finder(), error)
            raise capture_error(self._entities, found, error) from error
        return pickler, large, doubts

    def _look_at(self, found: Explanation, sources: Iterable[Source], files: Iterable[ModuleSource]) -> None:
        """Add the possible credentials in source texts, each text once."""
        fresh = [one for one in contents_of(sources, files) if one not in self._looked_at]
        self._looked_at.update(fresh)
        found.credentials += source_credentials(self._finder, fresh)


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
    if entity.needs is not None:
        described["needs"] = dict(entity.needs)
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
