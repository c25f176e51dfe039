"""A value is the same by every way to a task: as an input, as a captured global, and as a result that comes back."""

import pytest
from notebook import Notebook

# Cells that make `v`, and a function that looks at it.
VALUES = {
    "an IntFlag's members": """
        import enum
        class Perm(enum.IntFlag):
            R = 1
            W = 2
            RW = 3
        class Box:
            def __init__(self): self.rw, self.both, self.others = Perm.RW, Perm.R | Perm.W, ~Perm.R
        v = Box()
        def look(x): return x.rw, x.both, x.others, x.rw is Perm.RW, x.both is x.rw, isinstance(x, Box), list(Perm)
    """,
    "a flag that keeps its bits": """
        import enum
        class Fl(enum.Flag, **({"boundary": enum.KEEP} if hasattr(enum, "KEEP") else {})):
            A = 1
            B = 2
        n = ~Fl.A
        v = [Fl.A, n, Fl(3)]
        def look(x): return [y.value for y in x], [(~y).value for y in x], x[0] is Fl.A
    """,
    "an enumeration's members": """
        import enum
        class C(enum.Enum):
            A = 1
            B = [2]
        v = {C.A: [C.A, C.B], "class": C}
        def look(x): return x[C.A][0] is C.A, x[C.A][1] is C.B, x["class"] is C
    """,
    "a cached property": """
        from functools import cached_property
        class Box:
            @cached_property
            def c(self): return [1]
        v = Box()
        def look(x): return x.c is x.c, x.c, vars(x)
    """,
    "a class whose base takes arguments": """
        class Base:
            def __init_subclass__(cls, tag, **others):
                super().__init_subclass__(**others)
                cls.tag = tag
        class Child(Base, tag="t"): pass
        v = Child()
        def look(x): return x.tag, isinstance(x, Child)
    """,
    "a function behind a cache": """
        import functools
        @functools.lru_cache(maxsize=3)
        def twice(a): return a * 2
        v = [twice]
        def look(x): return x[0](3), x[0].cache_info().maxsize, x[0].__wrapped__(1)
    """,
    "a generic function": """
        import functools
        @functools.singledispatch
        def kind(a): return "any"
        @kind.register
        def _(a: int): return "int"
        v = {"kind": kind}
        def look(x): return x["kind"](1), x["kind"]("s")
    """,
    "a NewType and a type variable": """
        import typing
        UserId, T = typing.NewType("UserId", int), typing.TypeVar("T")
        v = [UserId, T]
        def look(x): return x[0](3), x[0].__supertype__, x[1].__name__
    """,
    "partials, lambdas and functions": """
        import functools
        K = 3
        def add(a, b): return a + b + K
        v = [functools.partial(add, 1), lambda q: q * K, add]
        def look(x): return x[0](2), x[1](2), x[2](1, 1), x[0].func is x[2]
    """,
    "methods": """
        class A:
            def __init__(self): self.n = 1
            def up(self):
                self.n += 1
            @classmethod
            def name(cls): return cls.__name__
        a = A()
        v = [a, a.up, A.name]
        def look(x):
            x[1]()
            return x[0].n, x[2](), x[2].__self__ is A
    """,
    "generics and dataclasses": """
        import dataclasses, typing
        T = typing.TypeVar("T")
        class Box(typing.Generic[T]):
            def __init__(self, v: T): self.v = v
        @dataclasses.dataclass
        class D(typing.Generic[T]):
            a: T
            b: "list[D]" = dataclasses.field(default_factory=list)
        v = [Box[int](3), D[int](1, [D(2)]), Box[int]]
        def look(x): return x[0].v, x[1], x[0].__orig_class__ == Box[int], x[2] == Box[int], isinstance(x[1].b[0], D)
    """,
    "exceptions with constructors of their own": """
        class Two(Exception):
            def __init__(self, a, b):
                super().__init__(f"{a}{b}")
                self.a = a
        class Named(ValueError):
            def __init__(self, *, k): self.k = k
        class Missing(KeyError):
            def __new__(cls, a, b): return super().__new__(cls, a)
            def __init__(self, a, b): self.b = b
        v = [Two(1, 2), Named(k=3), Missing(4, 5), OSError(2, "no"), ValueError("x")]
        def look(x):
            return [(type(e).__name__, e.args, str(e), vars(e)) for e in x], isinstance(x[0], Two), x[3].errno
    """,
    "exceptions that Python gives fields of their own": """
        import sys
        class Full(MemoryError):
            def __init__(self, a, b): super().__init__(a); self.b = b
        class Lost(OSError):
            def __init__(self, path, why): super().__init__(2, "no such", path); self.why = why
        class Ended(SystemExit):
            def __init__(self, code, why): super().__init__(code); self.why = why
        class Over(StopIteration):
            def __init__(self, value, why): super().__init__(value); self.why = why
        class Absent(ImportError):
            def __init__(self, name, why): super().__init__("absent", name=name); self.why = why
        class Wrong(SyntaxError):
            def __init__(self, line, why): super().__init__("bad", ("f.py", line, 1, "x")); self.why = why
        class Garbled(UnicodeDecodeError):
            def __init__(self, why): super().__init__("utf-8", b"a\\xff", 1, 2, why); self.why = why
        v = [Full(1, 2), Lost("p", 3), Ended(4, 5), Over(6, 7), Absent("m", 8), Wrong(9, 10), Garbled("g")]
        if sys.version_info >= (3, 11):
            class Many(ExceptionGroup):
                def __new__(cls, parts, why):
                    made = super().__new__(cls, "many", parts)
                    made.why = why
                    return made
                def __init__(self, parts, why): pass
            v.append(Many([ValueError(1), Full(2, 3)], 11))
        def look(x):
            told = [(type(e).__name__, e.args[:1], str(e), vars(e)) for e in x]
            fields = x[1].filename, x[1].errno, x[2].code, x[3].value, x[4].name, x[5].lineno, x[6].start
            return told, fields, [str(e) for e in getattr(x[-1], "exceptions", ())]
    """,
    "subclasses of built-in types with constructors of their own": """
        import collections
        class P(tuple):
            def __new__(cls, *a): return super().__new__(cls, a)
        class Twice(tuple):
            def __new__(cls, *a):
                made = super().__new__(cls, a + a)
                made.note = "n"
                return made
        class R(str):
            def __new__(cls, a): return super().__new__(cls, a + "!")
            def __str__(self): return "shown"
        class I(int):
            def __new__(cls, a): return super().__new__(cls, a + 1)
            def __int__(self): return 77
        class X(float):
            def __new__(cls, a): return super().__new__(cls, a * 2)
        class F(frozenset):
            def __new__(cls, *a): return super().__new__(cls, a + (0,))
        class S(set):
            def __init__(self, *a): super().__init__(a + (0,))
        class Row(collections.namedtuple("Row", "a b")):
            def __new__(cls, a): return super().__new__(cls, a, a * 2)
        v = [P(1, 2), Twice(3), R("a"), I(1), X(1.5), F(1), S(1), Row(2)]
        def look(x):
            kinds, numbers = [type(y).__name__ for y in x], (x[3] + 0, x[4] + 0)
            return kinds, tuple(x[0]), tuple(x[1]), x[1].note, x[2] == "a!", str(x[2]), numbers, \\
                sorted(x[5]), sorted(x[6]), x[7]
    """,
    "a class attribute named __dict__": """
        class A:
            __dict__ = {"a": 1}
        class B:
            __slots__ = ("x",)
            __dict__ = property(lambda self: {"b": 2})
        v = [A(), B()]
        def look(x): return [y.__dict__ for y in x], vars(A)["__dict__"]
    """,
    "views of an array": """
        import numpy as np
        a = np.arange(10)
        v = [a[2:5], a, a[::-2], a.reshape(2, 5).T, np.asfortranarray(np.ones((2, 3)))]
        v.append(v[4][1:, ::2])
        def look(x):
            x[1][:] = 7
            x[2][0] = 99
            x[4][1, 2] = 5
            return [y.tolist() for y in x], [np.shares_memory(x[1], y) for y in x]
    """,
    "overlapping views of what isn't there itself": """
        import numpy as np
        a = np.arange(10.0)
        v = [a[0:6], a[3:9], a[1:3].view("u1")]
        def look(x):
            x[0][:] = 7
            return [y.tolist() for y in x]
    """,
    "overlapping views of objects": """
        import numpy as np
        a = np.array([[1], [2], [3], "x"], object)
        v = [a[:3], a[1:], a[1]]
        def look(x):
            x[2].append(0)
            x[0][1] = 5
            return [y.tolist() for y in x[:2]], x[2]
    """,
    "fields of a structured array": """
        import numpy as np
        a = np.zeros(4, [("a", "i4"), ("b", "f8")])
        v = (a["a"], a, a["b"], a[1:2])
        def look(x):
            x[0][:] = 3
            x[2][2] = 2.5
            return x[1].tolist(), x[3].tolist()
    """,
    "dates that overlap": """
        import numpy as np
        a = np.array(["2020-01-01", "2021-01-01"], "M8[D]")
        v = (a, a[1:])
        def look(x):
            x[1][0] = "1999-01-01"
            return x[0].tolist()
    """,
    "arrays and views over a bytearray": """
        import numpy as np
        b = bytearray(range(8))
        v = (np.frombuffer(b, "u2"), b, memoryview(b)[2:4], memoryview(b)[::-3], memoryview(bytes(b)).cast("H"))
        def look(x):
            x[1][0] = 200
            x[2][0] = 9
            return x[0].tolist(), x[1], [y.tolist() for y in x[2:]], [y.readonly for y in x[2:]], x[2].obj is x[1]
    """,
    "arrays and views over an array of the standard library": """
        import array
        import numpy as np
        r = array.array("d", [1, 2, 3])
        v = (r, np.frombuffer(r), memoryview(r)[1:])
        def look(x):
            x[1][1] = 7
            return x[0], x[2].tolist(), x[2].format
    """,
    "views of arrays, and of nothing": """
        import numpy as np
        a = np.arange(6, dtype="i4").reshape(2, 3)
        v = (memoryview(a), a, memoryview(b""), memoryview(a)[:0], memoryview(a[:, 1]))
        def look(x):
            x[1][1, 1] = 70
            return x[0].tolist(), x[0].shape, x[2].tolist(), x[3].tolist(), x[4].tolist()
    """,
    "arrays over a mapped file": """
        import mmap, tempfile
        import numpy as np
        m = mmap.mmap(-1, 64)
        a = np.frombuffer(m, "i8")
        a[:] = range(8)
        b = np.memmap(tempfile.NamedTemporaryFile(), dtype="i4", shape=(6,), mode="w+")
        v = (a, a[2:4], b, b[2:4])
        def look(x):
            x[1][:] = 100
            x[3][:] = 100
            return [y.tolist() for y in x], type(x[2]).__name__
    """,
    "a frame over an array": """
        import numpy as np, pandas as pd
        a = np.arange(6.0).reshape(3, 2)
        v = (a, pd.DataFrame(a, copy=False))
        def look(x):
            x[0][0, 0] = 100
            return x[1].values.tolist(), np.shares_memory(x[0], x[1].values)
    """,
    "what can't be written to": """
        import numpy as np
        a = np.arange(4)
        w = a[:2]
        a.flags.writeable = False
        v = (a, w, np.broadcast_to(np.array(5), (3,)))
        def look(x):
            x[1][0] = 9
            return [(y.tolist(), y.flags.writeable) for y in x]
    """,
    "arrays that overlap themselves": """
        import numpy as np
        window = np.lib.stride_tricks.sliding_window_view(np.arange(6), 3, writeable=True)
        v = (window, np.lib.stride_tricks.as_strided(np.zeros(1), (3,), (0,)))
        def look(x):
            x[0][0, 1] = 50
            x[1][0] = 4
            return [y.tolist() for y in x]
    """,
    "subclasses of arrays and frames": """
        import numpy as np, pandas as pd
        class Mine(np.ndarray): pass
        class Frame(pd.DataFrame):
            _metadata = ["note"]
            @property
            def _constructor(self): return Frame
        frame, a = Frame({"a": [1]}), np.arange(4)
        frame.note = "n"
        v = (a, a.view(Mine), a[1:].view(np.recarray), frame, np.rec.array(np.zeros(2, [("a", "i4")])))
        def look(x):
            x[0][0] = 9
            kinds = [type(y).__name__ for y in x]
            return kinds, x[1].tolist(), x[2].tolist(), isinstance(x[1], Mine), x[3].note, x[4].a
    """,
}


def prepared(notebook: Notebook, cell: str) -> str:
    """Run the cells anew, and return what the direct call gives; then run them again, as nothing was changed."""
    notebook.run(cell)
    notebook.run("def use(): return look(v)\ndef give(): return v")
    here = notebook.here("use")
    assert "Error" not in here.partition(":")[0]
    notebook.run(cell)
    return here


@pytest.mark.parametrize("kind", VALUES)
def test_an_input_is_what_it_is_here(notebook: Notebook, kind: str) -> None:
    """What a task finds in its input is what the same function finds here."""
    here = prepared(notebook, VALUES[kind])
    assert notebook.there("look", notebook.names["v"]) == here


@pytest.mark.parametrize("kind", VALUES)
def test_a_captured_value_is_what_it_is_here(notebook: Notebook, kind: str) -> None:
    """What a task finds in a global is what the same function finds here."""
    here = prepared(notebook, VALUES[kind])
    assert notebook.there("use") == here


@pytest.mark.parametrize("kind", VALUES)
def test_a_result_is_what_it_is_there(notebook: Notebook, kind: str) -> None:
    """What comes back is what the direct call gives, and the notebook's classes are those of the instances in it."""
    here = prepared(notebook, VALUES[kind])
    assert notebook.here("look", notebook.result("give")) == here


def test_a_local_module_travels_with_a_value(notebook: Notebook, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An object of a module that the task doesn't mention brings the module, and what that imports, along."""
    folder = tmp_path / "project"
    (folder / "shapes_of_tests").mkdir(parents=True)
    (folder / "shapes_of_tests" / "__init__.py").write_text("from .area import area\nclass Square:\n    side = 3\n")
    (folder / "shapes_of_tests" / "area.py").write_text(
        "import pathlib\nmore = int((pathlib.Path(__file__).parent / 'n.txt').read_text())\n"
        "def area(one): return one.side ** 2 + more\n"
    )
    (folder / "shapes_of_tests" / "n.txt").write_text("1")
    monkeypatch.syspath_prepend(str(folder))
    notebook.run("import shapes_of_tests\nv = [shapes_of_tests.Square(), shapes_of_tests.area]")
    del notebook.names["shapes_of_tests"]
    notebook.run("def look(x): return x[1](x[0]), type(x[0]).__module__")
    assert notebook.there("look", notebook.names["v"]) == "(10, 'shapes_of_tests')"
    notebook.run("def give(x): return x")
    back = notebook.result("give", notebook.names["v"])
    assert type(back[0]) is type(notebook.names["v"][0])
    assert back[1] is notebook.names["v"][1]


@pytest.mark.parametrize("with_code", [False, True])
def test_what_is_nested_too_deeply_is_told(notebook: Notebook, with_code: bool) -> None:
    """A list of 100,000 levels, alone or beside the notebook's objects, is refused in words that say what to do.

    Pickle takes some hundred of them up to 3.11, and some thousand since.
    """
    from autocontainer_nb.pickling.values import dumps

    notebook.run("class A: pass\ndeep = 1\nfor _ in range(100_000): deep = [deep]")
    value = [notebook.names["A"](), notebook.names["deep"]] if with_code else notebook.names["deep"]
    with pytest.raises(RecursionError, match=r"nested too deeply for pickle.*make a flat list"):
        dumps(value)


def test_what_needs_installed_code_alone_is_a_plain_pickle() -> None:
    """Others read it without this package: sets, decimals, paths, arrays."""
    import decimal
    import pickletools

    from autocontainer_nb.pickling.values import dumps

    data = dumps([{1, 2}, decimal.Decimal(1), (1,), ValueError("x")])
    texts = {argument for _, argument, _ in pickletools.genops(data) if isinstance(argument, str)}
    assert not any("autocontainer" in text for text in texts)
