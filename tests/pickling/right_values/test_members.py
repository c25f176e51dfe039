"""A value that holds what its class has, methods or their variables, holds the class's own where it arrives."""

from typing import Any

import pytest
from notebook import Notebook
from test_registered_files import read_meaning

CELLS = """
import functools
from dataclasses import dataclass
from enum import Enum

def logged(function):
    @functools.wraps(function)
    def inner(*arguments): return function(*arguments)
    return inner

def make(k):
    class Base:
        def base(self): return k
    class Model(Base):
        def of(self, more=[]): return k, more
        @classmethod
        def by_class(cls): return k
        @staticmethod
        def still(): return k
        @property
        def size(self): return k
        @functools.cached_property
        def slow(self): return k
        @logged
        def told(self): return k
        def own(self): return __class__
        plus = functools.partialmethod(of, 1)
        def shares(self): return lambda: k
    return Model

class Level(Enum):
    A = 1
    def of(self): return self.name

@dataclass
class Record:
    call: object = None
    def of(self): return 1

Model = make(3)
o = Model()
r = Record()
r.call = r.of
"""

# name: (expression of a value, what a task asks of it)
KINDS = {
    "a bound method": ("o.of", "x.__func__ is Model.of, x()"),
    "a bound method of a base": ("o.base", "x.__func__ is Model.base"),
    "a bound method of an instance that is sent as well": (
        "[o, o.of]",
        "x[1].__self__ is x[0], x[1].__func__ is Model.of",
    ),
    "a bound method in its own instance": ("r", "x.call.__self__ is x, x.call.__func__ is Record.of"),
    "a method of a member": ("Level.A.of", "x.__self__ is Level.A, x.__func__ is Level.of"),
    "a class method": ("o.by_class", "x.__self__ is Model, x.__func__ is Model.by_class.__func__"),
    "a function beside its class": ("[Model, Model.of]", "x[0] is Model, x[1] is Model.of"),
    "a static method": ("[o, Model.still]", "x[1] is Model.still"),
    "a property's function": ("[o, Model.size.fget]", "x[1] is Model.size.fget"),
    "a cached property's function": ("[o, Model.slow.func]", "x[1] is Model.slow.func"),
    "a decorated method": ("o.told", "x.__func__ is Model.told, x.__func__.__wrapped__ is Model.told.__wrapped__"),
    "what a decorator keeps": ("[o, Model.told.__wrapped__]", "x[1] is Model.told.__wrapped__"),
    "a partial method's function": ("[o, Model.of]", "vars(Model)['plus'].func is x[1]"),
    "a function that shares a variable": ("[o, o.shares()]", "x[1].__closure__[0] is Model.of.__closure__[0], x[1]()"),
    "the class in a variable": (
        "[o, Model.own.__closure__[0]]",
        "x[1] is Model.own.__closure__[0], x[1].cell_contents",
    ),
    "a list of methods": (
        "[m for m in (o.of, o.own, o.base)]",
        "[one.__func__ is getattr(Model, one.__name__) for one in x]",
    ),
}


@pytest.fixture
def ready(notebook: Notebook) -> Notebook:
    notebook.run(CELLS)
    notebook.run("def both(x): return x")
    return notebook


@pytest.mark.parametrize("kind", KINDS)
def test_an_input_holds_what_the_captured_class_has(ready: Notebook, kind: str) -> None:
    """What a task is given is of the class that it was captured with, down to its methods."""
    value, asked = KINDS[kind]
    ready.run(f"def asks(x): return Model, Record, Level, [{asked}][:-1], str([{asked}][-1])")
    ready.run("def seen(x): return asks(x)[3:]")
    given = eval(value, ready.names)
    assert ready.there("seen", given) == ready.here("seen", given)
    assert "False" not in ready.here("seen", given)


@pytest.mark.parametrize("kind", KINDS)
def test_a_result_holds_what_the_notebooks_class_has(ready: Notebook, kind: str) -> None:
    """What comes back is of the notebook's class, down to its methods, which stay as they are."""
    value, asked = KINDS[kind]
    ready.run(f"def give(x): return {value}")
    before = _content(ready)
    ready.names["x"] = ready.result("give", 1)
    assert False not in eval(f"[{asked}]", ready.names)
    assert _content(ready) == before


def test_methods_keep_what_a_cell_gave_them_since(ready: Notebook) -> None:
    """A result doesn't set back what belongs to a method: attributes, defaults, variables, globals."""
    ready.run("def give(x): return o.of")
    found = ready.remote("give", 1)
    ready.run("Model.of.__defaults__[0].append(5)\nModel.of.note = 'new'\nModel.of.__closure__[0].cell_contents = 8")
    method = ready.result_of(found)
    assert method() == (8, [5])
    assert method.note == "new"


def test_a_cell_that_moved_has_the_same_methods(ready: Notebook) -> None:
    """Lines above a class, and comments in it, make it no other class: its methods are those of the last run."""
    ready.run("def give(x): return o.of")
    found = ready.remote("give", 1)
    ready.run("\n\n# moved\n" + CELLS.replace("def of(self, more=[])", "# more\n        def of(self, more=[])"))
    read_meaning(ready, "give")
    method = ready.result_of(found)
    assert method.__func__ is ready.names["Model"].of


def test_another_class_gets_functions_of_its_own(ready: Notebook) -> None:
    """A method of a class that was edited since comes with the class that it belongs to."""
    ready.run("def give(x): return o.of")
    found = ready.remote("give", 1)
    ready.run(CELLS.replace("return k, more", "return -k, more"))
    method = ready.result_of(found)
    assert method() == (3, [])
    assert method.__func__ is not ready.names["Model"].of
    assert method.__func__ is type(method.__self__).of


def _content(notebook: Notebook) -> list[Any]:
    """What the functions of the classes are made of, the very objects."""
    kinds = [notebook.names[name] for name in ("Model", "Record", "Level")]
    functions = [one for kind in kinds for one in vars(kind).values() if hasattr(one, "__code__")]
    return [(id(one), id(one.__defaults__), one.__closure__, dict(vars(one))) for one in functions]
