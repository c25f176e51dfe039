"""Every kind of task and workflow from a notebook's cells: run here by a call, and single tasks by the sandbox."""

import ast

import pytest

pytestmark = [pytest.mark.kernel, pytest.mark.sandbox]

NAMES = """
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from autocontainer_nb import (
    EagerException, FlyteFile, Interface, LaunchPlan, OutputLocation, PythonAutoContainerTask, Resources, ShellTask,
    Workflow, approve, conditional, dynamic, eager, map_task, sleep, task, workflow,
)
"""
TASKS = """
@task
def double(x: int) -> int:
    return 2 * x

@task
def add(a: int, b: int = 10) -> int:
    return a + b

@task
async def later(x: int) -> int:
    import asyncio
    await asyncio.sleep(0)
    return x + 1

@workflow
def sum_up(x: int, y: int = 5) -> int:
    return add(a=double(x=x), b=y)
"""
OWN_KIND = """
class Multiply(PythonAutoContainerTask):
    def __init__(self, name, by, **kwargs):
        super().__init__(name, {"by": by}, "multiply", interface=Interface({"x": int}, {"product": int}), **kwargs)

    def execute(self, **kwargs):
        return kwargs["x"] * self.task_config["by"]

by_seven = Multiply("by-seven", 7)
"""
SHELL_TASK = """
doubled_by_shell = ShellTask(
    "doubled_by_shell",
    script="echo $(({inputs.x} * 2)) > {outputs.y}",
    inputs={"x": int},
    output_locs=[OutputLocation("y", FlyteFile, "doubled.txt")],
)
"""


@pytest.fixture(scope="module")
def kernel(shared_kernel):
    """The file's kernel, with what most of the tests use; no test gives these names another value."""
    for cell in (NAMES, TASKS, OWN_KIND, SHELL_TASK):
        shared_kernel.ok(cell)
    return shared_kernel


def value(kernel, expression, **options):
    return ast.literal_eval(kernel.ok(f"result = {expression}\nprint(repr(result))", **options).stdout.splitlines()[-1])


def test_a_workflow_of_workflows_with_defaults_and_overrides_runs_here(kernel):
    """A subworkflow's default holds where its node gives nothing; overrides of a node leave its result alone."""
    kernel.ok("""
@workflow
def outer(x: int, y: int = 100) -> tuple[int, int]:
    inner = sum_up(x=x)
    more = add(a=inner, b=y).with_overrides(node_name="more", retries=2, requests=Resources(cpu="1"))
    return inner, more
""")
    assert value(kernel, "tuple(outer(x=1))") == (7, 107)
    assert value(kernel, "tuple(outer(x=1, y=0))") == (7, 7)


def test_one_branch_of_a_conditional_runs_here(kernel):
    """The condition decides on the real value; the other branch's task isn't called."""
    kernel.ok("""
called = []

@task
def small(n: int) -> str:
    called.append("small")
    return f"small {n}"

@task
def big(n: int) -> str:
    called.append("big")
    return f"big {n}"

@workflow
def sized(n: int) -> str:
    return conditional("size").if_(n > 3).then(big(n=n)).else_().then(small(n=n))
""")
    assert value(kernel, "sized(n=4), list(called)") == ("big 4", ["big"])
    assert value(kernel, "sized(n=3), list(called)") == ("small 3", ["big", "small"])


def test_a_launch_plan_runs_here_with_its_inputs(kernel):
    """Fixed inputs can't be given, in one line; default ones can."""
    kernel.ok("plan = LaunchPlan.get_or_create(sum_up, 'plan', default_inputs={'x': 4}, fixed_inputs={'y': 1})")
    assert value(kernel, "plan(), plan(x=1)") == (9, 3)
    refused = kernel.run("plan(y=2)").of("error")[0]
    assert refused["ename"] == "InputError"
    assert len(refused["traceback"]) == 1


def test_a_map_task_and_a_dynamic_task_run_here(kernel):
    """A partial's argument is for all items; a dynamic task calls as many tasks as its input says."""
    kernel.ok("""
@dynamic
def repeated(x: int, times: int) -> list[int]:
    return [double(x=x + i) for i in range(times)]

@workflow
def mapped(numbers: list[int]) -> list[int]:
    return map_task(partial(add, b=1))(a=numbers)
""")
    assert value(kernel, "map_task(partial(add, b=2))(a=[1, 2])") == [3, 4]
    assert value(kernel, "mapped(numbers=[1, 2])") == [2, 3]
    assert value(kernel, "repeated(x=1, times=3)") == [2, 4, 6]


def test_an_async_task_is_awaited_here(kernel):
    """`await` in a cell gives its value, though the kernel runs a loop of its own; so does a workflow that calls it."""
    kernel.ok("@workflow\ndef waits(x: int) -> int:\n    return double(x=later(x=x))")
    assert value(kernel, "await later(x=1)") == 2
    assert value(kernel, "waits(x=1)") == 4


EAGER = """
import asyncio

@task
async def refused(x: int) -> int:
    raise ValueError(f"not {x}")

@eager
async def half(x: int) -> int:
    return await later(x=x) // 2

@eager
async def simple(x: int) -> list[int]:
    found = list(await asyncio.gather(later(x=x), half(x=x), asyncio.to_thread(add, a=x)))
    try:
        await refused(x=found[0])
    except (ValueError, EagerException) as error:
        found.append(str(error).count(f"not {x + 1}"))
    return found
"""


def test_an_eager_task_is_awaited_here(kernel):
    """At the top level of a cell, and by asyncio from plain code; what it calls runs with it, and may fail."""
    kernel.ok(EAGER)
    assert value(kernel, "await simple(x=3)") == [4, 2, 13, 1]
    started = "__import__('concurrent.futures').futures.ThreadPoolExecutor().submit(asyncio.run, simple(x=1))"
    assert value(kernel, f"{started}.result()") == [2, 1, 11, 1]
    (line,) = kernel.run("@eager\ndef plain(x: int) -> int:\n    return x").of("error")[0]["traceback"]
    assert "@eager: expected an `async def`, but 'plain' is a plain `def`" in line


def test_an_eager_task_runs_on_the_sandbox(kernel):
    """Its calls are executions of their own, from its own file; `%flyte run` starts it, too."""
    kernel.ok(EAGER)
    assert value(kernel, "simple.remote(x=3).result(60)") == [4, 2, 13, 1]
    from_magic = kernel.ok("%flyte run half x=9")
    assert "5" in str(from_magic.result or from_magic.stdout or from_magic.displays)


def test_gates_wait_here_and_ask_in_the_notebook(kernel):
    """The front end is asked with the value; yes gives it on, no ends the cell in one line."""
    kernel.ok("""
@workflow
def gated(x: int) -> int:
    first = double(x=x)
    pause = sleep(timedelta(milliseconds=10))
    first >> pause
    return add(a=approve(first, "good enough", timeout=timedelta(hours=1)))
""")
    run = kernel.ok("print('got', gated(x=1))", answer="yes")
    assert run.stdout.splitlines()[-1] == "got 12"
    assert run.prompts == ["Approve 'good enough', 2? [Y/n] "]
    refused = kernel.run("gated(x=1)", answer="no").of("error")[0]
    assert len(refused["traceback"]) == 1
    assert "'good enough': 2 was not approved" in refused["evalue"]


def test_a_failure_handler_runs_here(kernel):
    """It gets the workflow's inputs, and the error is shown all the same."""
    kernel.ok("""
cleaned = []

@task
def clean_up(x: int) -> None:
    cleaned.append(x)

@task
def boom(x: int) -> int:
    raise ValueError(f"no {x}")

@workflow(on_failure=clean_up)
def fails(x: int) -> int:
    return boom(x=x)
""")
    run = kernel.run("fails(x=4)")
    assert run.status == "error"
    assert "ValueError: no 4" in run.error
    assert value(kernel, "cleaned") == [4]


def test_a_failure_handler_is_told_the_error_here(kernel):
    """Its input of type FlyteError says which node failed, and why."""
    kernel.ok("""
from autocontainer_nb import FlyteError
told = []

@task
def explain(x: int, err: FlyteError | None = None) -> None:
    told.append((err.failed_node_id, err.message))

@task
def bang(x: int) -> int:
    raise ValueError(f"no {x}")

@workflow(on_failure=explain)
def explained(x: int) -> int:
    return bang(x=double(x=x)).with_overrides(node_name="second")
""")
    assert "ValueError: no 8" in kernel.run("explained(x=4)").error
    assert value(kernel, "told") == [("second", "no 8")]


def test_nodes_made_by_hand_run_here_in_their_order(kernel):
    """`create_node` orders steps that pass nothing on; outputs come by attribute and by name."""
    kernel.ok("""
from autocontainer_nb import create_node
order = []

@task
def mark(name: str) -> None:
    order.append(name)

@workflow
def by_hand(x: int) -> int:
    last = create_node(mark, name="last")
    first = create_node(mark, name="first").with_overrides(retries=2)
    first >> last
    total = create_node(sum_up, x=x)
    return add(a=total.o0, b=create_node(double, x=total.outputs["o0"]).o0)
""")
    assert value(kernel, "by_hand(x=1), list(order)") == (21, ["first", "last"])


def test_items_that_may_fail_are_told_here_and_on_the_sandbox(kernel):
    """Which one, why, and how many more may; the others' results are kept."""
    kernel.ok("""
@task
def positive(x: int) -> int:
    if x < 0:
        raise ValueError(f"no negative {x}")
    return x

tolerant = map_task(positive, min_success_ratio=0.5)
counted = map_task(positive, min_successes=1)
""")
    told = "item [1] of 2 failed: ValueError: no negative -2; its output is None (1 of 1 allowed failures)"
    run = kernel.ok("print(tolerant(x=[1, -2]))")
    assert "[1, None]" in run.stdout
    assert f"map_task(positive): {told}" in run.stderr
    kernel.ok("runs = [tolerant.remote(x=[1, -2]), counted.remote(x=[1, -2])]")
    assert value(kernel, "[run.result(60) for run in runs]") == [[1, None], [1, None]]
    assert told in value(kernel, "runs[0].logs()")
    assert "no negative -2" in kernel.run("tolerant.remote(x=[-1, -2]).result(60)").error


def test_a_mapped_launch_plan_runs_here(kernel):
    """Item by item, with its fixed input."""
    kernel.ok("""
fixed = LaunchPlan.get_or_create(sum_up, "fixed", fixed_inputs={"y": 1})

@dynamic
def over_plans(xs: list[int]) -> list[int]:
    return map_task(fixed)(x=xs)
""")
    assert value(kernel, "over_plans(xs=[1, 2])") == [3, 5]


def test_names_outside_ascii_run_in_a_container(kernel):
    """Registered in ASCII, called and told by their own names; a refused input is one line at its cell."""
    kernel.ok("""
@task
def größe(x: int) -> int:
    return x + 1

@task
def groesse(x: int) -> int:
    return x + 2

größen = map_task(größe)
runs = [größe.remote(x=1), groesse.remote(x=1), größen.remote(x=[1, 2])]
""")
    assert value(kernel, "[run.result(60) for run in runs]") == [2, 3, [2, 3]]
    assert "has no input 'y'" in kernel.run("größe.remote(y=1)").error
    assert "Call it 'laenge'" in kernel.run("@task\ndef f(länge: int) -> int:\n    return länge").error


def test_tasks_without_a_function_run_here(kernel):
    """A shell script gives the file that it wrote; a class of the notebook's own gives what its `execute` does."""
    assert value(kernel, "open(doubled_by_shell(x=4)).read().strip()") == "8"
    assert value(kernel, "by_seven(x=6)") == 42


def test_an_imperative_workflow_runs_here(kernel):
    """Put together call by call, of a task and a workflow, it runs as one made of a function does."""
    kernel.ok("""
built = Workflow(name="built")
built.add_workflow_input("x", int)
first = built.add_entity(double, x=built.inputs["x"])
second = built.add_entity(sum_up, x=first.outputs["o0"])
built.add_workflow_output("total", second.outputs["o0"])
""")
    assert value(kernel, "built(x=2)") == 13


def test_single_tasks_of_every_kind_run_on_the_sandbox(kernel):
    """By `.remote(...)` all of them, at once: each gives what the call here gives."""
    kernel.ok("""
@dynamic
def without_children(x: int) -> int:
    return x - 1

def adder(offset):
    @task
    def shifted(x: int) -> int:
        return x + offset
    return shifted

runs = [
    double.remote(x=2),
    map_task(partial(add, b=2)).remote(a=[1, 2]),
    later.remote(x=1),
    without_children.remote(x=1),
    by_seven.remote(x=6),
    adder(100).remote(x=1),
    doubled_by_shell.remote(x=4),
]
*plain, written = [run.result(60) for run in runs]
""")
    assert value(kernel, "plain") == [4, [3, 4], 2, 0, 42, 101]
    assert value(kernel, "open(written).read().strip()") == "8"


def test_inputs_of_the_notebooks_own_types_reach_the_sandbox(kernel):
    """A pydantic model and a dataclass of a cell, a DataFrame and a file arrive as they are, and come back so."""
    kernel.ok("""
import pandas
from pydantic import BaseModel

class Settings(BaseModel):
    rate: float
    names: list[str] = []

@dataclass
class Point:
    x: int
    label: str

@task
def scaled(settings: Settings, point: Point) -> tuple[Settings, Point]:
    assert isinstance(settings, Settings) and isinstance(point, Point)
    return settings.model_copy(update={"rate": settings.rate * 2}), Point(point.x + 1, point.label.upper())

@task
def with_total(frame: pandas.DataFrame) -> pandas.DataFrame:
    return frame.assign(total=frame.a + frame.b)

@task
def shouted(text: FlyteFile) -> FlyteFile:
    from pathlib import Path
    Path("shouted.txt").write_text(Path(text).read_text().upper())
    return FlyteFile("shouted.txt")

with open("quiet.txt", "w") as file:
    _ = file.write("hello")
runs = [
    scaled.remote(settings=Settings(rate=1.5, names=["a"]), point=Point(1, "p")),
    with_total.remote(frame=pandas.DataFrame({"a": [1, 2], "b": [3, 4]})),
    shouted.remote(text="quiet.txt"),
]
(settings, point), frame, text = [run.result(60) for run in runs]
""")
    assert value(kernel, "settings == Settings(rate=3.0, names=['a']), point == Point(2, 'P')") == (True, True)
    assert value(kernel, "frame.to_dict('list')") == {"a": [1, 2], "b": [3, 4], "total": [4, 6]}
    assert value(kernel, "open(text).read()") == "HELLO"


@pytest.mark.parametrize("launch", ["sum_up.remote(x=1)", "LaunchPlan.get_or_create(sum_up).remote(x=1)"])
def test_a_workflow_on_the_sandbox_is_told_in_one_line_what_to_do(kernel, launch):
    """The sandbox runs single tasks; the line says so, and names the call here, and a cluster."""
    run = kernel.run(launch)
    (line,) = run.of("error")[0]["traceback"]
    assert "\n" not in line
    noun = "Launch plan" if "LaunchPlan" in launch else "Workflow"
    assert line.endswith(
        f"{noun} 'sum_up' can't be started there: the sandbox runs single tasks only. Call sum_up(...) to run it here "
        "and now, or connect to a Flyte cluster."
    )
    assert not run.displays


def test_the_magic_runs_every_kind(kernel):
    """Tasks of all kinds run on the sandbox; of a whole graph the line says what to do instead."""
    kernel.ok("tripled = map_task(partial(add, b=2))")
    kernel.ok("run = %flyte run tripled a=[1, 2]")
    assert value(kernel, "run.result(60)") == [3, 4]
    kernel.ok("run = %flyte run doubled_by_shell x=4")
    assert value(kernel, "open(run.result(60)).read().strip()") == "8"
    for name in ("sum_up", "its_plan"):
        kernel.ok("its_plan = LaunchPlan.get_or_create(sum_up)")
        (line,) = kernel.run(f"%flyte run {name} x=1").of("error")[0]["traceback"]
        assert "'sum_up' can't be started there: the sandbox runs single tasks only" in line
    (line,) = kernel.run("%flyte run sum_up z=1").of("error")[0]["traceback"]
    assert "Workflow 'sum_up' has no input 'z'" in line
    assert "The workflow is sum_up(x: int" in line
    shown = kernel.ok("%flyte tasks").stdout + str(kernel.ok("%flyte tasks").of("execute_result"))
    for name in ("double", "sum_up", "its_plan", "tripled", "doubled_by_shell"):
        assert name in shown


def test_a_tasks_cell_run_again_names_the_workflow_that_holds_the_older_one(kernel):
    """The workflow keeps what it was drawn with until its own cell runs again, which the line names."""
    source = "@task\ndef step(x: int) -> int:\n    return x + 1"
    kernel.ok(source)
    drawn = kernel.ok("@workflow\ndef stepping(x: int) -> int:\n    return step(x=x)")
    number = drawn.of("execute_input")[0]["execution_count"]
    told = kernel.ok(source.replace("+ 1", "+ 1000")).stdout.splitlines()
    assert told == [
        f"Workflow 'stepping' still uses the earlier 'step': run Cell In[{number}] again to use the new one."
    ]
    assert value(kernel, "stepping(x=1)") == 2
    assert value(kernel, "step.remote(x=1).result(60)") == 1001
