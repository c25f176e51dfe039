"""A workflow that still holds an older task is named when the task's cell has run again."""

import pytest

from autocontainer_nb.notebook.extension import load_ipython_extension, unload_ipython_extension

TASK = """
from autocontainer_nb.core.tasks.task import task
@task
def scale(x: int) -> int:
    return x * FACTOR
"""
OTHER = """
@task
def shift(x: int) -> int:
    return x + 1
"""
WORKFLOWS = """
from autocontainer_nb.core.workflows.workflow import workflow
@workflow
def inner(x: int) -> int:
    return scale(x=x)
@workflow
def outer(x: int) -> int:
    return inner(x=x)
"""


@pytest.fixture
def run(shell, capsys):
    load_ipython_extension(shell)

    def cell(source: str) -> str:
        shell.run_cell(source, store_history=True).raise_error()
        return capsys.readouterr().out

    yield cell
    unload_ipython_extension(shell)


def test_the_workflows_that_hold_the_older_task_are_named_once(run):
    """Each with the cell to run again; also the one that holds it through another workflow."""
    run("FACTOR = 2")
    assert run(TASK) == ""
    assert run(WORKFLOWS) == ""
    told = run(TASK.replace("FACTOR", "FACTOR * 10"))
    assert "Workflow 'inner' still uses the earlier 'scale': run Cell In[3] again" in told
    assert "Workflow 'outer' still uses the earlier 'scale'" in told
    assert run("other = 1 + 1") == ""
    assert run(WORKFLOWS) == ""
    assert run("result = outer(1)") == ""


def test_maps_subworkflows_and_launch_plans_are_looked_at(run):
    """A map task in a variable holds the earlier task; a workflow and a launch plan hold an earlier workflow."""
    run("FACTOR = 2")
    run(TASK)
    run(WORKFLOWS)
    run("from autocontainer_nb import LaunchPlan, map_task\nmapped = map_task(scale)")
    run("plan = LaunchPlan.get_or_create(outer)\nover_plan = map_task(plan)")
    told = run(TASK.replace("FACTOR", "FACTOR + 1")).splitlines()
    assert told == [
        "Workflow 'inner' still uses the earlier 'scale': run Cell In[3] again to use the new one.",
        "Map task 'mapped' still uses the earlier 'scale': run Cell In[4] again to use the new one.",
        "Workflow 'outer' still uses the earlier 'scale': run Cell In[3] again to use the new one.",
        "Map task 'over_plan' still uses the earlier 'scale': run Cell In[5] again to use the new one.",
        "Launch plan 'plan' still uses the earlier 'scale': run Cell In[5] again to use the new one.",
    ]
    inner = "@workflow\ndef inner(x: int) -> int:\n    return scale(x=scale(x=x))"
    assert [line.partition(":")[0] for line in run(inner).splitlines()] == [
        "Workflow 'outer' still uses the earlier 'inner'",
        "Map task 'over_plan' still uses the earlier 'inner'",
        "Launch plan 'plan' still uses the earlier 'inner'",
    ]
    outer = "@workflow\ndef outer(x: int) -> int:\n    return inner(x=x)"
    assert [line.partition(":")[0] for line in run(outer).splitlines()] == [
        "Map task 'over_plan' still uses the earlier 'outer'",
        "Launch plan 'plan' still uses the earlier 'outer'",
    ]
    assert run("plan = LaunchPlan.get_or_create(outer)\nover_plan = map_task(plan)\nmapped = map_task(scale)") == ""


def test_an_equal_map_made_again_makes_nothing_old(run):
    """Maps are made where they are needed; two of one task are the same."""
    run("FACTOR = 2")
    run(TASK)
    run(
        "from autocontainer_nb import map_task, workflow\nmapped = map_task(scale)\n"
        "@workflow\ndef uses(xs: list[int]) -> list[int]:\n    return mapped(x=xs)"
    )
    assert run("mapped = map_task(scale)") == ""


def test_nothing_is_said_where_no_workflow_is_concerned(run):
    """Another task's cell, or no workflow at all."""
    assert run("FACTOR = 1") + run(TASK) + run(TASK) == ""
    run(WORKFLOWS)
    assert run(OTHER) + run(OTHER) == ""


LATER_LINES = """
from autocontainer_nb import dynamic, task, workflow
@workflow
def outer(x: int) -> int:
    return inner(x=last(x=x))
@workflow
def inner(x: int) -> int:
    return last(x=x)
@task
def last(x: int) -> int:
    return x + 1
"""


def test_a_cell_that_names_its_later_lines_can_run_again(run):
    """Its workflows hold the tasks that this very run has defined, each time, and nothing is called old."""
    for number in (1, 2, 3):
        assert run(LATER_LINES.replace("x + 1", f"x + {number}")) == ""
        run(
            """
            from autocontainer_nb.core.capture.reachable import reachable_entities
            held = [one for one in reachable_entities(outer) if one.short_name == "last"]
            assert held == [last] and outer(x=0) == 2 * last(x=0), held
        """.replace("\n            ", "\n")
        )


def test_a_mistake_that_drawing_again_shows_is_told(run, shell, capsys):
    """A task that takes something else by now makes the workflow above it a mistake, told after the cell."""
    run(LATER_LINES)
    told = run(LATER_LINES.replace("def last(x: int)", "def last(y: int)").replace("x + 1", "y + 1"))
    assert "last" in told
    assert "x" in told
