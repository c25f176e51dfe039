"""A started sandbox, driven as any Flyte client drives one; its containers are scripts that know the wire only."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import grpc
import pytest
from flyteidl.admin import common_pb2, execution_pb2, node_execution_pb2, task_execution_pb2, task_pb2
from flyteidl.core import execution_pb2 as core_execution_pb2
from flyteidl.core import identifier_pb2, interface_pb2, literals_pb2, tasks_pb2, types_pb2
from flyteidl.service import admin_pb2_grpc, dataproxy_pb2_grpc
from google.protobuf.duration_pb2 import Duration

from autocontainer_nb.sandbox.launch.container import scratch_folder
from autocontainer_nb.sandbox.process import SandboxAddress, ensure_running, status, stop
from autocontainer_nb.sandbox.process_identity import identity, processes_with_variable

PROJECT, DOMAIN = "flytesnacks", "development"
PHASE = core_execution_pb2.WorkflowExecution
TERMINAL = (PHASE.SUCCEEDED, PHASE.FAILED, PHASE.ABORTED, PHASE.TIMED_OUT)
DEADLINE_S = 90

# What a container's script begins with: its inputs, and how it ends.
PRELUDE = """
import os, sys, time, pathlib
from flyteidl.core import literals_pb2, errors_pb2
inputs = literals_pb2.LiteralMap.FromString(pathlib.Path(sys.argv[1].removeprefix("file://")).read_bytes()).literals
out = pathlib.Path(sys.argv[2].removeprefix("file://"))
attempt = int(os.environ["FLYTE_ATTEMPT_NUMBER"])
def text(name):
    return inputs[name].scalar.primitive.string_value
def literal(value):
    return literals_pb2.Literal(scalar=literals_pb2.Scalar(primitive=literals_pb2.Primitive(string_value=value)))
def succeed(**values):
    literals = literals_pb2.LiteralMap(literals={name: literal(value) for name, value in values.items()})
    (out / ".outputs").write_bytes(literals.SerializeToString())
    (out / ".outputs").rename(out / "outputs.pb")
def fail(message, kind=0, origin=1, code="USER:Test"):
    error = errors_pb2.ContainerError(code=code, message=message, kind=kind, origin=origin)
    (out / "error.pb").write_bytes(errors_pb2.ErrorDocument(error=error).SerializeToString())
def wait_for(path):
    while not os.path.exists(path):
        time.sleep(0.01)
"""


def simple(kind: int) -> types_pb2.LiteralType:
    return types_pb2.LiteralType(simple=kind)


def variables(types: Mapping[str, types_pb2.LiteralType]) -> interface_pb2.VariableMap:
    return interface_pb2.VariableMap(
        variables={name: interface_pb2.Variable(type=kind) for name, kind in types.items()}
    )


def text_literal(value: str) -> literals_pb2.Literal:
    return literals_pb2.Literal(scalar=literals_pb2.Scalar(primitive=literals_pb2.Primitive(string_value=value)))


class Client:
    """One person's view of a sandbox over gRPC."""

    def __init__(self, address: SandboxAddress) -> None:
        self.address = address
        self.channel = grpc.insecure_channel(address.endpoint)
        self.metadata = (("authorization", f"Bearer {address.token}"),)
        self.admin = _WithMetadata(admin_pb2_grpc.AdminServiceStub(self.channel), self.metadata)
        self.data = _WithMetadata(dataproxy_pb2_grpc.DataProxyServiceStub(self.channel), self.metadata)
        self._versions = 0

    def template(
        self,
        script: str,
        *,
        inputs: Mapping[str, types_pb2.LiteralType] | None = None,
        outputs: Mapping[str, types_pb2.LiteralType] | None = None,
        retries: int = 0,
        timeout_s: int = 0,
        image: str = f"interpreter:{sys.executable}",
        name: str = "notebook.task",
    ) -> tasks_pb2.TaskTemplate:
        """Return a task whose container is a Python script."""
        self._versions += 1
        return tasks_pb2.TaskTemplate(
            id=identifier_pb2.Identifier(
                resource_type=identifier_pb2.TASK,
                project=PROJECT,
                domain=DOMAIN,
                name=name,
                version=f"v{self._versions}-{time.time_ns()}",
            ),
            type="python-task",
            metadata=tasks_pb2.TaskMetadata(
                retries=literals_pb2.RetryStrategy(retries=retries), timeout=Duration(seconds=timeout_s)
            ),
            interface=interface_pb2.TypedInterface(inputs=variables(inputs or {}), outputs=variables(outputs or {})),
            container=tasks_pb2.Container(
                image=image, args=["python", "-c", PRELUDE + script, "{{.input}}", "{{.outputPrefix}}"]
            ),
        )

    def register(self, template: tasks_pb2.TaskTemplate) -> identifier_pb2.Identifier:
        """Register a task and return its identifier."""
        self.admin.CreateTask(task_pb2.TaskCreateRequest(id=template.id, spec=task_pb2.TaskSpec(template=template)))
        return template.id

    def launch(
        self,
        task: identifier_pb2.Identifier,
        inputs: Mapping[str, literals_pb2.Literal] | None = None,
        name: str = "",
        **spec: object,
    ) -> identifier_pb2.WorkflowExecutionIdentifier:
        """Create an execution and return its identifier."""
        return self.admin.CreateExecution(
            execution_pb2.ExecutionCreateRequest(
                project=PROJECT,
                domain=DOMAIN,
                name=name,
                spec=execution_pb2.ExecutionSpec(launch_plan=task, **spec),
                inputs=literals_pb2.LiteralMap(literals=inputs or {}),
            )
        ).id

    def get(self, identifier: identifier_pb2.WorkflowExecutionIdentifier) -> execution_pb2.Execution:
        return self.admin.GetExecution(execution_pb2.WorkflowExecutionGetRequest(id=identifier))

    def until(self, identifier: identifier_pb2.WorkflowExecutionIdentifier, *phases: int) -> execution_pb2.Execution:
        """Return the execution once it is in one of the phases."""
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            execution = self.get(identifier)
            if execution.closure.phase in (phases or TERMINAL):
                return execution
            assert execution.closure.phase not in TERMINAL, execution
            time.sleep(0.01)
        raise AssertionError(f"still {execution}")

    def run(self, script: str, inputs: Mapping[str, str] | None = None, **options: object) -> execution_pb2.Execution:
        """Register and run a script with text inputs, and return the ended execution."""
        given = inputs or {}
        options.setdefault("inputs", {name: simple(types_pb2.STRING) for name in given})
        task = self.register(self.template(script, **options))
        return self.until(self.launch(task, {name: text_literal(value) for name, value in given.items()}))

    def nodes(self, identifier: identifier_pb2.WorkflowExecutionIdentifier) -> list[node_execution_pb2.NodeExecution]:
        request = node_execution_pb2.NodeExecutionListRequest(workflow_execution_id=identifier, limit=10)
        return list(self.admin.ListNodeExecutions(request).node_executions)

    def attempts(
        self, identifier: identifier_pb2.WorkflowExecutionIdentifier
    ) -> list[task_execution_pb2.TaskExecution]:
        node = self.nodes(identifier)[1].id
        request = task_execution_pb2.TaskExecutionListRequest(
            node_execution_id=node,
            limit=20,
            sort_by=common_pb2.Sort(key="retry_attempt", direction=common_pb2.Sort.ASCENDING),
        )
        return list(self.admin.ListTaskExecutions(request).task_executions)

    def outputs(self, identifier: identifier_pb2.WorkflowExecutionIdentifier) -> dict[str, str]:
        request = execution_pb2.WorkflowExecutionGetDataRequest(id=identifier)
        literals = self.admin.GetExecutionData(request).full_outputs.literals
        return {name: literal.scalar.primitive.string_value for name, literal in literals.items()}

    def close(self) -> None:
        self.channel.close()


class _WithMetadata:
    """A stub whose every call sends the token."""

    def __init__(self, stub: object, metadata: tuple[tuple[str, str], ...]) -> None:
        self._stub = stub
        self._metadata = metadata

    def __getattr__(self, name: str) -> Callable:
        method = getattr(self._stub, name)
        return lambda request, **options: method(request, metadata=self._metadata, timeout=30, **options)


def assert_nothing_runs(home: Path, address: SandboxAddress | None) -> None:
    """Prove that neither the server nor any container of this home is left."""
    assert not status(str(home)).running
    if address is not None:
        assert identity(address.pid) is None
    work = home / "sandbox" / "work"
    for directory in work.glob("*/*/*/*"):
        assert list(processes_with_variable("TMPDIR", str(scratch_folder(directory)))) == []


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A sandbox of this module's own, gone afterwards."""
    home = tmp_path_factory.mktemp("home")
    address = ensure_running(str(home))
    client = Client(address)
    try:
        yield client
    finally:
        client.close()
        assert stop(str(home))
        assert_nothing_runs(home, address)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home for a test that starts sandboxes itself; whatever still serves it is stopped."""
    directory = tmp_path / "home"
    yield directory
    address = status(str(directory)).address
    stop(str(directory))
    assert_nothing_runs(directory, address)


@pytest.fixture
def connect() -> Iterator[Callable[[SandboxAddress], Client]]:
    """Make clients of sandboxes that a test started itself."""
    clients: list[Client] = []

    def make(address: SandboxAddress) -> Client:
        clients.append(Client(address))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def refused() -> Callable[[grpc.StatusCode, Callable[[], object]], str]:
    """Call something that the sandbox must refuse with a status, and return its details."""

    def check(expected: grpc.StatusCode, call: Callable[[], object]) -> str:
        with pytest.raises(grpc.RpcError) as caught:
            call()
        assert caught.value.code() == expected, caught.value.details()
        return caught.value.details()

    return check
