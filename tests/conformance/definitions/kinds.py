"""Other kinds of tasks and nodes: map, dynamic, eager, gates, containers, shells."""

import datetime as dt
import functools
from typing import Optional

from flytekit import task, workflow


@task
def inc(x: int) -> int:
    return x + 1


@task
def add(a: int, b: int, text: str = "t") -> int:
    return a + b


# %% map
from flytekit import map_task


@workflow
def wf(xs: list[int]) -> list[int]:
    return map_task(inc)(x=xs)


# %% map_concurrency
from flytekit import map_task


@workflow
def wf(xs: list[int]) -> list[int]:
    return map_task(inc, concurrency=4)(x=xs)


# %% map_min_successes
from flytekit import map_task


@workflow
def wf(xs: list[int]) -> list[Optional[int]]:
    return map_task(inc, min_success_ratio=0.5)(x=xs)


# %% map_constants
from flytekit import map_task


@workflow
def wf() -> list[int]:
    return map_task(inc)(x=[1, 2, 3])


# %% map_two_inputs
from flytekit import map_task


@workflow
def wf(xs: list[int]) -> list[int]:
    return map_task(add)(a=xs, b=[1, 2], text=["x", "y"])


# %% map_partial
from flytekit import map_task


@workflow
def wf(xs: list[int], b: int) -> list[int]:
    return map_task(functools.partial(add, b=b, text="p"))(a=xs)


# %% map_partial_constants
from flytekit import map_task


@workflow
def wf(xs: list[int]) -> list[int]:
    return map_task(functools.partial(add, b=5, text="p"))(a=xs)


# %% map_overrides
from flytekit import Resources, map_task


@workflow
def wf(xs: list[int]) -> list[int]:
    return map_task(inc)(x=xs).with_overrides(requests=Resources(cpu="1"), retries=2, node_name="mapped")


# %% map_of_task_with_metadata
from flytekit import Resources, map_task


@task(retries=2, cache=True, cache_version="1", requests=Resources(mem="1Gi"), environment={"A": "1"})
def special(x: int) -> int:
    return x


@workflow
def wf(xs: list[int]) -> list[int]:
    return map_task(special)(x=xs)


# %% map_as_an_entity
from flytekit import map_task

mapped = map_task(inc, concurrency=2, min_success_ratio=0.75)

# %% map_min_successes_as_a_number
from typing import Optional

from flytekit import map_task


@workflow
def wf(xs: list[int]) -> list[Optional[int]]:
    return map_task(inc, min_successes=2, run_all_sub_nodes=True)(x=xs)


# %% map_of_launch_plan
from flytekit import LaunchPlan, map_task


@workflow
def inner(x: int, y: int = 2) -> int:
    return add(a=x, b=y)


plan = LaunchPlan.get_or_create(inner, "definition.mapped", fixed_inputs={"y": 3})


@workflow
def wf(xs: list[int]) -> list[Optional[int]]:
    return map_task(plan, concurrency=3, min_success_ratio=0.5)(x=xs).with_overrides(node_name="mapped", retries=3)


# %% map_of_launch_plan_with_defaults
from flytekit import LaunchPlan, map_task


@workflow
def inner(x: int, y: int = 2) -> int:
    return add(a=x, b=y)


plan = LaunchPlan.get_or_create(inner, "definition.mapped", default_inputs={"x": 3})


@workflow
def wf(xs: list[int]) -> list[int]:
    work = inc(x=1)
    mapped = map_task(plan, min_successes=1)(x=xs, y=[1, 2])
    work >> mapped
    return mapped


# %% reference_mapped
from flytekit import map_task, reference_launch_plan, reference_task


@reference_task(project="p", domain="d", name="other.task", version="v1")
def other_task(x: int) -> int: ...


@reference_launch_plan(project="p", domain="d", name="other.plan", version="v1")
def other_plan(x: int) -> int: ...


@workflow
def wf(xs: list[int]) -> tuple[list[int], list[int]]:
    return map_task(other_task)(x=[1, 2]), map_task(other_plan, concurrency=0)(x=xs)


# %% map_then_reduce
from flytekit import map_task


@task
def total(xs: list[int]) -> int:
    return sum(xs)


@workflow
def wf(n: int) -> int:
    return total(xs=map_task(inc)(x=map_task(inc)(x=[1, 2])))


# %% dynamic
from flytekit import dynamic


@dynamic
def d(n: int) -> list[int]:
    return [inc(x=i) for i in range(n)]


# %% dynamic_with_metadata
from flytekit import Resources, dynamic


@dynamic(retries=2, cache=True, cache_version="1", requests=Resources(cpu="1"))
def d(n: int) -> list[int]:
    return [inc(x=i) for i in range(n)]


# %% dynamic_as_a_node
from flytekit import dynamic


@dynamic
def d(n: int) -> int:
    return inc(x=n)


@workflow
def wf(n: int) -> int:
    return inc(x=d(n=n))


# %% eager
from flytekit import eager


@eager
async def e(n: int) -> int:
    return inc(x=n)


# %% eager_with_options
from flytekit import Resources, Secret, TaskMetadata, eager


@eager(
    metadata=TaskMetadata(retries=2, interruptible=True, timeout=dt.timedelta(minutes=5)),
    requests=Resources(cpu="1"),
    environment={"A": "1"},
    secret_requests=[Secret(group="g", key="k", env_var="FLYTE_CREDENTIALS_CLIENT_SECRET")],
    container_image="example.org/eager:v3",
    enable_deck=False,
)
async def e(n: int, text: str = "t") -> tuple[int, str]:
    """Call another task."""
    return inc(x=n), text


# %% eager_as_a_node
from flytekit import eager


@eager
async def e(n: int) -> int:
    return inc(x=n)


@workflow
def wf(n: int) -> int:
    return inc(x=e(n=n))


# %% eager_as_a_workflow
from flytekit import eager


@eager(container_image="example.org/eager:v3")
async def e(n: int, text: str) -> tuple[int, str]:
    return inc(x=n), text


wf = e.get_as_workflow()
cleanup = vars(wf.failure_node).get("_flyte_entity") or wf.failure_node.entity


# %% eager_without_outputs
from flytekit import eager


@eager
async def e(n: int) -> None:
    inc(x=n)


# %% approve
from flytekit import approve


@workflow
def wf(x: int) -> int:
    y = inc(x=x)
    return inc(x=approve(y, "looks-good", timeout=dt.timedelta(hours=1)))


# %% sleep
from flytekit import sleep


@workflow
def wf(x: int) -> int:
    y = inc(x=x)
    s = sleep(dt.timedelta(seconds=10))
    z = inc(x=y)
    y_again = inc(x=2)
    y_again >> s
    s >> z
    return z


# %% wait_for_input
from flytekit import wait_for_input


@workflow
def wf(x: int) -> int:
    return inc(x=wait_for_input("number", timeout=dt.timedelta(hours=1), expected_type=int))


# %% container_task
from flytekit import ContainerTask, kwtypes

c = ContainerTask(
    name="definition.container",
    image="example.org/tool:1",
    input_data_dir="/var/inputs",
    output_data_dir="/var/outputs",
    inputs=kwtypes(a=int, b=str),
    outputs=kwtypes(area=float),
    command=["run", "{{.inputs.a}}", "/var/outputs"],
)


@workflow
def wf(a: int) -> float:
    return c(a=a, b="x")


# %% container_task_with_more
from flytekit import ContainerTask, Resources, Secret, TaskMetadata, kwtypes

c = ContainerTask(
    name="definition.container",
    image="example.org/tool:1",
    command=["run"],
    arguments=["--flag"],
    inputs=kwtypes(a=int),
    environment={"A": "1"},
    requests=Resources(cpu="1"),
    limits=Resources(cpu="2"),
    metadata=TaskMetadata(retries=2),
    secret_requests=[Secret(group="g", key="k")],
    metadata_format=ContainerTask.MetadataFormat.JSON,
)

# %% shell_task
from flytekit import kwtypes
from flytekit.extras.tasks.shell import OutputLocation, ShellTask
from flytekit.types.file import FlyteFile

s = ShellTask(
    name="definition.shell",
    script="echo {inputs.x} > {outputs.y}",
    inputs=kwtypes(x=int),
    output_locs=[OutputLocation(var="y", var_type=FlyteFile, location="/tmp/y")],
)
