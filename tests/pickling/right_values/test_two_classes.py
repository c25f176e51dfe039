"""Two classes are two classes in the container, whatever they have in common; one is one."""

import gc
import threading
import weakref

import cloudpickle
import pytest
from archives import write
from notebook import Notebook, cloudpickles_tables

from autocontainer_nb.pickling.code.cells import cells

FACTORIES = {
    "a class that differs by a closure": """
        def make(n):
            class Power:
                def of(self, v): return v ** n
            return Power
        def use(cls): return cls().of(2)
    """,
    "a class that differs by a dictionary": """
        def make(n):
            class Power:
                table = {"exponent": n}
                def of(self, v): return v ** self.table["exponent"]
            return Power
        def use(cls): return cls().of(2)
    """,
    "a class that differs by an object in an attribute": """
        class Settings:
            def __init__(self, n): self.n = n
        def make(n):
            class Power:
                settings = Settings(n)
            return Power
        def use(cls): return cls.settings.n
    """,
    "a class that differs by a default": """
        def make(n):
            class Power:
                def of(self, v, n=n): return v ** n
            return Power
        def use(cls): return cls().of(2)
    """,
    "a class that differs by its base": """
        class Two: n = 2
        class Three: n = 3
        def make(n):
            class Power({2: Two, 3: Three}[n]): pass
            return Power
        def use(cls): return cls.n
    """,
    "a class that differs by its metaclass": """
        class Meta2(type): n = 2
        class Meta3(type): n = 3
        def make(n):
            class Power(metaclass={2: Meta2, 3: Meta3}[n]): pass
            return Power
        def use(cls): return cls.n
    """,
    "a class that differs by its slots": """
        def make(n):
            class Power:
                __slots__ = ("a", "b", "c")[:n]
            return Power
        def use(cls): return cls.__slots__
    """,
    "a class that differs by a property and a static method": """
        def make(n):
            class Power:
                n_ = property(lambda self: n)
                m = staticmethod(lambda: n)
                @classmethod
                def k(cls): return n
            return Power
        def use(cls): return cls().n_, cls.m(), cls.k()
    """,
    "a dataclass": """
        from dataclasses import dataclass, field
        def make(n):
            @dataclass
            class Power:
                n: list = field(default_factory=lambda: [n])
            return Power
        def use(cls): return cls().n
    """,
    "an enum": """
        import enum
        def make(n):
            class Power(enum.Enum):
                V = n
                def of(self): return n
            return Power
        def use(cls): return cls.V.value, cls.V.of(), cls(cls.V.value) is cls.V
    """,
    "a flag": """
        import enum
        def make(n):
            class Power(enum.IntFlag):
                V = n
            return Power
        def use(cls): return int(cls.V)
    """,
    "a named tuple": """
        from typing import NamedTuple
        def make(n):
            class Power(NamedTuple):
                v: int = n
            return Power
        def use(cls): return cls().v
    """,
    "a named tuple of collections": """
        from collections import namedtuple
        def make(n): return namedtuple("Power", ["v"], defaults=[n])
        def use(cls): return cls().v
    """,
    "a typed dictionary": """
        from typing import TypedDict
        def make(n):
            class Power(TypedDict):
                v: {2: int, 3: float}[n]
            return Power
        def use(cls): return cls.__annotations__["v"].__name__, cls(v=1)
    """,
    "a protocol": """
        from typing import Protocol
        def make(n):
            class Power(Protocol):
                rate = n
                def of(self) -> int: ...
            return Power
        def use(cls): return cls.rate
    """,
    "an abstract class and what is registered with it": """
        import abc
        def make(n):
            class Power(abc.ABC): pass
            Power.register({2: int, 3: str}[n])
            return Power
        def use(cls): return isinstance(1, cls), isinstance("", cls)
    """,
    "a cyclic class": """
        def make(n):
            class Power:
                def of(self, v): return v ** n if v else Power
            Power.me = Power
            Power.others = [Power()]
            return Power
        def use(cls): return cls.me is cls, type(cls.others[0]) is cls, cls().of(2), cls().of(0) is cls
    """,
    "an exception": """
        def make(n):
            class Power(ValueError):
                def __str__(self): return f"power {n}"
            return Power
        def use(cls): return str(cls())
    """,
}
TASK = """
    A, B, C = make(2), make(3), make(2)
    instances = {}
    def two(x): return use(A), use(B), use(C), use(A)
    def identities(x): return A is B, A is C, B is C, A is A, len({id(A), id(B), id(C)})
"""


@pytest.mark.parametrize("kind", FACTORIES)
def test_classes_of_one_factory_stay_apart(notebook: Notebook, kind: str) -> None:
    """What was made by calls of one factory is told apart: where the calls differ, and where they are equal."""
    notebook.run(FACTORIES[kind])
    notebook.run(TASK)
    assert notebook.there("two", 0) == notebook.here("two", 0)
    assert notebook.there("identities", 0) == notebook.here("identities", 0)
    assert notebook.here("identities", 0) == "(False, False, False, True, 3)"


def test_a_class_whose_cell_ran_twice_is_two(notebook: Notebook) -> None:
    """Instances of the class of before and of the class of now are of two classes in the container, too."""
    cell = "class Model:\n    def __init__(self, n): self.n = n\n"
    notebook.run(cell)
    notebook.run("old = Model(1)")
    notebook.run(cell)
    notebook.run("new, again = Model(2), Model(3)")
    notebook.run(
        "def f(x):\n"
        "    return type(old) is type(new), type(new) is type(again), isinstance(old, Model), isinstance(new, Model)"
    )
    assert notebook.there("f", 0) == notebook.here("f", 0) == "(False, True, False, True)"


def test_one_class_is_one(notebook: Notebook) -> None:
    """A class that is reached by a name, by instances, by a subclass and by an input is one class."""
    notebook.run(
        """
        class Base: pass
        class Model(Base): pass
        many = [Model(), Model(), {"m": Model()}]
        def f(m):
            kinds = {type(many[0]), type(many[1]), type(many[2]["m"]), type(m), Model}
            return len(kinds), isinstance(m, Model), isinstance(m, Base), Model.__bases__[0] is Base
        """
    )
    model = notebook.names["Model"]()
    assert notebook.there("f", model) == notebook.here("f", model) == "(1, True, True, True)"


def test_an_input_finds_its_class_after_an_unchanged_launch(notebook: Notebook) -> None:
    """A class changed, launched, changed back: an input is of the class that the first file has."""
    notebook.run("class Model: rate = 1\ndef f(m): return isinstance(m, Model), m.rate, Model.rate")
    path = notebook.folder / "first.pkl"
    notebook.remote("f", 0)
    write(notebook.names["f"], path, notebook.names["f"], cells)
    notebook.run("Model.rate = 2")
    assert notebook.there("f", notebook.names["Model"]()) == "(True, 2, 2)"
    notebook.run("Model.rate = 1")
    assert notebook.container.run(path, notebook.names["Model"]())["text"] == "(True, 1, 1)"


def test_cloudpickle_of_the_kernel_is_right_after_a_launch(notebook: Notebook) -> None:
    """Whoever pickles the notebook's classes by cloudpickle after a launch gets what they get without one."""
    notebook.run(FACTORIES["a class that differs by a closure"])
    notebook.run(TASK)
    notebook.there("two", 0)
    first, second, third = cloudpickle.loads(cloudpickle.dumps([notebook.names[name] for name in "ABC"]))
    assert (first().of(2), second().of(2), third().of(2)) == (4, 8, 4)
    assert first is notebook.names["A"]
    assert second is not third


def test_cloudpickles_tables_are_as_before_when_capturing_fails(notebook: Notebook) -> None:
    """A capture that ends in an error leaves nothing behind in the tables of cloudpickle."""
    notebook.run("import threading\nclass Model: lock = threading.Lock()\ndef f(x): return Model")
    before = cloudpickles_tables()
    with pytest.raises(Exception, match="lock"):
        notebook.remote("f", 0)
    assert cloudpickles_tables() == before


def test_threads_that_pickle_at_the_same_time_do_not_meet(notebook: Notebook) -> None:
    """While one thread captures, another one's cloudpickle gives ids of its own, and both are right."""
    notebook.run(FACTORIES["a class that differs by a closure"])
    notebook.run(TASK)
    wrong: list[object] = []
    done = threading.Event()

    def beside() -> None:
        while not done.is_set():
            two = cloudpickle.loads(cloudpickle.dumps((notebook.names["A"], notebook.names["B"])))
            if [one().of(2) for one in two] != [4, 8]:
                wrong.append(two)

    threads = [threading.Thread(target=beside) for _ in range(2)]
    for thread in threads:
        thread.start()
    path = notebook.folder / "beside.pkl"
    try:
        for _ in range(5):
            write(notebook.names["two"], path, notebook.names["two"], cells)
            assert notebook.container.run(path, 0)["text"] == "(4, 8, 4, 4)"
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert not wrong


def test_classes_that_nobody_holds_are_let_go(notebook: Notebook) -> None:
    """What is remembered of classes keeps none of them alive."""
    notebook.run("class Model: pass\ndef f(x): return Model()")
    notebook.there("f", 0)
    gone = weakref.ref(notebook.names.pop("Model"))
    notebook.names.pop("f")
    gc.collect()
    assert gone() is None
