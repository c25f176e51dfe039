"""One walk over everything that a capture reaches: the table of it, what can't travel, and possible credentials.

The walk visits each object once, one step at a time (`parts`), without recursion. It pickles nothing, with one
exception: a suspected culprit is pickled alone, as a proof.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from types import CodeType, FunctionType
from typing import Any, Final

from autocontainer_nb.pickling.code.cells import CellBook
from autocontainer_nb.pickling.code.ownership import is_installed_code
from autocontainer_nb.pickling.code.references import walk_code
from autocontainer_nb.pickling.code.sources import SourceCollector
from autocontainer_nb.pickling.credentials.finder import CredentialFinder, nearest
from autocontainer_nb.pickling.credentials.names import promise_of
from autocontainer_nb.pickling.explain import many
from autocontainer_nb.pickling.explain.code_notes import notes_on
from autocontainer_nb.pickling.explain.findings import Credential, Culprit, Explanation, Note, Path, Row
from autocontainer_nb.pickling.explain.memory import CountedMemory, length_of
from autocontainer_nb.pickling.explain.obstacles import Remedy, advice, narrowed, remedy_for, trial
from autocontainer_nb.pickling.explain.search import Way, content_of
from autocontainer_nb.pickling.meaning.parts import (
    BUFFER,
    KEY,
    MODULE,
    REFERENCE,
    VALUE,
    Part,
    Parts,
    parts_of,
    reduction,
    type_name,
)
from autocontainer_nb.pickling.meaning.texts_met import texts_in
from autocontainer_nb.pickling.plain.records import RecordClasses
from autocontainer_nb.pickling.plain.sizes import is_plain, plain_bytes
from autocontainer_nb.pickling.portable.functions import dump_code
from autocontainer_nb.wire import PACKAGE_NAME

REST: Final = "the rest"  # name of the root for objects that no other root reaches: only large ones get a row
MAX_OBJECTS: Final = 500_000  # visited by one walk; objects beyond aren't in the table
MIN_PART_BYTES: Final = 1 << 20  # an object of this size has its own line, even inside another object
_MAX_HARMLESS: Final = 50_000  # short texts to remember
_MAX_PARTS: Final = 3  # such lines for one row
_OWN_DEPTH: Final = 2  # names in the path of what the task's own function refers to
_WITH_TEXT: Final = frozenset({"atom", "buffer"})
_CONTAINERS: Final = frozenset({"sequence", "mapping", "set"})
_ROW_SLOTS: Final = ("global ", "closure ", "default ")
_MIN_REST_BYTES: Final = 1000  # for objects that only the last root reaches: smaller ones get no row
_CLASS_STEP: Final = "its class"  # the name in `parts`
_TEXTS: Final = frozenset({str, bytes, bytearray, memoryview})
_NOWHERE: Final[Way] = {-1: {}}
_NO_KEY: Final = "[a key that isn't shown]"


@dataclass(frozen=True)
class Root:
    """The start of a walk: an object, and the name with which its paths begin."""

    name: str
    value: Any
    type_name: str = ""  # its type in the table, if clearer than the name of its class


@dataclass(frozen=True)
class _Visit:
    """An object on the stack, and how the walk reached it."""

    value: Any
    path: Path
    row: Row
    slot: str = ""
    holder: Any = None
    is_proved: bool = False  # an object around it was pickled in a trial
    way: Way | None = None  # which parts to go on with; None: with all


def explain(
    roots: Sequence[Root],
    book: CellBook,
    finder: CredentialFinder | None = None,
    *,
    failure: Exception | None = None,
    is_judged: bool = False,
) -> Explanation:
    """Return everything that the roots reach. With `failure`, the reason why pickling failed, also the culprits.

    `is_judged` says that nothing in the objects is suspected to be a credential (`meaning.texts_met`).
    """
    walk = _Walk(book, finder or CredentialFinder(), searches=failure is not None, judges=not is_judged)
    for root in roots:
        walk.go(root)
    found = walk.finished()
    if failure is not None and not found.culprits:
        walk.search_by_trials(roots)
    return found


def judged(roots: Sequence[Root], tree: Way, book: CellBook, finder: CredentialFinder) -> list[Credential]:
    """Return the possible credentials among the texts along these ways (`search`), however much else there is."""
    walk = _Walk(book, finder, searches=False)
    for number, way in tree.items():
        walk.go(roots[number], way)
    return walk.finished().credentials


class _Walk:
    """The state of one walk."""

    def __init__(self, book: CellBook, finder: CredentialFinder, *, searches: bool, judges: bool = True) -> None:
        self.found = Explanation()
        self._book = book
        self._finder = finder
        self._searches = searches
        self._judges = judges
        self._records = RecordClasses(reduction)
        self._sources = SourceCollector(book)
        self._seen: dict[int, Any] = {}  # keeps the objects alive, so that ids stay unique
        self._cells: dict[str, str] = {}
        self._large: dict[int, list[Row]] = {}
        self._memory = CountedMemory()
        self._rows: dict[int, Row] = {}  # by the identity of their first object
        self._remedies: dict[type, Remedy | None] = {}
        self._harmless: set[str] = set()
        self._left = MAX_OBJECTS

    def go(self, root: Root, way: Way | None = None) -> None:
        """Walk over everything that the root reaches and no earlier root did; roots of one name share a row.

        With a way, only along that.
        """
        row = next((row for row in self.found.rows if row.path == (root.name,)), None)
        if row is None:
            row = Row((root.name,), "", VALUE, cell=self.cell_of(root.name, root.value))
            self.found.rows.append(row)
        stack = [_Visit(root.value, row.path, row, way=way)]
        while stack:
            visit = stack.pop()
            if self._left <= 0:
                self.found.is_complete = False
                break
            stack.extend(reversed(list(self._visit(visit))))
        row.type_name = root.type_name or row.type_name

    def finished(self) -> Explanation:
        """Return the findings, with large parts after the rows that contain them."""
        rows = []
        for row in self.found.rows:
            if row.how == VALUE and 2 * row.buffer_bytes > row.size_bytes:
                row.how = BUFFER
            if row.path == (REST,) and row.size_bytes < _MIN_REST_BYTES:
                continue
            rows.append(row)
            parts = sorted(self._large.get(id(row), ()), key=lambda part: -part.size_bytes)
            rows += [part for part in parts if part.size_bytes < row.size_bytes][:_MAX_PARTS]
        self.found.rows = rows
        return self.found

    def cell_of(self, name: str, value: Any = None) -> str:
        """Return the label of the cell, or the name of the file, that defined the name's object."""
        code = _code_of(value)
        if code is not None:
            source = self._sources.source(code.co_filename)
            return source.label if source else ""
        if name not in self._cells:
            cell = self._book.defining(name)
            self._cells[name] = cell.label if cell else ""
        return self._cells[name]

    def search_by_trials(self, roots: Sequence[Root]) -> None:
        """Find the innermost objects that fail alone, where the objects themselves don't explain the failure."""
        seen: dict[int, Any] = {}
        failed: set[int] = set()
        for root in roots:
            if self.found.culprits and root.name == REST:
                break
            for path, value, cause in narrowed(root.name, root.value, self._book, seen, failed):
                row = Row(path, "", VALUE, cell=self.cell_of(path[min(1, len(path) - 1)]))
                self._blame(_Visit(value, path, row), cause)

    def _visit(self, visit: _Visit) -> Iterator[_Visit]:
        value = visit.value
        is_known = id(value) in self._seen
        if visit.slot.startswith(_ROW_SLOTS) and _has_row(visit):  # else it is counted with its owner
            visit = self._under_its_name(visit, is_known=is_known)
        if is_known:
            return
        self._left -= 1
        together = self._taken_together(visit)
        if together is not None:
            yield from together
            return
        parts = parts_of(value)
        self._remember(value, parts)
        if not visit.row.type_name:
            told = type_name(type(value)) if parts.type_name == "object" else parts.type_name
            visit.row.type_name, visit.row.how = told, parts.how
        self._measure(visit, parts)
        if self._judges:
            self._judge(self._finder.in_array(value), visit.path, visit.row)
        if self._stops_at(visit, parts) or parts.how in {REFERENCE, MODULE}:
            return
        if parts.kind == "code":
            self._look_at_code(value, visit)
            return
        is_proved = visit.is_proved or (self._searches and self._is_whole(value))
        for number, (path, part) in enumerate(self._steps(visit, parts)):
            way = None if visit.way is None else _way_on(visit.way, number, part.value)
            if way is _NOWHERE:
                continue
            fixed = many.ATOM_BYTES.get(type(part.value))
            if part.slot.startswith(_ROW_SLOTS) or not (fixed or many.is_small(part.value)):
                yield _Visit(content_of(part.value), path, visit.row, part.slot, value, is_proved, way)
            elif fixed:
                visit.row.size_bytes += fixed
            else:
                recurs = part.slot.startswith(KEY) and part.value in self._harmless
                visit.row.size_bytes += 2 if recurs else 2 + len(part.value)
                self._judge_text(() if part.slot.startswith(KEY) else path, part.value, path, visit.row)

    def _under_its_name(self, visit: _Visit, *, is_known: bool) -> _Visit:
        """Return the visit in a row of its own; or tell that another name has the object already."""
        value = visit.value
        if not is_known or isinstance(value, str | bytes):
            visit = self._in_own_row(visit)
            self._rows[id(value)] = visit.row
        elif id(value) in self._rows:
            self.found.shared.append((visit.path, self._rows[id(value)]))
        return visit

    def _taken_together(self, visit: _Visit) -> Sequence[_Visit] | None:
        """Take a container with all that is in it, and return what is left to visit; None if that is to be visited."""
        value = visit.value
        if is_plain(value):
            self._seen[id(value)] = value
            self._take_plain(visit, plain_bytes(value))
            if self._judges:
                for step, reason in self._finder.in_plain(value, visit.path):
                    self._judge(reason, (*visit.path, step), visit.row)
            return ()
        is_told = self._judges or self._searches  # where each object is looked at
        found = None if is_told else many.many_in(value, self._seen, self._records.are_records, MIN_PART_BYTES)
        if found is None:
            return None
        self._seen.update(found.parts)
        self._take_plain(visit, found.size_bytes)
        classes = [(cls, (*visit.path, cls.__qualname__), one) for cls, one in found.instances.items()]
        return [_Visit(cls, path, visit.row, "argument 0", one) for cls, path, one in classes]

    def _steps(self, visit: _Visit, parts: Parts) -> Iterator[tuple[Path, Part]]:
        """Yield each part with its path: attributes by their names, keys unless they look like credentials."""
        path, hidden = visit.path, False
        is_ours = type(visit.value).__module__.startswith(PACKAGE_NAME + ".")
        for part in parts.children:
            if part.slot.startswith(KEY):
                hidden = self._is_hidden(part.value)
                yield (*path, _NO_KEY) if hidden else path, part
                continue
            step = _NO_KEY if hidden else part.step.removeprefix("._" if is_ours else ".")
            hidden = False
            if part.step == _CLASS_STEP and len(path) > 1:  # the class of an instance takes the place of the instance
                yield (*path[:-1], getattr(part.value, "__qualname__", step)), part
            else:
                yield (*path, step) if step else path, part

    def _is_hidden(self, key: Any) -> bool:
        if not self._judges or type(key) not in {str, bytes} or key in self._harmless:
            return False
        return self._finder.in_value((), key) is not None

    def _in_own_row(self, visit: _Visit) -> _Visit:
        """Begin a row for an object that a function knows by a name."""
        of_cell = visit.value if visit.slot.startswith("global ") else visit.holder
        row = Row(visit.path, "", VALUE, cell=self.cell_of(visit.path[-1], of_cell))
        if id(visit.value) in self._seen:  # a text that has another name as well
            row.type_name = type(visit.value).__name__
        self.found.rows.append(row)
        return replace(visit, row=row)

    def _remember(self, value: Any, parts: Parts) -> None:
        """Remember what may be met again, alive: else its id would soon be another object's.

        The buffer of an array is met with its array alone, and is another object each time.
        """
        if parts.kind not in {"atom", "buffer"} or (
            parts.kind == "atom" and length_of(parts.atom) >= many.SHARED_BYTES
        ):
            self._seen[id(value)] = value

    def _measure(self, visit: _Visit, parts: Parts) -> None:
        if parts.how in {REFERENCE, MODULE} and parts.kind != "atom":
            return
        if parts.kind == "code":
            size = len(dump_code(visit.value, self._sources.rename))
        elif parts.how == BUFFER:
            size = self._memory.fresh_bytes(visit.holder, parts.atom) + 2
        elif parts.kind == "atom":
            size = length_of(parts.atom) + 2 if type(visit.value) is not int else 3 + visit.value.bit_length() // 8
        elif parts.kind in _CONTAINERS:
            size = many.CONTAINER_BYTES
        else:
            size = many.OBJECT_BYTES + many.PART_BYTES * len(parts.children)
        self._add(visit, size, parts.type_name, parts.how)
        text = bytes(visit.value) if type(visit.value) is memoryview else visit.value
        if parts.kind in _WITH_TEXT and isinstance(text, str | bytes | bytearray):
            names = () if visit.slot.startswith(KEY) else visit.path
            self._judge_text(names, text, visit.path, visit.row)

    def _judge_text(self, names: Path, text: str | bytes | bytearray, path: Path, row: Row) -> None:
        """Judge a text; harmless ones are remembered, because keys and categories recur."""
        if isinstance(text, str) and text in self._harmless and not (self._judges and promise_of(nearest(names))):
            return
        reason = self._finder.in_value(names, text) if self._judges else None
        self._judge(reason, path, row)
        if (
            reason is None
            and isinstance(text, str)
            and len(text) <= many.SHARED_BYTES
            and len(self._harmless) < _MAX_HARMLESS
        ):
            self._harmless.add(text)

    def _add(self, visit: _Visit, size: int, kind: str, how: str) -> None:
        visit.row.size_bytes += size
        if how == BUFFER:
            visit.row.buffer_bytes += size
        if size >= MIN_PART_BYTES and visit.path != visit.row.path:
            if how == BUFFER:  # users know the array around it
                kind = type_name(type(visit.holder))
            part = Row(visit.path, kind, how, size, cell=visit.row.cell, is_part=True)
            self._large.setdefault(id(visit.row), []).append(part)

    def _take_plain(self, visit: _Visit, size: int) -> None:
        visit.row.type_name = visit.row.type_name or type(visit.value).__name__
        self._add(visit, size, type(visit.value).__name__, VALUE)

    def _judge(self, kind: str | None, path: Path, row: Row) -> None:
        if kind is not None:
            self.found.credentials.append(Credential(path, kind, row.cell))

    def _look_at_code(self, code: CodeType, visit: _Visit) -> None:
        """Look at the texts in code without a captured source; sources are examined separately."""
        for part in walk_code(code) if self._judges else ():
            if self._sources.source(part.co_filename) is None:
                for text in texts_in(part):
                    self._judge(self._finder.in_value((), text), (*visit.path, part.co_name), visit.row)

    def _stops_at(self, visit: _Visit, parts: Parts) -> bool:
        """Record findings about the object; return whether the walk ends at it."""
        value = visit.value
        self.found.notes += (Note(visit.path, one) for one in notes_on(value, parts, self._sources, self._book))
        if not self._searches:
            return parts.error is not None
        if parts.error is None and (visit.is_proved or not self._is_whole(value)):
            return False
        cause = trial(value, self._book)
        if cause is not None:
            self._blame(visit, cause)
        return cause is not None or parts.error is not None

    def _is_whole(self, value: Any) -> bool:
        kind = type(value)
        if kind not in self._remedies:
            self._remedies[kind] = remedy_for(value)
        remedy = self._remedies[kind]
        return remedy is not None and remedy.whole and not issubclass(type(value), type)

    def _blame(self, visit: _Visit, cause: str) -> None:
        what, fix = advice(visit.value, visit.path, visit.holder)
        if self._finder.in_value((), cause) is not None:
            cause = "its own error message isn't shown, because it may contain a credential"
        self.found.culprits.append(Culprit(visit.path, type_name(type(visit.value)), what, cause, fix, visit.row.cell))


def _way_on(way: Way, number: int, value: Any) -> Way:
    """Return the way on from a part: what is on the way is gone to, and all texts are."""
    found: Way = way.get(number, {} if type(content_of(value)) in _TEXTS else _NOWHERE)
    return found


def _has_row(visit: _Visit) -> bool:
    """Whether the user knows the name: it isn't in code generated by a library, nor a small default."""
    if visit.slot.startswith("default ") and many.is_small(visit.value):
        return False
    code = _code_of(visit.holder)
    if code is None:
        return True
    is_generated = code.co_filename == "<string>" or code.co_filename.startswith("<attrs generated")
    return not is_installed_code(code.co_filename) and not (is_generated and len(visit.path) > _OWN_DEPTH)


def _code_of(value: Any) -> CodeType | None:
    """Return the code of a function, or of the function inside a task or another wrapper."""
    if not issubclass(type(value), FunctionType | type):
        own = getattr(value, "__dict__", None)  # a class may answer anything
        value = own.get("__wrapped__") if isinstance(own, dict) else None
    return value.__code__ if type(value) is FunctionType else None
