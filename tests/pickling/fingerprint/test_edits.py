"""Edits of a notebook: those that change what it does give another version and are told; the others don't."""

import pytest

from autocontainer_nb.pickling.meaning.changes import changes, changes_text
from notebooks import Notebook

BASE = '''
import math
import enum
from dataclasses import dataclass

import numpy as np
import pandas as pd

threshold = 0.5
names = {"north", "east", "south"}
config = {"rate": 0.1, "steps": [1, 2, 3], "mode": "fast"}
weights = np.arange(5000.0)
df = pd.DataFrame({"a": range(100), "b": range(100)})
reduce = np.mean

class Colour(enum.Enum):
    RED = 1
    BLUE = 2

@dataclass
class Options:
    depth: int = 3
    title: str = "x"

class Model:
    """A model."""
    scale = 2

    def __init__(self, bias):
        self.bias = bias

    def predict(self, x):
        return x * self.scale + self.bias

model = Model(1)

def clean(x, floor=0):
    y = x - floor
    if y > threshold:
        return y
    return math.floor(y)

def loud(function):
    level = 3
    def wrapper(*args):
        return function(*args) * level
    return wrapper

@loud
def scaled(x):
    return x + 1

def twice(x): return even(x)
def even(x): return True if x == 0 else odd(x - 1)
def odd(x): return False if x == 0 else even(x - 1)

pick = lambda x: x[0]

def f(x=1, *, limit=10):
    """Run it all."""
    # the whole thing
    total = clean(x) + scaled(x) + model.predict(x)
    for name in sorted(names):
        total += len(name) * config["rate"]
    if total > limit:
        total = reduce(weights) + len(df)
    kind = Colour.RED
    return total, Options(), kind, twice(4), pick([1]), x in {"p", "q", "r"}
'''

# (what the edit replaces, by what, how it is told)
MEANING = {
    "a number": ("threshold = 0.5", "threshold = 0.7", "threshold 0.5 ► 0.7"),
    "a type": ("threshold = 0.5", "threshold = '0.5'", "threshold 0.5 ► '0.5'"),
    "a set": ('"east", "south"}', '"east", "west"}', "names changed (set of 3)"),
    "a dict's entry": ('"rate": 0.1', '"rate": 0.2', 'config["rate"] 0.1 ► 0.2'),
    "a dict in another order": (
        '{"rate": 0.1, "steps": [1, 2, 3], "mode": "fast"}',
        '{"mode": "fast", "steps": [1, 2, 3], "rate": 0.1}',
        "config in another order",
    ),
    "a list that becomes a dict": ("[1, 2, 3]", "{1: 2, 3: 4}", 'config["steps"] list of 3 ► dict of 2'),
    "a nested entry": ("[1, 2, 3]", "[1, 2, 4]", 'config["steps"][2] 3 ► 4'),
    "a new entry": ('"mode": "fast"}', '"mode": "fast", "seed": 7}', 'config["seed"] 7 is new'),
    "an array": ("np.arange(5000.0)", "np.arange(5000.0) + 1", "weights changed (ndarray of 5000)"),
    "a frame's rows": (
        'pd.DataFrame({"a": range(100), "b": range(100)})',
        'pd.DataFrame({"a": range(120), "b": range(120)})',
        "df 100 rows, 2 columns ► 120 rows, 2 columns",
    ),
    "a library's function": ("reduce = np.mean", "reduce = np.median", "reduce numpy.mean ► numpy.median"),
    "an enum's value": ("BLUE = 2", "BLUE = 3", "Colour.BLUE 2 ► 3"),
    "a field's default": ("depth: int = 3", "depth: int = 4", "Options.depth 3 ► 4"),
    "a class attribute": ("scale = 2", "scale = 4", "Model.scale 2 ► 4"),
    "an object's attribute": ("Model(1)", "Model(5)", "model.bias 1 ► 5"),
    "a method": ("self.scale + self.bias", "self.scale - self.bias", "Model.predict(): 1 line"),
    "a helper": ("y = x - floor\n    if y > threshold:", "y = x\n    if y >= threshold:", "clean(): 2 lines"),
    "a helper's default": ("floor=0", "floor=1", "clean(floor=) 0 ► 1"),
    "what a decorator holds": ("level = 3", "level = 5", "scaled.level 3 ► 5"),
    "a decorated function": ("return x + 1\n\ndef twice", "return x + 2\n\ndef twice", "scaled.function(): 1 line"),
    "a recursive helper": ("False if x == 0 else even", "x != 0 and even", "odd(): 1 line"),
    "a lambda": ("lambda x: x[0]", "lambda x: x[-1]", "pick(): 1 line"),
    "the function": ('x in {"p", "q", "r"}', 'x in {"p", "q", "s"}', "f(): 1 line"),
    "its default": ("f(x=1", "f(x=2", "f(x=) 1 ► 2"),
    "its keyword's default": ("limit=10", "limit=20", "f(limit=) 10 ► 20"),
    "a statement's place": (
        "y = x - floor\n    if y > threshold:\n        return y\n    return math.floor(y)",
        "y = x - floor\n    if y > threshold:\n        return y\n        return math.floor(y)",
        "clean(): 1 line",
    ),
}

NO_MEANING = {
    "a comment": ("# the whole thing", "# everything"),
    "a comment gone": ("    # the whole thing\n", ""),
    "a comment at a line's end": ("y = x - floor", "y = x - floor  # at least"),
    "blank lines": ("\ndef clean(", "\n\n\n\ndef clean("),
    "blank lines within": ("    y = x - floor\n", "    y = x - floor\n\n"),
    "brackets": ("return x * self.scale + self.bias", "return ((x * self.scale) + self.bias)"),
    "blanks": ("total = clean(x) + scaled(x)", "total=clean( x )+scaled( x )"),
    "a line split": ("clean(x) + scaled(x) + model", "(\n        clean(x)\n        + scaled(x)\n    ) + model"),
    "other quotes": ('x in {"p", "q", "r"}', "x in {'p', 'q', 'r'}"),
    "one quote for three": ('"""Run it all."""', '"Run it all."'),
    "a deeper indentation": ("        return y\n", "                return y\n"),
    "a block on its line": ("    if y > threshold:\n        return y", "    if y > threshold: return y"),
    "an idle pass": ("    y = x - floor\n", "    pass\n    y = x - floor\n"),
    "a local variable's type": ("    y = x - floor\n", "    y: float = x - floor\n"),
    "a set in another order": ('{"north", "east", "south"}', '{"south", "north", "east"}'),
    "a computed text": ('"mode": "fast"', '"mode": "".join(["fa", "st"])'),
    "the same number, computed": ("threshold = 0.5", "threshold = 1 / 2"),
    "functions in another order": (
        "def even(x): return True if x == 0 else odd(x - 1)\ndef odd(x): return False if x == 0 else even(x - 1)",
        "def odd(x): return False if x == 0 else even(x - 1)\ndef even(x): return True if x == 0 else odd(x - 1)",
    ),
    "something else in the cell": ("threshold = 0.5", "threshold = 0.5\nunused = 7\ndef nobody(): return unused"),
    "an equal copy": ('"steps": [1, 2, 3]', '"steps": list((1, 2, 3))'),
    "a decorator's spelling": ("@loud\ndef", "@(loud)\ndef"),
    "a raw text": ('title: str = "x"', 'title: str = r"x"'),
    "an old prefix": ('x in {"p", "q", "r"}', 'x in {u"p", "q", "r"}'),
}


def edited(old: str, new: str) -> str:
    assert BASE.count(old) == 1, f"the edit has to replace one place, found {BASE.count(old)}"
    return BASE.replace(old, new)


@pytest.mark.parametrize(("old", "new", "told"), MEANING.values(), ids=MEANING)
def test_an_edit_of_meaning_is_another_version_and_is_told(old: str, new: str, told: str) -> None:
    """Each gives another version, and the explanation is this very change and nothing else."""
    before, after = Notebook(BASE).versions(), Notebook(edited(old, new)).versions()
    assert after.version != before.version
    found = changes([part.as_json() for part in before.parts], [part.as_json() for part in after.parts])
    assert changes_text(found) == told


@pytest.mark.parametrize(("old", "new"), NO_MEANING.values(), ids=NO_MEANING)
def test_an_edit_without_meaning_is_the_same_version(old: str, new: str) -> None:
    """Neither the version nor any part of it is another one."""
    before, after = Notebook(BASE).versions(), Notebook(edited(old, new)).versions()
    assert after == before


def test_the_file_name_does_not_count() -> None:
    """The same cell run twice has two file names, as in two kernels, and one version."""
    assert Notebook(BASE).versions() == Notebook(BASE).versions()


def test_cells_may_be_split() -> None:
    """One cell made into two: nothing that a function does depends on which cell it stood in."""
    head, middle, tail = BASE.partition("def clean(")
    assert Notebook(head, middle + tail).versions() == Notebook(BASE).versions()


def test_code_without_source_counts_by_its_bytecode() -> None:
    """Where nobody knows the text, the code's own instructions and constants tell meanings apart."""

    def version(text: str) -> str:
        namespace: dict[str, object] = {"__name__": "__main__"}
        exec(text, namespace)
        notebook = Notebook()
        notebook.namespace = namespace  # type: ignore[assignment]
        return notebook.digest("f")

    text = "def f(x):\n    return x in {'p', 'q', 'r'} and x + 1.0"
    assert version(text) == version(f"\n\n\n{text}")
    others = {version(text.replace(*edit)) for edit in [("1.0", "1"), ("'r'", "'s'"), ("1.0", "True"), ("+", "-")]}
    assert len(others | {version(text)}) == 5


def test_a_changed_text_of_a_file_is_no_proof() -> None:
    """Where the known text isn't the one that was compiled, the code counts by its bytecode, not by that text."""
    from autocontainer_nb.pickling.code.cells import Cell

    notebook = Notebook("def f(x):\n    return x + 1")
    filename = notebook.namespace["f"].__code__.co_filename
    before = notebook.digest("f")
    notebook.book.record(Cell(filename, "def f(x):\n    return x + 2"))
    other = Notebook("def f(x):\n    return x + 2")
    assert notebook.digest("f") not in {before, other.digest("f")}
