"""The notebook process of `test_graph_driver.py`: runs the cells, then each graph here and by the driver.

Its last line of output is one JSON object: the graph's name ► what each gave, and how often a container ran.
"""

import builtins
import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from flyteidl.core import literals_pb2
from places import install_probing

CELLS = (
    """
from datetime import timedelta
from functools import partial
from typing import Optional
from autocontainer_nb import *

@task
def inc(x: int) -> int: return x + 1
@task
def add(a: int, b: int) -> int: return a + b
@task
def fail(x: int) -> int: raise ValueError(f"no {x}")
@task
def two(x: int) -> tuple[int, str]: return x, "s" * x
@task
def many(n: int) -> list[int]: return list(range(n))
@task
def odd(a: int) -> int:
    if a % 2: return a
    raise ValueError(f"{a} is even")
@task
def cut(text: str, by: int) -> str: return text[by:]
@dataclass
class Point:
    x: int
    tags: dict[str, list[str]]
@task
def point(x: int) -> Point: return Point(x, {"a": ["b", "c"]})
@task
def note(text: str) -> None: print(text)
""",
    """
@workflow
def chain(x: int) -> int: return add(a=inc(x=x), b=inc(x=inc(x=x)))
@workflow
def outputs(x: int) -> tuple[str, int]:
    n, s = two(x=x)
    return s, n
@workflow
def inside(x: int) -> int: return chain(x=inc(x=x))
@workflow
def parts(x: int) -> str:
    p = point(x=x)
    return cut(text=p.tags["a"][1], by=p.x)
@workflow
def first(n: int) -> int: return inc(x=many(n=n)[2])
@workflow
def branches(x: int) -> int:
    return (conditional("c").if_((x > 3) & (x < 10)).then(inc(x=x)).elif_(x == 20).then(chain(x=x))
            .else_().then(add(a=x, b=x)))
@workflow
def told(x: int) -> int: return conditional("c").if_(x > 3).then(inc(x=x)).else_().fail("too small")
@workflow
def items(n: int) -> list[int]: return map_task(inc)(x=many(n=n))
@workflow
def bound(n: int) -> list[int]: return map_task(partial(add, b=7))(a=many(n=n))
@workflow
def some(n: int) -> list[Optional[int]]: return map_task(odd, min_success_ratio=0.5)(a=many(n=n))
@workflow
def enough(n: int) -> list[Optional[int]]: return map_task(odd, min_success_ratio=0.75)(a=many(n=n))
plan = LaunchPlan.get_or_create(chain, "of_chain", fixed_inputs={"x": 5})
other = LaunchPlan.get_or_create(chain, "by_default", default_inputs={"x": 6})
@workflow
def plans(x: int) -> tuple[int, int, int]: return plan(), other(), other(x=x)
@dynamic
def drawn(n: int) -> list[int]: return [inside(x=inc(x=i)) for i in range(n)]
@dynamic
def deep(n: int) -> int: return deep(n=inc(x=n)) if n < 3 else add(a=n, b=plan())
@dynamic
def constant(n: int) -> int: return n
@workflow
def dynamics(x: int) -> tuple[list[int], int, int]: return drawn(n=x), deep(n=x), constant(n=x)
@workflow
def gates(x: int) -> int:
    nap = sleep(timedelta(0))
    value = approve(inc(x=x), "ok", timedelta(minutes=1))
    nap >> value
    return add(a=value, b=wait_for_input("how-many", timedelta(minutes=1), int))
@task
def clean(x: int, err: Optional[FlyteError] = None) -> None:
    raise RuntimeError(f"cleaned after {x}, {err.failed_node_id}, no 4" if "no 4" in err.message else "what?")
@workflow(on_failure=clean)
def cleaned(x: int) -> int: return fail(x=inc(x=x))
@workflow(failure_policy=WorkflowFailurePolicy.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE)
def going_on(x: int) -> int:
    inc(x=fail(x=x))
    return add(a=inc(x=x), b=x)
by_hand = Workflow("by_hand")
by_hand.add_workflow_input("x", int)
step = by_hand.add_entity(inc, x=by_hand.inputs["x"])
by_hand.add_workflow_output("y", by_hand.add_entity(add, a=step.outputs["o0"], b=2).outputs["o0"])
""",
    """
from pathlib import Path
import sys
@dynamic
def asking(n: int) -> list[int]:
    nap = sleep(timedelta(0))
    value = approve(inc(x=n), "dynamic-ok", timedelta(minutes=1))
    nap >> value
    found = [add(a=value, b=k) for k in range(n)]
    return [*found, wait_for_input("how-many", timedelta(minutes=1), int)]
asking_by_hand = Workflow("asking_by_hand")
asking_by_hand.add_workflow_input("n", int)
asked = asking_by_hand.add_entity(asking, n=asking_by_hand.inputs["n"])
asking_by_hand.add_workflow_output("y", asked.outputs["o0"])
@workflow
def asked_inside(n: int) -> list[int]: return asking_by_hand(n=inc(x=n))
@dynamic
def choosing(n: int) -> list[int]:
    found = []
    for k in range(n):
        which = inc(x=k)
        found.append(conditional(f"c{k}").if_(which > 1).then(chain(x=k)).else_().then(inc(x=which)))
    return found
@dynamic
def choosing_twice(n: int) -> list[list[int]]: return [choosing(n=k) for k in range(n)]
@workflow
def mapped_in_dynamic(n: int) -> list[list[int]]: return choosing_twice(n=inc(x=n))
@task
def total(xs: list[int]) -> int: return sum(xs)
@dynamic
def filling(n: int) -> list[int]:
    seen, found = [], []
    for k in range(n):
        seen.append(k)
        found.append(total(xs=seen))
    seen.append(total(xs=found))
    return [*found, total(xs=seen)]
@task
def file(n: int) -> FlyteFile:
    Path("f.txt").write_text("x" * n)
    return FlyteFile("f.txt")
@task
def spoil(f: FlyteFile) -> tuple[FlyteFile, str]:
    with open(f, "a") as text: text.write("!")
    return f, Path(f).read_text()
@task
def read(f: FlyteFile) -> str: return Path(f).read_text()
@workflow
def spoilt(n: int) -> list[str]:
    f = file(n=n)
    first, one = spoil(f=f)
    second, two = spoil(f=f)
    one >> two
    last = read(f=f)
    two >> last
    return [one, two, read(f=first), read(f=second), last]
@task
def leave(a: int) -> int:
    if a == 1: sys.exit("left")
    return a
@workflow
def leaving(n: int) -> list[Optional[int]]: return map_task(leave, min_success_ratio=0.5)(a=many(n=n))
@workflow(on_failure=clean)
def inner_fails(x: int) -> int: return inc(x=fail(x=x))
@dynamic
def draws_failure(x: int) -> int: return inner_fails(x=x)
@workflow(on_failure=clean)
def outer_fails(x: int) -> int: return inc(x=draws_failure(x=x))
@workflow
def subclean(x: int) -> None: fail(x=inc(x=x))
@workflow(on_failure=subclean)
def cleaned_by_workflow(x: int) -> int: return add(a=fail(x=x), b=1)
""",
)

GRAPHS: dict[str, Mapping[str, Any]] = {
    "chain": {"x": 1},
    "outputs": {"x": 3},
    "inside": {"x": 1},
    "parts": {"x": 0},
    "first": {"n": 4},
    "first ": {"n": 1},
    "branches": {"x": 4},
    "branches ": {"x": 20},
    "branches  ": {"x": 3},
    "told": {"x": 4},
    "told ": {"x": 3},
    "items": {"n": 3},
    "items ": {"n": 0},
    "bound": {"n": 2},
    "some": {"n": 4},
    "enough": {"n": 4},
    "plans": {"x": 7},
    "drawn": {"n": 2},
    "dynamics": {"x": 1},
    "gates": {"x": 1},
    "cleaned": {"x": 3},
    "going_on": {"x": 3},
    "by_hand": {"x": 3},
    "inc": {"x": 3},
    "asking": {"n": 2},
    "asked_inside": {"n": 1},
    "mapped_in_dynamic": {"n": 2},
    "filling": {"n": 3},
    "spoilt": {"n": 2},
    "leaving": {"n": 3},
    "outer_fails": {"x": 4},
    "cleaned_by_workflow": {"x": 3},
}


def _main(folder: Path) -> None:
    tempfile.tempdir = str(folder)  # what forks leave there goes with it
    packages = install_probing(folder / "packages")
    sys.path.insert(0, str(packages))
    from container import Containers
    from kernel import Kernel
    from launch import Launcher

    builtins.input = lambda question: "y" if question.startswith("Approve") else "30"
    kernel, containers = Kernel(folder / "notebook"), Containers(packages)
    launcher = Launcher(folder / "run", containers)
    for cell in CELLS:
        kernel.run(cell)
    integer = literals_pb2.Primitive(integer=30)
    signals = {"how-many": literals_pb2.Literal(scalar=literals_pb2.Scalar(primitive=integer))}
    found = {}
    for name, inputs in GRAPHS.items():
        entity = kernel.names[name.strip()]
        before = _runs(folder)
        there = _attempted(
            lambda entity=entity, inputs=inputs: launcher.run_graph(launcher.prepare(entity), inputs, signals)
        )
        here = _attempted(lambda entity=entity, inputs=inputs: entity(**inputs))
        found[name] = {"here": here, "there": there, "containers": _runs(folder) - before}
    containers.close()
    print(f"\n{json.dumps(found)}", flush=True)


def _runs(folder: Path) -> int:
    return len([*(folder / "run").glob("*-run")])


def _attempted(call: Any) -> str:
    try:
        value = call()
    except Exception as error:  # noqa: BLE001 - whatever it raises is compared
        return f"{type(error).__name__}: {error}"
    return repr(tuple(value) if isinstance(value, tuple) else value)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        _main(Path(temporary))
