"""Names that a user gives carry the notebook's prefix, too: two notebooks of one project don't overwrite each other."""

from collections.abc import Iterator
from typing import Any

import pytest
from golden_message import SETTINGS

from autocontainer_nb.core.entities.notebook_scope import install_notebook_resolver, uninstall_notebook_resolver
from autocontainer_nb.core.serialize.spec import to_spec
from autocontainer_nb.core.tasks.container_task import ContainerTask
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.launch_plan import LaunchPlan
from autocontainer_nb.core.workflows.workflow import workflow

CELL = """
from autocontainer_nb import (
    ContainerTask, LaunchPlan, OutputLocation, ShellTask, Workflow, map_task, reference_workflow, task, workflow
)

@task
def double(x: int) -> int:
    return 2 * x

@workflow
def whole(x: int) -> int:
    return double(x=x)

@reference_workflow(project="p", domain="d", name="theirs.wf", version="v")
def theirs(x: int) -> int: ...

made = {
    "container": ContainerTask("tool", "a/b:1", ["true"]),
    "shell": ShellTask("script", script="true"),
    "plan": LaunchPlan.create("daily", whole, default_inputs={"x": 1}),
    "clone": LaunchPlan.create("daily", whole, default_inputs={"x": 1}).clone_with("hourly"),
    "default_plan": LaunchPlan.get_or_create(whole),
    "plan_of_theirs": LaunchPlan.get_or_create(theirs),
    "named_already": LaunchPlan.create(f"{whole.name}.twice", whole),
    "built": Workflow("built"),
    "map": map_task(double),
}
names = {key: each.name for key, each in made.items()}
"""


def run_cell(prefix: str) -> dict[str, Any]:
    """Run the cell as a notebook with this prefix does."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    install_notebook_resolver(prefix)
    exec(CELL, namespace)
    return namespace


@pytest.fixture(autouse=True)
def _no_notebook_afterwards() -> Iterator[None]:
    yield
    uninstall_notebook_resolver()


def test_each_notebook_has_its_own_names() -> None:
    """All but what is registered by somebody else; a name that has the prefix already gets it once."""
    one, two = run_cell("one")["names"], run_cell("two")["names"]
    assert one.pop("plan_of_theirs") == two.pop("plan_of_theirs") == "theirs.wf"
    assert not set(one.values()) & set(two.values())
    assert one == {
        "container": "one.tool",
        "shell": "one.script",
        "plan": "one.daily",
        "clone": "one.hourly",
        "default_plan": "one.whole",
        "named_already": "one.whole.twice",
        "built": "one.built",
        "map": one["map"],
    }
    assert one["map"].startswith("one.map_double_")


def test_the_same_notebook_keeps_its_names() -> None:
    """In another kernel, too; the same launch plan made twice is one object."""
    assert run_cell("one")["names"] == run_cell("one")["names"]
    cell = run_cell("one")
    again = LaunchPlan.create("one.daily", cell["whole"], default_inputs={"x": 1})
    assert again is cell["made"]["plan"]


def test_outside_of_a_notebook_names_are_as_given() -> None:
    """In a module, and in a notebook for what a module makes."""

    @task
    def wait() -> None: ...

    @workflow
    def nothing() -> None:
        wait()

    install_notebook_resolver("one")
    assert ContainerTask("tool", "a/b:1", ["true"]).name == "tool"
    assert LaunchPlan.create("plan", nothing).name == "plan"
    assert to_spec(LaunchPlan.create("plan", nothing), SETTINGS).workflow_id.name == nothing.name
