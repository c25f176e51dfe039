"""`map_task` here and now: items, bound inputs, failures that may be; and launch plans and references mapped."""

import logging
from functools import partial
from typing import NamedTuple

import pytest
from golden_message import SETTINGS

from autocontainer_nb.core.capture.reachable import reachable_tasks
from autocontainer_nb.core.dynamic.dynamic import dynamic
from autocontainer_nb.core.maps.items import Tolerance
from autocontainer_nb.core.maps.map_task import map_task
from autocontainer_nb.core.serialize.spec import to_spec
from autocontainer_nb.core.settings.task_metadata import TaskMetadata
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.launch_plan import LaunchPlan
from autocontainer_nb.core.workflows.reference import reference_launch_plan, reference_task
from autocontainer_nb.core.workflows.workflow import workflow
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
    told = "item [1] of 3 failed: ValueError: no negative -2; its output is None (1 of 1 allowed failures)"
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
        "its output is None (1 of 1 allowed failures)",
        "too many items have failed",
    ]


def test_bound_inputs_are_whole() -> None:
    """A list that is bound stays a list; a bound value can be given again with the call."""

    @task
    def pick(index: int, names: list[str]) -> str:
        return names[index]

    assert map_task(partial(pick, names=["a", "b"]))(index=[1, 0]) == ["b", "a"]
    assert map_task(partial(pick, names=["a", "b"]))(index=[1, 0], names=["c", "d"]) == ["d", "c"]
    with pytest.raises(ConversionError, match=r"expected a list\[int\]"):
        map_task(partial(pick, names=["a"]))(index=1)


class Named(NamedTuple):
    n: int


@task
def named(x: int) -> Named:
    return Named(x * 2)


@workflow
def named_in_workflow(x: int) -> Named:
    return named(x=x)


named_plan = LaunchPlan.get_or_create(named_in_workflow, "named plan")


def test_an_output_with_a_name_is_an_item() -> None:
    """The list holds the values, as on a cluster, not the NamedTuples around them; in a launch plan's map as well."""

    @workflow
    def written_out(x: int) -> list[int]:
        return map_task(named_plan)(x=[x, 2])

    assert map_task(named)(x=[1, 2]) == [2, 4]
    assert map_task(named_plan)(x=[1, 2]) == [2, 4]
    assert written_out(x=1) == [2, 4]


def test_one_task_is_mapped_twice_in_a_graph() -> None:
    """In turn, or with other bound values: the maps are registered once, and each node has its own values."""

    @workflow
    def twice(xs: list[int]) -> list[int]:
        by = partial(positive, by=2)
        return map_task(partial(positive, by=3))(x=map_task(by)(x=map_task(by)(x=xs)))

    assert twice(xs=[1, 2]) == [12, 24]
    assert len([name for name in reachable_tasks(twice) if name.endswith("-arraynode")]) == 1
    nodes = to_spec(twice, SETTINGS).template.nodes
    bound = [{b.var: b.binding.scalar.primitive.integer for b in node.inputs}["by"] for node in nodes]
    assert bound == [2, 2, 3]
    assert len({node.array_node.node.task_node.reference_id.name for node in nodes}) == 1


def test_two_maps_of_one_name_that_differ_are_told() -> None:
    """Only one of them could be registered."""

    @workflow
    def retrying(xs: list[int]) -> list[int]:
        by = partial(positive, by=2)
        return map_task(by)(x=map_task(by, metadata=TaskMetadata(retries=2))(x=xs))

    with pytest.raises(DefinitionError, match=r"reaches two different tasks named .*map_positive"):
        reachable_tasks(retrying)


def test_lists_have_one_length() -> None:
    with pytest.raises(InputError, match=r"all mapped lists must have the same length, but x has 2, by has 1"):
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
    with pytest.raises(UserError, match=r"map_task\(mapped plan\) can't be started by itself.*a @dynamic"):
        mapped.remote(x=[1])


def test_a_map_over_a_launch_plan_is_a_node_for_each_item() -> None:
    """Flyte can't map over one, so where the list is known, in a dynamic task for instance, each item is a node."""

    @dynamic
    def each(xs: list[int]) -> list[int]:
        return map_task(plan)(x=xs)

    @workflow
    def written_out(x: int) -> list[int]:
        return map_task(plan)(x=[x, 2, positive(x=3)])

    assert each(xs=[1, 2]) == [10, 20]
    assert each(xs=[]) == []
    assert len(each.draw({"xs": [1, 2, 3]}).nodes) == 3
    assert written_out(x=1) == [10, 20, 30]
    template = to_spec(written_out, SETTINGS).template
    names = [node.workflow_node.launchplan_ref.name for node in template.nodes if node.HasField("workflow_node")]
    assert names == ["mapped plan"] * 3
    bound = template.outputs[0].binding.collection.bindings
    assert [each.promise.node_id for each in bound] == ["n1", "n2", "n3"]


def test_a_reference_is_mapped_over_items_that_are_known() -> None:
    """Each item is a node; called here, it says that its code isn't here."""

    @workflow
    def outer(x: int) -> tuple[list[int], list[int]]:
        return map_task(other)(x=[x, 1]), map_task(other_plan)(x=[x])

    nodes = to_spec(outer, SETTINGS).template.nodes
    assert [node.task_node.reference_id == other.id for node in nodes] == [True, True, False]
    assert nodes[2].workflow_node.launchplan_ref == other_plan.id
    with pytest.raises(UserError, match="is a reference: its code isn't here"):
        map_task(other)(x=[1])


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            lambda xs: map_task(plan)(x=xs),
            r"can't map over a launch plan.*`@dynamic def each\(x\): return \[mapped plan",
        ),
        (lambda xs: map_task(other_plan)(x=xs), "can't map over a launch plan"),
        (lambda xs: map_task(other)(x=xs), r"can't map over a registered task. Write the items as a list, x=\[...\]"),
        (lambda _: map_task(plan, concurrency=2)(x=[1]), "and concurrency would have no effect. Remove it"),
        (lambda _: map_task(plan, min_successes=2)(x=[1]), "and min_successes would have no effect"),
        (lambda _: map_task(plan, min_success_ratio=0.5)(x=[1]), "and min_success_ratio would have no effect"),
        (lambda _: map_task(plan, run_all_sub_nodes=True)(x=[1]), "and run_all_sub_nodes would have no effect"),
    ],
)
def test_what_flyte_cannot_map_is_refused_where_it_is_written(body, message: str) -> None:
    """A list that isn't known yet, and what only an array keeps: one line, with what to write instead."""

    def mistaken(xs: list[int]) -> list[int]:
        return body(xs)

    with pytest.raises(DefinitionError, match=f"^mistaken ► map_task.*{message}"):
        workflow(mistaken)


def test_lists_of_a_map_that_becomes_nodes_have_one_length() -> None:
    with pytest.raises(InputError, match="all mapped lists must have the same length, but x has 1, y has 2"):
        workflow(_drawn(lambda: map_task(LaunchPlan.get_or_create(wf, "two lists"))(x=[1], y=[1, 2])))


def _drawn(body):
    def drawn(x: int) -> list[int]:
        return body()

    return drawn


@task
def total(xs: list[int]) -> int:
    return sum(xs)


@task
def known(xs: list[int | None]) -> int:
    return sum(x or 0 for x in xs)


def _into_an_output(xs):
    return map_task(positive, min_successes=1)(x=xs, by=xs)


def _into_a_task(xs):
    return [total(xs=map_task(positive, min_successes=1)(x=xs, by=xs))]


def _by_ratio(xs):
    return map_task(positive, min_success_ratio=0.5)(x=xs, by=xs)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (_into_an_output, r"outputs.o0 is list\[int\].*None for each item.*list\[Optional\[int\]\]"),
        (_into_a_task, r"n1 total\(inputs\).xs is list\[int\].*None for each item"),
        (_by_ratio, r"outputs.o0 is list\[int\], but gets list\[int \| None\]"),
    ],
)
def test_items_that_may_be_missing_need_a_type_with_none(body, message: str) -> None:
    """Where some may fail, the list holds None: bound to a list without it, the execution's result couldn't be read."""

    def mistaken(xs: list[int]) -> list[int]:
        return body(xs)

    with pytest.raises(DefinitionError, match=message):
        workflow(mistaken)

    @workflow
    def declared(xs: list[int]) -> tuple[list[int | None], int]:
        found = map_task(positive, min_successes=1)(x=xs, by=xs)
        return found, known(xs=found)

    assert declared(xs=[1, -2, 3]) == ([1, None, 9], 10)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: map_task(wf),
            r"map_task\(wf\): expected a task that runs.*, a launch plan, .* got a PythonFunctionWork",
        ),
        (lambda: map_task(len), r"map_task\(len\): .*got a builtin_function_or_method"),
        (lambda: map_task(pair), r"map_task\(pair\): expected at most one output, got o0, o1"),
        (lambda: map_task(plan, concurrency=-1), r"map_task\(mapped plan\): concurrency: expected 0"),
        (
            lambda: map_task(positive, min_success_ratio=2),
            "min_success_ratio: expected a number between 0 and 1, got 2",
        ),
        (lambda: map_task(positive, min_successes=-1), "min_successes: expected 0 or more, got -1"),
        (lambda: map_task(partial(plan, x=1)), "expected a task that runs in its own container, got a LaunchPlan"),
    ],
)
def test_what_cannot_be_mapped_is_told(make, message: str) -> None:
    """Each names the target."""
    with pytest.raises(DefinitionError, match=message):
        make()
