"""What pickle itself changes or can't load arrives as it is: exceptions, slots, classes with `__getattr__`."""

import pytest
from notebook import Notebook

# Cells that define `f`, which looks at what was captured.
CASES = {
    "the cause of an exception": """
        e = KeyError("k")
        e.__cause__ = ValueError(1)
        def f(): return repr(e.__cause__), e.__context__, e.__suppress_context__
    """,
    "what was raised while another was handled": """
        try:
            try: 1 / 0
            except ZeroDivisionError: raise ValueError("late")
        except ValueError as error: e = error
        def f(): return repr(e), repr(e.__context__), e.__cause__, e.__suppress_context__
    """,
    "an exception raised from nothing": """
        try:
            try: 1 / 0
            except ZeroDivisionError: raise ValueError("late") from None
        except ValueError as error: e = error
        def f(): return repr(e.__context__), e.__suppress_context__
    """,
    "exceptions of the notebook's own, with two arguments": """
        class Bad(Exception):
            def __init__(self, code, *, why):
                super().__init__(f"{code} {why}")
                self.code = code
        e = Bad(4, why="w")
        e.__cause__ = Bad(5, why="v")
        e.__notes__ = ["noted"]
        def f(): return e.args, e.code, e.__notes__, e.__cause__.args, e.__cause__.code
    """,
    "an exception with a reduction of its own": """
        class Bad(Exception):
            def __init__(self, a, b): self.a, self.b = a, b
            def __reduce__(self): return Bad, (self.a, self.b)
        e = Bad(1, 2)
        e.__cause__ = KeyError(3)
        def f(): return e.a, e.b, repr(e.__cause__)
    """,
    "exceptions in a circle": """
        e, o = ValueError(1), KeyError(2)
        e.__context__, o.__cause__ = o, e
        def f(): return e.__context__.__cause__ is e, o.__cause__.__context__ is o
    """,
    "slots that aren't set": """
        class S:
            __slots__ = "a", "b"
            def __getattr__(self, name): return "none"
        s = S()
        s.a = 1
        def slot(name):
            try: return vars(S)[name].__get__(s)
            except AttributeError: return "unset"
        def f(): return s.a, s.b, slot("a"), slot("b")
    """,
    "a proxy": """
        class Proxy:
            def __init__(self, inner): self.inner = inner
            def __getattr__(self, name): return getattr(self.inner, name)
        class Inner: v = 3
        p = Proxy(Inner())
        def f(): return p.v, type(p.inner) is Inner
    """,
    "a proxy with slots": """
        class Proxy:
            __slots__ = ("inner",)
            def __init__(self, inner): self.inner = inner
            def __getattr__(self, name): return getattr(self.inner, name)
            def __setattr__(self, name, value): object.__setattr__(self, name, value * 2 if name == "inner" else value)
        p = Proxy([1])
        def f(): return p.inner, p.count(1)
    """,
    "a dictionary whose keys are attributes": """
        class Bunch(dict):
            def __getattr__(self, name): return self.get(name)
        b = Bunch(a=1)
        b["self"] = b
        b.__dict__["own"] = 2
        def f(): return b.a, b.other, list(b), b.self is b, b.own
    """,
    "classes that Python has under no name of their own": """
        import threading
        kinds = [type(threading.Lock()), type(threading.RLock()), type(iter([])), type(iter({})), type({}.keys())]
        kinds += [type(iter(set())), type(reversed([])), type(iter(range(1))), type(iter(""))]
        kinds += [type(lambda: 0), type(len)]
        def f():
            made = [threading.Lock(), threading.RLock(), iter([]), iter({}), {}.keys(), iter(set()), reversed([])]
            made += [iter(range(1)), iter(""), lambda: 0, len]
            return [type(one) is kind for one, kind in zip(made, kinds)], len(kinds)
    """,
    "a list with such attributes": """
        class Rows(list):
            def __getattr__(self, name): return [getattr(each, name) for each in self]
        r = Rows([1, 2j])
        def f(): return r.imag, list(r)
    """,
}


@pytest.mark.parametrize("case", CASES)
def test_captured_instances_are_the_same_there(notebook: Notebook, case: str) -> None:
    """The container gives what the direct call gives."""
    notebook.run(CASES[case])
    here = notebook.here("f")
    assert "Error:" not in here
    assert notebook.there("f") == here


def test_the_cause_of_an_exception_counts(notebook: Notebook) -> None:
    """Another cause is another version, the same cause is the same."""
    notebook.run(CASES["the cause of an exception"])
    before = notebook.version("f")
    notebook.run(CASES["the cause of an exception"])
    assert notebook.version("f") == before
    notebook.run("e.__cause__ = ValueError(2)")
    assert notebook.version("f") != before
