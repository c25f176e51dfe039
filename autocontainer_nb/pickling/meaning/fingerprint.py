"""The digest of what an object means, circles included.

Made over an object's parts (`parts`), not of its pickle: code counts without its place and its comments, sets without
their order, dictionaries in the order of insertion (which programs see: columns, reports), classes by their
definitions, data by content. Installed code counts by name (its versions are a matter of `versions`), local modules by
their sources. Which of the equal objects are one and the same counts where a program can tell (`sharing`).

Docstrings count: programs read them (prompts, schemas, help texts), and nobody can see from outside which do.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from types import FunctionType
from typing import Any, Final, Protocol

from autocontainer_nb.errors import CaptureError
from autocontainer_nb.pickling.capture.buffers import ContentHashes
from autocontainer_nb.pickling.capture.pickler import CapturePickler
from autocontainer_nb.pickling.code.imports import imports_of_code
from autocontainer_nb.pickling.code.sources import SourceCollector
from autocontainer_nb.pickling.meaning.canonical_code import CodeReader
from autocontainer_nb.pickling.meaning.graph import Node, colours, components, is_key
from autocontainer_nb.pickling.meaning.identity import is_looked_up
from autocontainer_nb.pickling.meaning.memory import is_array
from autocontainer_nb.pickling.meaning.parts import KEY, Part, Parts, parts_of, reduction
from autocontainer_nb.pickling.meaning.sharing import Graph, Sharing
from autocontainer_nb.pickling.modules.collector import collect
from autocontainer_nb.pickling.plain.digest import PlainData
from autocontainer_nb.pickling.plain.reader import PlainReader
from autocontainer_nb.pickling.plain.records import Record, RecordClasses
from autocontainer_nb.wire import LARGE_BUFFER_BYTES

# An id() by which a vectorizer knows a list of stop words that it has checked.
_ADDRESSES_IN_SKLEARN: Final = frozenset({"attribute _stop_words_id"})
_CONTAINERS: Final = frozenset({list, tuple, dict, set, frozenset})
_KEY: Final = KEY.encode()
_PLAIN: Final = frozenset({type(None), bool, int, float, complex, str, bytes, type(...)})


def is_address(value: Any, slot: str) -> bool:
    """Whether the part of the object is an address, another one in every process."""
    return slot in _ADDRESSES_IN_SKLEARN and any(kind.__module__.startswith("sklearn.") for kind in type(value).__mro__)


class Witness(Protocol):
    """Is told of everything that one walk meets, each object once."""

    def container(self, value: Any) -> None:
        """Take a list, tuple, dict or set, what is in it not yet."""

    def plain(self, found: PlainData) -> None:
        """Take a container of plain data, with all that is in it."""

    def record(self, value: Any, found: Record) -> None:
        """Take an instance that is its class and its attributes; of these, what isn't plain will be met by itself."""

    def object(self, value: Any, parts: Parts) -> None:
        """Take any other object, with its parts."""


class Fingerprinter:
    """Digests of objects as they are now; keeps every object that it has seen, so drop it after use."""

    def __init__(self, sources: SourceCollector, hashes: ContentHashes, witness: Witness | None = None) -> None:
        self.code = CodeReader(lambda name: source.text if (source := sources.source(name)) is not None else None)
        self._sources = sources
        self._hashes = hashes
        self._witness = witness
        self._graph = Graph()
        self._sharing = Sharing(self._graph)
        self._plain = PlainReader()
        self._records = RecordClasses(reduction)
        self._kept: list[Any] = []  # so that no id comes back
        self._waiting: list[tuple[Node, Any]] = []
        self._modules: dict[tuple[str, ...], bytes] = {}
        self._without: dict[int, str] = {}
        self._never: set[bytes] = set()

    def never_count(self, slot: str) -> None:
        """Let one part of all objects that have it not count."""
        self._never.add(slot.encode())

    def leave_out(self, value: object, slot: str) -> None:
        """Let one part of one object not count: before anything is asked that reaches it."""
        self._without[id(value)] = slot
        self._kept.append(value)

    def digest(self, value: Any, *, at_most: int | None = None) -> str:
        """Return the digest of the object and all that it reaches, 64 hexadecimal digits.

        What is shared counts, but not where the object reaches more than `at_most` others.
        """
        found = self._settled(value)
        if isinstance(found, bytes):
            return found.hex()
        digest = self._graph.digests[found] or b""
        shared = self._sharing.signature(found, at_most)
        return (sha256(b"shared" + digest + shared).digest() if shared else digest).hex()

    def read(self, value: Any) -> None:
        """Walk through the object and all that it reaches."""
        self._settled(value)

    def class_digest(self, value: Any) -> str:
        """Return the digest less what is shared, by which a class is known: equal for all that mean the same."""
        found = self._settled(value)
        return (found if isinstance(found, bytes) else self._graph.digests[found] or b"").hex()

    def classes(self) -> list[type]:
        """Return the classes that were met and travel by value, in the order in which they were met."""
        return [one for number in self._graph.definitions if issubclass(type(one := self._graph.objects[number]), type)]

    def _settled(self, value: Any) -> bytes | int:
        """Return the digest of an atom, or the object's number, after the digests of all that it reaches are known."""
        graph = self._graph
        known = graph.known.get(id(value))
        found = self._reference(value) if known is None else known
        met = len(graph.again)
        while self._waiting:
            self._expand(*self._waiting.pop())
        if known is None and isinstance(found, int) and found not in graph.again[met:]:
            graph.begun.add(found)
        if isinstance(found, int):
            self._settle(found)
        return found

    def modules_digest(self, names: Sequence[str]) -> bytes:
        """Return the digest of the local modules among the names, with all that they import; empty for none."""
        key = tuple(sorted(set(names)))
        if key not in self._modules:
            try:
                files = [f"{file.member}\0".encode() + sha256(file.canonical).digest() for file in collect(key)]
                self._modules[key] = sha256(b"\0".join(files)).digest() if files else b""
            except CaptureError as error:  # whoever carries it is told; a cache version needs some digest
                self._modules[key] = sha256(str(error).encode()).digest()
        return self._modules[key]

    def _reference(self, value: Any) -> bytes | int:
        """Return the digest of an atom, the number of any other object; note that something refers to it."""
        kind = type(value)
        if kind in _PLAIN and not (kind is bytes and len(value) >= LARGE_BUFFER_BYTES):
            parts = parts_of(value)
            return sha256(parts.type_name.encode() + b"\0" + (parts.atom or b"")).digest()
        graph = self._graph
        found = graph.known.get(id(value))
        if found is not None:
            if found in graph.begun:
                graph.begun.discard(found)  # the first that refers to it
            else:
                graph.again.append(found)
            return found
        found = graph.known[id(value)] = len(graph.objects)
        graph.objects.append(value)
        if kind not in _CONTAINERS:
            graph.digests.append(None)
            self._open(value)
            return found
        plain = self._plain.read(value)
        if plain is None:
            graph.digests.append(None)
            self._open(value)
            if self._witness is not None:
                self._witness.container(value)
            return found
        graph.digests.append(plain.digest)
        graph.nodes.append(None)
        if plain.changeable:
            graph.nested[found] = len(graph.inner), len(graph.inner) + len(plain.changeable)
            graph.inner += plain.changeable
        if self._witness is not None:
            self._witness.plain(plain)
        return found

    def _open(self, value: Any) -> None:
        node = Node()
        self._graph.nodes.append(node)
        self._waiting.append((node, value))

    def _expand(self, node: Node, value: Any) -> None:
        """Fill the node in; containers without asking for their parts' names, which costs as much as all else."""
        kind = type(value)
        if kind is list or kind is tuple:
            node.head, node.is_ordered = kind.__name__.encode(), True
            node.parts = [(b"", self._reference(item)) for item in value]
        elif kind is dict:
            node.head = b"dict"
            for key, item in value.items():
                node.parts += [(_KEY, self._reference(key)), (b"", self._reference(item))]
        elif kind in _CONTAINERS:
            node.head = kind.__name__.encode()
            node.parts = [(b"", self._reference(item)) for item in value]
        elif (record := self._records.read(value)) is not None and not self._leaves_out(value, record):
            self._expand_record(node, value, record)
        else:
            self._expand_object(node, value)

    def _leaves_out(self, value: Any, record: Record) -> bool:
        """Whether an attribute doesn't count."""
        return id(value) in self._without or (bool(self._never) and not self._never.isdisjoint(record.layout.slots))

    def _expand_record(self, node: Node, value: Any, record: Record) -> None:
        layout, attributes = record.layout, record.attributes
        node.head = b"record\0%d:%s:%s" % (len(layout.head), layout.head, record.content)
        node.parts = [(b"class", self._reference(type(value)))]
        for number in record.others:
            node.parts.append((layout.slots[number], self._reference(attributes[layout.names[number]])))
        if self._witness is not None:
            self._witness.record(value, record)

    def _expand_object(self, node: Node, value: Any) -> None:
        parts = parts_of(value)
        if self._witness is not None:
            self._witness.object(value, parts)
        content = parts.atom if parts.atom is not None else b""
        if parts.error is not None:
            content = self._pickled(value)
        elif parts.kind == "code":
            content = self.code.meaning(value) + self.modules_digest(imports_of_code(value))
        elif parts.kind == "module" and parts.how == "module":
            content = bytes(content) + b"\0" + self.modules_digest([value.__name__])
        elif len(content) >= LARGE_BUFFER_BYTES or parts.kind == "buffer":
            content = self._hashes.of(content).encode()
        node.head = f"{parts.kind}\0{parts.type_name}\0".encode() + content
        node.is_ordered = parts.kind == "sequence"
        without = {self._without.get(id(value)), *(slot.decode() for slot in self._never)}
        children = (part for part in parts.children if part.slot not in without)
        node.parts = [self._part(part) for part in children if not is_address(value, part.slot)]
        node.is_looked_up = is_looked_up(parts)
        if type(value) is FunctionType:
            node.namespace = id(value.__globals__)
        if not node.is_looked_up and issubclass(type(value), FunctionType | type):
            self._graph.definitions.append(self._graph.known[id(value)])
        elif is_array(value):
            self._graph.arrays.append(self._graph.known[id(value)])

    def _part(self, part: Part) -> tuple[bytes, bytes | int]:
        return part.slot.encode("utf-8", "surrogatepass"), self._reference(part.value)

    def _pickled(self, value: Any) -> bytes:
        """Return the hash of the object's own pickle: for what can't be taken apart."""
        content = _Hashed()
        try:
            CapturePickler(content, self._sources, id_of=_Named().id_of).dump(value)  # type: ignore[arg-type]  # it only writes
        except Exception as error:  # noqa: BLE001 - the object's own code; whoever carries it is told
            return f"not to be pickled: {type(error).__name__}".encode()
        return content.sha256.digest()

    def _settle(self, root: int) -> None:
        """Compute the digests of the object and of all below that have none."""
        digests = self._graph.digests
        if digests[root] is not None:
            return
        for component in components(self._children, [root]):
            if len(component) == 1 and component[0] not in self._children(component[0]):
                digests[component[0]] = self._combined(component[0], {})
                continue
            found = colours(component, self._children, self._combined)
            everything = sha256(b"".join(sorted(set(found.values())))).digest()
            for number, colour in found.items():
                digests[number] = sha256(b"circle" + colour + everything).digest()

    def _children(self, number: int) -> list[int]:
        digests, node = self._graph.digests, self._graph.nodes[number]
        if node is None or digests[number] is not None:
            return []
        return [part for _, part in node.parts if isinstance(part, int) and digests[part] is None]

    def _combined(self, number: int, circle: Mapping[int, bytes]) -> bytes:
        """Return the digest of a node from those of its parts; those of its circle have the digests given."""
        node = self._graph.nodes[number] or Node()  # plain data has its digest already
        entries = []
        key, keys = b"", 0
        for slot, part in node.parts:
            entry = b"%d:%s:%s" % (len(slot), slot, self._digest_of(part, circle))
            if is_key(slot):
                key, keys = b"%d:%s" % (keys, entry), keys + 1  # whoever goes through a dictionary sees its order
            else:
                entries.append(key + entry)
                key = b""
        content = sha256(b"%d:%s:%d:" % (len(node.head), node.head, len(entries)))
        content.update(circle.get(number, b""))
        for entry in entries if node.is_ordered else sorted(entries):
            content.update(b"%d:" % len(entry) + entry)
        return content.digest()

    def _digest_of(self, part: bytes | int, circle: Mapping[int, bytes] | None = None) -> bytes:
        if isinstance(part, bytes):
            return part
        return self._graph.digests[part] or (circle or {}).get(part, b"")


class _Named:
    """Ids for a pickle that is only hashed."""

    def __init__(self) -> None:
        self._count = 0

    def id_of(self, cls: type) -> str:
        self._count += 1
        return f"{cls.__qualname__} {self._count}"


class _Hashed:
    """A file that keeps only the hash of what is written."""

    def __init__(self) -> None:
        self.sha256 = sha256()

    def write(self, data: Any) -> int:
        """Take the bytes."""
        self.sha256.update(data)
        return memoryview(data).nbytes
