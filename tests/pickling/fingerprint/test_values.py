"""What tells two objects apart, and what doesn't: content and type do; identity, order of sets and addresses don't."""

import ast
import copy
import itertools
import pickle
import sys
import types
from collections import Counter
from functools import partial
from typing import Any

import pytest

from autocontainer_nb.pickling.archive import hashing
from autocontainer_nb.pickling.capture import buffers
from autocontainer_nb.pickling.capture.buffers import ContentHashes, current_hashes, shared_hashes
from autocontainer_nb.pickling.code.cells import CellBook
from autocontainer_nb.pickling.code.sources import SourceCollector
from autocontainer_nb.pickling.meaning import canonical_code
from autocontainer_nb.pickling.meaning.canonical_code import CodeReader
from autocontainer_nb.pickling.meaning.fingerprint import Fingerprinter
from autocontainer_nb.wire import LARGE_BUFFER_BYTES
from notebooks import Notebook, digest


def of(value: Any, hashes: ContentHashes | None = None) -> str:
    return Fingerprinter(SourceCollector(CellBook()), hashes or ContentHashes()).digest(value)


class Registry(dict[str, Any]):
    """A dictionary of the user's."""


NAN, OTHER_NAN = float("nan"), float("nan")
NESTED: dict[str, Any] = {"a": [1, (2, {"b", "c"})], "d": {"e": None}}


@pytest.mark.parametrize(
    "group",
    [
        [1, 1.0, True, "1", b"1", 1 + 0j, 2],
        [0.0, -0.0, 0, False, None, "", b"", (), [], {}, set(), frozenset(), ..., NotImplemented],
        [NAN, float("inf"), -float("inf"), "nan"],
        [[1, 2], [2, 1], (1, 2), {1, 2}, frozenset({1, 2}), {1: 2}, [1, [2]], [[1], 2], [1, 2, None]],
        [["ab", "c"], ["a", "bc"], ["abc"], [b"ab", "c"]],
        [{"a": 1, "b": 2}, {"a": 2, "b": 1}, {"a": 1}, [("a", 1), ("b", 2)], {"ab": 12}],
        [{"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, {"a": {"b": True}}, {"a": [("b", 1)]}, {"a": (..., "dict", 1)}],
        [{"b": 2, "a": 1}, {"a": 1, "b": 2}, {"b": 1, "a": 2}],
        [{1: "x", "a": "y"}, {"a": "y", 1: "x"}, [{1: "x", "a": "y"}], [{"a": "y", 1: "x"}]],
        [NESTED, dict(reversed(NESTED.items())), [NESTED], [dict(reversed(NESTED.items()))]],
        [{"a": len, "b": int}, {"b": int, "a": len}, {"a": int, "b": len}, {("a", 1): len, "b": int}],
        [Registry(a=len, b=1), Registry(b=1, a=len), Counter("aab"), Counter("baa"), Counter("aabb")],
        [{n: n for n in range(5000)}, {n: n for n in reversed(range(5000))}],
        [partial(print, end="a"), partial(print, end="b"), partial(print, "a"), partial(print)],
        [{(1, "a"), (2, "b")}, {(1, "b"), (2, "a")}, {(1, "a")}],
        [[{1, "a"}], [{1, "b"}], [frozenset({1, "a"})]],
        [bytearray(b"ab"), b"ab", memoryview(b"ab"), "ab"],
        [1 << 5000, (1 << 5000) + 1, -(1 << 5000)],
        [int, float, "int", type(None), Any, list[int], list[str], dict[str, int], int | None],
        [pickle.dumps, pickle.loads, len, print, str.upper, str.lower, "a".upper],
    ],
    ids=itertools.count(),
)
def test_what_differs_has_different_fingerprints(group: list[Any]) -> None:
    """Values of other types or contents never share one, also where `==` takes them for equal."""
    digests = [of(value) for value in group]
    assert len(set(digests)) == len(group)
    assert digests == [of(value) for value in group]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (NAN, OTHER_NAN),
        ([NESTED, NESTED], copy.deepcopy([NESTED, NESTED])),
        (["ab", "ab"], ["ab", "abc"[:2]]),
        ({"b": 2, "a": {1, 2, 3}}, {"b": 2, "a": {3, 2, 1}}),
        ({f"{n}" for n in range(100)}, {f"{n}" for n in reversed(range(100))}),
        ([(1, 2)] * 3, [tuple(pair) for pair in [[1, 2]] * 3]),
        ([10**6], [int("1000000")]),
    ],
    ids=itertools.count(),
)
def test_what_is_equal_has_one_fingerprint(one: Any, other: Any) -> None:
    """Whether equal immutable parts are one object or several, and in which order sets were filled, doesn't count."""
    assert of(one) == of(other)


def test_sharing_counts_among_objects() -> None:
    """One instance twice isn't two equal instances."""
    cell = "class Model:\n    def __init__(self, x): self.x = x\nm = Model([1, {'a'}])"
    twice, equal, other = "[m, m]", "[m, Model([1, {'a'}])]", "[m, Model([2, {'a'}])]"
    assert len({digest(text, cell) for text in (twice, equal, other)}) == 3
    assert digest("[Model([1, {'a'}]), m]", cell) == digest(equal, cell)


def circle(*values: Any) -> list[Any]:
    """Return the first of a ring of lists, each with a value and the next."""
    ring: list[list[Any]] = [[value] for value in values]
    for one, following in zip(ring, [*ring[1:], ring[0]], strict=True):
        one.append(following)
    return ring[0]


def test_circles_end_and_are_told_apart() -> None:
    """Objects that refer to each other have a fingerprint that covers all of them, and each his own."""
    assert of(circle(1, 2, 3)) == of(circle(1, 2, 3))
    rings = [circle(1, 2), circle(2, 1), circle(1, 2, 3), circle(1, 3, 2), circle(1, 2, 1, 3), circle(1)]
    assert len({of(ring) for ring in rings}) == len(rings)
    assert of(circle(*range(3000))) == of(circle(*range(3000)))


def test_a_set_of_functions_that_call_each_other_has_one_fingerprint() -> None:
    """Where a walk enters a circle by a set, it enters it anywhere."""
    cell = "def a(): return b()\ndef b(): return c()\ndef c(): return a()\n"
    found = {digest(f"{{{', '.join(order)}}}", cell) for order in itertools.permutations("abc")}
    assert len(found) == 1
    changed = cell.replace("return c()", "return c() + 1")
    assert len({digest(name, text) for name in "abc" for text in (cell, changed)}) == 6


def test_a_deep_object_needs_no_recursion() -> None:
    """Ten thousand levels are walked; pickle itself gives up at a thousand."""
    value: list[Any] = []
    for _ in range(10_000):
        value = [value, "x"]
    assert len(of(value)) == 64


def test_shared_structure_is_not_walked_over_and_over() -> None:
    """Thirty levels that each hold the level below twice are thirty objects, not a billion."""
    value: list[Any] = [1]
    for _ in range(30):
        value = [value, value]
    assert of(value) == of(copy.copy(value))


def test_no_address_shows_through() -> None:
    """An object whose repr is its address counts by its class and content."""
    cell = "class Odd:\n    pass\nodd = Odd()\nodd.inner = Odd()\nfrom dataclasses import dataclass\n"
    cell += "@dataclass\nclass Record:\n    part: object = Odd()\n"
    assert {digest("[odd, Record, Record()]", cell) for _ in range(5)} == {digest("[odd, Record, Record()]", cell)}


def test_what_cannot_be_pickled_has_some_fingerprint() -> None:
    """A cache version is made before anything is captured: what can't travel is told there, not here."""
    cell = "import threading\nlock = threading.Lock()\ndef f():\n    return lock"
    assert digest("f", cell) == digest("f", cell)


def test_class_attributes_that_python_keeps_do_not_count() -> None:
    """Using a class fills caches in it; its version stays."""
    cell = """
import abc, functools, enum
class Shape(abc.ABC):
    @functools.cached_property
    def side(self): return 2
class Colour(enum.Enum):
    RED = 1
"""
    notebook = Notebook(cell)
    before = notebook.digest("[Shape, Colour]")
    notebook.run("isinstance(3, Shape), issubclass(int, Shape), Shape().side, Colour(1), Colour['RED']")
    assert notebook.digest("[Shape, Colour]") == before
    notebook.run("Shape.register(int)")
    assert notebook.digest("[Shape, Colour]") != before


def test_large_data_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the writer has hashed isn't hashed again, whether an array, its buffer, or bytes."""
    numpy = pytest.importorskip("numpy")
    array = numpy.arange(LARGE_BUFFER_BYTES / 4)
    raw = bytes(LARGE_BUFFER_BYTES + 1)
    hashed: list[int] = []
    original = hashing.sha256_hex
    monkeypatch.setattr(buffers, "sha256_hex", lambda data: hashed.append(len(data)) or original(data))
    with shared_hashes():
        current_hashes().of(pickle.PickleBuffer(array))
        first = of([array, raw, {"again": array}], current_hashes())
        assert of([array, raw, {"again": array}], current_hashes()) == first
    assert sorted(hashed) == [LARGE_BUFFER_BYTES + 1, array.nbytes]
    array[-1] += 1
    assert of([array, raw, {"again": array}]) != first


def test_lambdas_on_one_line_are_told_apart() -> None:
    """Each has its own meaning, though name and line are the same."""
    cell = "a, b, c = lambda x: x + 1, lambda x: x + 2, lambda x: x + 1"
    assert digest("a", cell) == digest("c", cell) != digest("b", cell)


def test_source_is_believed_only_where_it_compiles_to_the_code() -> None:
    """A text that isn't Python, or gives other code, is none."""
    code = compile("def f():\n    return 1", "x", "exec").co_consts[0]
    assert CodeReader(lambda _: "def f():\n    return 1").lines(code) == ["def f():", "    return 1"]
    for text in ("def f():\n    return 2", "def f(:", "", "def g():\n    return 1", None):
        assert CodeReader(lambda _, text=text: text).lines(code) == []


def test_what_a_shown_traceback_leaves_on_the_syntax_tree_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """IPython hangs its file's nodes on those that a process has only once; they cost nothing and change nothing."""

    class Foreign:
        def __deepcopy__(self, memo: Any) -> None:
            raise AssertionError("a node of another file was copied")

    text = "def f(x):\n    return x + 1"
    code = compile(text, "<cell>", "exec").co_consts[0]
    before = CodeReader(lambda _: text).text(code)
    (only_one,) = {
        id(node.ctx): node.ctx for node in ast.walk(ast.parse("x, y")) if isinstance(node, ast.Name)
    }.values()
    monkeypatch.setattr(only_one, "parent", Foreign(), raising=False)
    canonical_code._source.cache_clear()
    assert CodeReader(lambda _: text).text(code) == before
    assert before is not None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a: int = 1", "a: float = 1"),
        ("(frozen=True)", "(frozen=False)"),
        ("b: str = 'x'", "b: str = field(default='x', repr=False)"),
        ("class D:", "class D(Base):"),
        ("    def m(self): return 1", "    @staticmethod\n    def m(self): return 1"),
        ("    def m(self): return 1", "    @property\n    def m(self): return 1"),
        ("return 1", "return type(self).__name__"),
    ],
    ids=itertools.count(),
)
def test_a_class_counts_by_its_definition(old: str, new: str) -> None:
    """Fields, their types and options, bases, and what a method is."""
    cell = """
from dataclasses import dataclass, field
class Base: pass
@dataclass(frozen=True)
class D:
    a: int = 1
    b: str = 'x'
    def m(self): return 1
"""
    assert old in cell
    assert digest("D", cell) == digest("D", f"# moved\n\n{cell}") != digest("D", cell.replace(old, new))


def test_text_annotations_count_by_the_types_that_they_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dataclass's field of a class that changed is another field, also where its type is written as text."""
    cell = "from dataclasses import dataclass\nclass Part:\n    x = 1\n@dataclass\nclass D:\n    part: 'Part'\n"
    found = []
    for text in (cell, cell, cell.replace("x = 1", "x = 2")):
        main = types.ModuleType("__main__")  # the globals of the methods that `dataclass` makes
        monkeypatch.setitem(sys.modules, "__main__", main)
        notebook = Notebook(text)
        vars(main).update(notebook.namespace)
        found.append(notebook.digest("D"))
    assert found[0] == found[1] != found[2]


def test_a_docstring_counts_but_for_a_cached_tasks_own() -> None:
    """Programs read docstrings (prompts, help, schemas); a cached result doesn't depend on the task's own."""
    from autocontainer_nb.core.settings.cache import fingerprint
    from autocontainer_nb.pickling.code.cells import Cell, cells

    def both(text: str) -> tuple[str, str]:
        notebook = Notebook(text)
        for cell in notebook.book._cells.values():
            cells.record(Cell(cell.filename, cell.source))
        return notebook.digest("f"), fingerprint(notebook.namespace["f"])

    text = 'def helper():\n    "Help."\ndef f():\n    "Do."\n    return helper()\n'
    (digest_, cached), own = both(text), both(text.replace('"Do."', '"Do it."'))
    assert own[0] != digest_
    assert own[1] == cached
    helpers = both(text.replace('"Help."', '"Help me."'))
    assert helpers[0] != digest_
    assert helpers[1] != cached


def test_a_vectorizer_has_one_fingerprint_wherever_its_stop_words_are() -> None:
    """scikit-learn keeps the address of the list that it has checked, in its own estimators and in what inherits."""
    pytest.importorskip("sklearn")
    cell = """
from sklearn.feature_extraction.text import TfidfVectorizer
class Own(TfidfVectorizer):
    pass
class Other:
    pass
"""
    fit = "words = ['the', '{}']\nfitted = {}(stop_words=words).fit(['the cat', 'a dog'])\nfitted._stop_words_id"
    for name in ("TfidfVectorizer", "Own"):
        one, again, other = (Notebook(cell, fit.format(word, name)) for word in ("a", "a", "an"))
        assert one.namespace["fitted"]._stop_words_id != again.namespace["fitted"]._stop_words_id
        assert one.digest("fitted") == again.digest("fitted") != other.digest("fitted")
        for book in (one, again):
            book.run("def f(): return fitted")
        assert one.versions() == again.versions()
    mine = [digest("other", cell, f"other = Other()\nother._stop_words_id = {number}") for number in (1, 2)]
    assert mine[0] != mine[1]


def test_using_things_does_not_change_them() -> None:
    """What Python and libraries remember of a use counts for nothing: caches, slot names, lazily made annotations."""
    notebook = Notebook(
        """
        import enum, functools, typing
        @functools.singledispatch
        def generic(x): return 1
        @generic.register
        def _(x: int): return 2
        class Access(enum.Flag):
            READ = 1
            WRITE = 2
        @typing.runtime_checkable
        class Runs(typing.Protocol):
            def run(self): ...
        @functools.lru_cache
        def cached(x): return x
        @functools.total_ordering
        class Sized:
            def __lt__(self, other): return False
        """
    )
    names = ("generic", "Access", "Runs", "cached", "Sized")
    before = {name: notebook.digest(name) for name in names}
    notebook.run("generic(1), generic('a'), Access.READ | Access.WRITE, isinstance(3, Runs), Runs.__annotations__")
    notebook.run("import copy, pickle\ncached(3), sorted([Sized(), Sized()]), copy.copy(Sized())")
    assert {name: notebook.digest(name) for name in names} == before
    notebook.run("@generic.register\ndef _(x: str): return 3")
    assert notebook.digest("generic") != before["generic"]


def _code(text: str) -> types.CodeType:
    return next(one for one in compile(text, "<cell>", "exec").co_consts if isinstance(one, types.CodeType))


def test_the_next_launch_of_an_unchanged_cell_compiles_nothing(monkeypatch) -> None:
    """A text is read once, not once for each launch that asks what its functions mean."""
    text = "def f(x):\n    return x + 93141\n"
    code = _code(text)
    known = CodeReader(lambda _: text).meaning(code)
    with monkeypatch.context() as patched:
        patched.setattr("ast.parse", lambda *_: pytest.fail("the text is read again"))
        assert CodeReader(lambda _: text).meaning(code) == known
    other = text.replace("93141", "93142")
    assert CodeReader(lambda _: other).meaning(code) != known  # not this code's source: its bytecode counts
    assert CodeReader(lambda _: other).meaning(_code(other)) != known
