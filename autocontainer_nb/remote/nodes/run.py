"""`Run`: what is asked of the control plane about one execution, each thing at most once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, Final

from flyteidl.admin import common_pb2, execution_pb2, node_execution_pb2, task_execution_pb2
from flyteidl.core import compiler_pb2, identifier_pb2, literals_pb2, workflow_pb2
from flyteidl.service import dataproxy_pb2

from autocontainer_nb.errors import NotFoundError, PermissionDeniedError, UnimplementedError
from autocontainer_nb.remote import http
from autocontainer_nb.remote.nodes.eager_children import started_by
from autocontainer_nb.remote.nodes.graph import TASK, Entity, Graph, short_name, task_entity
from autocontainer_nb.remote.nodes.once import asked_once
from autocontainer_nb.remote.nodes.values import Values
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.scope import Scope
from autocontainer_nb.storage.access import FileAccess
from autocontainer_nb.storage.scratch import new_local_folder

AT_ONCE: Final = 8  # requests under way, however many nodes there are
_PAGE: Final = 100
_DATA_TIMEOUT_S: Final = 60.0  # values may be large
_UNKNOWN: Final = (NotFoundError, UnimplementedError, PermissionDeniedError)


class Run:
    """One execution. `local` is the notebook's own task or workflow, where it has launched it."""

    def __init__(
        self,
        scope: Scope,
        identifier: identifier_pb2.WorkflowExecutionIdentifier,
        *,
        message: execution_pb2.Execution | None = None,
        local: Any = None,
        files: FileAccess | None = None,
    ) -> None:
        self.scope = scope
        self.identifier = identifier
        self.local = local
        self._files = files
        if message is not None and message.id.name:
            self.__dict__["message"] = message

    @asked_once
    def message(self) -> execution_pb2.Execution:
        """The execution as the control plane has it."""
        return self.scope.calls.call(
            methods.GET_EXECUTION, execution_pb2.WorkflowExecutionGetRequest(id=self.identifier)
        )

    @asked_once
    def files(self) -> FileAccess:
        """Where files of values come from; what is fetched stays until the process ends."""
        return self._files or self.scope.files(new_local_folder())

    @property
    def is_single_task(self) -> bool:
        """Whether a task was launched, around which Flyte makes a workflow of one node."""
        return self.message.spec.launch_plan.resource_type == identifier_pb2.TASK

    @asked_once
    def single_task(self) -> Entity:
        """The task that was launched; by its name alone, where the control plane doesn't show it."""
        wanted = self.message.spec.launch_plan
        try:
            task = self.scope.calls.call(methods.GET_TASK, common_pb2.ObjectGetRequest(id=wanted))
        except _UNKNOWN:
            return Entity(kind=TASK, name=short_name(wanted.name), local=self.local)
        entity = task_entity(task.closure.compiled_task.template)
        return Entity(**{**vars(entity), "local": self.local})

    @asked_once
    def graph(self) -> Graph:
        """The compiled workflow; empty where the control plane doesn't show it."""
        wanted = self.message.closure.workflow_id
        try:
            workflow = self.scope.calls.call(methods.GET_WORKFLOW, common_pb2.ObjectGetRequest(id=wanted))
        except _UNKNOWN:
            return Graph(workflow_pb2.WorkflowTemplate(), compiler_pb2.CompiledWorkflowClosure(), self.local)
        closure = workflow.closure.compiled_workflow
        return Graph(closure.primary.template, closure, self.local)

    def entity(self, graph: Graph | None, spec_id: str) -> Entity:
        """Return what the node of this id runs; without a graph it is one of the execution's own."""
        if graph is None and self.is_single_task:
            return self.single_task
        return (graph or self.graph).entity(spec_id)

    def nodes(self, parent: str = "") -> list[node_execution_pb2.NodeExecution]:
        """Return the nodes inside the node of this id, by default the outermost ones, oldest first."""
        return list(self._pages(parent))

    def node(self, identifier: identifier_pb2.NodeExecutionIdentifier) -> node_execution_pb2.NodeExecution:
        """Return one node: lists cut its error's message."""
        request = node_execution_pb2.NodeExecutionGetRequest(id=identifier)
        return self.scope.calls.call(methods.GET_NODE_EXECUTION, request)

    def tasks(self, identifier: identifier_pb2.NodeExecutionIdentifier) -> list[task_execution_pb2.TaskExecution]:
        """Return the task executions of a node, one for each attempt."""
        found: list[task_execution_pb2.TaskExecution] = []
        token = ""
        while True:
            request = task_execution_pb2.TaskExecutionListRequest(
                node_execution_id=identifier, limit=_PAGE, token=token
            )
            page = self.scope.calls.call(methods.LIST_TASK_EXECUTIONS, request)
            found.extend(page.task_executions)
            token = page.token
            if not token or not page.task_executions:
                return found

    def node_data(
        self, identifier: identifier_pb2.NodeExecutionIdentifier
    ) -> node_execution_pb2.NodeExecutionGetDataResponse:
        """Return a node's inputs and outputs, and the graph that a dynamic task has made."""
        request = node_execution_pb2.NodeExecutionGetDataRequest(id=identifier)
        return self.scope.calls.call(methods.GET_NODE_EXECUTION_DATA, request, timeout_s=_DATA_TIMEOUT_S)

    def data(self) -> execution_pb2.WorkflowExecutionGetDataResponse:
        """Return the execution's own inputs and outputs."""
        request = execution_pb2.WorkflowExecutionGetDataRequest(id=self.identifier)
        return self.scope.calls.call(methods.GET_EXECUTION_DATA, request, timeout_s=_DATA_TIMEOUT_S)

    def deck(self, identifier: identifier_pb2.NodeExecutionIdentifier) -> str | None:
        """Return the HTML of a node's deck; None if it has none."""
        request = dataproxy_pb2.CreateDownloadLinkRequest(
            artifact_type=dataproxy_pb2.ARTIFACT_TYPE_DECK, node_execution_id=identifier
        )
        try:
            answer = self.scope.calls.call(methods.CREATE_DOWNLOAD_LINK, request)
        except NotFoundError:
            return None
        urls = [*answer.pre_signed_urls.signed_url, *answer.signed_url]
        return self.fetched(urls[0]).decode("utf-8", "replace") if urls else None

    def fetched(self, url: str) -> bytes:
        """Return what a signed URL leads to."""
        return http.get(url, network=self.scope.calls.endpoint.network)

    def started_by_eager(self) -> list[execution_pb2.Execution]:
        """Return the executions that an eager task of this one has started, oldest first."""
        return started_by(self.scope, self.identifier)

    def _pages(self, parent: str) -> Iterator[node_execution_pb2.NodeExecution]:
        token = ""
        while True:
            request = node_execution_pb2.NodeExecutionListRequest(
                workflow_execution_id=self.identifier,
                limit=_PAGE,
                token=token,
                unique_parent_id=parent,
                sort_by=_oldest_first(),
            )
            page = self.scope.calls.call(methods.LIST_NODE_EXECUTIONS, request)
            yield from page.node_executions
            token = page.token
            if not token or not page.node_executions:
                return


def values_of(run: Run, literals: literals_pb2.LiteralMap, url: str, entity: Entity, side: str, path: str) -> Values:
    """Return the literals as values; those too large for the answer are fetched by their signed URL."""
    if not literals.literals and url:
        literals = literals_pb2.LiteralMap.FromString(run.fetched(url))
    declared = {name: each.type for name, each in getattr(entity.interface, side).variables.items()}
    path = f"{path}({side})"
    return Values(literals.literals, files=run.files, path=path, types=entity.types(side), declared=declared)


def side_by_side(looks: Any, things: Any) -> list[Any]:
    """Return `looks(thing)` for each thing in their order, a few at a time."""
    things = list(things)
    if len(things) <= 1:
        return [looks(thing) for thing in things]
    with ThreadPoolExecutor(min(AT_ONCE, len(things)), thread_name_prefix="nodes") as pool:
        return list(pool.map(looks, things))


def running_for(now_s: float, started_s: float) -> timedelta:
    """Return how long something runs that has started then."""
    return timedelta(seconds=max(0.0, now_s - started_s))


def _oldest_first() -> common_pb2.Sort:
    return common_pb2.Sort(key="created_at", direction=common_pb2.Sort.ASCENDING)
