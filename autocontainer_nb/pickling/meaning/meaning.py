"""What a capture means, read in one walk: its version and the parts behind it, what it needs, and whether it is safe.

Nothing is pickled or written for it. The version is the same whether the file is written afterwards or not.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from autocontainer_nb.errors import CaptureError
from autocontainer_nb.pickling.capture.buffers import ContentHashes
from autocontainer_nb.pickling.capture.packages import packages_of
from autocontainer_nb.pickling.code.cells import CellBook
from autocontainer_nb.pickling.code.sources import Source, SourceCollector
from autocontainer_nb.pickling.credentials.finder import CredentialFinder
from autocontainer_nb.pickling.load.packages import Need
from autocontainer_nb.pickling.meaning.class_ids import ClassIds
from autocontainer_nb.pickling.meaning.fingerprint import Fingerprinter
from autocontainer_nb.pickling.meaning.names_met import NamesMet
from autocontainer_nb.pickling.meaning.parts import Parts
from autocontainer_nb.pickling.meaning.texts_met import TextsMet
from autocontainer_nb.pickling.meaning.versions import Versions, versions_of
from autocontainer_nb.pickling.modules.collector import ModuleSource, collect
from autocontainer_nb.pickling.modules.stale import tell_differences
from autocontainer_nb.pickling.plain.digest import PlainData
from autocontainer_nb.pickling.plain.records import Record
from autocontainer_nb.pickling.surroundings.found import label_of, surroundings_of
from autocontainer_nb.pickling.surroundings.restore import Item


@dataclass(frozen=True)
class Meaning:
    """What is known of a capture before it is written."""

    versions: Versions
    names: NamesMet  # of the modules that it needs
    needs: tuple[Need, ...]  # installed packages
    files: tuple[ModuleSource, ...]  # of local modules
    sources: tuple[Source, ...]  # that its code was compiled from
    class_ids: ClassIds
    may_hold_credentials: bool  # whether anything in it is suspected; False is certain
    texts: TextsMet  # what is suspected
    has_large: bool  # whether some of it may be stored beside the file; False is certain

    surroundings: tuple[Item, ...] = ()  # what cells have changed in other modules

    @property
    def version(self) -> str:
        """The version of all that is captured."""
        return self.versions.version

    @property
    def parts(self) -> tuple[Mapping[str, Any], ...]:
        """The named parts behind the version, in the form of `metadata.json`."""
        return tuple(part.as_json() for part in self.versions.parts)


def meaning_of(
    values: Mapping[str, Any],
    besides: Any,
    payload: Any,
    book: CellBook,
    hashes: ContentHashes,
    finder: CredentialFinder,
    home: dict[str, Any] | None = None,
) -> Meaning:
    """Return what the values mean; `besides` counts in their version, and all that is written is `payload`.

    `home` is the notebook's namespace, where what its cells have changed in other modules counts.

    Raises:
        CaptureError: a local module that is needed can't travel.
    """
    sources = SourceCollector(book)
    met = _Met(NamesMet(), TextsMet(finder, sources))
    fingerprinter = Fingerprinter(sources, hashes, met)
    try:
        for name, value in values.items():
            met.texts.root(name.rpartition(".")[2], value)
            fingerprinter.read(value)
        met.texts.root("", payload)
        fingerprinter.read(besides)
        fingerprinter.read(payload)
        surroundings = [] if home is None else surroundings_of(met.names.mentions(), home, book)
        for item in surroundings:
            met.names.note_surroundings(item)
            fingerprinter.read(item)
    finally:
        met.names.release()
    files = collect(met.names.local_names.wanted, tell=True)
    tell_differences(files, met.names.local_names)
    needs = met.names.needs(files)
    changed = {label_of(item): item[3] for item in surroundings}
    versions = versions_of(values, besides, met.names.all, packages_of(needs), fingerprinter, changed)
    found = tuple(sources.all())
    met.texts.take_sources(found, files)
    return Meaning(
        versions,
        met.names,
        tuple(needs),
        tuple(files),
        found,
        ClassIds(fingerprinter),
        may_hold_credentials=met.texts.may_hold_credentials(),
        texts=met.texts,
        has_large=met.texts.has_large,
        surroundings=tuple(surroundings),
    )


def texts_of_values(values: Mapping[str, Any], book: CellBook, finder: CredentialFinder) -> TextsMet:
    """Return what is suspected in values that are sent by themselves, as inputs are, with the code that they need."""
    sources = SourceCollector(book)
    met = _Met(NamesMet(), TextsMet(finder, sources))
    fingerprinter = Fingerprinter(sources, _Unhashed(), met)
    try:
        for name, value in values.items():
            met.texts.root(name, value)
            fingerprinter.read(value)
    finally:
        met.names.release()
    files: list[ModuleSource] = []
    with suppress(CaptureError):  # that is told when the value is pickled
        files = collect(met.names.local_names.wanted)
    met.texts.take_sources(sources.all(), files)
    return met.texts


class _Unhashed(ContentHashes):
    """For a walk whose digests nobody asks for."""

    def of(self, content: Any) -> str:  # noqa: ARG002 - that is the point
        """Return nothing, at once."""
        return ""


@dataclass(frozen=True)
class _Met:
    """Whom the walk tells what it meets."""

    names: NamesMet
    texts: TextsMet

    def container(self, value: Any) -> None:
        self.texts.container(value)

    def plain(self, found: PlainData) -> None:
        self.texts.plain(found)

    def record(self, value: Any, found: Record) -> None:
        self.names.note_instance(value)
        self.texts.record(found)

    def object(self, value: Any, parts: Parts) -> None:
        self.names.note(value, parts)
        self.texts.object(value, parts)
