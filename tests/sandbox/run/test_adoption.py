"""The narrow moments: a sandbox killed between two steps of starting a container."""

import os
import signal
import time

import pytest
from flyteidl.admin import execution_pb2
from flyteidl.core import execution_pb2 as core_execution_pb2
from flyteidl.core import literals_pb2, types_pb2

from autocontainer_nb.sandbox.blobs.execution_paths import ExecutionKey, Locations
from autocontainer_nb.sandbox.blobs.output_file import OutputKeeper
from autocontainer_nb.sandbox.blobs.store import BlobStore
from autocontainer_nb.sandbox.home_paths import Layout
from autocontainer_nb.sandbox.launch.launcher import ProcessLauncher
from autocontainer_nb.sandbox.process import ensure_running, status
from autocontainer_nb.sandbox.process_identity import identity
from autocontainer_nb.sandbox.records.executions import get_execution
from autocontainer_nb.sandbox.records.state import open_state
from autocontainer_nb.sandbox.run import lifecycle
from autocontainer_nb.sandbox.run.attempt import AttemptRunner, load_job
from autocontainer_nb.sandbox.run.scheduler import Scheduler

pytestmark = pytest.mark.sandbox
PHASE = core_execution_pb2.WorkflowExecution
TEXT = types_pb2.LiteralType(simple=types_pb2.STRING)
KEY = ExecutionKey("flytesnacks", "development", "between")


@pytest.fixture
def registered(home, connect, tmp_path):
    """A home whose sandbox was killed after a task was registered: the task, and the home's parts."""
    address = ensure_running(str(home))
    client = connect(address)
    script = f"wait_for('{tmp_path}/go'); succeed(o0=str(os.getpid()))"
    task = client.register(client.template(script, outputs={"o0": TEXT}))
    os.kill(address.pid, signal.SIGKILL)
    while identity(address.pid) is not None:
        time.sleep(0.005)
    layout = Layout(home=home)
    state, blobs = open_state(layout.database), BlobStore(layout.blobs)
    yield task, state, blobs, Locations(layout, blobs)
    state.close()


def _queued(task, state, blobs, locations):
    """Keep an execution as CreateExecution does."""
    execution = lifecycle.new_execution(KEY, execution_pb2.ExecutionSpec(launch_plan=task), "me", "n")
    path = locations.input_file(KEY, lifecycle.task_node(execution))
    data = literals_pb2.LiteralMap().SerializeToString()
    lifecycle.create(state, execution, blobs.uri(path), lambda: blobs.write(path, data), time.time_ns())


def _begun(state, blobs, locations):
    """Note an attempt as the scheduler does before it starts the container."""
    runner = AttemptRunner(locations, blobs, ProcessLauncher(), OutputKeeper())
    job = load_job(state, KEY)
    number = lifecycle.begin_attempt(state, KEY, job.task, runner.input_uri(job), time.time_ns())
    return runner, job, number


def test_killed_before_the_first_attempt_it_is_simply_run(registered, home, connect, tmp_path):
    """Accepted, and nothing more: the next sandbox runs it."""
    task, state, blobs, locations = registered
    _queued(task, state, blobs, locations)
    (tmp_path / "go").touch()
    client = connect(ensure_running(str(home)))
    assert client.until(KEY.identifier).closure.phase == PHASE.SUCCEEDED
    assert len(client.attempts(KEY.identifier)) == 1


def test_what_cannot_be_put_in_line_fails_at_once(registered, home, monkeypatch):
    """It isn't left QUEUED until the next start; who launches it is told, too."""
    task, state, blobs, locations = registered
    _queued(task, state, blobs, locations)
    launcher = ProcessLauncher()
    runner = AttemptRunner(locations, blobs, launcher, OutputKeeper())
    scheduler = Scheduler(state, Layout(home=home), runner, launcher, 1)

    def refuse(*_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(scheduler._lanes, "put", refuse)
    with pytest.raises(RuntimeError, match="new thread"):
        scheduler.submit(KEY)
    closure = get_execution(state, KEY).closure
    assert closure.phase == PHASE.FAILED
    assert "can't be put in line: RuntimeError(\"can't start new thread\")" in closure.error.message


def test_killed_before_the_process_started_it_is_tried_again(registered, home, connect, tmp_path):
    """An attempt that was noted and has no process is lost; the second one succeeds."""
    task, state, blobs, locations = registered
    _queued(task, state, blobs, locations)
    _begun(state, blobs, locations)
    (tmp_path / "go").touch()
    client = connect(ensure_running(str(home)))
    assert client.until(KEY.identifier).closure.phase == PHASE.SUCCEEDED
    lost, good = client.attempts(KEY.identifier)
    assert lost.closure.error.code == "SandboxKilled"
    assert good.id.retry_attempt == 1


def test_killed_before_the_pid_was_noted_the_process_is_found_by_its_variables(registered, home, connect, tmp_path):
    """It isn't run a second time beside itself: the very process that was started brings the outputs."""
    task, state, blobs, locations = registered
    _queued(task, state, blobs, locations)
    runner, job, number = _begun(state, blobs, locations)
    running = runner.start(job, number)
    client = connect(ensure_running(str(home)))
    (tmp_path / "go").touch()
    assert running.wait() == 0
    assert client.until(KEY.identifier).closure.phase == PHASE.SUCCEEDED
    assert client.outputs(KEY.identifier) == {"o0": str(running.pid)}
    assert len(client.attempts(KEY.identifier)) == 1


def test_a_new_sandbox_waits_for_one_that_is_ending(home, connect):
    """SIGTERM by hand and a start right after it: the second waits for the first one's lock instead of failing."""
    first = ensure_running(str(home))
    client = connect(first)
    stubborn = "import signal; signal.signal(signal.SIGTERM, lambda *_: time.sleep(1) or sys.exit(0)); time.sleep(600)"
    identifier = client.launch(client.register(client.template(stubborn)))
    client.until(identifier, PHASE.RUNNING)
    os.kill(first.pid, signal.SIGTERM)
    while status(str(home)).running:
        time.sleep(0.005)
    second = ensure_running(str(home))
    assert second.pid != first.pid
    assert connect(second).until(identifier, PHASE.ABORTED).closure.abort_metadata.cause == "the sandbox was stopped"


def test_a_timeout_goes_on_over_a_kill(home, connect, tmp_path):
    """The time before the kill counts; an adopted container is ended like any other."""
    address = ensure_running(str(home))
    client = connect(address)
    script = f"pathlib.Path('{tmp_path}/on').touch(); time.sleep(600)"
    identifier = client.launch(client.register(client.template(script, outputs={"o0": TEXT}, timeout_s=2)))
    while not (tmp_path / "on").exists():
        time.sleep(0.01)
    client.until(identifier, PHASE.RUNNING)
    os.kill(address.pid, signal.SIGKILL)
    while identity(address.pid) is not None:  # a kill takes its time, in which the old one may still answer
        time.sleep(0.005)
    error = connect(ensure_running(str(home))).until(identifier).closure.error
    assert error.code == "TimeoutExpired"


def test_an_execution_whose_task_is_gone_fails_and_keeps_nobody_else_from_running(registered, home, connect, tmp_path):
    """A damaged state is no reason not to start."""
    task, state, blobs, locations = registered
    _queued(task, state, blobs, locations)
    with state.change() as connection:
        connection.execute("DELETE FROM tasks")
    client = connect(ensure_running(str(home)))
    assert "isn't registered" in client.until(KEY.identifier).closure.error.message
    assert client.run("succeed()").closure.phase == PHASE.SUCCEEDED
