"""Workflows within workflows, in their own order, and launch plans of them."""

from typing import List, Tuple

from flytekit import LaunchPlan, task, workflow


@task
def step(a: int) -> Tuple[int, str]:
    return a + 2, f"world-{a + 2}"


@workflow
def child(a: int) -> Tuple[str, str]:
    x, y = step(a=a)
    u, v = step(a=x)
    return y, v


@workflow
def parent(a: int) -> Tuple[int, str, str]:
    x, y = step(a=a)
    u, v = child(a=x)
    return x, u, v


@workflow
def with_a_plan(a: int = 42) -> Tuple[int, List[str]]:
    x, y = step(a=a)
    u, v = plan(a=x)
    return x, [y, u, v]


plan = LaunchPlan.get_or_create(child, "child_plan")

assert child(a=1) == ("world-3", "world-5")
assert parent(a=1) == (3, "world-5", "world-7")
assert with_a_plan() == (44, ["world-44", "world-46", "world-48"])
