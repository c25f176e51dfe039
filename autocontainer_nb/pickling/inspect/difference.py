"""The differences between two files."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from autocontainer_nb.pickling.archive.metadata import read_metadata
from autocontainer_nb.pickling.archive.sources import source_labels, source_texts
from autocontainer_nb.pickling.archive.verify import verify_members
from autocontainer_nb.pickling.archive.zip_reader import ZipReader
from autocontainer_nb.pickling.inspect.description import require_archive
from autocontainer_nb.pickling.inspect.source_difference import Named, source_changes
from autocontainer_nb.pickling.meaning.changes import ARROW, changes
from autocontainer_nb.pickling.wording import mapping, printable, sequence, shown_size

ADDED, REMOVED, CHANGED = "added", "removed", "changed"
SECTIONS: Final = ("entities", "interface", "code and data", "packages", "modules", "buffers", "sources", "made by")


@dataclass(frozen=True)
class Difference:
    """One difference: `text` for people, and `diff`, a unified diff or empty."""

    section: str
    name: str
    change: str
    text: str
    diff: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the entry for the JSON form."""
        entry = {"section": self.section, "name": self.name, "change": self.change, "text": self.text}
        return {**entry, "diff": self.diff} if self.diff else entry


@dataclass
class Side:
    """One of the two files, verified."""

    path: str
    digest: str
    metadata: dict[str, Any]
    texts: dict[str, str]  # by code name
    labels: dict[str, str]
    modules: dict[str, str]  # local modules' texts by name
    entities: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: str) -> "Side":
        """Return the file at `path` after its checks.

        Raises:
            ArchiveError: it isn't a pickled-entity file, or was altered.
            OSError: it can't be read.
        """
        require_archive(path, "compared")
        zip_file = ZipReader(path)
        metadata, digest = read_metadata(zip_file, None)
        verify_members(zip_file, metadata)
        side = cls(path, digest, metadata, source_texts(zip_file, metadata), source_labels(zip_file), {})
        for module in map(mapping, metadata["modules"]):
            member = module.get("member")
            if isinstance(member, str) and member in zip_file.members:
                side.modules[str(module.get("name"))] = str(zip_file.view(member), "utf-8", "replace")
        side.entities = {str(entity.get("name")): entity for entity in metadata["entities"]}
        return side

    @property
    def version(self) -> str:
        """The fingerprint of what the file means."""
        return str(self.metadata["version"])

    def as_json(self) -> dict[str, Any]:
        """Return the fields that identify the file."""
        told = {"path": self.path, "digest": self.digest, "version": self.version}
        return {**told, "python_version": self.metadata["python_version"]}


def diff_archives(before: str, after: str) -> dict[str, Any]:
    """Return the changes from one file to the other: a dictionary that fits JSON.

    Keys: `same` (whether both mean the same: their versions are equal),
    `a` and `b` (each with `path`, `digest`, `version`, `python_version`) and `differences`: each with `section`
    (entities, interface, code and data, packages, modules, buffers, sources, made by), `name`, `change` (added,
    removed, changed), `text` and, of sources, `diff` (unified).

    Files with the same meaning may still differ, in comments, names of cells or versions of packages.

    Raises:
        ArchiveError: a file isn't a pickled-entity file, or was altered.
        OSError: a file can't be read.
    """
    a, b = Side.read(before), Side.read(after)
    found = list(_differences(a, b))
    differences = [one.as_json() for one in sorted(found, key=lambda one: SECTIONS.index(one.section))]
    return {"same": a.version == b.version, "a": a.as_json(), "b": b.as_json(), "differences": differences}


def _differences(a: Side, b: Side) -> Iterator[Difference]:
    yield from _present("entities", a.entities, b.entities)
    for name in a.entities.keys() & b.entities.keys():
        yield from _interface(name, a.entities[name], b.entities[name])
    yield from _code_and_data(a, b)
    yield from _values("packages", a.metadata["packages"], b.metadata["packages"])
    yield from _present("modules", _module_names(a), _module_names(b))
    yield from _buffers(a, b)
    for name, text, diff in source_changes(_sources(a), _sources(b)):
        yield Difference("sources", name, CHANGED, text, diff)
    made = ("python_version", "python_implementation", "cloudpickle_version", "autocontainer_nb_version")
    old, new = ({key: str(side.metadata[key]) for key in made} for side in (a, b))
    yield from _values("made by", old, new)


def _present(section: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    yield from (Difference(section, name, ADDED, f"{name} is new") for name in new if name not in old)
    yield from (Difference(section, name, REMOVED, f"{name} is gone") for name in old if name not in new)


def _values(section: str, old: Mapping[str, str], new: Mapping[str, str], owner: str = "") -> Iterator[Difference]:
    for name in {**new, **old}:
        was, now = old.get(name), new.get(name)
        label = name.replace("_version", "").replace("_", " ") if section == "made by" else f"{owner}{name}"
        if was is None:
            yield Difference(section, label, ADDED, f"{label} {now} is new")
        elif now is None:
            yield Difference(section, label, REMOVED, f"{label} {was} is gone")
        elif was != now:
            yield Difference(section, label, CHANGED, f"{label} {was}{ARROW}{now}")


def _interface(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    for side, word in (("inputs", "input"), ("outputs", "output")):
        was, now = ({str(k): str(v) for k, v in mapping(entity.get(side)).items()} for entity in (old, new))
        yield from _values("interface", was, now, f"{name}: {word} ")
    if old.get("kind") != new.get("kind"):
        yield Difference("interface", name, CHANGED, f"{name}: {old.get('kind')}{ARROW}{new.get('kind')}")


def _code_and_data(a: Side, b: Side) -> Iterator[Difference]:
    """Yield the changes in the named parts of the files' meanings."""
    for change in changes(a.metadata["parts"], b.metadata["parts"]):
        kind = ADDED if change.text.endswith(" is new") else REMOVED if change.text.endswith(" is gone") else CHANGED
        if change.kind != "python":  # part of the section "made by"
            yield Difference("code and data", change.name, kind, change.text)


def _module_names(side: Side) -> dict[str, None]:
    return {module["name"]: None for module in side.metadata["modules"]}


def _buffers(a: Side, b: Side) -> Iterator[Difference]:
    """Yield the large data that was added, removed or changed."""
    old, new = _large(a), _large(b)
    gone = {name: size for sha256, (name, size) in old.items() if sha256 not in new}
    for sha256, (name, size) in new.items():
        if sha256 in old:
            continue
        was = gone.pop(name, None)
        if was is None:
            yield Difference("buffers", name, ADDED, f"{name}, {size}, is new")
        else:
            yield Difference("buffers", name, CHANGED, f"{name} has different content ({was}{ARROW}{size})")
    yield from (Difference("buffers", name, REMOVED, f"{name}, {size}, is gone") for name, size in gone.items())


def _large(side: Side) -> dict[str, tuple[str, str]]:
    """Return {SHA-256: (name, size)} of the buffers and of the payloads cut out of the pickle."""
    contents = {}
    for entry in map(mapping, [*side.metadata["buffers"], *side.metadata["splices"]]):
        sha256, size = str(entry.get("sha256")), entry.get("size_bytes")
        name = str(entry.get("name") or sha256[:12])
        contents[sha256] = name, shown_size(size) if isinstance(size, int) else "of unknown size"
    return contents


def _sources(side: Side) -> list[Named]:
    """Return the texts of cells, files and local modules, with the names that identify them in the other file."""
    owners: dict[str, str] = {}
    members = {
        f"sources/{mapping(entry).get('sha256')}.py": str(mapping(entry).get("name")) for entry in _entries(side)
    }
    for name, entity in side.entities.items():
        owners.setdefault(members.get(str(entity.get("source")), ""), name)
    captured = [
        Named(owners.get(code_name, ""), side.labels.get(code_name, code_name), text)
        for code_name, text in side.texts.items()
    ]
    return [*captured, *(Named(f"module {name}", name, text) for name, text in side.modules.items())]


def _entries(side: Side) -> Sequence[Any]:
    return sequence(side.metadata["sources"])


def diff_text(data: Mapping[str, Any]) -> str:
    """Return the result of `diff_archives` as text to print."""
    a, b = data["a"], data["b"]
    lines = [f"{a['path']} ► {b['path']}: {_verdict(data)}"]
    lines += [f"  {key:8} {_hashes(a[key], b[key])}" for key in ("version", "digest") if a[key] and b[key]]
    for section in SECTIONS:
        differences = [one for one in data["differences"] if one["section"] == section]
        if differences:
            lines += ["", section]
        for one in differences:
            lines.append(f"  {one['text']}")
            lines += [f"    {line}" for line in one.get("diff", "").split("\n") if one.get("diff")]
    return printable("\n".join(lines))


def _verdict(data: Mapping[str, Any]) -> str:
    if not data["same"]:
        return "different"
    if data["a"]["digest"] == data["b"]["digest"]:
        return "the same"
    return "the same meaning; the differences don't change the version" if data["differences"] else "the same meaning"


def _hashes(was: str, now: str) -> str:
    return f"{was[:12]}…" if was == now else f"{was[:12]}… ► {now[:12]}…"
