"""Whether anything in a capture may be a credential: a quick look at all texts, taken while its meaning is read.

It never overlooks what the walk for people (`explain`) finds, and may suspect more: then that walk decides, and tells
where each is. So a capture that nothing is suspected in needs no explanation. Every object counts, however many there
are.
"""

from collections.abc import Iterable, Sequence
from types import CellType, CodeType
from typing import Any, Final

from autocontainer_nb.pickling.code.references import walk_code
from autocontainer_nb.pickling.code.sources import SourceCollector
from autocontainer_nb.pickling.credentials.finder import CredentialFinder
from autocontainer_nb.pickling.credentials.names import promise_of
from autocontainer_nb.pickling.meaning.parts import Parts, key_step, parts_of
from autocontainer_nb.wire import LARGE_BUFFER_BYTES

_AT_ONCE: Final = 50_000  # values that are collected before they are looked at
_MAX_KNOWN: Final = 200_000  # texts that are remembered as looked at
_MAX_ROWS: Final = 10_000  # sets of keys that are remembered
_MAX_ROW: Final = 64  # keys of one dictionary whose names are remembered together
_MAX_SHORT: Final = 64  # characters of a text that is worth remembering
_TEXTS: Final = (str, bytes, bytearray)
_KINDS: Final = frozenset(_TEXTS)
_CONTAINERS: Final = frozenset({list, tuple, dict, set, frozenset})
_WRAPPERS: Final = frozenset({"value", "secret_value"})  # behind these, the name before counts too
_FRAME: Final = "[]'\"_.="


class TextsMet:
    """Takes what one walk meets; `may_hold_credentials` is asked when the walk is over."""

    def __init__(self, finder: CredentialFinder, sources: SourceCollector) -> None:
        self.has_large = False  # whether there is a text or a buffer that may be stored beside the file
        self._finder = finder
        self._sources = sources
        self._found = False
        self._waiting: list[Any] = []
        self._known: set[str | bytes] = set()
        self._rows: dict[tuple[Any, ...], tuple[Any, ...]] = {}  # keys that promise a credential, by all keys
        self._promises: dict[str, bool] = {}

    def may_hold_credentials(self) -> bool:
        """Whether anything that was met is suspected."""
        self._look()
        return self._found

    def root(self, name: str, value: Any) -> None:
        """Take what a walk begins with, under its name."""
        self._waiting.append(value)
        if self._promises_one(name):
            self._named(name, value, set())

    def container(self, value: Any, *, is_whole: bool) -> None:
        """Take a container; with `is_whole`, those in it too."""
        if type(value) is dict:
            self._dictionary(value)
        else:
            self._waiting.extend(value)
        if is_whole:
            for item in value.values() if type(value) is dict else value:
                if type(item) in _CONTAINERS:
                    self.container(item, is_whole=True)
        if len(self._waiting) > _AT_ONCE:
            self._look()

    def object(self, value: Any, parts: Parts) -> None:
        """Take any other object."""
        if parts.kind == "code":
            self._code(value)
            return
        if parts.error is not None or (parts.atom is not None and memoryview(parts.atom).nbytes >= LARGE_BUFFER_BYTES):
            self.has_large = True  # nobody knows what is in the pickle of what can't be taken apart
        if not self._found and self._finder.in_array(value) is not None:
            self._found = True
        for step, part, _ in parts.children:
            if type(part) in _KINDS:
                self._waiting.append(part)
            if step and self._promises_one(step):
                self._named(step, part, set())
        if len(self._waiting) > _AT_ONCE:
            self._look()

    def texts(self, texts: Iterable[str]) -> None:
        """Take source texts."""
        if not self._found:
            self._found = any(self._finder.in_source(text) for text in texts)

    def _code(self, code: CodeType) -> None:
        """Take the texts in code whose source doesn't travel along; sources are looked at by themselves."""
        for part in walk_code(code):
            if self._sources.source(part.co_filename) is None:
                self._waiting.extend(part.co_consts)

    def _dictionary(self, value: dict[Any, Any]) -> None:
        self._waiting.extend(value.values())
        if len(value) > _MAX_ROW:
            promising = self._promising(value)
            self._waiting.extend(value)
        else:
            keys = tuple(value)
            known = self._rows.get(keys)
            if known is None:
                known = self._promising(value)
                self._waiting.extend(value)
                if len(self._rows) < _MAX_ROWS:
                    self._rows[keys] = known
            promising = known
        for key in promising:
            self._named(key_step(key), value[key], set())
            if type(key) is str:
                self._named(key, value[key], set())

    def _promising(self, keys: Iterable[Any]) -> tuple[Any, ...]:
        return tuple(
            key for key in keys if type(key) is not int and (self._promises_one(key_step(key)) or self._is_promise(key))
        )

    def _is_promise(self, key: Any) -> bool:
        return type(key) is str and self._promises_one(key)

    def _promises_one(self, name: str) -> bool:
        known = self._promises.get(name)
        if known is None:
            known = promise_of(name) != ""
            if len(self._promises) < _MAX_KNOWN:
                self._promises[name] = known
        return known

    def _named(self, name: str, value: Any, seen: set[int]) -> None:
        """Judge by its name what stands behind one that promises a credential, and what such a thing wraps."""
        kind = type(value)
        if self._found or value is None:
            return
        if kind in _KINDS:
            self._found = self._finder.in_value((name,), value) is not None
            return
        if id(value) in seen or kind in {int, float, complex, bool, CodeType}:
            return
        seen.add(id(value))
        if kind is dict:
            items: Sequence[Any] = [item for key, item in value.items() if type(key) is int]
        elif kind in _CONTAINERS:
            items = list(value)
        elif kind is CellType:
            items = [part.value for part in parts_of(value).children]
        else:
            items = [part.value for part in parts_of(value).children if _keeps_the_name(part.step)]
        for item in items:
            self._named(name, item, seen)

    def _look(self) -> None:
        """Look at the texts that wait, many at a time."""
        waiting, self._waiting = self._waiting, []
        fresh = {text for text in waiting if type(text) is str or type(text) is bytes} - self._known
        fresh |= {bytes(text) for text in waiting if type(text) is bytearray}
        if not self.has_large:
            self.has_large = any(4 * len(text) >= LARGE_BUFFER_BYTES for text in fresh)
        self._found = self._found or bool(self._finder.in_plain(list(fresh)))
        if len(self._known) < _MAX_KNOWN:
            self._known.update(text for text in fresh if len(text) <= _MAX_SHORT)


def _keeps_the_name(step: str) -> bool:
    """Whether a part is called what the whole is: an item, what has no name, and what only wraps a value."""
    return not step or step == "an element" or step[1:-1].isdigit() or step.strip(_FRAME) in _WRAPPERS
