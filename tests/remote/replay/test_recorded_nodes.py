"""The client on what a real Flyte v1.16.8 was recorded to answer: the same trees, values and errors, call by call."""

import json
import linecache
import re
from typing import Any

import pytest
import recorded_flyte
from answers import AnsweringControlPlane
from flyteidl.core import execution_pb2, literals_pb2

from autocontainer_nb.errors import ExecutionError
from autocontainer_nb.remote.config.settings import Settings
from autocontainer_nb.remote.executions.execution import Execution
from autocontainer_nb.remote.nodes.graph import short_name
from autocontainer_nb.remote.nodes.growth import nodes_of
from autocontainer_nb.remote.nodes.nodes import Nodes
from autocontainer_nb.remote.nodes.records import node_records
from autocontainer_nb.remote.nodes.run import Run
from autocontainer_nb.remote.scope import Scope

HIDDEN = {"start-node", "end-node"}
FAILED_IN = {
    "conditional_fail": "node n0 (branch ",
    "dynamic_fail": "node notebookd-0-dn0 (task fail)",
    "failure_node": "node n0 (task fail)",
    "failure_policy": "node n0 (task fail)",
    "map_fail": "item 1 of node n0 (map of t)",
    "node_fails": "node n1 (task fail)",
    "reject_gate": "gate 'ok' (node n1)",
    "task_timeout": "node n0 (task t)",
}


def replay(name: str) -> tuple[recorded_flyte.Recording, AnsweringControlPlane, Scope]:
    """Return the recording, the control plane that answers with it, and a scope there."""
    recording = recorded_flyte.recording(name)
    plane = AnsweringControlPlane(recorded_flyte.RecordedFlyte(recording).answers)
    settings = Settings(project="flytesnacks", domain="development", images={}, default_image="image:v1")
    return recording, plane, Scope(settings, plane)


def nodes_in(scope: Scope, run: recorded_flyte.RecordedExecution) -> Nodes:
    """Return the client's tree of the run."""
    return Nodes(nodes_of(Run(scope, run.message.id)), run.name)


def recorded_tree(nodes: list[recorded_flyte.RecordedNode], depth: int = 0) -> list[tuple[int, Any]]:
    """Return (depth, recorded node), items of maps as (depth, resources of one index)."""
    found: list[tuple[int, Any]] = []
    for node in nodes:
        if node.message.metadata.spec_node_id in HIDDEN:
            continue
        found.append((depth, node))
        inner = node.child_execution.nodes if node.child_execution else node.children
        found += recorded_tree(inner, depth + 1)
        for task in node.tasks:
            found += [(depth + 1, each) for each in task.closure.metadata.external_resources]
    return found


def names() -> list[str]:
    """Return the recordings' names."""
    return recorded_flyte.names()


def test_all_definitions_are_recorded():
    """There are 58, of which each has at least one run."""
    assert len(names()) == 58
    assert all(recorded_flyte.recording(name).runs for name in names())


@pytest.mark.parametrize("name", names())
def test_the_tree_is_the_recorded_one(name):
    """Every node is there at its depth with its phase, children of all kinds below their parents, items by index."""
    recording, _, scope = replay(name)
    for run in recording.runs:
        expected = [
            (depth, node.message.id.node_id, recorded_phase(node.message.closure, "NodeExecution"))
            if isinstance(node, recorded_flyte.RecordedNode)
            else (depth, f"[{node.index}]", recorded_phase(node, "TaskExecution"))
            for depth, node in recorded_tree(run.nodes)
        ]
        found = [(depth, re.sub(r".*(?=\[)", "", node.id), node.phase) for depth, node in nodes_in(scope, run).walk()]
        assert found == expected


def recorded_phase(message: Any, kind: str) -> str:
    """Return the phase by its name in the protocol."""
    return getattr(execution_pb2, kind).Phase.Name(message.phase)


@pytest.mark.parametrize("name", names())
def test_values_attempts_and_errors_are_the_recorded_ones(name):
    """Of every node: inputs and outputs, what it runs, each attempt with its phase, reason, error and links."""
    recording, _, scope = replay(name)
    for run in recording.runs:
        recorded = recorded_tree(run.nodes)
        found = list(nodes_in(scope, run).walk())
        for (_, theirs), (_, ours) in zip(recorded, found, strict=True):
            if isinstance(theirs, recorded_flyte.RecordedNode):
                compare(theirs, ours)


def compare(theirs: recorded_flyte.RecordedNode, ours: Any) -> None:
    """Compare one node with what was recorded of it."""
    assert literals_pb2.LiteralMap(literals=ours.inputs.literals) == theirs.data.full_inputs
    assert literals_pb2.LiteralMap(literals=ours.outputs.literals) == theirs.data.full_outputs
    for values in (ours.inputs, ours.outputs):
        for key, literal in values.literals.items():
            is_lost = "primitive {\n  }" in str(literal)  # dates and durations weren't recorded, nor are files
            if "s3://" not in str(literal) and not is_lost:
                assert values[key] is not None or literal.scalar.HasField("none_type") or "none_type" in str(literal)
    attempts = [
        (task.id.retry_attempt + 1, task.closure.reason or None, task.closure.error.message or None)
        for task in theirs.tasks
    ]
    assert [(each.number, each.reason, each.error) for each in ours.attempts] == attempts
    links = [log.uri for task in theirs.tasks for log in task.closure.logs]
    assert [link.uri for link in ours.logs] == links
    if theirs.tasks:
        assert ours.entity == short_name(theirs.tasks[0].id.task_id.name)
        assert ours.kind in {"task", "map", "dynamic", "eager"}
    recorded_error = theirs.message.closure.error.message
    of_attempt = theirs.tasks[-1].closure.error.message if theirs.tasks else ""
    assert of_attempt in (ours.error or "")
    assert of_attempt or recorded_error in (ours.error or "")
    assert bool(ours.error) == (ours.phase in {"FAILED", "ABORTED"})
    assert ours.cached == ("HIT" in str(theirs.message.closure.task_node_metadata))


def notebook(recording: recorded_flyte.Recording) -> dict[str, Any]:
    """Run the cells and return their names."""
    file = f"<{recording.name}>"
    linecache.cache[file] = (len(recording.cells), None, recording.cells.splitlines(keepends=True), file)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(recording.cells, file, "exec"), namespace)
    return namespace


@pytest.mark.parametrize("name", names())
def test_results_and_errors_are_the_recorded_ones(name):
    """`.result()` gives the value that it gave at the recording, or raises the same error with Flyte's words."""
    recording, _, scope = replay(name)
    entity = notebook(recording)[recording.entity]
    for run in recording.runs:
        try:
            got = repr(Execution(scope, run.name, task=entity).result(timeout_s=10))
        except ExecutionError as error:
            got = f"{type(error).__name__}: {error}"
        assert run.message.closure.error.message.strip() in got
        kind, _, _ = recording.value.partition(": Execution ")
        where = f" failed in {FAILED_IN[name]}" if name in FAILED_IN else ""
        assert got == recording.value or got.startswith(f"{kind}: Execution {run.name} of {recording.entity}{where}")
        assert "failed in" not in got or name in FAILED_IN


@pytest.mark.parametrize("name", names())
def test_logs_are_those_of_all_containers(name, monkeypatch):
    """Whatever node they are in, also in what a launch plan has started; each with the link to its page."""
    monkeypatch.setenv("AUTOCONTAINER_NB_KUBE_CONTEXT", "off")  # a developer's kubeconfig has no part in it
    recording, _, scope = replay(name)
    for run in recording.runs:
        recorded = [node for _, node in recorded_tree(run.nodes) if isinstance(node, recorded_flyte.RecordedNode)]
        tasks = [task for node in recorded for task in node.tasks]
        logs = [log for task in tasks for log in task.closure.logs]
        logs += [log for task in tasks for each in task.closure.metadata.external_resources for log in each.logs]
        lines = Execution(scope, run.name).logs().splitlines()
        assert sorted(line for line in lines if not line.startswith("── ")) == sorted(
            f"{log.name}: {log.uri}" for log in logs
        )
        assert len([line for line in lines if line.startswith("── ")]) == (len(logs) if len(logs) > 1 else 0)


@pytest.mark.parametrize("name", names())
def test_inputs_are_the_recorded_ones(name):
    """`execution.inputs` has all that it ran on, with the defaults, by the types of the notebook's entity."""
    recording, _, scope = replay(name)
    entity = notebook(recording)[recording.entity]
    for run in recording.runs:
        inputs = Execution(scope, run.name, task=entity).inputs
        assert literals_pb2.LiteralMap(literals=inputs.literals) == run.data.full_inputs
        assert {key: inputs[key] for key in recording.inputs} == recording.inputs


def test_cached_is_what_the_cache_had_as_a_whole():
    """The second run of a cached task, and of a workflow of cached tasks; not the first."""
    for name in ("task_cached", "cached_workflow"):
        recording, _, scope = replay(name)
        assert [Execution(scope, run.name).cached for run in recording.runs] == [False, True]


def test_a_cached_run_says_why_it_has_printed_nothing():
    """The display knows it by the look that it makes anyway; without output one sentence stands for the logs."""
    recording, _, scope = replay("task_cached")
    first, second = (Execution(scope, run.name) for run in recording.runs)
    looks = [run.look() for run in (first, second)]
    for look in looks:
        look.at_nodes()
    assert [look.is_cached for look in looks] == [False, True]
    assert second.logs() == ""
    assert second.without_output() == f"Execution {second.id} wasn't run: the cache had its outputs."
    assert first.without_output() == f"Execution {first.id} has printed nothing."


@pytest.mark.parametrize("name", ["dynamic_nested", "map_fail", "launch_plan_node", "task_recoverable"])
def test_the_tree_as_json_has_all_of_it(name):
    """What a script reads: the same nodes at the same depth, with attempts, errors and links."""
    recording, _, scope = replay(name)
    run = Execution(scope, recording.runs[0].name)
    records = json.loads(json.dumps(node_records(run.nodes)))
    found = []
    left = [(0, each) for each in records]
    while left:
        depth, record = left.pop(0)
        found.append((depth, record["id"], record["phase"], len(record["attempts"]), record["error"]))
        left[:0] = [(depth + 1, child) for child in record["children"]]
    assert found == [(depth, n.id, n.phase, len(n.attempts), n.error) for depth, n in run.nodes.walk()]
    assert "pages-for-people" in json.dumps(records)


def test_the_attempt_is_the_last_one():
    """Of three attempts the third, also where the first two failed and it succeeded."""
    for name, number in (("task_retry_succeeds", 3), ("task_recoverable", 3), ("task", 1)):
        recording, _, scope = replay(name)
        assert Execution(scope, recording.runs[0].name).attempt == number


def test_a_plain_tree_costs_one_list_and_one_graph():
    """Fifty nodes are listed by one call, whatever they are; their graph is asked for once."""
    recording, plane, scope = replay("fifty_tasks")
    shown = str(Execution(scope, recording.runs[0].name).nodes)
    assert len(shown.splitlines()) >= 50
    assert plane.counts == {"GetExecution": 1, "ListNodeExecutions": 1, "GetWorkflow": 1}


def test_nothing_is_asked_for_that_nobody_looks_at():
    """The outermost nodes are one call; repr makes none."""
    recording, plane, scope = replay("dynamic_nested")
    run = Execution(scope, recording.runs[0].name)
    nodes = run.nodes
    repr(nodes), repr(nodes[0])
    assert plane.counts == {"GetExecution": 1, "ListNodeExecutions": 1}
    assert run.nodes is nodes, "an execution that has ended doesn't change"
    assert [child.id for child in nodes["notebookd"].children] == ["notebookd-0-dn0", "notebookd-0-dn1"]
    assert nodes["ffscwuba"].entity == "inc", "nodes inside are found by their id"
    with pytest.raises(KeyError, match=r"has no node 'n7'. Its outermost nodes are: notebookd\."):
        nodes["n7"]
