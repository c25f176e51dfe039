"""`map_task` here and now: items, bound inputs, failures that may be; and launch plans and references mapped."""

import logging
from functools import partial

import pytest
from golden_message import SETTINGS

from autocontainer_nb.core.launch_plan import LaunchPlan
from autocontainer_nb.core.map_items import Tolerance
from autocontainer_nb.core.map_task import map_task
from autocontainer_nb.core.reachable import reachable_tasks
from autocontainer_nb.core.reference import reference_launch_plan, reference_task
from autocontainer_nb.core.serialize.spec import to_spec
from autocontainer_nb.core.task import task
from autocontainer_nb.core.workflow import workflow
from autocontainer_nb.errors import ConversionError, DefinitionError, InputError, UserError

calls: list[int] = []


@task
def positive(x: int, by: int = 1) -> int:
    calls.append(x)
    if x < 0:
        raise ValueError(f"no negative {x}")
    return x * by


@task
def pair(x: int) -> tuple[int, int]:
    return x, x


@workflow
def wf(x: int, y: int = 3) -> int:
    return positive(x=x, by=y)


plan = LaunchPlan.get_or_create(wf, "mapped plan", fixed_inputs={"y": 10})


@reference_task(project="p", domain="d", name="other.Task", version="v")
def other(x: int) -> int: ...


@reference_launch_plan(project="p", domain="d", name="n" * 70, version="v")
def other_plan(x: int) -> int: ...


@pytest.fixture(autouse=True)
def _no_calls() -> None:
    calls.clear()


@pytest.mark.parametrize("numbers", [{"min_success_ratio": 0.5}, {"min_successes": 2}], ids=str)
def test_a_tolerated_failure_is_none_and_told(numbers: dict[str, float], caplog: pytest.LogCaptureFixture) -> None:
    """The log says which item failed, why, and how many may."""
    with caplog.at_level(logging.WARNING, "autocontainer_nb.task"):
        assert map_task(positive, **numbers)(x=[1, -2, 3], by=[1, 1, 1]) == [1, None, 3]
    told = "item [1] of 3 failed: ValueError: no negative -2; its output is None (1 of 1 that may fail)"
    assert [record.getMessage() for record in caplog.records] == [f"map_task(positive): {told}"]


def test_one_failure_too_many_ends_it(caplog: pytest.LogCaptureFixture) -> None:
    """The error is the item's own; with `run_all_sub_nodes` the others run first."""
    with pytest.raises(ValueError, match="no negative -2"):
        map_task(positive)(x=[1, -2, 3], by=[1, 1, 1])
    assert calls == [1, -2]
    calls.clear()
    caplog.clear()
    with pytest.raises(ValueError, match="no negative -3"):
        map_task(partial(positive, by=1), min_success_ratio=0.6, run_all_sub_nodes=True)(x=[-1, -3, 3, 4])
    assert calls == [-1, -3, 3, 4]
    assert [record.getMessage().rpartition("; ")[2] for record in caplog.records] == [
        "its output is None (1 of 1 that may fail)",
        "too many have",
    ]


def test_bound_inputs_are_whole() -> None:
    """A list that is bound stays a list; a bound value can be given again with the call."""

    @task
    def pick(index: int, names: list[str]) -> str:
        return names[index]

    assert map_task(partial(pick, names=["a", "b"]))(index=[1, 0]) == ["b", "a"]
    assert map_task(partial(pick, names=["a", "b"]))(index=[1, 0], names=["c", "d"]) == ["d", "c"]
    with pytest.raises(ConversionError, match=r"list\[int\] expected"):
        map_task(partial(pick, names=["a"]))(index=1)


def test_lists_have_one_length() -> None:
    with pytest.raises(InputError, match=r"takes lists of one length, got others: x has 2, by has 1"):
        map_task(positive)(x=[1, 2], by=[1])


def test_how_many_must_succeed_travels_as_text() -> None:
    """What the container reads is what the registration wrote; nothing where all must succeed."""
    for given in (Tolerance(2, 0.5), Tolerance(None, 0.25)):
        assert Tolerance.parse(given.text()).needed(8) == 2
    assert [Tolerance(*given).text() for given in ((None, None), (None, 1.0), (0, 1.0))] == ["", "", ""]
    container = to_spec(map_task(positive, min_success_ratio=0.25), SETTINGS).template.container
    assert {pair.key: pair.value for pair in container.env} == {"AUTOCONTAINER_NB_MAP_TOLERANCE": "ratio=0.25"}


def test_a_launch_plan_is_mapped() -> None:
    """Its free inputs are lists, its fixed ones hold; here it runs item by item."""
    mapped = map_task(plan, min_success_ratio=0.5)
    assert list(mapped.python_interface.inputs) == ["x"]
    assert mapped(x=[1, -2]) == [10, None]

    @workflow
    def outer(xs: list[int]) -> list[int]:
        return map_task(plan)(x=xs)

    assert outer(xs=[1, 2]) == [10, 20]
    assert list(reachable_tasks(outer)) == [positive.name]
    array = to_spec(outer, SETTINGS).template.nodes[0].array_node
    assert (array.node.id, array.node.workflow_node.launchplan_ref.name) == ("mappedplan", "mapped plan")
    with pytest.raises(UserError, match=r"map_task\(mapped plan\) can't be started by itself"):
        mapped.remote(x=[1])


def test_a_reference_is_mapped() -> None:
    """It is a node; called here, it says that its code isn't here."""

    @workflow
    def outer(xs: list[int]) -> tuple[list[int], list[int]]:
        return map_task(other)(x=xs), map_task(other_plan)(x=xs)

    nodes = to_spec(outer, SETTINGS).template.nodes
    assert nodes[0].array_node.node.id == "other-task"
    assert nodes[0].array_node.node.task_node.reference_id == other.id
    assert len(nodes[1].array_node.node.id) == 63
    with pytest.raises(UserError, match="is a reference: its code isn't here"):
        map_task(other)(x=[1])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: map_task(wf),
            r"map_task\(wf\): a task that runs.*, a launch plan, .* expected, got PythonFunctionWork",
        ),
        (lambda: map_task(len), r"map_task\(len\): .*got builtin_function_or_method"),
        (lambda: map_task(pair), r"map_task\(pair\): at most one output is expected, got o0, o1"),
        (lambda: map_task(plan, concurrency=-1), r"map_task\(mapped plan\): concurrency is 0"),
        (lambda: map_task(positive, min_success_ratio=2), "min_success_ratio is between 0 and 1, got 2"),
        (lambda: map_task(positive, min_successes=-1), "min_successes is 0 or more, got -1"),
        (lambda: map_task(partial(plan, x=1)), "a task that runs in a container by itself is expected, got LaunchPlan"),
    ],
)
def test_what_cannot_be_mapped_is_told(make, message: str) -> None:
    """Each names the target."""
    with pytest.raises(DefinitionError, match=message):
        make()
