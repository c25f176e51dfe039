"""Workflows of each kind, for control planes that run more than single tasks."""

import functools
import os
import time
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from client_tasks import add, fails, increment

from autocontainer_nb import (
    CronSchedule,
    FlyteDirectory,
    FlyteError,
    FlyteFile,
    ImperativeWorkflow,
    LaunchPlan,
    OutputLocation,
    Resources,
    ShellTask,
    WorkflowFailurePolicy,
    approve,
    conditional,
    dynamic,
    map_task,
    sleep,
    task,
    wait_for_input,
    workflow,
)


@workflow
def chain(x: int) -> int:
    return increment(x=increment(x=increment(x=x)))


@workflow
def diamond(x: int) -> int:
    first = increment(x=x)
    return add(a=increment(x=first), b=increment(x=first))


class Two(NamedTuple):
    """Named outputs of a workflow."""

    first: int
    second: int


@workflow
def two_outputs(x: int) -> Two:
    first = increment(x=x)
    return Two(first, increment(x=first))


@workflow
def ordered(x: int) -> int:
    first = increment(x=x)
    second = increment(x=10)
    first >> second
    return second


@workflow
def with_default(x: int = 5) -> int:
    return increment(x=x)


@workflow
def outer(x: int) -> int:
    return increment(x=chain(x=x))


@workflow
def overridden(x: int) -> int:
    return increment(x=x).with_overrides(node_name="my-node", requests=Resources(cpu="150m"), limits=Resources(cpu="1"))


imperative = ImperativeWorkflow("client_flows.imperative")
imperative.add_workflow_input("x", int)
imperative.add_workflow_output("o", imperative.add_entity(increment, x=imperative.inputs["x"]).outputs["o0"])


@workflow
def either(x: int) -> int:
    return (
        conditional("sign")
        .if_(x > 0)
        .then(increment(x=x))
        .elif_(x == -5)
        .then(increment(x=7))
        .else_()
        .then(add(a=x, b=x))
    )


@workflow
def either_or_fail(x: int) -> int:
    return conditional("sign").if_(x > 0).then(increment(x=x)).else_().fail("it is negative")


@workflow
def nested_either(x: int) -> int:
    return (
        conditional("outer")
        .if_((x > 0) & (x < 100))
        .then(conditional("inner").if_(x > 10).then(increment(x=x)).else_().then(add(a=x, b=x)))
        .else_()
        .then(increment(x=0))
    )


@workflow
def either_of_output(x: int) -> int:
    first = increment(x=x)
    return conditional("large").if_(first >= 2).then(increment(x=first)).else_().then(increment(x=0))


@task
def all_but_two(x: int) -> int:
    """Refuse a number."""
    if x == 2:
        raise ValueError("not two")
    return x


@workflow
def mapped(xs: list[int]) -> list[int]:
    return map_task(increment)(x=xs)


@workflow
def mapped_partial(xs: list[int]) -> list[int]:
    return map_task(functools.partial(add, b=10))(a=xs)


@workflow
def mapped_one_by_one(xs: list[int]) -> list[int]:
    return map_task(increment, concurrency=1)(x=xs)


@workflow
def mapped_mostly(xs: list[int]) -> list[int | None]:
    return map_task(all_but_two, min_success_ratio=0.5)(x=xs)


@workflow
def mapped_wholly(xs: list[int]) -> list[int]:
    return map_task(all_but_two)(x=xs)


@dynamic
def fan_out(n: int) -> list[int]:
    return [increment(x=x) for x in range(n)]


@dynamic
def repeated(n: int) -> int:
    x = n
    for _ in range(n):
        x = increment(x=x)
    return x


@dynamic
def within(n: int) -> int:
    return repeated(n=repeated(n=n))


@dynamic
def of_workflow(n: int) -> int:
    return chain(x=n)


@dynamic
def of_map(n: int) -> list[int]:
    return map_task(increment)(x=list(range(n)))


@dynamic
def fails_inside(n: int) -> int:
    return fails(reason=f"inside {n}")


@workflow
def with_fan_out(n: int) -> list[int]:
    return fan_out(n=n)


@workflow
def fails_on_the_way(x: int) -> int:
    return increment(x=fails(reason="on the way"))


@task
def slow(x: int) -> int:
    """Take a while."""
    time.sleep(3)
    return x


@workflow(failure_policy=WorkflowFailurePolicy.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE)
def fails_in_the_end(x: int) -> int:
    fails(reason="early")
    return increment(x=slow(x=x))


@task
def clean_up(x: int, err: FlyteError | None = None) -> int:
    """Be called where something failed."""
    print("cleaning up", err)  # noqa: T201 - its log
    return x


@workflow(on_failure=clean_up)
def cleans_up(x: int) -> int:
    return increment(x=fails(reason="bad"))


@workflow
def asks_for_a_number(x: int) -> int:
    number = wait_for_input("how-many", timeout=timedelta(minutes=5), expected_type=int)
    return add(a=x, b=number)


@workflow
def asks_for_approval(x: int) -> int:
    return increment(x=approve(increment(x=x), "fine", timeout=timedelta(minutes=5)))


@workflow
def pauses(x: int) -> int:
    pause = sleep(timedelta(seconds=2))
    last = increment(x=x)
    pause >> last
    return last


plan = LaunchPlan.get_or_create(with_default, "client_flows.plan", default_inputs={"x": 9})
fixed = LaunchPlan.get_or_create(chain, "client_flows.fixed", fixed_inputs={"x": 30})
scheduled = LaunchPlan.get_or_create(
    chain, "client_flows.scheduled", default_inputs={"x": 1}, schedule=CronSchedule(schedule="0 7 * * *")
)


@workflow
def starts_a_plan(x: int) -> int:
    return increment(x=plan(x=x))


@task(cache=True, cache_version="1")
def cached(x: int, word: str) -> int:
    """Be kept."""
    return time.time_ns()


@workflow
def keeps(x: int, word: str) -> int:
    return cached(x=x, word=word)


@dataclass
class Point:
    """A dataclass whose attributes are bound."""

    a: int
    names: list[str]


class Colour(Enum):
    """An enum as a workflow's input."""

    RED = "red"
    GREEN = "green"


@task
def make_point(x: int) -> Point:
    """Make a dataclass."""
    return Point(x, ["q"])


@task
def spell(a: int, names: list[str]) -> str:
    """Use its parts."""
    return f"{a}{names}"


@workflow
def attributes(x: int) -> str:
    made = make_point(x=x)
    return spell(a=made.a, names=made.names)


@task
def make_list(x: int) -> list[int]:
    """Make a list."""
    return [x, x + 1]


@task
def make_dict(x: int) -> dict[str, int]:
    """Make a dict."""
    return {"k": x}


@workflow
def items(x: int) -> int:
    return add(a=make_list(x=x)[1], b=make_dict(x=x)["k"])


@task
def write_file(x: int) -> FlyteFile:
    """Write a file."""
    Path("out.txt").write_text(str(x))
    return FlyteFile("out.txt")


@task
def read_file(file: FlyteFile) -> str:
    """Read it."""
    return Path(file).read_text().strip()


@workflow
def files(x: int) -> str:
    return read_file(file=write_file(x=x))


@task
def write_folder(x: int) -> FlyteDirectory:
    """Write a folder."""
    Path("folder").mkdir()
    Path("folder", "a.txt").write_text(str(x))
    return FlyteDirectory("folder")


@task
def read_folder(folder: FlyteDirectory) -> str:
    """Read it."""
    return Path(folder.download(), "a.txt").read_text()


@workflow
def folders(x: int) -> str:
    return read_folder(folder=write_folder(x=x))


echoed = ShellTask(
    "client_flows.echoed",
    script="echo hello {inputs.x} > {outputs.f}",
    inputs={"x": int},
    output_locs=[OutputLocation("f", FlyteFile, "out.txt")],
)


@workflow
def shell(x: int) -> str:
    return read_file(file=echoed(x=x))


@task
def told(kind: Colour, moment: datetime, span: timedelta, either: int | str, missing: int | None = None) -> str:
    """Tell what came."""
    return f"{kind.name} {moment:%Y-%m-%d} {span.total_seconds():g} {either!r} {missing}"


@workflow
def defaults(
    kind: Colour = Colour.RED,
    moment: datetime = datetime(2026, 1, 2, tzinfo=timezone.utc),
    span: timedelta = timedelta(hours=1),
    either: int | str = "d",
) -> str:
    return told(kind=kind, moment=moment, span=span, either=either)


@task
def variable(name: str) -> str:
    """Return a variable of the environment."""
    return os.environ.get(name, "")


@workflow
def variables(name: str) -> str:
    return variable(name=name)


@workflow
def twenty(x: int) -> int:
    for _ in range(20):
        x = increment(x=x)
    return x
