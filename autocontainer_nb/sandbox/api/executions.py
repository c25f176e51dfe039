"""The second half of AdminService: executions, their nodes and attempts."""

import errno
import sqlite3
from pathlib import Path

from flyteidl.admin import common_pb2, execution_pb2, node_execution_pb2, task_execution_pb2
from flyteidl.core import execution_pb2 as core_execution_pb2
from flyteidl.core import identifier_pb2, literals_pb2
from google.protobuf.message import DecodeError

from autocontainer_nb.errors import ResourceExhaustedError
from autocontainer_nb.sandbox.api.flyte_urls import urls_of_attempt, urls_of_node
from autocontainer_nb.sandbox.api.rpc import Implementation
from autocontainer_nb.sandbox.api.validation import (
    check_execution,
    check_execution_identifier,
    check_inputs,
    check_limit,
    require,
)
from autocontainer_nb.sandbox.blobs.execution_paths import ExecutionKey, Locations, key_of, node_id
from autocontainer_nb.sandbox.blobs.signed_links import Links
from autocontainer_nb.sandbox.blobs.store import BlobStore
from autocontainer_nb.sandbox.environment import new_execution_name, now_ns
from autocontainer_nb.sandbox.records import executions as records
from autocontainer_nb.sandbox.records.filters import Condition, Listing, Page, equal, parse_filters, select
from autocontainer_nb.sandbox.records.projects import check_project_and_domain
from autocontainer_nb.sandbox.records.state import State
from autocontainer_nb.sandbox.records.tasks import get_task
from autocontainer_nb.sandbox.run import lifecycle
from autocontainer_nb.sandbox.run.scheduler import Scheduler

LOG_NAME = "Output"


class ExecutionDesk:
    """Accepts executions and answers requests about them."""

    def __init__(
        self,
        state: State,
        blobs: BlobStore,
        locations: Locations,
        links: Links,
        scheduler: Scheduler,
        user: str,
    ) -> None:
        self._state = state
        self._blobs = blobs
        self._locations = locations
        self._links = links
        self._scheduler = scheduler
        self._user = user

    def methods(self) -> dict[str, Implementation]:
        """Return the implementations by the RPC's name."""
        return {
            "CreateExecution": self.create_execution,
            "GetExecution": self.get_execution,
            "GetExecutionData": self.get_execution_data,
            "ListExecutions": self.list_executions,
            "TerminateExecution": self.terminate_execution,
            "GetNodeExecution": self.get_node_execution,
            "ListNodeExecutions": self.list_node_executions,
            "GetNodeExecutionData": self.get_node_execution_data,
            "GetTaskExecution": self.get_task_execution,
            "ListTaskExecutions": self.list_task_executions,
            "GetTaskExecutionData": self.get_task_execution_data,
        }

    def create_execution(self, request: execution_pb2.ExecutionCreateRequest) -> execution_pb2.ExecutionCreateResponse:
        """Accept an execution of one task; it is queued when this returns."""
        check_execution(request)
        check_project_and_domain(self._state, request.project, request.domain)
        inputs = request.inputs if request.inputs.literals else request.spec.inputs  # where older clients put them
        task = get_task(self._state, request.spec.launch_plan).closure.compiled_task.template
        check_inputs(task.id, task.interface.inputs, inputs)
        key = ExecutionKey(request.project, request.domain, request.name or new_execution_name())
        path = self._locations.input_file(key, node_id(task.id.name))
        data = inputs.SerializeToString()
        namespace = f"{key.project}-{key.domain}"
        execution = lifecycle.new_execution(key, request.spec, self._user, namespace)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with self._blobs.temporary(path.parent) as written:  # before the transaction, which all others wait for
                written.write_bytes(data)
                lifecycle.create(self._state, execution, self._blobs.uri(path), lambda: written.replace(path), now_ns())
        except (OSError, sqlite3.OperationalError) as error:
            full = isinstance(error, sqlite3.OperationalError) or error.errno in (errno.ENOSPC, errno.EDQUOT)
            if not full:
                raise
            raise ResourceExhaustedError(
                f"The execution can't be stored: {error}. Free space where the sandbox keeps its state, and retry."
            ) from error
        self._scheduler.submit(key)
        return execution_pb2.ExecutionCreateResponse(id=key.identifier)

    def get_execution(self, request: execution_pb2.WorkflowExecutionGetRequest) -> execution_pb2.Execution:
        """Return an execution as it is now."""
        check_execution_identifier(request.id, "GetExecution")
        return records.get_execution(self._state, key_of(request.id))

    def get_execution_data(
        self, request: execution_pb2.WorkflowExecutionGetDataRequest
    ) -> execution_pb2.WorkflowExecutionGetDataResponse:
        """Return an execution's inputs, and its outputs once it has succeeded."""
        check_execution_identifier(request.id, "GetExecutionData")
        key = key_of(request.id)
        execution = records.get_execution(self._state, key)
        inputs, outputs = self._data(records.inputs_uri(self._state, key), execution.closure.outputs.uri)
        return execution_pb2.WorkflowExecutionGetDataResponse(
            inputs=self._url_blob(inputs),
            outputs=self._url_blob(outputs),
            full_inputs=_literals(inputs),
            full_outputs=_literals(outputs),
        )

    def list_executions(self, request: common_pb2.ResourceListRequest) -> execution_pb2.ExecutionList:
        """Return the executions of a project and domain."""
        require({"id.project": request.id.project, "id.domain": request.id.domain}, "ListExecutions")
        conditions = [equal("project", request.id.project), equal("domain", request.id.domain)]
        if request.id.name:
            conditions.append(equal("name", request.id.name))
        messages, token = self._page(records.EXECUTIONS, conditions, request, "ListExecutions")
        return execution_pb2.ExecutionList(
            executions=[execution_pb2.Execution.FromString(message) for message in messages], token=token
        )

    def terminate_execution(
        self, request: execution_pb2.ExecutionTerminateRequest
    ) -> execution_pb2.ExecutionTerminateResponse:
        """End an execution; it is ABORTING when this returns and ABORTED when its container is gone."""
        check_execution_identifier(request.id, "TerminateExecution")
        key = key_of(request.id)
        lifecycle.request_abort(self._state, key, request.cause, self._user, now_ns())
        self._scheduler.abort(key)
        return execution_pb2.ExecutionTerminateResponse()

    def get_node_execution(
        self, request: node_execution_pb2.NodeExecutionGetRequest
    ) -> node_execution_pb2.NodeExecution:
        """Return the execution of a node as it is now."""
        return records.get_node(self._state, *_node_key(request.id, "GetNodeExecution"))

    def list_node_executions(
        self, request: node_execution_pb2.NodeExecutionListRequest
    ) -> node_execution_pb2.NodeExecutionList:
        """Return the nodes of an execution; no node here has nodes inside."""
        check_execution_identifier(request.workflow_execution_id, "ListNodeExecutions")
        if request.unique_parent_id:
            return node_execution_pb2.NodeExecutionList()
        key = key_of(request.workflow_execution_id)
        messages, token = self._page(records.NODE_EXECUTIONS, _of_execution(key), request, "ListNodeExecutions")
        nodes = [node_execution_pb2.NodeExecution.FromString(message) for message in messages]
        return node_execution_pb2.NodeExecutionList(node_executions=nodes, token=token)

    def get_node_execution_data(
        self, request: node_execution_pb2.NodeExecutionGetDataRequest
    ) -> node_execution_pb2.NodeExecutionGetDataResponse:
        """Return a node's inputs and outputs."""
        node = records.get_node(self._state, *_node_key(request.id, "GetNodeExecutionData"))
        inputs, outputs = self._data(node.input_uri, node.closure.output_uri)
        return node_execution_pb2.NodeExecutionGetDataResponse(
            inputs=self._url_blob(inputs),
            outputs=self._url_blob(outputs),
            full_inputs=_literals(inputs),
            full_outputs=_literals(outputs),
            flyte_urls=urls_of_node(node.id, has_deck=bool(node.closure.deck_uri)),
        )

    def get_task_execution(
        self, request: task_execution_pb2.TaskExecutionGetRequest
    ) -> task_execution_pb2.TaskExecution:
        """Return an attempt as it is now, with the link to its output."""
        return self.attempt(request.id, "GetTaskExecution")

    def attempt(
        self, identifier: identifier_pb2.TaskExecutionIdentifier, what: str
    ) -> task_execution_pb2.TaskExecution:
        """Return one attempt; the task id in the identifier may be missing."""
        key, node = _node_key(identifier.node_execution_id, what)
        return self._with_log(records.get_attempt(self._state, key, node, identifier.retry_attempt).message)

    def list_task_executions(
        self, request: task_execution_pb2.TaskExecutionListRequest
    ) -> task_execution_pb2.TaskExecutionList:
        """Return the attempts of a node."""
        key, node = _node_key(request.node_execution_id, "ListTaskExecutions")
        conditions = [*_of_execution(key), equal("node_id", node)]
        messages, token = self._page(records.TASK_EXECUTIONS, conditions, request, "ListTaskExecutions")
        attempts = [self._with_log(task_execution_pb2.TaskExecution.FromString(message)) for message in messages]
        return task_execution_pb2.TaskExecutionList(task_executions=attempts, token=token)

    def get_task_execution_data(
        self, request: task_execution_pb2.TaskExecutionGetDataRequest
    ) -> task_execution_pb2.TaskExecutionGetDataResponse:
        """Return an attempt's inputs and outputs."""
        attempt = self.attempt(request.id, "GetTaskExecutionData")
        inputs, outputs = self._data(attempt.input_uri, attempt.closure.output_uri)
        return task_execution_pb2.TaskExecutionGetDataResponse(
            inputs=self._url_blob(inputs),
            outputs=self._url_blob(outputs),
            full_inputs=_literals(inputs),
            full_outputs=_literals(outputs),
            flyte_urls=urls_of_attempt(attempt.id),
        )

    def _with_log(self, attempt: task_execution_pb2.TaskExecution) -> task_execution_pb2.TaskExecution:
        node = attempt.id.node_execution_id
        path = self._locations.log(key_of(node.execution_id), node.node_id, attempt.id.retry_attempt)
        if path.is_file():
            attempt.closure.logs.add(
                uri=self._links.log(path), name=LOG_NAME, message_format=core_execution_pb2.TaskLog.UNKNOWN
            )
        return attempt

    def _data(self, input_uri: str, output_uri: str) -> tuple[Path | None, Path | None]:
        return tuple(self._blobs.path_of(uri) if uri else None for uri in (input_uri, output_uri))  # type: ignore[return-value] # two in, two out

    def _url_blob(self, path: Path | None) -> common_pb2.UrlBlob:
        return self._links.url_blob(path) if path is not None else common_pb2.UrlBlob()

    def _page(
        self,
        listing: Listing,
        conditions: list[Condition],
        request: common_pb2.ResourceListRequest
        | node_execution_pb2.NodeExecutionListRequest
        | task_execution_pb2.TaskExecutionListRequest,
        what: str,
    ) -> tuple[list[bytes], str]:
        check_limit(request.limit, what)
        page = Page(limit=request.limit, token=request.token, sort_by=request.sort_by)
        rows = self._state.rows(*select(listing, conditions + parse_filters(request.filters, listing), page))
        return [row["message"] for row in rows], page.next_token(len(rows))


def _node_key(identifier: identifier_pb2.NodeExecutionIdentifier, what: str) -> tuple[ExecutionKey, str]:
    check_execution_identifier(identifier.execution_id, what)
    require({"id.node_id": identifier.node_id}, what)
    return key_of(identifier.execution_id), identifier.node_id


def _of_execution(key: ExecutionKey) -> list[Condition]:
    return [equal("project", key.project), equal("domain", key.domain), equal("name", key.name)]


def _literals(path: Path | None) -> literals_pb2.LiteralMap:
    """Return the literals in a file; empty if it is missing or unreadable (the client also gets a link to it)."""
    if path is None:
        return literals_pb2.LiteralMap()
    try:
        return literals_pb2.LiteralMap.FromString(path.read_bytes())
    except (OSError, DecodeError):
        return literals_pb2.LiteralMap()
