"""Workflows by calls: with gates, launch plans, maps, order, a clean-up, several outputs; within a drawn one."""

import io
import sys
from datetime import timedelta
from typing import Dict, List

from flytekit import LaunchPlan, Workflow, map_task, task, workflow

seen = []


@task
def double(x: int) -> int:
    return 2 * x


@task
def total(values: List[int]) -> int:
    return sum(values)


@task
def note(text: str) -> None:
    seen.append(text)


@task
def pack(parts: Dict[str, int]) -> str:
    return ",".join(f"{key}={parts[key]}" for key in sorted(parts))


@workflow
def doubling(x: int = 4) -> int:
    return double(x=x)


plan = LaunchPlan.get_or_create(doubling, name="imperative_doubling", default_inputs={"x": 5})

made = Workflow(name="corpus.imperative_more")
values = made.add_workflow_input("values", List[int])
mapped = made.add_entity(map_task(double), x=values)
summed = made.add_entity(total, values=mapped.outputs["o0"])
planned = made.add_launch_plan(plan, x=summed.outputs["o0"])
packed = made.add_entity(pack, parts={"sum": summed.outputs["o0"], "plan": planned.outputs["o0"], "one": 1})
before = made.add_entity(note, text="before")
after = made.add_task(note, text="after")
before.runs_before(after)
packed.runs_before(before)
made.add_workflow_output("text", packed.outputs["o0"])
made.add_workflow_output("numbers", mapped.outputs["o0"])

assert len(made.nodes) == 6
assert list(made.outputs) == ["text", "numbers"] if hasattr(made, "outputs") else True
text, numbers = made(values=[1, 2])
assert text == "one=1,plan=12,sum=6" and numbers == [2, 4]
assert seen == ["before", "after"]


@workflow
def around(values: List[int]) -> int:
    inner = made(values=values)
    return total(values=inner.numbers)


assert around(values=[3]) == 6
