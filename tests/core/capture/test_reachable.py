"""Everything that a task or workflow may run is found, and travels in one file (design section 9, line 6)."""

from collections import UserDict
from enum import IntEnum
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from autocontainer_nb.core.capture.capture import Capture, registered_form
from autocontainer_nb.core.capture.reachable import reachable_entities, reachable_tasks
from autocontainer_nb.core.dynamic.dynamic import dynamic
from autocontainer_nb.core.graph.conditional import conditional
from autocontainer_nb.core.maps.map_task import map_task
from autocontainer_nb.core.python_auto_container import default_notebook_task_resolver, default_task_resolver
from autocontainer_nb.core.resolvers.pickled_entity import load_pickled_entity
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.launch_plan import LaunchPlan
from autocontainer_nb.core.workflows.workflow import workflow
from autocontainer_nb.errors import DefinitionError


def made(name: str) -> Any:
    def function(x: int) -> int:
        return x

    function.__name__ = name
    return task(function)


a, b, c, d, e, f, g, h = (made(name) for name in "abcdefgh")


@task
def cleans(x: int) -> int:
    return x


@workflow
def inner(x: int) -> int:
    return b(x=x)


@workflow
def planned(x: int) -> int:
    return c(x=x)


PLAN = LaunchPlan("planned_plan", planned)


@workflow(on_failure=cleans)
def outer(x: int) -> int:
    first = a(x=x)
    inner(x=first)
    PLAN(x=first)
    map_task(partial(d))(x=[1, 2])
    return conditional("choice").if_(first > 1).then(e(x=x)).else_().then(f(x=x))


def called_by_a_helper(x: int) -> Any:
    return h(x=x)


REGISTRY = {"by name": [g]}


@dynamic
def expands(x: int) -> int:
    outer(x=x)
    REGISTRY["by name"][0](x=x)
    return called_by_a_helper(x)


def names(entity: Any) -> set[str]:
    return {each.short_name for each in reachable_tasks(entity).values() if not each.short_name.startswith("map_")}


def test_a_workflow_reaches_every_node_wherever_it_is() -> None:
    """Subworkflow, launch plan, map task's body, both branches, failure handler."""
    assert names(outer) == {"a", "b", "c", "d", "e", "f", "cleans"}
    assert {inner, planned, PLAN} <= {each for each in reachable_entities(outer) if not hasattr(each, "branch_nodes")}


def test_a_dynamic_task_reaches_what_its_code_mentions() -> None:
    """By a global, by a helper function, by a dict of lists, and through a workflow."""
    assert names(expands) == {"expands", "a", "b", "c", "d", "e", "f", "g", "h", "cleans"}


def test_a_closure_and_an_object_lead_on() -> None:
    def factory(child: Any) -> Any:
        holder = SimpleNamespace(child=child)

        class Steps:
            one = holder

        @dynamic
        def uses(x: int) -> int:
            return child(x=x)

        return uses, Steps

    uses, _ = factory(a)
    assert names(uses) == {"uses", "a"}


def test_everything_is_in_one_file_and_found_there(tmp_path: Path) -> None:
    """Each task loads by its name, from its module's source, and is the one that others mention."""
    captured = Capture(expands).write(str(tmp_path / "entities.pkl"))
    entities = load_pickled_entity(captured.path, captured.digest).entities
    assert set(entities) == set(captured.names)
    assert {each.short_name for each in entities.values()} == names(expands)
    loaded = entities[expands.name]
    assert all(registered_form(each).task_resolver is default_notebook_task_resolver for each in entities.values())
    assert reachable_tasks(loaded)[a.name] is entities[a.name]
    assert loaded(x=3) == 3


def test_the_users_objects_stay_as_they_are(tmp_path: Path) -> None:
    before = {each.name: dict(vars(each)) for each in reachable_tasks(expands).values()}
    Capture(expands).write(str(tmp_path / "entities.pkl"))
    assert {each.name: dict(vars(each)) for each in reachable_tasks(expands).values()} == before
    assert a.task_resolver is default_task_resolver
    assert registered_form(map_task(a)).mapped_task.task_resolver is default_notebook_task_resolver


def test_the_same_code_gives_the_same_digest(tmp_path: Path) -> None:
    digests = {Capture(expands).write(str(tmp_path / f"{number}.pkl")).digest for number in range(2)}
    assert len(digests) == 1


def test_an_installed_packages_task_is_imported_again(tmp_path: Path) -> None:
    """It isn't in the file, and needs no capture by itself."""
    import json

    installed = made("installed")
    installed.task_function.__module__ = json.__name__
    assert not Capture(installed).is_needed
    assert Capture(outer).is_needed

    @dynamic
    def uses(x: int) -> int:
        return installed(x=x)

    assert Capture(uses).names == (uses.name,)


def test_two_tasks_of_one_name_are_told() -> None:
    """A workflow that still holds a task whose cell was run again, beside the newer one."""
    older, newer = made("twin"), made("twin")

    @workflow
    def holds(x: int) -> int:
        return older(x=x)

    @dynamic
    def mixes(x: int) -> int:
        return newer(x=holds(x=x))

    with pytest.raises(
        DefinitionError, match=r"'mixes' reaches two different tasks named .*twin.*run the cell of that as well"
    ):
        reachable_tasks(mixes)


class Level(IntEnum):
    LOW = 1


class Table(UserDict[str, Any]):
    """A mapping of the user's, whose values can be gone through once."""

    def values(self) -> Any:
        return iter(self.data.values())


@pytest.mark.parametrize(
    "holder",
    [
        [1, "x", None, 2.5, 1j, True, a],
        [(1, "x"), [2, "y"], (3, a)],
        [[(1, 2)], [[1, [a]]]],
        {"rows": [(1, 2)] * 100, "last": ([1, {"k": a}],)},
        {1, (2, 3), (4, a)},
        Table(x=1, y=a),
        [Level.LOW, a],
        [[], (), {}, [[]], a],
    ],
    ids=range(8),
)
def test_a_task_among_plain_data_is_found(holder: Any) -> None:
    """What holds nothing but plain data is passed over as a whole, and nothing else is."""
    assert a in reachable_entities(holder)
    assert [each for each in reachable_entities([[1, 2], (3, "x"), {"k": [4, Level.LOW]}, holder]) if each is a] == [a]
