"""The seam to a server: another implementation serves whole launches, without gRPC."""

import importlib.util
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

LAUNCH = """
import sys
sys.modules["grpc"] = None  # an import of it raises
sys.path.insert(0, "tests/remote")
import quirky_flyteadmin
from replay.answers import AnsweringControlPlane, Refuse
from flyteidl.admin import execution_pb2
from flyteidl.core import literals_pb2, execution_pb2 as phases
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.workflow import workflow
from autocontainer_nb.remote.client import FlyteRemote
from autocontainer_nb.errors import NotFoundError

@task
def plus(x: int) -> int:
    return x + 1

@workflow
def both(x: int) -> int:
    return plus(x=plus(x=x))

with quirky_flyteadmin.serving_store() as store:
    flyteadmin = quirky_flyteadmin.QuirkyFlyteadmin(store, Refuse)
    fake = AnsweringControlPlane(flyteadmin.answers)
    remote = FlyteRemote(project="flytesnacks", domain="development", image="ghcr.io/me/image:v1", control_plane=fake)
    assert remote.endpoint == "answers.test:443", remote.endpoint
    closure = execution_pb2.ExecutionClosure(phase=phases.WorkflowExecution.SUCCEEDED)
    fake.answers["GetExecution"] = lambda request: execution_pb2.Execution(id=request.id, closure=closure)
    three = literals_pb2.Literal(scalar=literals_pb2.Scalar(primitive=literals_pb2.Primitive(integer=3)))
    data = execution_pb2.WorkflowExecutionGetDataResponse(full_outputs=literals_pb2.LiteralMap(literals={"o0": three}))
    fake.answers["GetExecutionData"] = data
    assert remote.launch(plus, x=2).result() == 3
    assert remote.launch(both, x=2).result() == 3
    assert len(flyteadmin.executions) == 2 and store.puts
    fake.answers["GetTask"] = Refuse("NOT_FOUND", "missing entity of type TASK")
    try:
        remote.task("plus", "1")
    except NotFoundError as error:
        assert (error.status, error.details) == ("NOT_FOUND", "missing entity of type TASK"), error
        assert "answers.test:443" in str(error)
        assert "Check the name" in str(error)
    else:
        raise AssertionError
print("launched")
"""


def test_a_launch_needs_no_gRPC():  # noqa: N802 - its name
    """A task and a workflow are registered, launched and fetched over a fake, where grpc can't be imported at all."""
    assert importlib.util.find_spec("grpc")
    done = subprocess.run(
        [sys.executable, "-c", LAUNCH], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout.strip(), done.returncode) == ("launched", 0), done.stderr
