"""The client on what a real Flyte v1.16.8 was recorded to answer: the same trees, values and errors, call by call."""

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
from autocontainer_nb.remote.nodes.run import Run
from autocontainer_nb.remote.scope import Scope

HIDDEN = {"start-node", "end-node"}


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
        assert got == recording.value or got.startswith(f"{kind}: Execution {run.name} of {recording.entity}")
