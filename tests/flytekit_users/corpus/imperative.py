"""A workflow that is put together by calls."""

from typing import List

from flytekit import LaunchPlan, Workflow, task, workflow
from flytekit.core.workflow import ImperativeWorkflow


@task
def double(a: int) -> int:
    return 2 * a


@task
def total(numbers: List[int]) -> int:
    return sum(numbers)


@task
def report(text: str) -> None:
    assert text


@workflow
def inner(a: int) -> int:
    return double(a=double(a=a))


made = Workflow(name="team.made_by_calls")
made.add_workflow_input("first", int)
numbers = made.add_workflow_input("numbers", List[int])
node = made.add_entity(double, a=made.inputs["first"])
sums = made.add_entity(total, numbers=[node.outputs["o0"], made.inputs["first"], 7])
again = made.add_entity(total, numbers=numbers)
made.add_entity(report, text="done")
below = made.add_subwf(inner, a=again.outputs["o0"])
made.add_workflow_output("sum", sums.outputs["o0"])
made.add_workflow_output("all", [sums.outputs["o0"], below.outputs["o0"]], python_type=List[int])

assert isinstance(made, ImperativeWorkflow) and Workflow is ImperativeWorkflow
assert made.ready()
assert made.python_interface.inputs == {"first": int, "numbers": List[int]}
assert list(made.python_interface.outputs) == ["sum", "all"]
result = made(first=3, numbers=[1, 2])
assert (result[0], result[1]) == (16, [16, 12])

plan = LaunchPlan.create("team.made_by_calls.three", made, default_inputs={"first": 3}, fixed_inputs={"numbers": [4]})
assert tuple(plan()) == (16, [16, 16])
