"""The version tells which objects are one and the same, where a program can see it, and only there."""

import subprocess
import sys
from pathlib import Path

import pytest
from notebook import Notebook

from autocontainer_nb.pickling.capture.buffers import ContentHashes
from autocontainer_nb.pickling.code.cells import cells
from autocontainer_nb.pickling.code.sources import SourceCollector
from autocontainer_nb.pickling.meaning.fingerprint import Fingerprinter

HASHED = "class C:\n    def __hash__(self): return 1\n    def __eq__(self, other): return True\n    n = 1\n"
FROZEN = """
import dataclasses
@dataclasses.dataclass(frozen=True)
class P: x: int = 1
def make(k): return (lambda: k), (lambda: [k])
P.both = make(1)
"""
COUNTER = """
def make():
    n = 0
    def up():
        nonlocal n
        n += 1
        return n
    return up, lambda: n
"""
# What a cell makes once with objects that are shared, and once with equal ones; `f` tells them apart.
SEEN = {
    "a list in a list": (
        "G = [[0] * 3] * 3",
        "G = [[0] * 3 for _ in range(3)]",
        "G[0][0] = 1; return sum(map(sum, G))",
    ),
    "two names": ("A = [1]; B = A", "A = [1]; B = [1]", "A.append(2); return B"),
    "a list that is reached twice in one value": (
        "s = [1]; G = {'a': (s, 1), 'b': [s]}",
        "G = {'a': ([1], 1), 'b': [[1]]}",
        "G['a'][0].append(2); return G['b']",
    ),
    "which of equal lists": (
        "x, y = [1], [1]; G = [x, y, x, y]",
        "x, y = [1], [1]; G = [x, x, y, y]",
        "G[0].append(2); return G",
    ),
    "which of equal holders": (
        "x, y = [1], [1]; G = [[x], [y], [x], [y]]",
        "x, y = [1], [1]; G = [[x], [x], [y], [y]]",
        "G[0][0].append(2); return G",
    ),
    "a tuple that holds a list": ("t = ([1],); G = [t, t]", "G = [([1],), ([1],)]", "G[0][0].append(2); return G"),
    "a dictionary's values": (
        "from collections import defaultdict\nG = defaultdict(list); G['a'] = G['b'] = [1]; G['c'] = [1]",
        "from collections import defaultdict\nG = defaultdict(list); G['a'] = G['c'] = [1]; G['b'] = [1]",
        "G['a'].append(2); return dict(G)",
    ),
    "a set": ("s = {1}; G = [s, s]", "G = [{1}, {1}]", "G[0].add(2); return G"),
    "a bytearray": (
        "s = bytearray(b'a'); G = [s, s]",
        "G = [bytearray(b'a'), bytearray(b'a')]",
        "G[0].append(98); return G",
    ),
    "an instance": (
        "class C: pass\ns = C(); s.n = 1; G = [s, s]",
        "class C: pass\nG = [C(), C()]; G[0].n = G[1].n = 1",
        "G[0].n = 2; return [one.n for one in G]",
    ),
    "an instance with a hash of its own": (
        f"{HASHED}s = C(); G = [s, s]",
        f"{HASHED}G = [C(), C()]",
        "G[0].n = 2; return [one.n for one in G]",
    ),
    "a deque": (
        "from collections import deque\ns = deque([1]); G = [s, s]",
        "from collections import deque\nG = [deque([1]), deque([1])]",
        "G[0].append(2); return G",
    ),
    "an iterator": (
        "s = iter([1, 2]); G = [s, s]",
        "G = [iter([1, 2]), iter([1, 2])]",
        "next(G[0]); return next(G[1])",
    ),
    "a generator of random numbers": (
        "import random\ns = random.Random(1); G = [s, s]",
        "import random\nG = [random.Random(1), random.Random(1)]",
        "G[0].random(); return G[1].random()",
    ),
    "what a closure changes": (
        f"{COUNTER}up, get = make()",
        f"{COUNTER}up, _ = make(); _, get = make()",
        "up(); return get()",
    ),
    "a function that counts": (
        f"{COUNTER}s = make()[0]; G = [s, s]",
        f"{COUNTER}G = [make()[0], make()[0]]",
        "return G[0](), G[1]()",
    ),
    "a class": (
        "def make():\n    class C: n = 1\n    return C\ns = make(); G = [s, s]",
        "def make():\n    class C: n = 1\n    return C\nG = [make(), make()]",
        "G[0].n = 2; return G[1].n, type(G[0]()) is G[1]",
    ),
    "the class of instances": (
        "def make():\n    class C: pass\n    return C\ns = make(); G = [s(), s()]",
        "def make():\n    class C: pass\n    return C\nG = [make()(), make()()]",
        "return type(G[0]) is type(G[1])",
    ),
    "a bound method's object": (
        "class C:\n    n = 0\n    def up(self):\n        self.n += 1\n        return self.n\ns = C(); G = [s.up, s.up]",
        "class C:\n    n = 0\n    def up(self):\n        self.n += 1\n        return self.n\nG = [C().up, C().up]",
        "return G[0](), G[1]()",
    ),
    "a default value": (
        "s = []\ndef a(x=s): x.append(1)\ndef b(x=s): return x",
        "def a(x=[]): x.append(1)\ndef b(x=[]): return x",
        "a(); return b()",
    ),
    "a circle": ("G = []; G.append(G)", "G = []; G.append([G])", "return G[0] is G"),
    "a parent": (
        "class C: pass\nG = C(); G.child = C(); G.child.parent = G",
        "class C: pass\nG = C(); G.child = C(); G.child.parent = C(); G.child.parent.child = G.child",
        "return G.child.parent is G",
    ),
    "elements of a set": (
        "class C:\n    pass\na, b = C(), C()\na.s = b.s = [1]\nG = {a, b}",
        "class C:\n    pass\na, b = C(), C()\na.s, b.s = [1], [1]\nG = {a, b}",
        "next(iter(G)).s.append(2); return sorted(len(one.s) for one in G)",
    ),
}
# What no program should see: written in two ways that mean the same.
UNSEEN = {
    "numbers": ("x = 10 ** 6; G = [x, x]", "G = [10 ** 6, 10 ** 5 * 10]"),
    "texts": ("x = 'a' * 3; G = [x, x, [x]]", "G = ['aa' + 'a', 'aaa', [''.join('aaa')]]"),
    "long bytes": ("x = bytes(2_000_000); G = [x, x]", "G = [bytes(2_000_000), bytes(2_000_000)]"),
    "tuples": ("x = (1, 'a', (2.5,)); G = [x, x]", "G = [tuple([1, 'a', (2.5,)]), tuple([1, 'a', tuple([2.5])])]"),
    "long tuples": ("x = tuple(range(50)); G = [[x], [x]]", "G = [[tuple(range(50))], [tuple(range(50))]]"),
    "frozen sets": ("x = frozenset('ab'); G = [x, x]", "G = [frozenset('ab'), frozenset('ba')]"),
    "dates": (
        "import datetime as dt\nx = dt.datetime(2020, 1, 1); G = [x, x]",
        "import datetime as dt\nG = [dt.datetime(2020, 1, 1), dt.datetime(2020, 1, 1)]",
    ),
    "decimals and paths": (
        "import decimal, pathlib\nx, y = decimal.Decimal('1'), pathlib.PurePosixPath('1'); G = [x, y, x, y]",
        "import decimal, pathlib\nG = [f('1') for f in (decimal.Decimal, pathlib.PurePosixPath) * 2]",
    ),
    "frozen dataclasses": (
        "import dataclasses\n@dataclasses.dataclass(frozen=True)\nclass P: x: int = 1\ns = P(); G = [s, s]",
        "import dataclasses\n@dataclasses.dataclass(frozen=True)\nclass P: x: int = 1\nG = [P(), P()]",
    ),
    "frozen dataclasses beside what is shared": (
        f"{FROZEN}s = P(); G = [s, s]",
        f"{FROZEN}G = [P(), P()]",
    ),
    "named tuples": (
        "from typing import NamedTuple\nclass P(NamedTuple): x: int = 1\ns = P(); G = [s, s]",
        "from typing import NamedTuple\nclass P(NamedTuple): x: int = 1\nG = [P(), P()]",
    ),
    "types of annotations": ("s = list[int]; G = [s, s]", "G = [list[int], list[int]]"),
    "a list with tuples beside what is shared": (
        "x, s = (1, (2,)), [1]; G = [s, x, x, s]",
        "s = [1]; G = [s, tuple([1, (2,)]), (1, tuple([2])), s]",
    ),
    "a global variable that two functions mention": (
        "G = [1]\ndef a(): return G\ndef b(): return G",
        "G = [1]\ndef b(): return G\ndef a(): return G",
    ),
}


def cell(made: str, body: str) -> str:
    lines = "\n".join(f"    {line.strip()}" for line in body.split(";"))
    return f"{made}\ndef f(x):\n{lines}\n"


@pytest.mark.parametrize("kind", SEEN)
def test_what_is_shared_is_in_the_version_and_arrives(notebook: Notebook, kind: str) -> None:
    """One object reached twice and two equal ones differ in value and version; there is what is here."""
    values, versions = [], []
    for made in SEEN[kind][:2]:
        notebook.run(cell(made, SEEN[kind][2]))
        versions.append(notebook.version("f"))
        there = notebook.there("f", 0)
        values.append(notebook.here("f", 0))
        assert there == values[-1]
    assert values[0] != values[1]
    assert versions[0] != versions[1]


@pytest.mark.parametrize("kind", UNSEEN)
def test_what_no_program_sees_is_not_in_the_version(notebook: Notebook, kind: str) -> None:
    """Whether immutable values are one object or several makes no difference."""
    versions = []
    for made in UNSEEN[kind]:
        notebook.run(f"{made}\ndef f(x): return G")
        if "def a" in made:
            notebook.run("def f(x): return a() is b()")
        versions.append(notebook.version("f"))
    assert versions[0] == versions[1]


def test_the_users_fix_is_a_new_version(notebook: Notebook) -> None:
    """The finding itself: rows that were one list, then the fix."""
    notebook.run("G = [[0] * 3] * 3\ndef fill(x):\n    G[0][0] = x\n    return sum(map(sum, G))")
    first = notebook.version("fill")
    assert notebook.there("fill", 1) == "3"
    notebook.run("G = [[0] * 3 for _ in range(3)]")
    assert notebook.version("fill") != first
    assert notebook.there("fill", 1) == notebook.here("fill", 1) == "1"


def test_memory_that_arrays_share_is_in_the_version(notebook: Notebook) -> None:
    """A view and a copy of an array differ, and so do views of other places; arrays apart don't."""
    versions = []
    for made in (
        "b = a[2:5]", "b = a[2:5].copy()", "b = a[3:6] * 0 + a[2:5]", "b = np.arange(10.0)[2:5]",
        "b = a[::-1][5:8][::-1]",
    ):  # fmt: skip
        notebook.run(f"import numpy as np\na = np.arange(10.0)\n{made}\ndef f(x): return a, b")
        versions.append(notebook.version("f"))
    assert versions[0] != versions[1] == versions[2] == versions[3] != versions[4]
    views = []
    for start in (2, 3):
        notebook.run(f"a = np.zeros(10); b = a[{start}:{start} + 3]")
        views.append(notebook.version("f"))
    assert views[0] != views[1]


def test_what_is_asked_before_makes_no_difference(notebook: Notebook) -> None:
    """The digest of one thing is the same whatever else was digested before it, shared or not."""
    notebook.run(
        """
        s = [1, [2]]
        names = {"alone": [[s]], "twice": [s, s], "inner": [s[1], {"a": [s[1], 3]}], "row": [[s[1]], [s[1]], [[2]]]}
        names["again"], names["all"] = names["alone"], list(names.values())
        """
    )
    names = notebook.names["names"]

    def new() -> Fingerprinter:
        return Fingerprinter(SourceCollector(cells), ContentHashes())

    alone = {name: new().digest(value) for name, value in names.items()}
    for order in (list(names), list(reversed(names))):
        one = new()
        assert {name: one.digest(names[name]) for name in order} == alone
    assert alone["twice"] != new().digest([[1, [2]], [1, [2]]])
    assert alone["alone"] == new().digest([[[1, [2]]]])


_SEEDS = """
import sys, types
from autocontainer_nb.pickling.capture.buffers import ContentHashes
from autocontainer_nb.pickling.code.cells import Cell, CellBook
from autocontainer_nb.pickling.code.sources import SourceCollector
from autocontainer_nb.pickling.meaning.fingerprint import Fingerprinter
import test_sharing
for kind, (first, second, body) in test_sharing.SEEN.items():
    for made in (first, second):
        book, text = CellBook(), test_sharing.cell(made, body)
        book.record(Cell("/tmp/ipykernel_1/1.py", text))
        names = {"__name__": "__main__"}
        exec(compile(text, "/tmp/ipykernel_1/1.py", "exec"), names)
        print(kind, Fingerprinter(SourceCollector(book), ContentHashes()).digest(names["f"]))
"""


def test_kernels_with_different_seeds_agree(tmp_path: Path) -> None:
    """Neither the hash seed nor addresses show through, elements of sets included."""
    here = Path(__file__).parent
    found = set()
    for seed in ("0", "1", "2"):
        environment = {"PYTHONHASHSEED": seed, "PYTHONPATH": f"{here}:{here.parent}:{':'.join(sys.path)}"}
        ran = subprocess.run(
            [sys.executable, "-c", f"pad = [object() for _ in range({seed}000)]\n{_SEEDS}"],
            env=environment, cwd=tmp_path, capture_output=True, text=True, check=True,
        )  # fmt: skip
        found.add(ran.stdout)
    assert len(found) == 1


READ_ONLY = {
    "numbers": "np.arange(4)",
    "of more than a member's size": "np.arange(4000)",
    "not contiguous": "np.arange(16).reshape(4, 4)[:, ::2]",
    "objects": "np.array([[1], 'a'], dtype=object)",
    "structured": "np.zeros(3, dtype=[('a', 'i4'), ('b', 'O')])",
    "a subclass": "np.rec.array([(1, 2.0)])",
    "a view of objects": "np.array([[1], [2], [3]], dtype=object)[1:]",
}


@pytest.mark.parametrize("kind", READ_ONLY)
def test_whether_an_array_can_be_written_into_counts_and_arrives(notebook: Notebook, kind: str) -> None:
    """One that was made read-only after a launch has another version, and is read-only there and as a value."""
    notebook.run("import numpy as np")
    notebook.run(f"a = {READ_ONLY[kind]}")
    notebook.run("""
        def f(given):
            found = []
            for one in (a, given):
                try:
                    one[...] = one.copy()
                except ValueError as error:
                    found.append(str(error))
            return found, a.flags.writeable, given.flags.writeable, a.tolist() == given.tolist()
    """)
    before = notebook.version("f")
    a = notebook.names["a"]
    assert notebook.there("f", a) == notebook.here("f", a)
    notebook.run("a.flags.writeable = False")
    assert notebook.version("f") != before
    assert notebook.there("f", a) == notebook.here("f", a)


def test_whether_a_view_can_be_written_into_counts(notebook: Notebook) -> None:
    """A memoryview of a bytearray, and the same one read-only."""
    notebook.run("m = memoryview(bytearray(b'abc'))\ndef f(): return m.readonly, bytes(m)")
    before = notebook.version("f")
    notebook.run("m = m.toreadonly()")
    assert notebook.version("f") != before
    assert notebook.there("f") == notebook.here("f")
