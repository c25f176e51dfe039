"""Workflows: nodes, how they are bound to each other, subworkflows, node overrides, handlers of failures."""

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple, Optional

from flytekit import Resources, task, workflow


@task
def inc(x: int) -> int:
    return x + 1


@task
def add(a: int, b: int) -> int:
    return a + b


@task
def shout(text: str = "a") -> str:
    return text


@task
def work() -> None:
    pass


@task
def total(numbers: list[int]) -> int:
    return sum(numbers)


@task
def pick(table: dict[str, int]) -> int:
    return 1


class Both(NamedTuple):
    number: int
    text: str


@task
def both(x: int) -> Both:
    return Both(x, "")


@task
def pair(x: int) -> tuple[int, str]:
    return x, ""


@task
def many(n: int) -> list[int]:
    return [n]


@task
def table(n: int) -> dict[str, int]:
    return {"a": n}


@task
def nested() -> dict[str, list[dict[str, int]]]:
    return {}


@dataclass
class Inner:
    a: int
    items: list[str]


@dataclass
class Outer:
    inner: Inner
    table: dict[str, int]
    name: str


@task
def record() -> Outer:
    return Outer(Inner(1, []), {}, "")


@task
def take_inner(i: Inner) -> int:
    return i.a


# %% tasks_of_the_opening


# %% one_node
@workflow
def wf(x: int) -> int:
    return inc(x=x)


# %% linear
@workflow
def wf(x: int) -> int:
    y = inc(x=x)
    z = inc(x=y)
    return add(a=y, b=z)


# %% parallel
@workflow
def wf(x: int) -> tuple[int, str]:
    return inc(x=x), shout(text="b")


# %% nothing_returned
@workflow
def wf(x: int):
    inc(x=x)


# %% empty
@workflow
def wf():
    pass


# %% inputs_passed_through
@workflow
def wf(x: int, y: str) -> tuple[int, str]:
    return x, y


# %% unused_input
@workflow
def wf(x: int, y: str) -> int:
    return inc(x=x)


# %% positional_arguments
@workflow
def wf(x: int) -> int:
    return add(inc(x), x)


# %% constants
@workflow
def wf() -> int:
    return add(a=1, b=2)


# %% task_defaults
@workflow
def wf() -> str:
    return shout()


# %% workflow_defaults
@workflow
def wf(x: int = 3, text: str = "t", maybe: Optional[int] = None, took: dt.timedelta = dt.timedelta(1)) -> int:
    return inc(x=x)


# %% named_outputs_of_a_task
@workflow
def wf(x: int) -> tuple[int, str]:
    r = both(x=x)
    return r.number, r.text


# %% named_outputs_unpacked
@workflow
def wf(x: int) -> tuple[int, str]:
    number, text = both(x=x)
    return number, text


# %% tuple_outputs_of_a_task
@workflow
def wf(x: int) -> tuple[str, int]:
    number, text = pair(x=x)
    return shout(text=text), number


# %% named_outputs_of_the_workflow
class Result(NamedTuple):
    score: int
    label: str


@workflow
def wf(x: int) -> Result:
    return Result(score=inc(x=x), label=shout())


# %% named_outputs_of_the_workflow_as_a_tuple
@workflow
def wf(x: int) -> Both:
    return inc(x=x), shout()


# %% one_named_output
class Result(NamedTuple):
    score: int


@workflow
def wf(x: int) -> Result:
    return Result(score=inc(x=x))


# %% list_of_promises
@workflow
def wf(x: int) -> int:
    return total(numbers=[inc(x=x), x, 3])


# %% dict_of_promises
@workflow
def wf(x: int) -> int:
    return pick(table={"a": inc(x=x), "b": x, "c": 3})


# %% list_of_promises_returned
@workflow
def wf(x: int) -> list[int]:
    return [inc(x=x), inc(x=2)]


# %% dict_of_promises_returned
@workflow
def wf(x: int) -> dict[str, int]:
    return {"a": inc(x=x), "b": inc(x=2)}


# %% nested_containers_of_promises
@task
def deep(x: dict[str, list[int]]) -> int:
    return 1


@workflow
def wf(x: int) -> int:
    return deep(x={"a": [inc(x=x), 1], "b": []})


# %% constant_containers
@task
def consume(a: list[str], b: dict[str, float], c: Optional[int], d: list[list[int]]) -> int:
    return 1


@workflow
def wf() -> int:
    return consume(a=["x"], b={"y": 1.0}, c=None, d=[[1], []])


# %% constant_dataclass
@workflow
def wf() -> int:
    return take_inner(i=Inner(1, ["x"]))


# %% promise_into_optional
@task
def maybe(x: Optional[int]) -> int:
    return 1


@workflow
def wf(x: int) -> int:
    return maybe(x=inc(x=x))


# %% promise_into_union
@task
def either(x: int | str) -> int:
    return 1


@workflow
def wf(x: int) -> int:
    return either(x=inc(x=x))


# %% union_constants
@task
def either(x: int | str, y: Optional[str]) -> int:
    return 1


@workflow
def wf() -> int:
    either(x=1, y="a")
    return either(x="b", y=None)


# %% list_items
@workflow
def wf() -> int:
    return inc(x=many(n=3)[0])


# %% dict_items
@workflow
def wf() -> int:
    return inc(x=table(n=3)["a"])


# %% nested_items
@workflow
def wf() -> int:
    return inc(x=nested()["k"][0]["v"])


# %% dataclass_attributes
@workflow
def wf() -> tuple[str, int]:
    r = record()
    return shout(text=r.name), inc(x=r.inner.a)


# %% dataclass_attribute_chains
@workflow
def wf() -> tuple[str, int, int]:
    r = record()
    return shout(text=r.inner.items[0]), inc(x=r.table["k"]), take_inner(i=r.inner)


# %% attribute_returned
@workflow
def wf() -> str:
    return record().name


# %% item_of_an_input
@workflow
def wf(x: list[int], r: Outer) -> int:
    return add(a=x[1], b=r.inner.a)


# %% order_of_two
@workflow
def wf(x: int) -> int:
    first = inc(x=x)
    second = inc(x=x)
    first >> second
    return second


# %% order_of_three_without_outputs
@workflow
def wf():
    a = work()
    b = work()
    c = work()
    a >> b >> c


# %% order_by_nodes
from flytekit.core.node_creation import create_node


@workflow
def wf(x: int) -> int:
    a = create_node(work)
    b = create_node(inc, x=x)
    a >> b
    return b.o0


# %% nodes_with_outputs
from flytekit.core.node_creation import create_node


@workflow
def wf(x: int) -> tuple[int, str]:
    a = create_node(both, x=x).with_overrides(node_name="first-one", retries=2)
    b = create_node(pair, x=a.number)
    c = create_node(inc, x=b.outputs["o0"])
    c.runs_before(create_node(work))
    return c.o0, b.outputs["o1"]


# %% nodes_of_plans_and_workflows
from flytekit import LaunchPlan
from flytekit.core.node_creation import create_node


@workflow
def inner(x: int) -> int:
    return inc(x=x)


plan = LaunchPlan.get_or_create(inner)


@workflow
def wf(x: int) -> int:
    a = create_node(inner, x=x)
    b = create_node(plan, x=x)
    a >> b
    return b.o0


# %% order_and_data
@workflow
def wf(x: int) -> int:
    a = inc(x=x)
    b = work()
    c = add(a=a, b=1)
    b >> c
    return c


# %% override_name
@workflow
def wf(x: int) -> int:
    return inc(x=x).with_overrides(node_name="first-one")


# %% override_retries_and_timeout
@workflow
def wf(x: int) -> int:
    return inc(x=x).with_overrides(retries=3, timeout=dt.timedelta(seconds=30))


# %% override_timeout_in_seconds
@workflow
def wf(x: int) -> int:
    return inc(x=x).with_overrides(timeout=30)


# %% override_interruptible
@workflow
def wf(x: int) -> int:
    return inc(x=x).with_overrides(interruptible=True)


# %% override_display_name
@workflow
def wf(x: int) -> int:
    return inc(x=x).with_overrides(name="Shown to people")


# %% override_requests_and_limits
@workflow
def wf(x: int) -> int:
    return inc(x=x).with_overrides(requests=Resources(cpu="1"), limits=Resources(cpu="2", mem="1Gi"))


# %% override_resources
@workflow
def wf(x: int) -> int:
    return inc(x=x).with_overrides(resources=Resources(cpu=("1", "2"), mem="1Gi"))


# %% override_image
@workflow
def wf(x: int) -> int:
    return inc(x=x).with_overrides(container_image="example.org/other:1")


# %% override_cache
@workflow
def wf(x: int) -> int:
    return inc(x=x).with_overrides(cache=True, cache_version="1", cache_serialize=True)


# %% override_accelerator
from flytekit.extras.accelerators import GPUAccelerator


@workflow
def wf(x: int) -> int:
    return inc(x=x).with_overrides(accelerator=GPUAccelerator("nvidia-tesla-t4"), shared_memory="1Gi")


# %% override_aliases
@workflow
def wf(x: int) -> int:
    return inc(x=x).with_overrides(aliases={"o0": "out"})


# %% override_of_a_void_node
@workflow
def wf():
    work().with_overrides(node_name="w", retries=1)


# %% override_of_named_outputs
@workflow
def wf(x: int) -> int:
    r = both(x=x).with_overrides(node_name="both-of-them")
    return r.number


# %% node_of_a_task_with_metadata
@task(retries=2, timeout=60, interruptible=True, cache=True, cache_version="1")
def special(x: int) -> int:
    return x


@workflow
def wf(x: int) -> int:
    return special(x=x)


# %% interruptible_workflow
@workflow(interruptible=True)
def wf(x: int) -> int:
    return inc(x=x)


# %% failure_policy
from flytekit import WorkflowFailurePolicy


@workflow(failure_policy=WorkflowFailurePolicy.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE)
def wf(x: int) -> int:
    return inc(x=x)


# %% subworkflow
@workflow
def sub(x: int) -> int:
    return inc(x=x)


@workflow
def wf(x: int) -> int:
    return sub(x=sub(x=x))


# %% subworkflow_of_a_subworkflow
@workflow
def lowest(x: int) -> int:
    return inc(x=x)


@workflow
def sub(x: int) -> tuple[int, int]:
    return lowest(x=x), inc(x=x)


@workflow
def wf(x: int) -> int:
    a, b = sub(x=x)
    return add(a=a, b=lowest(x=b))


# %% subworkflow_with_defaults
@workflow
def sub(x: int = 3, text: str = "a") -> int:
    return inc(x=x)


@workflow
def wf() -> int:
    return sub()


# %% subworkflow_without_outputs
@workflow
def sub():
    work()


@workflow
def wf(x: int) -> int:
    s = sub()
    i = inc(x=x)
    s >> i
    return i


# %% failure_handler_task
@task
def clean_up(x: int, text: str = "a"):
    pass


@workflow(on_failure=clean_up)
def wf(x: int, text: str) -> int:
    return inc(x=x)


# %% override_cache_by_object
from flytekit import Cache


@workflow
def wf(x: int) -> int:
    return inc(x=x).with_overrides(cache=Cache(version="7", serialize=True))


# %% failure_handler_with_error
from flytekit.types.error import FlyteError


@task
def clean_up(x: int, err: Optional[FlyteError] = None):
    pass


@workflow(on_failure=clean_up)
def wf(x: int) -> int:
    return inc(x=x)


# %% failure_handler_workflow_with_error
from flytekit.types.error import FlyteError


@task
def tell(x: int, err: Optional[FlyteError]):
    pass


@workflow
def clean_up(x: int, err: Optional[FlyteError] = None):
    tell(x=x, err=err)


@workflow(on_failure=clean_up)
def wf(x: int) -> int:
    return inc(x=x)


# %% failure_handler_workflow
@workflow
def clean_up(x: int):
    inc(x=x)


@workflow(on_failure=clean_up)
def wf(x: int) -> int:
    return inc(x=x)


# %% docstring
@workflow
def wf(x: int) -> int:
    """Add one.

    And say so at length.

    Args:
        x: The number.

    Returns:
        One more.
    """
    return inc(x=x)


# %% docs_object
from flytekit import Documentation


@workflow(docs=Documentation(short_description="s"))
def wf(x: int) -> int:
    return inc(x=x)


# %% loop_in_a_workflow
@workflow
def wf(x: int) -> int:
    for _ in range(11):
        x = inc(x=x)
    return x


# %% function_that_calls_tasks
def twice(x):
    return inc(x=inc(x=x))


@workflow
def wf(x: int) -> int:
    return twice(x)


# %% files_between_nodes
from flytekit.types.directory import FlyteDirectory
from flytekit.types.file import FlyteFile


@task
def write() -> FlyteFile:
    return FlyteFile(__file__)


@task
def read(f: FlyteFile, d: Optional[FlyteDirectory] = None) -> int:
    return 1


@workflow
def wf(f: FlyteFile) -> int:
    read(f=f)
    return read(f=write())


# %% file_from_text_constant
from flytekit.types.file import FlyteFile


@task
def read(f: FlyteFile) -> int:
    return 1


@workflow
def wf() -> int:
    return read(f="s3://bucket/file.csv")


# %% frames_between_nodes
import pandas as pd


@task
def make() -> pd.DataFrame:
    return pd.DataFrame({"a": [1]})


@task
def use(f: pd.DataFrame) -> int:
    return 1


@workflow
def wf() -> int:
    return use(f=make())


# %% imperative
from flytekit import Workflow

wf = Workflow(name="definition.imperative")
wf.add_workflow_input("x", int)
node = wf.add_entity(inc, x=wf.inputs["x"])
wf.add_workflow_output("out", node.outputs["o0"])

# %% imperative_with_more
from flytekit import Workflow


@workflow
def sub(x: int) -> int:
    return inc(x=x)


wf = Workflow(name="definition.imperative")
wf.add_workflow_input("x", int)
wf.add_workflow_input("numbers", list[int])
one = wf.add_entity(inc, x=wf.inputs["x"])
two = wf.add_entity(sub, x=one.outputs["o0"])
three = wf.add_entity(total, numbers=wf.inputs["numbers"])
four = wf.add_entity(work)
three >> four
wf.add_workflow_output("all", [one.outputs["o0"], two.outputs["o0"]], python_type=list[int])
wf.add_workflow_output("last", three.outputs["o0"])
