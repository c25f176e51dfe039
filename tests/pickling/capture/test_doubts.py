"""Which captures are loaded on trial: those with anything whose loading runs code that isn't known to do well."""

import datetime as dt
import decimal
import fractions
import io
import re
import sys
import uuid
from collections import Counter, OrderedDict, defaultdict, deque
from functools import partial
from importlib.metadata import version
from pathlib import PurePosixPath
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from autocontainer_nb.pickling.capture.doubts import Doubts
from autocontainer_nb.pickling.capture.pickler import CapturePickler
from autocontainer_nb.pickling.code.cells import CellBook
from autocontainer_nb.pickling.code.sources import SourceCollector

HOME = {"__name__": "__main__"}
exec(
    """
import abc, attr, collections, dataclasses, enum, typing
class Plain:
    def __init__(self): self.a = 1
    def method(self): return 1
    @property
    def half(self): return 0.5
class Below(Plain, typing.Generic[typing.TypeVar("T")]): pass
class Slotted:
    __slots__ = ("a",)
    def __init__(self): self.a = 1
class Abstract(abc.ABC):
    @abc.abstractmethod
    def f(self): ...
class Concrete(Abstract):
    def f(self): return 1
@dataclasses.dataclass
class Data: a: int = 1
@dataclasses.dataclass(frozen=True)
class Frozen: a: int = 1
@dataclasses.dataclass(frozen=True, slots=True)
class Small: a: int = 1
@attr.define
class Defined: a: int = 1
@attr.frozen
class Fixed: a: int = 1
class Color(enum.Enum):
    RED = 1
    def __new__(cls, value):
        one = object.__new__(cls)
        one._value_ = value
        return one
class Row(typing.NamedTuple): a: int = 1
Old = collections.namedtuple("Old", "a b")
class Rows(list): pass
class Hashed:
    def __hash__(self): return 1
class Made:
    def __new__(cls): return super().__new__(cls)
class Reduced:
    def __reduce__(self): return Reduced, ()
class Stated:
    def __getstate__(self): return {"a": 1}
class Filled:
    def __setstate__(self, state): pass
    def __init__(self): self.a = 1
class Answering:
    def __getattr__(self, name): raise AttributeError(name)
class Setting:
    __slots__ = ("a",)
    def __setattr__(self, name, value): object.__setattr__(self, name, value)
class SettingPlain:
    def __setattr__(self, name, value): object.__setattr__(self, name, value)
class Table(dict):
    def __setitem__(self, key, value): super().__setitem__(key, value)
class Counted(collections.Counter):
    def __init__(self, *rest): super().__init__(*rest)
class CountedPlain(collections.Counter): pass
class Failed(Exception): pass
""",
    HOME,
)
KNOWN = (
    *(
        "Plain()",
        "Below()",
        "Slotted()",
        "Concrete()",
        "Data()",
        "Frozen()",
        "{Frozen(): 1}",
        "Small()",
        "Defined()",
        "{Fixed(): 1}",
        "Color.RED",
        "Row()",
    ),
    *("Rows([1])", "Old(1, 2)", "SettingPlain()", "CountedPlain()", "Plain().method", "Abstract", "[Plain] * 3"),
    *("ValueError(1)", "Color"),
)
DOUBTED = (
    *("Hashed()", "Made()", "Reduced()", "Stated()", "Filled()", "Answering()", "Setting()", "Table(a=1)"),
    *("Counted('a')", "Failed()"),
)
OTHERS = (
    None, 1, "a", b"b", [1, {2: (3,)}], {1, 2}, 1 + 2j, dt.datetime(2020, 1, 1, tzinfo=dt.timezone.utc),
    dt.timedelta(1),
    decimal.Decimal(1), fractions.Fraction(1, 2), uuid.UUID(int=1), re.compile("a"), PurePosixPath("a"), deque([1]),
    OrderedDict(a=1), defaultdict(list), Counter("a"), partial(int, base=2), SimpleNamespace(a=1), len, dt, int,
    range(3),
    slice(1), list[int], np.arange(3), np.float64(1), np.dtype("f4"), np.random.default_rng(1), pd.Timestamp(1),
    pd.DataFrame({"a": [1]}), pd.Series(["a"], dtype="category"),
)  # fmt: skip


def doubts_of(value):
    doubts = Doubts()
    pickler = CapturePickler(io.BytesIO(), SourceCollector(CellBook()))
    pickler.pass_by = doubts.note
    pickler.dump(value)
    return doubts


@pytest.mark.parametrize("expression", KNOWN)
def test_classes_of_a_notebook_that_leave_loading_alone(expression):
    """Attributes, slots, enumerations, dataclasses, named tuples: nothing of theirs runs when they are loaded."""
    assert not doubts_of(eval(expression, HOME)).kinds


@pytest.mark.parametrize("expression", DOUBTED)
def test_classes_that_take_part_in_loading(expression):
    """Each method that runs while an instance is made or filled."""
    value = eval(expression, HOME)
    for each in (value, [value], {"a": (value,)}):
        assert doubts_of(each).kinds == {f"__main__.{type(value).__qualname__}"}


@pytest.mark.parametrize("value", OTHERS, ids=lambda value: type(value).__name__)
def test_what_python_and_the_great_libraries_have(value):
    """Their pickles are tested where they are made."""
    assert not doubts_of(value).kinds


def test_libraries_that_nobody_here_knows(tmp_path, monkeypatch):
    """Plain objects of theirs are known to load, others are not; their modules are imported before the trial's time."""
    folder = tmp_path / "site"
    (folder / "strange-1.0.dist-info").mkdir(parents=True)
    (folder / "strange-1.0.dist-info" / "METADATA").write_text("Name: strange\nVersion: 1.0\n")
    (folder / "strange-1.0.dist-info" / "RECORD").write_text("strange.py,,\n")
    (folder / "strange.py").write_text(
        "class Simple:\n    pass\n"
        "class Odd:\n    def __reduce__(self): return Odd, ()\n"
        "class Registers:\n    def __init_subclass__(cls): pass\n"
        "class Kind(type): pass\n"
        "class Model(metaclass=Kind): pass\n"
    )
    monkeypatch.syspath_prepend(str(folder))
    import strange

    assert version("strange") == "1.0"
    assert doubts_of(strange.Simple()).modules == {"strange"}
    assert not doubts_of([strange.Simple(), strange.Model, strange.Model()]).kinds
    assert doubts_of(strange.Odd()).kinds == {"strange.Odd"}
    notebook = {"__name__": "__main__", "strange": strange}
    exec(
        "class Mine(strange.Registers): pass\nclass Yours(strange.Model): pass\nclass Plain(strange.Simple): pass",
        notebook,
    )
    assert doubts_of(notebook["Mine"]).kinds == {"__main__.Mine"}
    assert doubts_of(notebook["Yours"]).kinds == {"__main__.Yours"}
    assert not doubts_of(notebook["Plain"]()).kinds
    monkeypatch.delitem(sys.modules, "strange")
