"""Results leave the notebook's own classes as they are, and are instances of them where they are the same."""

import gc
import logging
import pickle
from collections.abc import Iterator
from typing import Any

import pytest
from notebook import Notebook

from autocontainer_nb.pickling.values import dumps

KINDS = {
    "a plain class": (
        """
        class Model:
            count = 0
            def rate(self): return RATE
        """,
        "Model()",
    ),
    "a class with slots": (
        """
        class Model:
            __slots__ = ("a",)
            def rate(self): return RATE
        """,
        "Model()",
    ),
    "a dataclass": (
        """
        from dataclasses import dataclass
        @dataclass
        class Model:
            a: int = 1
            def rate(self): return RATE
        """,
        "Model()",
    ),
    "an enum": (
        """
        import enum
        class Model(enum.Enum):
            A = 1
            def rate(self): return RATE
        """,
        "Model.A",
    ),
    "a named tuple": (
        """
        from typing import NamedTuple
        class Model(NamedTuple):
            a: int = 1
            def rate(self): return RATE
        """,
        "Model()",
    ),
    "a class with a registry": (
        """
        class Base:
            made = []
            def __init_subclass__(cls): Base.made.append(cls.__name__)
        class Model(Base):
            def rate(self): return RATE
        """,
        "Model()",
    ),
    "a class with a metaclass": (
        """
        class Meta(type):
            made = []
            def __new__(meta, *arguments):
                meta.made.append(arguments[0])
                return super().__new__(meta, *arguments)
            def __setattr__(cls, name, value): raise AttributeError(name)
        class Model(metaclass=Meta):
            def rate(self): return RATE
        """,
        "Model()",
    ),
    "an abstract class": (
        """
        import abc
        class Base(abc.ABC):
            @abc.abstractmethod
            def rate(self): ...
        class Model(Base):
            def rate(self): return RATE
        """,
        "Model()",
    ),
    "an exception": (
        """
        class Model(ValueError):
            def rate(self): return RATE
        """,
        "Model()",
    ),
    "a class made by a function": (
        """
        def make(n):
            class Model:
                def rate(self): return RATE
            return Model
        Model = make(1)
        """,
        "Model()",
    ),
}


def content(notebook: Notebook) -> dict[str, Any]:
    """What all classes of the notebook hold, the very objects."""
    classes = {name: value for name, value in notebook.names.items() if isinstance(value, type)}
    return {name: (value, dict(vars(value)), value.__bases__) for name, value in classes.items()}


def same(first: dict[str, Any], second: dict[str, Any]) -> bool:
    """Whether both hold the very same objects."""
    return first.keys() == second.keys() and all(
        one[0] is other[0]
        and one[1].keys() == other[1].keys()
        and all(one[1][name] is other[1][name] for name in one[1])
        for one, other in ((first[name], second[name]) for name in first)
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_result_leaves_the_class_alone(notebook: Notebook, kind: str) -> None:
    """What a class holds, its methods, its registries and its version are the same after a result as before."""
    cell, made = KINDS[kind]
    notebook.run("RATE = 1")
    notebook.run(cell)
    notebook.run(f"def train(x): return {made}")
    before, version = content(notebook), notebook.version("train")
    model = notebook.result("train", 1)
    assert type(model) is notebook.names["Model"]
    assert same(before, content(notebook))
    assert notebook.version("train") == version
    notebook.run("RATE = 5")
    assert notebook.names["Model"].rate(model) == 5


def test_what_was_set_since_the_launch_stays(notebook: Notebook) -> None:
    """Attributes of the class that a cell has set while the task was running aren't set back."""
    notebook.run("class Model: seen = []\ndef train(x): return Model()")
    found = notebook.remote("train", 1)
    notebook.run("Model.seen.append(1)\nModel.added = 2\nModel.rate = lambda self: 7")
    notebook.result_of(found)
    model = notebook.result_of(found)
    assert type(model) is notebook.names["Model"]
    assert (model.seen, model.added, model.rate()) == ([1], 2, 7)


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """What is told while the test runs."""
    with caplog.at_level(logging.WARNING, "autocontainer_nb"):
        yield caplog


def test_a_class_edited_since_is_another_one_and_is_told(notebook: Notebook, told: pytest.LogCaptureFixture) -> None:
    """Where the class's cell ran again with other code, a result is of the class of before, and this is said once."""
    notebook.run("class Model:\n    def rate(self): return 1\ndef train(x): return [Model(), Model()]")
    found = notebook.remote("train", 1)
    notebook.run("class Model:\n    def rate(self): return 5")
    gc.collect()
    before = content(notebook)
    first, second = notebook.result_of(found)
    assert type(first) is type(second)
    assert not isinstance(first, notebook.names["Model"])
    assert (first.rate(), notebook.names["Model"]().rate()) == (1, 5)
    assert same(before, content(notebook))
    assert told.text.count("A value of the class Model is of the class as it was when the task was launched") == 1
    assert type(notebook.result_of(found)[0]) is type(first)


def test_a_class_whose_cell_ran_again_unchanged_is_the_same(notebook: Notebook, told: pytest.LogCaptureFixture) -> None:
    """Where the class's cell ran again as it was, a result is of the notebook's class of now."""
    cell = "class Model:\n    def rate(self): return 1"
    notebook.run(cell)
    notebook.run("def train(x): return Model()")
    old = notebook.names["Model"]
    found = notebook.remote("train", 1)
    notebook.run(cell)
    assert notebook.names["Model"] is not old
    assert type(notebook.result_of(found)) is notebook.names["Model"]
    assert not told.text


CELL = "class Model:\n    def rate(self): return 1"


def test_a_class_that_had_lost_its_name_at_the_launch_comes_back(notebook: Notebook) -> None:
    """What a cell holds of the class of before its cell ran again is of that class in a result, as in a direct call."""
    notebook.run(CELL)
    notebook.run("kept = Model()\ndef train(x): return kept, x")
    before = notebook.remote("train", 1)
    notebook.run(CELL)
    old, new = type(notebook.names["kept"]), notebook.names["Model"]
    assert type(notebook.result_of(before)[0]) is new
    assert type(notebook.result("train", 1)[0]) is old
    value = notebook.result("train", new())
    assert [type(each) for each in value] == [old, new]
    sent = notebook.result("train", notebook.names["kept"])
    assert [type(each) for each in sent] == [old, old]
    assert type(notebook.result_of(before)[0]) is old  # what left by the same id, and was another class here already


def test_classes_of_two_captures_that_mean_the_same_stay_two_in_a_value(notebook: Notebook) -> None:
    """Each of them was the only one of its name in a capture; in a value that has both they are two."""
    notebook.run(CELL)
    notebook.run("kept = Model()\ndef train(x): return kept")
    notebook.remote("train", 1)
    notebook.run(CELL)
    notebook.run("def train(x): return Model(), type(x[0]) is Model, type(x[1]) is Model, type(x[0]) is type(x[1])")
    for _ in range(2):
        notebook.remote("train", [1, 2])  # the capture has the new class only
        value = notebook.names["kept"], notebook.names["Model"]()
        copy = pickle.loads(dumps(value))
        assert [type(each) for each in copy] == [type(each) for each in value]
        assert notebook.remote("train", value)["text"].endswith("False, True, False)")


def test_a_copy_is_of_the_class_that_it_is_a_copy_of(notebook: Notebook) -> None:
    """However often values are copied, and whichever class is met first: local runs copy values between nodes."""
    notebook.run(CELL)
    notebook.run("kept = Model()")
    notebook.run(CELL)
    old, new = notebook.names["kept"], notebook.names["Model"]()
    for value in (old, new, old, [new, old], [old, new], new, old):
        for _ in range(2):
            copy = pickle.loads(dumps([value, value]))
            assert copy[0] is copy[1]
            found = [type(each) for each in (copy[0] if isinstance(value, list) else copy)]
            assert found == [type(each) for each in (value if isinstance(value, list) else [value, value])]


def test_a_restarted_kernel_knows_its_class_again(notebook: Notebook) -> None:
    """A kernel that never launched, with the same cells, gets instances of its own class."""
    cells_ = "class Model:\n    def rate(self): return 1\ndef train(x): return Model()"
    notebook.run(cells_)
    found = notebook.remote("train", 1)
    notebook.names.pop("Model")
    notebook.names.pop("train")
    gc.collect()
    notebook.run(cells_)
    assert type(notebook.result_of(found)) is notebook.names["Model"]


def test_two_equal_classes_come_back_as_the_two_that_left(notebook: Notebook) -> None:
    """Instances of two classes that mean the same are of these two when they come back."""
    notebook.run(
        """
        def make():
            class Model: pass
            return Model
        A, B = make(), make()
        def train(x): return [A(), B(), A()]
        """
    )
    kinds = [type(one) for one in notebook.result("train", 1)]
    assert kinds == [notebook.names["A"], notebook.names["B"], notebook.names["A"]]


def test_a_class_made_in_the_container_comes_along(notebook: Notebook) -> None:
    """A class that only the task makes is made here, and its base is the notebook's, which doesn't notice."""
    notebook.run(
        """
        class Base:
            made = []
            def __init_subclass__(cls): Base.made.append(cls.__name__)
            def rate(self): return 3
        def train(x):
            class Model(Base):
                def own(self): return 4
            return Model(), Model()
        """
    )
    before = content(notebook)
    first, second = notebook.result("train", 1)
    assert type(first) is type(second)
    assert isinstance(first, notebook.names["Base"])
    assert (first.rate(), first.own(), notebook.names["Base"].made) == (3, 4, [])
    assert same(before, content(notebook))


def test_a_result_is_an_input_again(notebook: Notebook) -> None:
    """A value that came back goes to the next task as one of its class."""
    notebook.run("class Model:\n    n = 3\ndef train(x): return Model()\ndef use(m): return isinstance(m, Model), m.n")
    assert notebook.there("use", notebook.result("train", 1)) == "(True, 3)"


def test_functions_that_come_back_share_their_variables(notebook: Notebook) -> None:
    """Closures over one variable still are when they come back, and a generic function has its implementations."""
    notebook.run(
        """
        import functools
        def make():
            n = 0
            def up():
                nonlocal n
                n += 1
            return up, lambda: n
        @functools.singledispatch
        def kind(x): return "any"
        @kind.register(int)
        def _(x): return "int"
        def train(x): return [*make(), kind]
        """
    )
    up, get, kind = notebook.result("train", 1)
    up()
    assert (get(), kind("a"), kind(1)) == (1, "any", "int")
