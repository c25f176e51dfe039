"""A workflow that names a task of a later cell is drawn when that cell has run; what is missing is told at its cell."""

import pytest

from autocontainer_nb.notebook.extension import load_ipython_extension, unload_ipython_extension

IMPORTS = "from autocontainer_nb import task, workflow, dynamic, LaunchPlan"
PIPE = """
@workflow
def pipe(x: int) -> int:
    return scale(x=x)
"""
SCALE = """
@task
def scale(x: int) -> int:
    return x * 2
"""


@pytest.fixture
def run(shell, capsys):
    load_ipython_extension(shell)

    def cell(source: str) -> str:
        shell.run_cell(source, store_history=True).raise_error()
        return capsys.readouterr().out

    cell(IMPORTS)
    yield cell
    unload_ipython_extension(shell)


def test_a_task_further_down_in_the_cell_is_no_news(run, shell):
    """At the end of the cell the graph is drawn, and nothing is said."""
    assert run(PIPE + SCALE) == ""
    assert shell.user_ns["pipe"].missing_name is None
    assert shell.user_ns["pipe"](x=4) == 8


def test_a_task_of_a_later_cell_is_told_once_and_then_drawn(run, shell):
    """What is missing may be a slip: it is said at the end of the cell, and not after each other cell."""
    told = run(PIPE)
    assert told == (
        "Workflow 'pipe' uses 'scale', which isn't defined yet. It is drawn when a later cell defines it.\n"
    )
    assert run("other = 1") == ""
    assert run(SCALE) == ""
    assert shell.user_ns["pipe"].missing_name is None
    assert shell.user_ns["pipe"](x=4) == 8


def test_a_slip_is_told_at_its_cell_with_what_is_meant(run):
    run(SCALE)
    assert "uses 'scael', which isn't defined yet. Did you mean 'scale'?" in run(PIPE.replace("scale", "scael"))


def test_a_mistake_that_only_drawing_shows_is_told_after_the_cell_that_made_it_possible(run, shell):
    """As an error in one line, once; the workflow can still be mended by running its cell again."""
    run(PIPE)
    told = run(SCALE.replace("-> int", "-> str").replace("x * 2", "'a' * x"))
    assert "DefinitionError" in told
    assert "pipe ► outputs.o0 is int, but gets str" in told
    assert run("other = 1") == ""
    assert run(PIPE.replace("-> int", "-> str")) == ""
    assert shell.user_ns["pipe"](x=3) == "aaa"


def test_redefining_the_later_task_is_told_as_ever(run):
    """Once drawn, the workflow holds the task of that moment."""
    run(PIPE)
    run(SCALE)
    assert "Workflow 'pipe' still uses the earlier 'scale'" in run(SCALE.replace("2", "3"))


def test_what_holds_the_workflow_waits_with_it(run, shell):
    """Another workflow, a dynamic task and a launch plan around it disturb nobody, and work afterwards."""
    around = """
@workflow
def outer(x: int) -> int:
    return pipe(x=x)
@dynamic
def twice(x: int) -> int:
    return pipe(x=pipe(x=x))
plan = LaunchPlan.get_or_create(pipe, "plan", default_inputs={"x": 5})
"""
    assert run(PIPE + around).count("uses 'scale', which isn't defined yet") == 2
    assert run(SCALE) == ""
    names = shell.user_ns
    assert (names["outer"](x=1), names["twice"](x=1), names["plan"]()) == (2, 4, 10)
