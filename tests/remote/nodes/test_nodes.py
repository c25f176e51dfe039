"""What is inside an execution, where the recordings have no case: waiting, pages, large values, decks."""

import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from flyteidl.admin import execution_pb2, node_execution_pb2, task_execution_pb2, task_pb2, workflow_pb2
from flyteidl.core import catalog_pb2, identifier_pb2, literals_pb2, types_pb2
from flyteidl.core import execution_pb2 as core_execution_pb2
from flyteidl.core import workflow_pb2 as core_workflow_pb2
from flyteidl.service import dataproxy_pb2

from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.errors import ExecutionError, ExecutionFailedError
from autocontainer_nb.remote.config.settings import Settings
from autocontainer_nb.remote.executions.execution import Execution
from autocontainer_nb.remote.scope import Scope

sys.path.insert(0, str(Path(__file__).parents[1] / "replay"))  # pytest's importlib mode adds nothing
from answers import AnsweringControlPlane, Refuse

EXECUTION, NODE = core_execution_pb2.WorkflowExecution, core_execution_pb2.NodeExecution
ATTEMPT = core_execution_pb2.TaskExecution
BACK_OFF = "Back-off pulling image 'ghcr.io/me/image:v7'"


@task
def double(x: list[int]) -> int:
    """Double the first."""
    return 2 * x[0]


def integer(value: int) -> literals_pb2.Literal:
    """Return a literal."""
    return literals_pb2.Literal(scalar=literals_pb2.Scalar(primitive=literals_pb2.Primitive(integer=value)))


def node(name: str, phase: int, **closure: Any) -> node_execution_pb2.NodeExecution:
    """Return a node of the execution `a1`."""
    message = node_execution_pb2.NodeExecution(closure=node_execution_pb2.NodeExecutionClosure(phase=phase, **closure))
    message.id.node_id = message.metadata.spec_node_id = name
    message.id.execution_id.name = "a1"
    return message


def attempt(number: int, phase: int, **closure: Any) -> task_execution_pb2.TaskExecution:
    """Return one attempt, its number counted from 0."""
    message = task_execution_pb2.TaskExecution(closure=task_execution_pb2.TaskExecutionClosure(phase=phase, **closure))
    message.id.retry_attempt = number
    message.id.task_id.name = "nb.double"
    return message


def template_of(name: str, retries: int = 0) -> Any:
    """Return a registered task."""
    found = task_pb2.Task()
    template = found.closure.compiled_task.template
    template.id.name = name
    template.metadata.retries.retries = retries
    template.interface.inputs.variables["x"].type.collection_type.simple = types_pb2.INTEGER
    template.interface.outputs.variables["o0"].type.simple = types_pb2.INTEGER
    return found


class Plane:
    """A control plane with one execution, whose nodes and attempts a test lists."""

    def __init__(self) -> None:
        self.phase = EXECUTION.RUNNING
        self.error = core_execution_pb2.ExecutionError()
        self.kind = identifier_pb2.TASK
        self.nodes: list[node_execution_pb2.NodeExecution] = []
        self.tasks: dict[str, list[task_execution_pb2.TaskExecution]] = {}
        self.plane = AnsweringControlPlane(
            {
                "GetExecution": self._execution,
                "ListNodeExecutions": self._list_nodes,
                "ListTaskExecutions": lambda r: task_execution_pb2.TaskExecutionList(
                    task_executions=self.tasks.get(r.node_execution_id.node_id, [])
                ),
                "GetNodeExecution": lambda r: next(n for n in self.nodes if n.id == r.id),
                "GetTask": template_of("nb.double", retries=2),
            }
        )

    @property
    def answers(self) -> Any:
        """The answers, to be added to."""
        return self.plane.answers

    def execution(self, **options: Any) -> Execution:
        """Return the client's execution."""
        settings = Settings(project="flytesnacks", domain="development", images={}, default_image="image:v1")
        return Execution(Scope(settings, self.plane), "a1", **options)

    def _execution(self, _request: Any) -> execution_pb2.Execution:
        message = execution_pb2.Execution(
            closure=execution_pb2.ExecutionClosure(phase=self.phase, error=self.error if self.error.message else None)
        )
        message.id.name = "a1"
        message.spec.launch_plan.resource_type = self.kind
        message.spec.launch_plan.name = "nb.double"
        return message

    def _list_nodes(self, request: Any) -> node_execution_pb2.NodeExecutionList:
        start = int(request.token or 0)
        page = self.nodes[start : start + request.limit]
        token = str(start + len(page)) if len(page) == request.limit else ""
        return node_execution_pb2.NodeExecutionList(node_executions=page, token=token)


@pytest.fixture
def plane() -> Plane:
    """A control plane with an execution of a task that runs."""
    return Plane()


def test_why_it_waits_is_what_kubernetes_says(plane):
    """On the execution, the node, the attempt and in the tree; what came before is in the attempt's reasons."""
    plane.nodes = [node("n0", NODE.RUNNING)]
    waiting = attempt(1, ATTEMPT.INITIALIZING, reason=BACK_OFF)
    for words in ("task submitted to K8s", "Pulling image", BACK_OFF, BACK_OFF):
        waiting.closure.reasons.add(message=words)
    plane.tasks["n0"] = [waiting, attempt(0, ATTEMPT.RETRYABLE_FAILED, error={"message": "Traceback\nOSError: gone"})]
    run = plane.execution()
    assert run.reason == BACK_OFF
    assert run.attempt == 2
    (only,) = run.nodes
    assert (only.reason, only.attempt, only.max_attempts) == (BACK_OFF, 2, 3)
    assert [(each.number, each.phase, each.waits) for each in only.attempts] == [
        (1, "FAILED", False),
        (2, "INITIALIZING", True),
    ]
    assert only.attempts[-1].reasons == ("task submitted to K8s", "Pulling image", BACK_OFF)
    assert str(run.nodes).split("\n") == [
        "n0  task double  RUNNING",
        "    attempt 2 of 3",
        "    attempt 1: OSError: gone",
        f"    {BACK_OFF}",
    ]


def test_what_runs_or_has_ended_waits_for_nothing(plane):
    """Whatever the attempt's last reason was."""
    plane.nodes = [node("n0", NODE.RUNNING)]
    plane.tasks["n0"] = [attempt(0, ATTEMPT.RUNNING, reason="task submitted to K8s")]
    assert plane.execution().reason is None
    plane.phase, plane.nodes = EXECUTION.SUCCEEDED, [node("n0", NODE.SUCCEEDED)]
    assert plane.execution().reason is None


def test_before_there_are_nodes_it_says_that_nothing_has_begun(plane):
    """As Flyte's UNDEFINED is told: it is queued."""
    plane.phase = EXECUTION.UNDEFINED
    run = plane.execution()
    assert (run.phase, run.attempt) == ("QUEUED", 0)
    assert run.reason == "The control plane has taken it, and hasn't begun with it so far."
    assert str(run.nodes) == "Execution a1 has no nodes so far."


@pytest.mark.parametrize(
    ("phase", "told"),
    [
        (NODE.UNDEFINED, "QUEUED"),
        (NODE.QUEUED, "QUEUED"),
        (NODE.DYNAMIC_RUNNING, "RUNNING"),
        (NODE.RECOVERED, "RECOVERED"),
        (99, "PHASE_99"),
    ],
)
def test_phases_are_told_as_people_would(plane, phase, told):
    """Also one of a later protocol."""
    plane.nodes = [node("n0", phase)]
    assert plane.execution().nodes["n0"].phase == told


def test_nodes_come_in_pages_and_in_order(plane):
    """Of 250 nodes all are there, by three calls."""
    plane.nodes = [node(f"n{number}", NODE.SUCCEEDED) for number in range(250)]
    nodes = plane.execution().nodes
    assert nodes.ids == [f"n{number}" for number in range(250)]
    assert plane.plane.counts["ListNodeExecutions"] == 3
    assert nodes[249].id == "n249"
    assert len(str(nodes).split("\n")) == 201, "what is shown has an end, and says so"
    assert "n7" in nodes
    assert list(plane.execution().node_executions) == nodes.ids
    assert nodes[7] in nodes


def test_a_gate_that_timed_out_is_named_in_the_error(plane):
    """Flyte's own words are those of a task's timeout, without any name."""
    plane.kind = identifier_pb2.LAUNCH_PLAN
    message = "[1/1] currentAttempt done. Last Error: USER::task execution timeout [3s] expired"
    plane.error = core_execution_pb2.ExecutionError(
        code="RetriesExhausted|TimeoutExpired", message=message, kind=core_execution_pb2.ExecutionError.USER
    )
    plane.phase = EXECUTION.FAILED
    plane.nodes = [node("n0", NODE.SUCCEEDED), node("n1", NODE.FAILED, error=plane.error)]
    gate = core_workflow_pb2.Node(id="n1", gate_node={"approve": {"signal_id": "ok"}})
    workflow = workflow_pb2.Workflow()
    workflow.closure.compiled_workflow.primary.template.nodes.append(gate)
    plane.answers["GetWorkflow"] = workflow
    with pytest.raises(ExecutionFailedError) as caught:
        plane.execution().result(timeout_s=5)
    where = "Execution a1 of double failed in gate 'ok' (node n1) (USER, RetriesExhausted|TimeoutExpired): [1/1]"
    assert str(caught.value).startswith(where)


def test_a_failure_is_told_though_nobody_tells_where(plane):
    """Where the nodes can't be listed, Flyte's error comes through as it is."""
    plane.kind = identifier_pb2.LAUNCH_PLAN
    plane.phase, plane.error = EXECUTION.FAILED, core_execution_pb2.ExecutionError(message="no")
    plane.answers["ListNodeExecutions"] = Refuse("PERMISSION_DENIED", "not for you")
    with pytest.raises(ExecutionFailedError, match="Execution a1 of double failed: no"):
        plane.execution().result(timeout_s=5)


def test_what_a_graph_doesnt_tell_the_attempts_do(plane):
    """A control plane without GetWorkflow: a task's name is in its attempts."""
    plane.kind = identifier_pb2.LAUNCH_PLAN
    plane.nodes = [node("n0", NODE.SUCCEEDED)]
    plane.tasks["n0"] = [attempt(0, ATTEMPT.SUCCEEDED)]
    (only,) = plane.execution().nodes
    assert (only.kind, only.entity) == ("task", "double")


def test_the_cache_is_told_in_words(plane):
    """What Flyte calls CACHE_HIT, and nothing where nothing is to be cached."""
    status = catalog_pb2.CACHE_HIT
    plane.nodes = [
        node("n0", NODE.SUCCEEDED, task_node_metadata={"cache_status": status}),
        node("n1", NODE.SUCCEEDED, task_node_metadata={"cache_status": catalog_pb2.CACHE_POPULATED}),
        node("n2", NODE.SUCCEEDED, task_node_metadata={"cache_status": catalog_pb2.CACHE_DISABLED}),
    ]
    nodes = plane.execution().nodes
    assert [each.cache_status for each in nodes] == ["HIT", "POPULATED", ""]
    assert [each.cached for each in nodes] == [True, False, False]
    assert "from the cache" in str(nodes)


def test_values_are_converted_when_they_are_looked_at(plane, blobs):
    """By the registered types, or the notebook's; those too large for the answer come by their URL."""
    plane.nodes = [node("n0", NODE.SUCCEEDED)]
    several = literals_pb2.Literal(collection=literals_pb2.LiteralCollection(literals=[integer(3), integer(4)]))
    inputs = literals_pb2.LiteralMap(literals={"x": several})
    blobs.content["/inputs.pb"] = inputs.SerializeToString()
    data = node_execution_pb2.NodeExecutionGetDataResponse(
        inputs={"url": f"{blobs.url}/inputs.pb"}, full_outputs=literals_pb2.LiteralMap(literals={"o0": integer(6)})
    )
    plane.answers["GetNodeExecutionData"] = data
    for options in ({}, {"task": double}):
        (only,) = plane.execution(**options).nodes
        assert dict(only.inputs) == {"x": [3, 4]}
        assert dict(only.outputs) == {"o0": 6}
    assert plane.plane.counts["GetNodeExecutionData"] == 2, "one call for both sides"
    with pytest.raises(KeyError, match=r"n0\(outputs\) has no 'o1', only: o0"):
        only.outputs["o1"]


def test_a_deck_is_fetched_by_a_signed_url(plane, blobs):
    """None without one, also where a running task has none so far; of several the nodes tell."""
    blobs.content["/deck.html"] = "<h1>dëck</h1>".encode()
    link = dataproxy_pb2.CreateDownloadLinkResponse(signed_url=[f"{blobs.url}/deck.html"])
    plane.answers["CreateDownloadLink"] = lambda r: (
        link if r.node_execution_id.node_id == "n0" else Refuse("NOT_FOUND", "no deckUrl found")
    )
    plane.nodes = [node("n0", NODE.SUCCEEDED, deck_uri="s3://b/deck.html"), node("n1", NODE.RUNNING)]
    run = plane.execution()
    assert run.deck == "<h1>dëck</h1>"
    assert run.nodes["n1"].deck is None
    plane.nodes = [node("n0", NODE.SUCCEEDED, deck_uri="s3://b/1"), node("n0", NODE.SUCCEEDED, deck_uri="s3://b/2")]
    with pytest.raises(ExecutionError, match=r"2 decks: ask for one of \.nodes\['n0'\]\.deck"):
        _ = run.deck
    plane.nodes = [node("n1", NODE.SUCCEEDED)]
    before = plane.plane.counts["CreateDownloadLink"]
    assert run.deck is None
    assert plane.plane.counts["CreateDownloadLink"] == before, "a node that ended without one isn't asked"


def test_inputs_of_an_execution_have_the_types_of_its_task(plane):
    """By the notebook's own task, else by the registered one; asked for once."""
    several = literals_pb2.Literal(collection=literals_pb2.LiteralCollection(literals=[integer(1)]))
    plane.answers["GetExecutionData"] = execution_pb2.WorkflowExecutionGetDataResponse(
        full_inputs=literals_pb2.LiteralMap(literals={"x": several})
    )
    run = plane.execution(task=double)
    assert run.inputs["x"] == [1]
    assert dict(run.inputs) == dict(plane.execution().inputs) == {"x": [1]}
    assert plane.plane.counts["GetExecutionData"] == 2


def test_nodes_inside_are_asked_for_side_by_side_and_the_graph_once(plane):
    """Each of these calls waits for another one like it: one after the other, none would ever end."""
    plane.kind = identifier_pb2.LAUNCH_PLAN
    both = threading.Barrier(2)
    plane.nodes = [node(f"n{number}", NODE.RUNNING) for number in range(4)]
    for each in plane.nodes:
        each.metadata.is_parent_node = True

    def listed(request: Any) -> node_execution_pb2.NodeExecutionList:
        if not request.unique_parent_id:
            return node_execution_pb2.NodeExecutionList(node_executions=plane.nodes)
        both.wait(timeout=20)
        return node_execution_pb2.NodeExecutionList(
            node_executions=[node(f"{request.unique_parent_id}-0", NODE.QUEUED)]
        )

    plane.answers["ListNodeExecutions"] = listed
    plane.answers["GetWorkflow"] = workflow_pb2.Workflow()
    assert [each.id for depth, each in plane.execution().nodes.walk() if depth] == [f"n{n}-0" for n in range(4)]
    assert plane.plane.counts["GetWorkflow"] == 1
