"""Here equals there in real kernels, against a real sandbox: classes, results, sharing, restarts."""

import ast

import pytest

pytestmark = [pytest.mark.kernel, pytest.mark.sandbox]

MODEL = """
class Model:
    seen = []
    def rate(self): return RATE

@task
def train(x: int) -> Model: return Model()
"""
POWERS = """
def make(n):
    class Power:
        def of(self, v): return v ** n
    return Power
Square, Cube = make(2), make(3)

@task
def powers(v: int) -> str: return repr((Square().of(v), Cube().of(v)))
"""
ROWS = """
@task
def fill(x: int) -> int:
    G[0][0] = x
    return sum(map(sum, G))
"""
BASES = """
class Base: verbose = False
class Quiet(Base): verbose = False
class Loud(Base): verbose = True
class Mine(Quiet, Loud): pass

@task
def told(x: int) -> bool: return Mine.verbose
"""


def value(kernel, expression):
    return ast.literal_eval(kernel.ok(f"print(repr(({expression})))").stdout)


def test_a_result_leaves_the_notebooks_class_alone(kernel):
    """The instance has the notebook's class, which stays as it is; after a restart, too; unchanged stays unchanged."""
    kernel.ok("RATE = 1")
    kernel.ok(MODEL)
    kernel.ok("run = train.remote(x=1)\nModel.seen.append(1)\nm = run.result(60)\nModel.seen.clear()")
    kernel.ok("RATE = 5")
    assert value(kernel, "(type(m) is Model, m.rate(), Model().rate())") == (True, 5, 5)
    kernel.ok("RATE = 1")
    assert "unchanged since" in kernel.ok("again = train.remote(x=2)").displays[0]["text/plain"]
    assert value(kernel, "isinstance(again.result(60), Model)")
    execution = value(kernel, "run.id")

    kernel.restart()
    kernel.ok("%load_ext autocontainer_nb\nfrom autocontainer_nb import FlyteRemote, task")
    kernel.ok("RATE = 1")
    kernel.ok(MODEL)
    kernel.ok(f"m = FlyteRemote().execution({execution!r}, task=train).result(60)")
    assert value(kernel, "type(m) is Model")


def test_classes_sharing_and_attributes_arrive(kernel):
    """Two classes of one factory, rows that were one list and then aren't, an attribute that the base has, too."""
    kernel.ok(POWERS)
    assert value(kernel, "powers.remote(v=2).result(60), powers(v=2)") == (
        "(4, 8)",
        "(4, 8)",
    )
    kernel.ok("import cloudpickle\nA, B = cloudpickle.loads(cloudpickle.dumps((Square, Cube)))")
    assert value(kernel, "(A().of(2), B().of(2), A is Square, B is Cube)") == (4, 8, True, True)

    kernel.ok("G = [[0] * 3] * 3")
    kernel.ok(ROWS)
    assert value(kernel, "fill.remote(x=1).result(60)") == 3
    kernel.ok("G = [[0] * 3 for _ in range(3)]")
    assert value(kernel, "fill.remote(x=1).result(60), fill(x=1)") == (1, 1)

    kernel.ok(BASES)
    assert value(kernel, "told.remote(x=1).result(60), told(x=1)") == (False, False)


BOXES = """
import enum
from functools import cached_property, lru_cache

class Perm(enum.IntFlag):
    R = 1
    W = 2
    RW = 3

class Two(Exception):
    def __init__(self, a, b): super().__init__(f"{a} {b}")

@lru_cache
def twice(n): return n * 2

class Box:
    def __init__(self, n): self.n, self.perm, self.call, self.error = n, Perm.RW, twice, Two(n, n)
    @cached_property
    def double(self): return self.call(self.n)

@task
def look(box: object) -> str:
    return repr((type(box) is Box, box.perm is Perm.RW, box.double, str(box.error), box.call.cache_info().maxsize))

@task
def give(n: int) -> object: return Box(n)

@eager
async def each(n: int) -> list[str]: return [look(box=give(n=n)), look(box=Box(n))]
"""


def test_values_have_their_code_wherever_they_go(kernel):
    """Instances of cells' classes: inputs, results, results as inputs again, and what an eager task hands on."""
    kernel.ok("from autocontainer_nb import eager, task")
    kernel.ok(BOXES)
    here = value(kernel, "look(box=Box(3))")
    assert value(kernel, "look.remote(box=Box(3)).result(60)") == here
    kernel.ok("box = give.remote(n=3).result(60)")
    assert value(kernel, "(type(box) is Box, type(box.error) is Two, look(box=box))") == (True, True, here)
    assert value(kernel, "look.remote(box=box).result(60)") == here
    assert value(kernel, "each.remote(n=3).result(60)") == [here, here]
