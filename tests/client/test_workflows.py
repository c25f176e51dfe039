"""What consists of several nodes: the value or the error, for control planes that run more than single tasks."""

import time
from typing import Any

import client_flows as flows
import pytest

from autocontainer_nb import (
    ExecutionFailedError,
    FlyteRemote,
    reference_launch_plan,
    reference_task,
    reference_workflow,
)

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(175)]
TIMEOUT_S = 170

VALUES: list[tuple[str, Any, dict[str, Any], Any]] = [
    ("workflows", flows.chain, {"x": 1}, 4),
    ("workflows", flows.diamond, {"x": 1}, 6),
    ("workflows", flows.two_outputs, {"x": 1}, flows.Two(2, 3)),
    ("workflows", flows.ordered, {"x": 1}, 11),
    ("workflows", flows.with_default, {}, 6),
    ("workflows", flows.outer, {"x": 1}, 5),
    ("workflows", flows.overridden, {"x": 1}, 2),
    ("workflows", flows.imperative, {"x": 1}, 2),
    ("workflows", flows.either, {"x": 1}, 2),
    ("workflows", flows.either, {"x": -5}, 8),
    ("workflows", flows.either, {"x": -1}, -2),
    ("workflows", flows.either_or_fail, {"x": 1}, 2),
    ("workflows", flows.nested_either, {"x": 5}, 10),
    ("workflows", flows.nested_either, {"x": 11}, 12),
    ("workflows", flows.nested_either, {"x": -1}, 1),
    ("workflows", flows.either_of_output, {"x": 1}, 3),
    ("workflows", flows.mapped, {"xs": [1, 2, 3]}, [2, 3, 4]),
    ("workflows", flows.mapped, {"xs": []}, []),
    ("workflows", flows.mapped_partial, {"xs": [1, 2]}, [11, 12]),
    ("workflows", flows.mapped_one_by_one, {"xs": [1, 2]}, [2, 3]),
    ("workflows", flows.mapped_mostly, {"xs": [1, 2, 3]}, [1, None, 3]),
    ("workflows", flows.attributes, {"x": 1}, "1['q']"),
    ("workflows", flows.items, {"x": 1}, 3),
    ("workflows", flows.files, {"x": 1}, "1"),
    ("workflows", flows.folders, {"x": 1}, "1"),
    ("workflows", flows.shell, {"x": 1}, "hello 1"),
    ("workflows", flows.defaults, {}, "RED 2026-01-02 3600 'd' None"),
    ("workflows", flows.defaults, {"kind": flows.Colour.GREEN, "either": 4}, "GREEN 2026-01-02 3600 4 None"),
    ("workflows", flows.twenty, {"x": 0}, 20),
    ("dynamic", flows.repeated, {"n": 2}, 4),
    ("dynamic", flows.fan_out, {"n": 3}, [1, 2, 3]),
    ("dynamic", flows.with_fan_out, {"n": 2}, [1, 2]),
    ("dynamic", flows.within, {"n": 1}, 4),
    ("dynamic", flows.of_workflow, {"n": 2}, 5),
    ("dynamic", flows.of_map, {"n": 2}, [1, 2]),
    ("launch plans", flows.plan, {}, 10),
    ("launch plans", flows.plan, {"x": 1}, 2),
    ("launch plans", flows.fixed, {}, 33),
    ("launch plans", flows.starts_a_plan, {"x": 1}, 3),
    ("gates", flows.pauses, {"x": 1}, 2),
]


def _name(entity: Any) -> str:
    return str(entity.name).rpartition(".")[2]


@pytest.mark.parametrize(
    ("entity", "inputs", "value"),
    [
        pytest.param(entity, inputs, value, id=f"{_name(entity)}{inputs}", marks=pytest.mark.needs(need))
        for need, entity, inputs, value in VALUES
    ],
)
def test_it_gives_its_value(once: Any, entity: Any, inputs: dict[str, Any], value: Any) -> None:
    """The one that Python gives."""
    got = once(entity, **inputs).result(timeout_s=TIMEOUT_S)
    assert got == value
    assert type(got) is type(value)


FAILURES: list[tuple[str, Any, dict[str, Any], list[str]]] = [
    ("workflows", flows.fails_on_the_way, {"x": 1}, ["on the way", "fails"]),
    ("workflows", flows.fails_in_the_end, {"x": 1}, ["early"]),
    ("workflows", flows.cleans_up, {"x": 1}, ["bad"]),
    ("workflows", flows.either_or_fail, {"x": -1}, ["it is negative"]),
    ("workflows", flows.mapped_wholly, {"xs": [1, 2, 3]}, ["not two"]),
    ("dynamic", flows.fails_inside, {"n": 7}, ["inside 7"]),
]


@pytest.mark.parametrize(
    ("entity", "inputs", "words"),
    [
        pytest.param(entity, inputs, words, id=_name(entity), marks=pytest.mark.needs(need))
        for need, entity, inputs, words in FAILURES
    ],
)
def test_its_failure_is_told(once: Any, entity: Any, inputs: dict[str, Any], words: list[str]) -> None:
    """With the words of the node that failed."""
    with pytest.raises(ExecutionFailedError) as caught:
        once(entity, **inputs).result(timeout_s=TIMEOUT_S)
    assert [word for word in words if word not in str(caught.value)] == []


@pytest.mark.needs("workflows")
def test_where_it_failed_is_a_node(once: Any) -> None:
    """The innermost that failed, with its error; what comes behind it hasn't run."""
    run = once(flows.fails_on_the_way, x=1).wait(timeout_s=TIMEOUT_S)
    (node,) = run.nodes.failed
    assert (node.entity, node.kind, node.phase) == ("fails", "task", "FAILED")
    assert "on the way" in (node.error or "")
    assert [each.phase for each in run.nodes if each.entity == "increment"] in ([], ["QUEUED"], ["ABORTED"])


@pytest.mark.needs("workflows")
def test_all_that_can_run_does_where_the_policy_says_so(once: Any) -> None:
    """What doesn't need the node that failed."""
    run = once(flows.fails_in_the_end, x=1).wait(timeout_s=TIMEOUT_S)
    assert {each.entity: each.phase for each in run.nodes}["increment"] == "SUCCEEDED"


@pytest.mark.needs("workflows")
def test_nodes_have_entities_values_and_times(once: Any) -> None:
    """In the order in which they ran."""
    run = once(flows.chain, x=1).wait(timeout_s=TIMEOUT_S)
    nodes = [node for node in run.nodes if node.kind == "task"]
    assert [(node.entity, node.phase, node.attempt) for node in nodes] == [("increment", "SUCCEEDED", 1)] * 3
    assert [(node.inputs["x"], node.outputs["o0"]) for node in nodes] == [(1, 2), (2, 3), (3, 4)]
    assert all(node.started_at is not None and node.duration is not None for node in nodes)
    assert (dict(run.inputs), run.outputs) == ({"x": 1}, {"o0": 4})


@pytest.mark.needs("workflows")
def test_a_subworkflows_nodes_are_inside_it(once: Any) -> None:
    """Three of them."""
    run = once(flows.outer, x=1).wait(timeout_s=TIMEOUT_S)
    (inner,) = [node for node in run.nodes if node.kind == "workflow"]
    assert inner.entity == "chain"
    assert [each.entity for each in inner.children if each.kind == "task"] == ["increment"] * 3


@pytest.mark.needs("workflows")
def test_a_branch_tells_what_it_took(once: Any) -> None:
    """The task of the branch, inside of it."""
    run = once(flows.either, x=-1).wait(timeout_s=TIMEOUT_S)
    (branch,) = [node for node in run.nodes if node.kind == "branch"]
    ran = [each.entity for each in branch.children if each.phase == "SUCCEEDED" and each.kind == "task"]
    assert ran == ["add"]


@pytest.mark.needs("workflows")
def test_a_maps_items_are_inside_it(once: Any) -> None:
    """By index, each with its phase."""
    run = once(flows.mapped, xs=[1, 2, 3]).wait(timeout_s=TIMEOUT_S)
    (node,) = [each for each in run.nodes if each.kind == "map"]
    assert node.entity == "increment"
    assert [each.phase for each in node.children] == ["SUCCEEDED"] * 3


@pytest.mark.needs("workflows")
def test_a_maps_item_that_failed_is_named(once: Any) -> None:
    """By its index, in the error of the whole."""
    with pytest.raises(ExecutionFailedError, match="item 1"):
        once(flows.mapped_wholly, xs=[1, 2, 3]).result(timeout_s=TIMEOUT_S)


@pytest.mark.needs("dynamic")
def test_what_a_dynamic_task_called_is_inside_it(once: Any) -> None:
    """Each call is a node."""
    run = once(flows.fan_out, n=3).wait(timeout_s=TIMEOUT_S)
    calls = [node for _, node in run.nodes.walk() if node.entity == "increment"]
    assert sorted(node.outputs["o0"] for node in calls) == [1, 2, 3]


@pytest.mark.needs("launch plans")
def test_what_a_plan_started_is_inside_it(once: Any, remote: FlyteRemote) -> None:
    """An execution of its own, found by its name."""
    run = once(flows.starts_a_plan, x=1).wait(timeout_s=TIMEOUT_S)
    (node,) = [each for each in run.nodes if each.kind == "launch plan"]
    assert remote.execution(node.started_execution).result() == 2
    assert [each.entity for each in node.children if each.kind == "task"] == ["increment"]


@pytest.mark.needs("workflows")
def test_an_overridden_nodes_name_is_its_id(once: Any) -> None:
    """As `with_overrides` says."""
    run = once(flows.overridden, x=1).wait(timeout_s=TIMEOUT_S)
    assert run.nodes["my-node"].entity == "increment"


@pytest.mark.needs("workflows")
def test_variables_reach_all_tasks(remote: FlyteRemote) -> None:
    """Those of the launch."""
    run = remote.with_options(environment={"OF_LAUNCH": "yes"}).launch(flows.variables, name="OF_LAUNCH")
    assert run.result(timeout_s=TIMEOUT_S) == "yes"


@pytest.mark.needs("workflows")
def test_a_workflow_that_is_there_is_launched_as_it_is(remote: FlyteRemote) -> None:
    """Name and version are those of the first time."""
    first, second = remote.register(flows.chain), remote.register(flows.chain)
    assert first == second
    assert remote.launch(flows.chain, x=5).launched == first.identifier


# --- caching ---------------------------------------------------------------------------------------------------------


@pytest.mark.needs("caching")
def test_a_cached_tasks_value_is_kept(remote: FlyteRemote, word: str) -> None:
    """The second execution doesn't run it, and says so; with overwrite_cache, it runs again."""
    inputs = {"x": 1, "word": f"{word}-task"}
    first = remote.launch(flows.cached, **inputs).result(timeout_s=TIMEOUT_S)
    time.sleep(1)
    again = remote.launch(flows.cached, **inputs)
    assert (again.result(timeout_s=TIMEOUT_S), again.cached) == (first, True)
    assert "the cache had its outputs" in again.without_output()
    anew = remote.with_options(overwrite_cache=True).launch(flows.cached, **inputs)
    assert anew.result(timeout_s=TIMEOUT_S) != first
    assert not anew.cached


@pytest.mark.needs("caching", "workflows")
def test_a_workflows_cached_task_tells_that_it_was(remote: FlyteRemote, word: str) -> None:
    """POPULATED the first time, HIT the second."""
    inputs = {"x": 1, "word": f"{word}-flow"}
    statuses = []
    for _ in range(2):
        run = remote.launch(flows.keeps, **inputs).wait(timeout_s=TIMEOUT_S)
        statuses += [node.cache_status for node in run.nodes if node.entity == "cached"]
    assert statuses == ["POPULATED", "HIT"]


@pytest.mark.needs("caching")
def test_other_inputs_are_computed(remote: FlyteRemote, word: str) -> None:
    """Nothing of others is taken."""
    runs = [remote.launch(flows.cached, x=x, word=f"{word}-other") for x in (1, 2)]
    first, second = (run.result(timeout_s=TIMEOUT_S) for run in runs)
    assert first != second


# --- references ------------------------------------------------------------------------------------------------------


def _reference(remote: FlyteRemote, decorator: Any, entity: Any) -> Any:
    there = remote.register(entity)

    def declared(x: int) -> int: ...

    return decorator(there.project, there.domain, there.name, there.version)(declared), there


@pytest.mark.needs("references")
@pytest.mark.parametrize(
    ("decorator", "entity", "value"),
    [
        (reference_task, flows.increment, 2),
        (reference_workflow, flows.chain, 4),
        (reference_launch_plan, flows.plan, 2),
    ],
    ids=["task", "workflow", "launch plan"],
)
def test_a_reference_runs_what_it_names(remote: FlyteRemote, decorator: Any, entity: Any, value: int) -> None:
    """As itself: its version is the one that was there."""
    reference, there = _reference(remote, decorator, entity)
    run = remote.launch(reference, x=1)
    assert run.launched.version == there.version
    assert run.result(timeout_s=TIMEOUT_S) == value


@pytest.mark.needs("references", "workflows")
@pytest.mark.parametrize("kind", ["workflow", "launch_plan"])
def test_what_is_registered_is_fetched_and_started(remote: FlyteRemote, kind: str) -> None:
    """By its name, the newest version by default."""
    entity = flows.chain if kind == "workflow" else flows.plan
    there = remote.register(entity)
    found = remote.fetch(there.name, there.version, kind=kind)
    assert remote.launch(found, x=1).result(timeout_s=TIMEOUT_S) == (4 if kind == "workflow" else 2)


# --- lists -----------------------------------------------------------------------------------------------------------


@pytest.mark.needs("workflows")
def test_workflows_are_listed(remote: FlyteRemote) -> None:
    """By a part of the name."""
    there = remote.register(flows.chain)
    found = {each.name: each for each in remote.workflows(name="client_flows.chain")}
    assert found[there.name].version


@pytest.mark.needs("launch plans")
def test_a_schedule_is_activated_told_and_deactivated(remote: FlyteRemote) -> None:
    """In words."""
    there = remote.register(flows.scheduled)
    assert remote.activate(flows.scheduled).active_version == there.version
    try:
        (listed,) = remote.launch_plans(name=there.name, active_only=True)
        assert "07:00" in listed.schedule
        active = remote.fetch_active_launchplan(name=there.name)
        assert active is not None
        assert active.version == there.version
    finally:
        remote.deactivate(there.name)
    assert remote.fetch_active_launchplan(name=there.name) is None


@pytest.mark.needs("launch plans")
def test_the_times_of_a_schedule_are_told_before_anything_starts(remote: FlyteRemote) -> None:
    """Every day at seven."""
    times = remote.backfill_times(flows.scheduled, "2026-01-01", "2026-01-04")
    assert [(each.day, each.hour) for each in times] == [(1, 7), (2, 7), (3, 7)]
