"""The first steps: tasks with keyword arguments, defaults and no outputs, and a workflow of them."""

from typing import List

from flytekit import task, workflow


@task
def slope(x: List[int], y: List[int]) -> float:
    sum_xy = sum(a * b for a, b in zip(x, y))
    sum_xx = sum(a * a for a in x)
    n = len(x)
    return (n * sum_xy - sum(x) * sum(y)) / (n * sum_xx - sum(x) ** 2)


@task
def intercept(x: List[int], y: List[int], slope: float) -> float:
    return sum(y) / len(y) - slope * sum(x) / len(x)


@task
def note(text: str = "nothing to say") -> None:
    assert text


@workflow
def regression(x: List[int] = [0, 2, 4], y: List[int] = [1, 5, 9]) -> float:
    note()
    note(text="fitting")
    return intercept(x=x, y=y, slope=slope(x=x, y=y))


assert slope(x=[0, 1, 2], y=[1, 3, 5]) == 2.0
assert regression() == 1.0
assert regression(x=[0, 1, 2], y=[3, 4, 5]) == 3.0
assert regression.name.endswith("regression")
assert list(slope.python_interface.inputs) == ["x", "y"]
assert slope.python_interface.outputs == {"o0": float}

remote_runs = [(slope, {"x": [0, 1, 2], "y": [1, 3, 5]}, 2.0), (note, {}, None)]
