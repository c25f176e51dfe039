"""The version of a capture, and the named parts behind it."""

import sys
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from types import CellType, FunctionType, ModuleType
from typing import Any, Final

from autocontainer_nb.pickling.meaning.fingerprint import Fingerprinter, is_address
from autocontainer_nb.pickling.meaning.parts import MODULE, REFERENCE, VALUE, Part, Parts, key_step, parts_of, type_name
from autocontainer_nb.pickling.meaning.shown_values import shown

MAX_ENTITY_PARTS: Final = 400  # of one entity; what is behind them is in its version all the same
MAX_FUNCTION_LINES: Final = 400  # of one function
_MAX_ENTRIES: Final = 20  # of a container whose entries are parts by themselves
_MAX_DEPTH: Final = 3
_LINE_DIGITS: Final = 8
MAX_PART_OBJECTS: Final = 2000  # that a part reaches, for what is shared in it to count in its digest
_PLAIN: Final = (int, float, complex, str, bytes, bool, type(None))
_WITH_ENTRIES: Final = (dict, list, tuple)
_CONTAINERS: Final = (*_WITH_ENTRIES, set, frozenset)
_SKIPPED: Final = frozenset(
    {"__doc__", "__annotations__", "__dataclass_fields__", "__dataclass_params__", "__match_args__"}
)
MAX_PARTS: Final = 2000  # of one archive: its metadata must stay readable at once
MAX_LINES: Final = 50_000


@dataclass(frozen=True)
class NamedPart:
    """One part: what people call it, what it is, and the digest of all that it reaches."""

    name: str
    kind: str  # function, class, value, reference, module
    type_name: str
    digest: str
    shown: str = ""
    lines: tuple[str, ...] = ()  # of a function: a short hash of each line

    def as_json(self) -> dict[str, Any]:
        """Return the entry of `metadata.json`."""
        entry: dict[str, Any] = {
            "name": self.name,
            "kind": self.kind,
            "type": self.type_name,
            "digest": self.digest,
            "shown": self.shown,
        }
        return {**entry, "lines": list(self.lines)} if self.lines else entry


def named_parts(name: str, entity: Any, fingerprinter: Fingerprinter) -> list[NamedPart]:
    """Return the parts that the entity reaches by names, nearest first; its function is the first."""
    return list(_Walk(fingerprinter).below(name, entity))[:MAX_ENTITY_PARTS]


class _Walk:
    """One walk: each function, class and container is told under the first name that leads to it."""

    def __init__(self, fingerprinter: Fingerprinter) -> None:
        self._fingerprinter = fingerprinter
        self._seen: set[int] = set()
        self._kept: list[Any] = []  # so that no id comes back
        self._waiting: deque[tuple[str, Any, int]] = deque()

    def below(self, name: str, value: Any) -> Iterator[NamedPart]:
        self._waiting.append((name, value, 0))
        told = 0
        while self._waiting and told < MAX_ENTITY_PARTS:
            try:
                found = list(self._tell(*self._waiting.popleft()))
            except Exception:  # noqa: BLE001, S112 - attributes of the user's classes may raise; parts only explain
                continue
            told += len(found)
            yield from found

    def _tell(self, name: str, value: Any, depth: int) -> Iterator[NamedPart]:
        value = _content(value)
        if not isinstance(value, _PLAIN):
            if id(value) in self._seen:
                return
            self._seen.add(id(value))
            self._kept.append(value)
        if type(value) in _CONTAINERS and len(value) > _MAX_ENTRIES:  # a million items aren't taken apart to be dropped
            yield self._part(name, "value", value, self._shown(name, value))
            return
        parts = parts_of(value)
        inner = _wrapped(value, parts.children)
        if parts.kind == "function":
            yield self._function(name, value)
            named = filter(_is_named, parts.children)
            self._waiting.extend((self._called(name, part), part.value, 0) for part in named)
        elif inner is not None and parts.how == VALUE:  # a task, or what a decorator made: it is what it wraps
            yield from self._tell(name, inner, depth)
            registered: Any = (
                vars(value).get("registry", {}) if type(value) is FunctionType else {}
            )  # of functools.singledispatch
            for kind, implementation in registered.items():
                self._waiting.append((f"{name}[{kind.__name__}]", implementation, 0))
            self._settings(name, parts.children)
        elif issubclass(type(value), type) and parts.how == VALUE:
            yield self._part(name, "class", value, "")
            own = (part for part in parts.children if _is_attribute(part) and not self._is_generated(part))
            self._waiting.extend((f"{name}{part.step}", part.value, 0) for part in own)
        else:
            kind = {REFERENCE: "reference", MODULE: "module"}.get(parts.how, "value")
            yield self._part(name, kind, value, _imported_name(parts) or self._shown(name, value))
            if kind == "value" and not isinstance(value, _PLAIN) and parts_of(type(value)).how == VALUE:
                self._waiting.append((type(value).__qualname__, type(value), 0))
            if kind == "value" and depth < _MAX_DEPTH:
                self._waiting.extend(_entries(name, value, parts.children, depth))

    def _settings(self, name: str, children: tuple[Part, ...]) -> None:
        """The settings of a task besides its function; the registration reports most of them itself."""
        for part in children:
            if part.slot.startswith("attribute ") and part.step and not _is_dunder(part.step):
                self._waiting.append((f"@{name}{part.step.replace('._', '.')}", part.value, _MAX_DEPTH))

    def _is_generated(self, part: Part) -> bool:
        """Whether it is a method that a decorator such as `dataclass` has made from what the class has anyway."""
        return (
            isinstance(part.value, FunctionType)
            and _is_dunder(part.step)
            and not self._fingerprinter.code.lines(part.value.__code__)
        )

    def _called(self, name: str, part: Part) -> str:
        """A global is called by its own name, wherever it is used; a closure's variable or a default by its owner's."""
        if part.slot.startswith("global "):
            return part.step
        return f"{name}({part.step})" if part.step.endswith("=") else f"{name}.{part.step.lstrip('.')}"

    def _function(self, name: str, value: FunctionType) -> NamedPart:
        lines = self._fingerprinter.code.lines(value.__code__)[:MAX_FUNCTION_LINES]
        digest = self._fingerprinter.digest(value.__code__)
        hashes = tuple(sha256(line.encode("utf-8", "surrogatepass")).hexdigest()[:_LINE_DIGITS] for line in lines)
        return NamedPart(f"{name}()", "function", "function", digest, "", hashes)

    def _part(self, name: str, kind: str, value: Any, text: str) -> NamedPart:
        called = "class" if issubclass(type(value), type) else type_name(type(value))
        return NamedPart(name, kind, called, self._fingerprinter.digest(value, at_most=MAX_PART_OBJECTS), text)

    def _shown(self, name: str, value: Any) -> str:
        return shown(tuple(name.replace('"]', "").replace('["', ".").split(".")), value)


def _imported_name(parts: Parts) -> str:
    """Return the dotted name of what is imported again, an empty text for all else."""
    if parts.kind != "reference":
        return ""
    return bytes(parts.atom or b"").decode("utf-8", "replace").replace("\0", ".").removeprefix("builtins.")


def _content(value: Any) -> Any:
    """Return what a closure's cell holds."""
    if type(value) is not CellType:
        return value
    try:
        return value.cell_contents
    except ValueError:
        return None


def _wrapped(value: Any, children: tuple[Part, ...]) -> FunctionType | None:
    """Return the function that a task or a cached function wraps, if it is one of the parts."""
    wrapped = getattr(value, "__dict__", {}).get("__wrapped__")
    is_part = type(wrapped) is FunctionType and any(part.value is wrapped for part in children)
    return wrapped if is_part else None


def _is_named(part: Part) -> bool:
    """Whether a function's part is told by itself: what it refers to, and the defaults of its parameters."""
    slot = part.slot
    if slot.startswith("global ") and isinstance(part.value, ModuleType):
        return parts_of(part.value).how == MODULE
    return slot.startswith(("global ", "closure ", "default ")) or slot == "attribute __wrapped__"


def _is_attribute(part: Part) -> bool:
    return part.slot.startswith(("attribute ", "member ", "base ")) and not (
        part.step.lstrip(".") in _SKIPPED
        or part.slot.startswith("base ")
        or (part.step == ".__hash__" and part.value is None)  # Python's own doing where `__eq__` is defined
    )


def _is_dunder(step: str) -> bool:
    return step.lstrip(".").startswith("__")


def _entries(name: str, value: Any, children: tuple[Part, ...], depth: int) -> Iterator[tuple[str, Any, int]]:
    if type(value) in _CONTAINERS:
        if type(value) in _WITH_ENTRIES:
            pairs = value.items() if type(value) is dict else enumerate(value)
            yield from ((f"{name}{key_step(key)}", item, depth + 1) for key, item in pairs)
        return
    own = [part for part in children if part.slot.startswith("attribute ") and part.step]
    own = [part for part in own if not is_address(value, part.slot)]
    if parts_of(type(value)).how == VALUE and len(own) <= _MAX_ENTRIES:
        yield from ((f"{name}{part.step}", part.value, depth + 1) for part in own)


@dataclass(frozen=True)
class Versions:
    """`version` is that of all entities together; `parts` are in the order in which the entities reach them."""

    version: str
    entities: dict[str, str]
    parts: tuple[NamedPart, ...]


def versions_of(
    entities: Mapping[str, Any],
    besides: Any,
    modules: list[str],
    packages: Mapping[str, str],
    fingerprinter: Fingerprinter,
    changed: Mapping[str, Any] | None = None,
) -> Versions:
    """Return the versions of the entities by their names; `besides` is what else travels and counts.

    `changed` is what cells have changed in other modules, as people call it.

    The minor version of Python counts: code and many objects are written as it has them. So do the versions of the
    packages that the entities need, {distribution: version}: a container that has older ones refuses the file.
    """
    found = {name: fingerprinter.digest(entity) for name, entity in entities.items()}
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    parts = [NamedPart("python", "python", "str", sha256(python.encode()).hexdigest(), python)]
    for name, number in packages.items():
        digest = sha256(f"{name}=={number}".encode()).hexdigest()
        parts.append(NamedPart(f"package {name}", "package", "str", digest, number))
    told, lines = {part.name for part in parts}, MAX_LINES
    for name, entity in entities.items():
        for part in named_parts(name.rpartition(".")[2], entity, fingerprinter):
            if part.name not in told and len(parts) < MAX_PARTS:
                told.add(part.name)
                lines -= len(part.lines)
                parts.append(part if lines > 0 else replace(part, lines=()))
    for name, value in (changed or {}).items():
        kind = type_name(type(value))
        parts.append(NamedPart(name, "surroundings", kind, fingerprinter.digest(value), shown((name,), value)))
    all_modules = fingerprinter.modules_digest(modules).hex()
    content = sha256(f"{python}\0{fingerprinter.digest(besides)}\0{all_modules}".encode())
    for name, number in packages.items():
        content.update(f"\0{name}=={number}".encode())
    for name, digest in sorted(found.items()):
        content.update(f"\0{name}\0{digest}".encode())
    for name, value in (changed or {}).items():
        content.update(f"\0changed {name}\0{fingerprinter.digest(value)}".encode())
    return Versions(content.hexdigest(), found, tuple(parts))
