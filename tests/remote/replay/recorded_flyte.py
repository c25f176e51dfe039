"""A control plane that answers what a real Flyte v1.16.8 was recorded to answer; nothing runs.

`definitions/NAME.json` has the runs of the definition of that name in `tests/flyte/definitions`, which has its cells:
the execution, its data, its nodes with theirs and their task executions, children below their parents and below the
node that started them, the phases that were seen in turn, the value or error that `.result()` gave, and the compiled
workflow. Left out are times, URIs of metadata and containers. Names are put in anew: the recordings have `<exec>`.

What registers is taken as tests/remote/quirky_flyteadmin.py takes it. `RecordedFlyte.answers` has a function of the
request for each procedure, to be served by gRPC or, without it, by `answers.AnsweringControlPlane`. Each look at an
execution that was launched here is answered with the next phase that was seen.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from answers import Refuse
from flyteidl.admin import execution_pb2, node_execution_pb2, task_execution_pb2, task_pb2, workflow_pb2
from flyteidl.core import execution_pb2 as core_execution_pb2
from flyteidl.core import identifier_pb2
from google.protobuf.json_format import ParseDict

FOLDER = Path(__file__).parent / "definitions"
CELLS = Path(__file__).parents[2] / "flyte" / "definitions"
PHASE = core_execution_pb2.WorkflowExecution
_PLACE = "<exec>"
_LOGS_PAGE = "http://localhost:30080"  # of the machine of the recording: on this one something else may be there

# The client of the recording had no class of its own for these.
TIMED_OUT = frozenset({"task_timeout"})


@dataclass
class RecordedNode:
    """One node of an execution."""

    message: node_execution_pb2.NodeExecution
    data: node_execution_pb2.NodeExecutionGetDataResponse
    tasks: list[task_execution_pb2.TaskExecution]
    children: list["RecordedNode"]
    child_execution: "RecordedExecution | None" = None

    def walk(self) -> Iterator["RecordedNode"]:
        """Yield the node and all nodes below it in the same execution."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass
class RecordedExecution:
    """One execution, under the name that it has here."""

    message: execution_pb2.Execution
    data: execution_pb2.WorkflowExecutionGetDataResponse
    nodes: list[RecordedNode]
    phases: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The execution's name."""
        return self.message.id.name

    def walk(self) -> Iterator[RecordedNode]:
        """Yield all nodes of this execution."""
        for node in self.nodes:
            yield from node.walk()

    def and_children(self) -> Iterator["RecordedExecution"]:
        """Yield this execution and those that its nodes started."""
        yield self
        for node in self.walk():
            if node.child_execution:
                yield from node.child_execution.and_children()


@dataclass(frozen=True)
class Recording:
    """One definition: `value` is the text of its result, or the error's class and message, cut at 200 characters."""

    name: str
    cells: str
    entity: str
    inputs: dict[str, Any]
    value: str
    runs: list[RecordedExecution]
    compiled: workflow_pb2.WorkflowClosure


def names() -> list[str]:
    """Return the names of all recordings."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def recording(name: str) -> Recording:
    """Return the recording; its executions are named `a-NAME-0`, `a-NAME-1`."""
    content = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    about = json.loads((CELLS / f"{name}.json").read_text(encoding="utf-8"))
    stem = "a-" + name.replace("_", "-")
    runs = [_execution(run, f"{stem}-{number}") for number, run in enumerate(content["runs"])]
    compiled = ParseDict({"compiled_workflow": content["compiled"]}, workflow_pb2.WorkflowClosure())
    cells = "\n".join(about["cells"])
    value = content["value"]
    if name in TIMED_OUT:
        value = value.replace("ExecutionFailedError", "TaskTimedOutError")
    return Recording(name, cells, about["entity"], about["inputs"], value, runs, compiled)


def _execution(recorded: dict[str, Any], name: str) -> RecordedExecution:
    nodes = [_node(node, name) for node in recorded["nodes"]]
    recorded = {key: each for key, each in recorded.items() if key != "nodes"}
    recorded = _named(recorded, name)
    message = ParseDict(recorded["execution"], execution_pb2.Execution())
    data = ParseDict(recorded["data"], execution_pb2.WorkflowExecutionGetDataResponse())
    return RecordedExecution(message, data, nodes, recorded.get("phases", []))


def _node(recorded: dict[str, Any], name: str) -> RecordedNode:
    own = _named({key: each for key, each in recorded.items() if key != "child_execution"}, name)
    message = ParseDict(own["node"], node_execution_pb2.NodeExecution())
    data = ParseDict(own.get("data", {}), node_execution_pb2.NodeExecutionGetDataResponse())
    tasks = [ParseDict(task, task_execution_pb2.TaskExecution()) for task in own.get("tasks", [])]
    children = [_node(child, name) for child in recorded.get("children", [])]
    started = message.closure.workflow_node_metadata.executionId.name
    child = _execution(recorded["child_execution"], started) if "child_execution" in recorded else None
    return RecordedNode(message, data, tasks, children, child)


def _named(recorded: dict[str, Any], name: str) -> dict[str, Any]:
    return json.loads(json.dumps(recorded).replace(_PLACE, name).replace(_LOGS_PAGE, "pages-for-people:"))


class RecordedFlyte:
    """Serves the executions of recordings, by name and, for a launch, in the order of `launches`."""

    def __init__(self, *recordings: Recording, registry: Any = None) -> None:
        self.executions = {each.name: each for one in recordings for run in one.runs for each in run.and_children()}
        self.launches = [run for one in recordings for run in one.runs]
        self._workflows = {
            template.id.name: one.compiled
            for one in recordings
            for template in [one.compiled.compiled_workflow.primary.template]
        }
        self._tasks = {
            task.template.id.name: task for one in recordings for task in one.compiled.compiled_workflow.tasks
        }
        self._launched: dict[str, RecordedExecution] = {}  # by the name that the client chose
        self._phases: dict[str, list[str]] = {}  # those still to be told
        self._registry = registry

    @property
    def answers(self) -> dict[str, Callable[[Any], Any]]:
        """What it answers, by the procedure's name: a message, or a Refuse."""
        own = {
            "CreateExecution": self._create_execution,
            "GetExecution": self._get_execution,
            "GetExecutionData": lambda r: self._of(r.id, lambda run: run.data),
            "ListNodeExecutions": self._list_nodes,
            "GetNodeExecution": lambda r: self._node(r.id, lambda node: node.message),
            "GetNodeExecutionData": lambda r: self._node(r.id, lambda node: node.data),
            "ListTaskExecutions": self._list_tasks,
            "GetWorkflow": self._get_workflow,
            "ListExecutions": lambda _: execution_pb2.ExecutionList(),
            "TerminateExecution": lambda _: execution_pb2.ExecutionTerminateResponse(),
        }
        return {**(self._registry.answers if self._registry else {"GetTask": self._get_task}), **own}

    def _create_execution(self, request: Any) -> Any:
        if not self.launches:
            return Refuse("FAILED_PRECONDITION", "no recorded run is left")
        run = self._launched[request.name] = self.launches.pop(0)
        self._phases[request.name] = list(run.phases)
        return execution_pb2.ExecutionCreateResponse(
            id=identifier_pb2.WorkflowExecutionIdentifier(
                project=request.project, domain=request.domain, name=request.name
            )
        )

    def _get_execution(self, request: Any) -> Any:
        def told(run: RecordedExecution) -> execution_pb2.Execution:
            left = self._phases.get(request.id.name, [])
            if len(left) <= 1:
                return run.message
            early = execution_pb2.Execution(id=run.message.id, spec=run.message.spec)
            early.closure.phase = PHASE.Phase.Value(left.pop(0))
            early.closure.workflow_id.CopyFrom(run.message.closure.workflow_id)
            return early

        return self._of(request.id, told)

    def _list_nodes(self, request: Any) -> Any:
        def listed(run: RecordedExecution) -> Any:
            nodes = run.nodes
            if request.unique_parent_id:
                parents = [node for node in run.walk() if node.message.id.node_id == request.unique_parent_id]
                if not parents:
                    return Refuse("NOT_FOUND", f"missing node execution {request.unique_parent_id}")
                nodes = parents[0].children
            page, token = _page(nodes, request)
            return node_execution_pb2.NodeExecutionList(node_executions=[n.message for n in page], token=token)

        return self._of(request.workflow_execution_id, listed, node_execution_pb2.NodeExecutionList())

    def _list_tasks(self, request: Any) -> Any:
        nothing = task_execution_pb2.TaskExecutionList()

        def listed(node: RecordedNode) -> Any:
            page, token = _page(node.tasks, request)
            return task_execution_pb2.TaskExecutionList(task_executions=page, token=token)

        return self._node(request.node_execution_id, listed, nothing)

    def _get_workflow(self, request: Any) -> Any:
        closure = self._workflows.get(request.id.name)
        if closure is None:
            return Refuse("NOT_FOUND", f"missing entity of type WORKFLOW with identifier {request.id.name}")
        return workflow_pb2.Workflow(id=request.id, closure=closure)

    def _get_task(self, request: Any) -> Any:
        if request.id.name not in self._tasks:
            return Refuse("NOT_FOUND", f"missing entity of type TASK with identifier {request.id.name}")
        return task_pb2.Task(id=request.id, closure=task_pb2.TaskClosure(compiled_task=self._tasks[request.id.name]))

    def _of(self, identifier: Any, answer: Callable[[RecordedExecution], Any], otherwise: Any = None) -> Any:
        run = self._launched.get(identifier.name) or self.executions.get(identifier.name)
        if run is None:
            missing = Refuse("NOT_FOUND", f"missing entity of type execution with identifier {identifier.name}")
            return missing if otherwise is None else otherwise
        return answer(run)

    def _node(self, identifier: Any, answer: Callable[[RecordedNode], Any], otherwise: Any = None) -> Any:
        missing = Refuse("NOT_FOUND", f"missing entity of type node execution with identifier {identifier.node_id}")
        missing = missing if otherwise is None else otherwise

        def found(run: RecordedExecution) -> Any:
            nodes = [node for node in run.walk() if node.message.id.node_id == identifier.node_id]
            return answer(nodes[0]) if nodes else missing

        return self._of(identifier.execution_id, found, missing)


def _page(everything: list[Any], request: Any) -> tuple[list[Any], str]:
    """Return what belongs to the page that was asked for, and the token of the next: an offset, as Flyte's is."""
    assert request.limit > 0, "Flyte refuses a limit of 0"
    start = int(request.token or 0)
    page = everything[start : start + request.limit]
    return page, str(start + len(page)) if len(page) == request.limit else ""
