"""`map_task(..., bound_inputs={...})`: inputs that are the same for all items, whose value a call passes."""

import pytest

from autocontainer_nb import LaunchPlan, map_task, task, workflow
from autocontainer_nb.errors import ConversionError, DefinitionError


@task
def add(x: int, n: int = 10) -> int:
    return x + n


@workflow
def inner(x: int) -> int:
    return add(x=x, n=1)


def test_a_bound_input_is_one_value():
    """Called by itself and as a node; a list in its place is refused."""
    mapped = map_task(add, bound_inputs={"n"})
    assert mapped(x=[1, 2], n=3) == [4, 5]
    assert mapped.python_interface.inputs == {"x": list[int], "n": int}

    @workflow
    def run(xs: list[int], n: int) -> list[int]:
        return map_task(add, bound_inputs={"n"})(x=xs, n=n)

    assert run(xs=[1, 2], n=3) == [4, 5]
    with pytest.raises(ConversionError, match=r"n: expected an int, got \[3, 3\]"):
        mapped(x=[1, 2], n=[3, 3])


def test_what_cannot_be_bound_is_named():
    """An unknown name, and a map over a launch plan."""
    with pytest.raises(DefinitionError, match="the task has no input 'm'"):
        map_task(add, bound_inputs={"m"})
    with pytest.raises(DefinitionError, match="bound_inputs belongs to a map over a task"):
        map_task(LaunchPlan.get_or_create(inner), bound_inputs={"x"})
