"""`__main__` in a task's process is the captured notebook: what is looked up by its own name is found there."""

import subprocess
import sys
from types import ModuleType

import pytest
from container_fixture import capture_task

from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.pickling.code.cells import Cell, cells

MODEL = """
import pickle
class Model:
    def __init__(self, k): self.k = k

def sq(x): return x * x
"""
POOL = """
import multiprocessing as mp
from concurrent.futures import ProcessPoolExecutor
OFFSET = 10
class Point:
    def __init__(self, x): self.x = x
def moved(point): return Point(point.x + OFFSET)
"""
# Each cell defines `train(x: int) -> str`, whose direct call would give the value for x = 3.
CASES = {
    "pickle": (MODEL + "@task\ndef train(x: int) -> str: return str(pickle.loads(pickle.dumps(Model(x))).k)", "3"),
    "pickle of a class": (
        MODEL + "@task\ndef train(x: int) -> str: return str(pickle.loads(pickle.dumps(Model)) is Model)",
        "True",
    ),
    "pickle of a function": (
        MODEL + "@task\ndef train(x: int) -> str: return str(pickle.loads(pickle.dumps(sq)) is sq)",
        "True",
    ),
    "pickle of what a global holds": (
        MODEL + "HELD = [Model(4)]\n@task\ndef train(x: int) -> str: return str(pickle.loads(pickle.dumps(HELD))[0].k)",
        "4",
    ),
    "pickle of an enumeration's member, a named tuple, a dataclass": (
        """
import enum, pickle, typing, dataclasses
class Colour(enum.Enum):
    RED = 1
class Pair(typing.NamedTuple):
    a: int
@dataclasses.dataclass
class Held:
    a: int
@task
def train(x: int) -> str:
    values = Colour.RED, Pair(x), Held(x)
    back = pickle.loads(pickle.dumps(values))
    return str([type(one) is type(other) and one == other for one, other in zip(values, back)])
""",
        "[True, True, True]",
    ),
    "pickle of a function behind a cache and of a type variable": (
        """
import functools, pickle, typing
T = typing.TypeVar("T")
Id = typing.NewType("Id", int)
@functools.lru_cache
def cached(x): return x
@task
def train(x: int) -> str:
    return str([pickle.loads(pickle.dumps(one)) is one for one in (cached, T, Id)])
""",
        "[True, True, True]",
    ),
    "pickle of an instance of a class in another one": (
        """
import pickle
class Outer:
    class Inner:
        class Innermost:
            def __init__(self, v): self.v = v
HELD = Outer.Inner.Innermost(3)
@task
def train(x: int) -> str:
    again = pickle.loads(pickle.dumps(HELD))
    return str((again.v, type(again) is type(HELD), type(again).__qualname__))
""",
        "(3, True, 'Outer.Inner.Innermost')",
    ),
    "torch-like saver": (
        MODEL
        + """
import io
@task
def train(x: int) -> str:
    file = io.BytesIO()
    pickle.Pickler(file, protocol=2).dump({"model": Model(x), "class": Model})
    saved = pickle.Unpickler(io.BytesIO(file.getvalue())).load()
    return str((saved["model"].k, saved["class"] is Model))
""",
        "(3, True)",
    ),
    "joblib": (
        MODEL
        + """
import io, joblib
@task
def train(x: int) -> str:
    file = io.BytesIO()
    joblib.dump({"f": sq, "m": Model(x)}, file)
    file.seek(0)
    back = joblib.load(file)
    return str((back["f"](3), back["m"].k))
""",
        "(9, 3)",
    ),
    "joblib's processes": (
        MODEL
        + """
import joblib
@task
def train(x: int) -> str:
    return str([m.k for m in joblib.Parallel(n_jobs=2)(joblib.delayed(Model)(i) for i in range(x))])
""",
        "[0, 1, 2]",
    ),
    "import __main__": (
        MODEL + "@task\ndef train(x: int) -> str:\n    import __main__\n    return str(__main__.sq(x))",
        "9",
    ),
    "sys.modules": (
        MODEL + "import sys\n@task\ndef train(x: int) -> str: return str(sys.modules['__main__'].sq(x))",
        "9",
    ),
    "getattr on __main__": (
        MODEL + "import sys\n@task\ndef train(x: int) -> str: return str(getattr(sys.modules['__main__'], 'sq')(x))",
        "9",
    ),
    "globals()": (MODEL + "@task\ndef train(x: int) -> str: return str(globals()['sq'](x))", "9"),
    "globals() of a helper": (
        MODEL + "def named(name): return globals()['sq']\n@task\ndef train(x: int) -> str: return str(named('sq')(x))",
        "9",
    ),
    "eval": (MODEL + "K = 2\n@task\ndef train(x: int) -> str: return str(eval('sq(x) + K'))", "11"),
    "exec": (
        MODEL
        + """
K = 2
@task
def train(x: int) -> str:
    made = dict(globals())
    exec('y = sq(K)', made)
    return str(made['y'])
""",
        "4",
    ),
    "a query": (
        """
import pandas as pd
LIMIT, QUERY = 2, "a > @LIMIT and a < @most"
FRAME = pd.DataFrame({"a": range(9)})
@task
def train(x: int) -> str:
    most = 5
    return str((FRAME.query("a > @LIMIT and a < @most").a.tolist(), FRAME.query(QUERY).a.tolist()))
""",
        "([3, 4], [3, 4])",
    ),
    "global through __main__": (
        """
import sys
COUNT = 1
def bump():
    global COUNT
    COUNT += 1
@task
def train(x: int) -> str:
    bump()
    sys.modules["__main__"].COUNT += 10
    return str((COUNT, sys.modules["__main__"].COUNT, sys.modules["__main__"].__dict__ is globals()))
""",
        "(12, 12, True)",
    ),
    "type hints by name": (
        """
from __future__ import annotations
import typing
class Config: pass
def take(c: Config, other: typing.Optional[Other] = None) -> Other: ...
class Other:
    inner: Config
@task
def train(x: int) -> str:
    return str((typing.get_type_hints(take)["return"] is Other, typing.get_type_hints(Other)["inner"] is Config))
""",
        "(True, True)",
    ),
    "type hints of a function that is used alone": (
        """
import typing
class Config: pass
def take(c: "Config", more: typing.List["typing.Optional[Config]"] = ()) -> int: return 1
@task
def train(x: int) -> str:
    return repr([kind for kind in typing.get_type_hints(take).values()])
""",
        "[<class '__main__.Config'>, typing.List[typing.Optional[__main__.Config]], <class 'int'>]",
    ),
    "type hints of a class that is used alone": (
        """
import typing
class Config: pass
class Job:
    config: "Config"
    parent: "typing.Optional[Job]" = None
@task
def train(x: int) -> str: return repr(typing.get_type_hints(Job))
""",
        "{'config': <class '__main__.Config'>, 'parent': typing.Optional[__main__.Job]}",
    ),
    "a dataclass that names itself": (
        """
import dataclasses, typing
@dataclasses.dataclass
class N:
    v: int
    next: typing.Optional["N"] = None
@task
def train(x: int) -> str:
    return repr((N(x, N(1)), typing.get_type_hints(N)["next"] == typing.Optional[N]))
""",
        "(N(v=3, next=N(v=1, next=None)), True)",
    ),
    "pydantic after annotations of the future": (
        """
from __future__ import annotations
import pickle, typing
from pydantic import BaseModel
class Inner(BaseModel):
    a: int
class Outer(BaseModel):
    inner: Inner
    next: typing.Optional[Outer] = None
@task
def train(x: int) -> str:
    made = Outer(inner={"a": x}, next={"inner": {"a": 1}})
    class Late(BaseModel):
        outer: Outer
    again = pickle.loads(pickle.dumps(made))
    return str((again == made, type(again) is Outer, Late(outer=made).outer.next.inner.a))
""",
        "(True, True, 1)",
    ),
    "a process pool": (
        POOL + "@task\ndef train(x: int) -> str:\n    with ProcessPoolExecutor(2) as pool:\n"
        "        return str([p.x for p in pool.map(moved, map(Point, range(x)))])",
        "[10, 11, 12]",
    ),
    **{
        f"a pool by {how}": (
            POOL + f"@task\ndef train(x: int) -> str:\n    with mp.get_context({how!r}).Pool(2) as pool:\n"
            "        return str([p.x for p in pool.map(moved, map(Point, range(x)))])",
            "[10, 11, 12]",
        )
        for how in ("fork", "spawn", "forkserver")
    },
    "globals in a process that was spawned": (
        POOL
        + """
import sys
HITS = 0
def hit(_):
    global HITS
    HITS += 1
    main = sys.modules["__main__"]
    return (HITS, main.HITS, main.__dict__ is globals(), main.__name__)
@task
def train(x: int) -> str:
    with ProcessPoolExecutor(1, mp_context=mp.get_context("spawn")) as pool:
        return str(list(pool.map(hit, range(2))))
""",
        "[(1, 1, True, '__main__'), (2, 2, True, '__main__')]",
    ),
    "a process that a spawned process spawns": (
        POOL
        + """
def inner(point):
    with mp.get_context("spawn").Pool(1) as pool:
        return pool.map(moved, [point])[0]
@task
def train(x: int) -> str:
    with ProcessPoolExecutor(1, mp_context=mp.get_context("spawn")) as pool:
        return str(pool.submit(inner, Point(x)).result().x)
""",
        "13",
    ),
    "a manager": (
        POOL + "@task\ndef train(x: int) -> str:\n    with mp.Manager() as manager:\n"
        "        return str(dict(manager.dict(a=x)))",
        "{'a': 3}",
    ),
    "scikit-learn's memory and clone": (
        """
import tempfile
import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
def double(a): return a * 2
class Shift(BaseEstimator, TransformerMixin):
    def __init__(self, by=1): self.by = by
    def fit(self, X, y=None): return self
    def transform(self, X): return X + self.by
@task
def train(x: int) -> str:
    with tempfile.TemporaryDirectory() as folder:
        steps = make_pipeline(FunctionTransformer(double), Shift(x), Shift(0), memory=folder)
        return str(clone(steps).fit_transform(np.ones((1, 2))).tolist())
""",
        "[[5.0, 5.0]]",
    ),
    "two classes of one name": (
        """
import pickle
class Model: old = True
OLD = Model()
class Model: old = False
@task
def train(x: int) -> str: return str((OLD.old, pickle.loads(pickle.dumps(Model)).old, type(OLD) is Model))
""",
        "(True, False, False)",
    ),
    "two classes of one name, the newer one by an instance": (
        """
import pickle
class Model: old = True
OLD = Model()
class Model: old = False
NEW = Model()
@task
def train(x: int) -> str: return str((NEW.old, OLD.old, pickle.loads(pickle.dumps(NEW)).old))
""",
        "(False, True, False)",
    ),
    "a task under its own name": (
        "@task\ndef train(x: int) -> str: return type(globals()['train']).__name__",
        "PythonFunctionTask",
    ),
    "a name of its own and no file": (
        "@task\ndef train(x: int) -> str: return str((__name__, '__file__' in globals(), 'get_ipython' in globals()))",
        "('__main__', False, False)",
    ),
}  # fmt: skip

# Processes would start from this one, whose `__main__` is another; a fork of a process with threads isn't safe.
IN_A_THREAD = [case for case in CASES if not any(word in case for word in ("process", "pool", "manager"))]


@pytest.fixture
def notebook(container, monkeypatch):
    """Runs a cell in a `__main__` of this test's own, as a kernel does; returns its namespace."""
    module = ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", module)

    def run(source):
        filename = f"cell-{container.folder}"
        vars(module)["task"] = task
        exec(compile(source, filename, "exec"), vars(module))
        cells.record(Cell(filename, source, "id", 7))
        return vars(module)

    return run


def captured(container, namespace):
    return capture_task(namespace["train"], str(container.folder / "entities.pkl"))


@pytest.mark.parametrize("case", CASES)
def test_what_is_looked_up_by_its_own_name_is_found(container, notebook, case):
    """The container command gives what the direct call gives, for everything that finds things by name."""
    source, expected = CASES[case]
    outcome = container.execute(captured(container, notebook(source)), x=3)
    assert outcome.error is None, outcome.error.message
    assert outcome.outputs["o0"] == expected


@pytest.mark.parametrize("case", IN_A_THREAD)
def test_the_direct_call_says_so(notebook, case):
    """The values expected are those of the notebook itself, for all that can run in the process of the tests."""
    source, expected = CASES[case]
    assert notebook(source)["train"](x=3) == expected


def test_what_arrives_with_an_input_is_found_in_main_unless_the_notebook_has_the_name(container, notebook):
    """A class that only an input brings can be pickled again; it displaces nothing, and changes no captured global."""
    source = """
import pickle, typing
SCALE = 2
class Bag:
    def __init__(self, v): self.v = v
    def scaled(self): return self.v * SCALE
def scaled(v): return v * SCALE
@task
def train(bag: typing.Any, f: typing.Any) -> str:
    again = pickle.loads(pickle.dumps(bag))
    return str((type(again) is type(bag), again.scaled(), f(1), scaled(1), SCALE))
"""
    space = notebook(source)
    made = captured(container, space)
    bag, f = space["Bag"](5), space["scaled"]
    space["SCALE"] = 7
    outcome = container.execute(made, bag=bag, f=f)
    assert outcome.error is None, outcome.error.message
    assert outcome.outputs["o0"] == "(True, 35, 7, 2, 2)"


def test_loading_a_file_elsewhere_leaves_main_alone(container, notebook):
    """Who loads a file and is no container keeps its `__main__`: nothing is put there, nothing replaced."""
    made = captured(container, notebook(MODEL + "@task\ndef train(x: int) -> str: return globals()['sq']"))
    code = f"""
import sys, pickle
from autocontainer_nb import load_pickled_entity
main, before = sys.modules["__main__"], set(globals()) | {{"main", "before", "loaded"}}
loaded = load_pickled_entity({made.path!r}, {made.digest!r}).entities[{made.names[0]!r}]
print(sys.modules["__main__"] is main, set(globals()) == before, loaded.task_function.__globals__ is globals())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True", "False"]
