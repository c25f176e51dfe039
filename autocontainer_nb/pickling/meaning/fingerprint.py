"""The digest of what an object means, circles included.

Made over an object's parts (`parts`), not of its pickle: code counts without its place and its comments, sets without
their order, dictionaries in the order of insertion (which programs see: columns, reports), classes by their
definitions, data by content; whether equal parts are one object or several doesn't count. Installed code counts by name
(its versions are a matter of `versions`), local modules by their sources.

Docstrings count: programs read them (prompts, schemas, help texts), and nobody can see from outside which do.
"""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import Any, Final, Protocol

from autocontainer_nb.errors import CaptureError
from autocontainer_nb.pickling.capture.buffers import ContentHashes
from autocontainer_nb.pickling.capture.pickler import CapturePickler
from autocontainer_nb.pickling.code.imports import imports_of_code
from autocontainer_nb.pickling.code.sources import SourceCollector
from autocontainer_nb.pickling.meaning.canonical_code import CodeReader
from autocontainer_nb.pickling.meaning.parts import KEY, Part, Parts, parts_of
from autocontainer_nb.pickling.meaning.plain_data import plain_digest
from autocontainer_nb.pickling.modules.collector import collect
from autocontainer_nb.wire import LARGE_BUFFER_BYTES

# An id() by which a vectorizer knows a list of stop words that it has checked.
_ADDRESSES_IN_SKLEARN: Final = frozenset({"attribute _stop_words_id"})
_CONTAINERS: Final = frozenset({list, tuple, dict, set, frozenset})
_KEY: Final = KEY.encode()
_PLAIN: Final = frozenset({type(None), bool, int, float, complex, str, bytes, bytearray, type(...)})


def components(children: Callable[[int], Sequence[int]], roots: Sequence[int]) -> Iterator[list[int]]:
    """Yield the strongly connected components below the roots, each after those that it refers to.

    Tarjan's algorithm (Depth-first search and linear graph algorithms, 1972), without recursion.
    """
    order: dict[int, int] = {}
    low: dict[int, int] = {}
    open_nodes: list[int] = []
    is_open: set[int] = set()
    for root in roots:
        if root in order:
            continue
        work = [(root, iter(children(root)))]
        order[root] = low[root] = len(order)
        open_nodes.append(root)
        is_open.add(root)
        while work:
            node, rest = work[-1]
            for child in rest:
                if child not in order:
                    order[child] = low[child] = len(order)
                    open_nodes.append(child)
                    is_open.add(child)
                    work.append((child, iter(children(child))))
                    break
                if child in is_open:
                    low[node] = min(low[node], order[child])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == order[node]:
                    component = open_nodes[open_nodes.index(node) :] if open_nodes[-1] != node else [node]
                    del open_nodes[-len(component) :]
                    is_open.difference_update(component)
                    yield component


def colours(nodes: Sequence[int], digest: Callable[[int, dict[int, bytes]], bytes]) -> dict[int, bytes]:
    """Return the digest of each node of a circle; `digest` makes one node's from those of the nodes that it refers to.

    Every round, each node's digest covers one more step of its surroundings, until no round tells more nodes apart:
    colour refinement, which gives equal nodes equal colours, however many copies of them there are.
    """
    known = dict.fromkeys(nodes, b"")
    distinct = 0
    while True:
        refined = {node: digest(node, known) for node in nodes}
        if len(set(refined.values())) == distinct:
            return refined
        known, distinct = refined, len(set(refined.values()))


def is_address(value: Any, slot: str) -> bool:
    """Whether the part of the object is an address, another one in every process."""
    return slot in _ADDRESSES_IN_SKLEARN and any(kind.__module__.startswith("sklearn.") for kind in type(value).__mro__)


class _Node:
    """One object: what it is by itself, and its parts, each a digest or the number of another node."""

    __slots__ = ("digest", "head", "is_ordered", "parts")

    def __init__(self) -> None:
        self.head = b""
        self.is_ordered = False
        self.parts: list[tuple[bytes, bytes | int]] = []  # (slot, digest or number)
        self.digest: bytes | None = None


class Witness(Protocol):
    """Is told of everything that one walk meets, each object once."""

    def container(self, value: Any, *, is_whole: bool) -> None:
        """Take a list, tuple, dict or set. What is in one that is taken as a whole isn't told by itself."""

    def object(self, value: Any, parts: Parts) -> None:
        """Take any other object, with its parts."""


class Fingerprinter:
    """Digests of objects as they are now; keeps every object that it has seen, so drop it after use."""

    def __init__(self, sources: SourceCollector, hashes: ContentHashes, witness: Witness | None = None) -> None:
        self.code = CodeReader(lambda name: source.text if (source := sources.source(name)) is not None else None)
        self._sources = sources
        self._hashes = hashes
        self._witness = witness
        self._nodes: list[_Node] = []
        self._known: dict[int, bytes | int] = {}  # by id
        self._kept: list[Any] = []  # so that no id comes back
        self._waiting: list[tuple[int, Any]] = []
        self._modules: dict[tuple[str, ...], bytes] = {}
        self._without: dict[int, str] = {}
        self._never: set[str] = set()

    def never_count(self, slot: str) -> None:
        """Let one part of all objects that have it not count."""
        self._never.add(slot)

    def leave_out(self, value: object, slot: str) -> None:
        """Let one part of one object not count: before anything is asked that reaches it."""
        self._without[id(value)] = slot
        self._kept.append(value)

    def digest(self, value: Any) -> str:
        """Return the digest of the object and all that it reaches, 64 hexadecimal digits."""
        found = self._reference(value)
        while self._waiting:
            number, waiting = self._waiting.pop()
            self._expand(self._nodes[number], waiting)
        if isinstance(found, int):
            self._settle(found)
        return self._digest_of(found).hex()

    def class_digest(self, cls: type) -> str:
        """Return the digest of a class, by which it is known: equal for all that mean the same."""
        return self.digest(cls)

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
        """Return the object's digest where it is known at once, else the number of its node."""
        kind = type(value)
        if kind in _PLAIN and not (kind in {bytes, bytearray} and len(value) >= LARGE_BUFFER_BYTES):
            parts = parts_of(value)
            return sha256(parts.type_name.encode() + b"\0" + (parts.atom or b"")).digest()
        found = self._known.get(id(value))
        if found is not None:
            return found
        self._kept.append(value)
        plain = plain_digest(value) if kind in _CONTAINERS else None
        if plain is None:
            self._nodes.append(_Node())
            self._waiting.append((len(self._nodes) - 1, value))
        if self._witness is not None and kind in _CONTAINERS:
            self._witness.container(value, is_whole=plain is not None)
        found = self._known[id(value)] = len(self._nodes) - 1 if plain is None else plain
        return found

    def _expand(self, node: _Node, value: Any) -> None:
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
        else:
            self._expand_object(node, value)

    def _expand_object(self, node: _Node, value: Any) -> None:
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
        without = {self._without.get(id(value)), *self._never}
        children = (part for part in parts.children if part.slot not in without)
        node.parts = [self._part(part) for part in children if not is_address(value, part.slot)]

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
        """Compute the digests of the node and of all below that have none."""
        for component in components(self._children, [root]):
            if len(component) == 1 and component[0] not in self._children(component[0]):
                self._nodes[component[0]].digest = self._combined(component[0], {})
                continue
            found = colours(component, self._combined)
            everything = b"".join(sorted(set(found.values())))
            for number, colour in found.items():
                self._nodes[number].digest = sha256(b"circle" + colour + everything).digest()

    def _children(self, number: int) -> list[int]:
        node = self._nodes[number]
        if node.digest is not None:
            return []
        return [part for _, part in node.parts if isinstance(part, int) and self._nodes[part].digest is None]

    def _combined(self, number: int, circle: dict[int, bytes]) -> bytes:
        """Return the digest of a node from those of its parts; those of its circle have the digests given."""
        node = self._nodes[number]
        entries = []
        key, keys = b"", 0
        for slot, part in node.parts:
            entry = b"%d:%s:%s" % (len(slot), slot, self._digest_of(part, circle))
            if slot == _KEY or slot.startswith(_KEY + b" "):
                key, keys = b"%d:%s" % (keys, entry), keys + 1  # whoever goes through a dictionary sees its order
            else:
                entries.append(key + entry)
                key = b""
        content = sha256(b"%d:%s:%d:" % (len(node.head), node.head, len(entries)))
        content.update(circle.get(number, b""))
        for entry in entries if node.is_ordered else sorted(entries):
            content.update(b"%d:" % len(entry) + entry)
        return content.digest()

    def _digest_of(self, part: bytes | int, circle: dict[int, bytes] | None = None) -> bytes:
        if isinstance(part, bytes):
            return part
        return self._nodes[part].digest or (circle or {}).get(part, b"")


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
