"""Whether anything in a capture may be a credential: a quick look at all texts, taken while its meaning is read.

It never overlooks what the walk for people (`explain`) finds, and may suspect more: then that walk decides, and tells
where each is. So a capture that nothing is suspected in needs no explanation. Every object counts, however many there
are.
"""

from collections.abc import Collection, Iterable, Sequence
from types import CellType, CodeType
from typing import Any, Final

from autocontainer_nb.pickling.code.references import walk_code
from autocontainer_nb.pickling.code.sources import Source, SourceCollector
from autocontainer_nb.pickling.credentials.finder import CredentialFinder
from autocontainer_nb.pickling.credentials.names import MAY_PROMISE, promise_of
from autocontainer_nb.pickling.meaning.parts import Parts, key_step, parts_of
from autocontainer_nb.pickling.modules.collector import ModuleSource
from autocontainer_nb.pickling.plain.digest import PlainData
from autocontainer_nb.pickling.plain.levels import MAX_ROW, rows_of
from autocontainer_nb.pickling.plain.records import Layout, Record
from autocontainer_nb.wire import LARGE_BUFFER_BYTES

_AT_ONCE: Final = 50_000  # values that are collected before they are looked at
_MAX_KNOWN: Final = 200_000  # texts that are remembered as looked at
_MAX_ROWS: Final = 10_000  # sets of keys that are remembered
_MAX_SHORT: Final = 64  # characters of a text that is worth remembering
_TEXTS: Final = (str, bytes, bytearray)
_KINDS: Final = frozenset(_TEXTS)
_NEVER: Final = frozenset({type(None), int, float, complex, bool, CodeType})  # a credential
_CONTAINERS: Final = frozenset({list, tuple, dict, set, frozenset})
_MAX_SUSPECTS: Final = 1000
_WRAPPERS: Final = frozenset({"value", "secret_value"})  # behind these, the name before counts too
_FRAME: Final = "[]'\"_.="


class TextsMet:
    """Takes what one walk meets; `may_hold_credentials` is asked when the walk is over.

    Then `suspects` and `suspects_arrays` are what is to be looked for, to tell where each is.
    """

    def __init__(self, finder: CredentialFinder, sources: SourceCollector) -> None:
        self.has_large = False  # whether there is a text or a buffer that may be stored beside the file
        self._finder = finder
        self._sources = sources
        self.suspects: set[str | bytes] = set()  # texts that may be credentials, at most `_MAX_SUSPECTS`
        self.suspects_arrays = False  # whether there may be one in an array of texts
        self.sources: list[tuple[str, str | bytes]] = []  # (label, content) of sources and files, the last to be taken
        self._in_sources = False
        self._waiting: list[Any] = []
        self._known: set[str | bytes] = set()
        self._rows: dict[tuple[Any, ...], tuple[Any, ...]] = {}  # keys that promise a credential, by all keys
        self._promises: dict[str, bool] = {}
        self._attributes: dict[int, tuple[str, ...]] = {}  # names that promise one, by the identity of the layout
        self._layouts: list[Layout] = []  # kept alive for that

    def may_hold_credentials(self) -> bool:
        """Whether anything that was met is suspected."""
        return self.suspects_objects or self._in_sources

    @property
    def suspects_objects(self) -> bool:
        """Whether anything but the sources is suspected."""
        self._look()
        return bool(self.suspects) or self.suspects_arrays

    @property
    def knows_all_suspects(self) -> bool:
        """Whether no suspect is missing, there being too many."""
        return len(self.suspects) < _MAX_SUSPECTS

    def root(self, name: str, value: Any) -> None:
        """Take what a walk begins with, under its name."""
        self._waiting.append(value)
        if self._promises_one(name):
            self._named(name, value)

    def container(self, value: Any) -> None:
        """Take a container, not what is in the containers in it."""
        if type(value) is dict:
            self._waiting.extend(value.values())
            self._keys((value,))
        else:
            self._waiting.extend(value)
        self._look_if_many()

    def plain(self, found: PlainData) -> None:
        """Take a container of plain data, with all that is in it."""
        self._waiting += found.texts
        if found.dictionaries:
            self._keys(found.dictionaries)
        self._look_if_many()

    def record(self, found: Record) -> None:
        """Take an instance that is its class and its attributes."""
        attributes, layout = found.attributes, found.layout
        self._waiting += attributes.values()
        promising = self._attributes.get(id(layout))
        if promising is None:
            self._waiting += layout.names
            promising = tuple([name for name in layout.names if self._promises_one(f".{name}")])
            self._attributes[id(layout)] = promising
            self._layouts.append(layout)
        for name in promising:
            self._named(f".{name}", attributes[name])
        self._look_if_many()

    def object(self, value: Any, parts: Parts) -> None:
        """Take any other object."""
        if parts.kind == "code":
            self._code(value)
            return
        if parts.error is not None or (parts.atom is not None and memoryview(parts.atom).nbytes >= LARGE_BUFFER_BYTES):
            self.has_large = True  # nobody knows what is in the pickle of what can't be taken apart
        if self._finder.in_array(value) is not None:
            self.suspects_arrays = True
        if type(value) is memoryview:
            self._waiting.append(bytes(value))
        for step, part, _ in parts.children:
            if type(part) in _KINDS:
                self._waiting.append(part)
            if step and self._promises_one(step):
                self._named(step, part)
        self._look_if_many()

    def take_sources(self, sources: Iterable[Source], files: Iterable[ModuleSource]) -> None:
        """Take the sources and the local modules' files that travel along."""
        self.sources = contents_of(sources, files)
        for _, content in self.sources:
            if not self._in_sources:
                finder: Any = self._finder
                found = finder.in_source(content) if isinstance(content, str) else finder.in_value((), content)
                self._in_sources = bool(found)

    def _code(self, code: CodeType) -> None:
        """Take the texts in code whose source doesn't travel along; sources are looked at by themselves."""
        for part in walk_code(code):
            if self._sources.source(part.co_filename) is None:
                self._waiting.extend(texts_in(part))

    def _keys(self, dictionaries: Collection[dict[Any, Any]]) -> None:
        """Take the keys of dictionaries; of records, which have equal ones, each set of keys once."""
        promising: set[Any] = set()
        for row in rows_of(dictionaries):
            known = self._rows.get(row)
            if known is None:
                known = self._promising(row)
                self._waiting.extend(row)
                if len(self._rows) < _MAX_ROWS and len(row) <= MAX_ROW:
                    self._rows[row] = known
            promising.update(known)
        if not promising:
            return
        for dictionary in dictionaries:
            for key in promising & dictionary.keys():
                self._named(key_step(key), dictionary[key])
                if type(key) is str:
                    self._named(key, dictionary[key])

    def _promising(self, keys: Iterable[Any]) -> tuple[Any, ...]:
        candidates = (key for key in keys if type(key) not in _NEVER and (type(key) is not str or MAY_PROMISE(key)))
        return tuple(key for key in candidates if self._promises_one(key_step(key)) or self._is_promise(key))

    def _is_promise(self, key: Any) -> bool:
        return type(key) is str and self._promises_one(key)

    def _promises_one(self, name: str) -> bool:
        known = self._promises.get(name)
        if known is None:
            known = promise_of(name) != ""
            if len(self._promises) < _MAX_KNOWN:
                self._promises[name] = known
        return known

    def _named(self, name: str, value: Any) -> None:
        """Judge by its name what stands behind one that promises a credential, and what such a thing wraps."""
        seen: dict[int, Any] = {}  # kept alive, so that no identity comes back
        waiting = [value]
        while waiting:
            one = waiting.pop()
            kind = type(one)
            if kind in _KINDS:
                if self.knows_all_suspects and self._finder.in_value((name,), one) is not None:
                    self.suspects.add(bytes(one) if kind is bytearray else one)
            elif kind not in _NEVER and id(one) not in seen:
                seen[id(one)] = one
                waiting += _called_so(one)

    def _look_if_many(self) -> None:
        if len(self._waiting) > _AT_ONCE:
            self._look()

    def _look(self) -> None:
        """Look at the texts that wait, many at a time."""
        waiting, self._waiting = self._waiting, []
        fresh = {text for text in waiting if type(text) is str or type(text) is bytes} - self._known
        fresh |= {bytes(text) for text in waiting if type(text) is bytearray}
        if not self.has_large:
            self.has_large = any(4 * len(text) >= LARGE_BUFFER_BYTES for text in fresh)
        if self.knows_all_suspects:
            self.suspects.update(self._finder.among(fresh))
        if len(self._known) < _MAX_KNOWN:
            self._known.update(text for text in fresh if len(text) <= _MAX_SHORT)


def contents_of(sources: Iterable[Source], files: Iterable[ModuleSource]) -> list[tuple[str, str | bytes]]:
    """Return (label, content) of sources and files: text where it is one."""
    texts: list[tuple[str, str | bytes]] = [(one.label, one.text) for one in sources]
    return [*texts, *((one.label, one.content if (text := one.text) is None else text) for one in files)]


def texts_in(code: CodeType) -> list[str | bytes]:
    """Return the texts among the constants of code, those in its tuples and sets too; not of code nested in it."""
    found: list[str | bytes] = []
    waiting: list[Any] = list(code.co_consts)
    while waiting:
        one = waiting.pop()
        if isinstance(one, str | bytes):
            found.append(one)
        elif type(one) is tuple or type(one) is frozenset:
            waiting.extend(one)
    return found


def _called_so(value: Any) -> Sequence[Any]:
    """Return the parts of an object that are called what it is called itself."""
    kind = type(value)
    if kind is dict:
        return [item for key, item in value.items() if type(key) is int]
    if kind in _CONTAINERS:
        return list(value)
    parts = parts_of(value).children
    return [part.value for part in parts if kind is CellType or _keeps_the_name(part.step)]


def _keeps_the_name(step: str) -> bool:
    """Whether a part is called what the whole is: an item, what has no name, and what only wraps a value."""
    return not step or step == "an element" or step[1:-1].isdigit() or step.strip(_FRAME) in _WRAPPERS
