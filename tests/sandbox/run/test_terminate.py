"""Ending executions: running ones, queued ones, stubborn ones, and those that have ended already."""

import time

import grpc
import pytest
from flyteidl.admin import execution_pb2
from flyteidl.core import execution_pb2 as core_execution_pb2
from flyteidl.core import types_pb2

from autocontainer_nb.sandbox.environment import parallelism
from autocontainer_nb.sandbox.process_identity import identity

pytestmark = pytest.mark.sandbox
PHASE = core_execution_pb2.WorkflowExecution
NODE = core_execution_pb2.NodeExecution
TASK = core_execution_pb2.TaskExecution
TEXT = types_pb2.LiteralType(simple=types_pb2.STRING)


def _terminate(sandbox, identifier, cause="changed my mind"):
    sandbox.admin.TerminateExecution(execution_pb2.ExecutionTerminateRequest(id=identifier, cause=cause))


def _pid(path):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if path.exists() and path.read_text():
            return int(path.read_text())
        time.sleep(0.01)
    raise AssertionError(f"{path} never came")


def test_a_running_execution_is_ended_with_its_process(sandbox, tmp_path):
    """ABORTED everywhere, with the cause that was given; the container's process is gone."""
    script = f"pathlib.Path('{tmp_path}/pid').write_text(str(os.getpid())); time.sleep(600)"
    identifier = sandbox.launch(sandbox.register(sandbox.template(script)))
    pid = _pid(tmp_path / "pid")
    _terminate(sandbox, identifier)
    execution = sandbox.until(identifier, PHASE.ABORTED)
    assert execution.closure.abort_metadata.cause == "changed my mind"
    assert execution.closure.abort_metadata.principal == execution.spec.metadata.principal
    assert sandbox.nodes(identifier)[1].closure.phase == NODE.ABORTED
    assert sandbox.attempts(identifier)[0].closure.phase == TASK.ABORTED
    assert identity(pid) is None


def test_a_container_that_ignores_the_request_is_killed_with_its_children(sandbox, tmp_path):
    """SIGTERM first, SIGKILL to the whole group after the grace time."""
    script = f"""
import signal, subprocess
signal.signal(signal.SIGTERM, signal.SIG_IGN)
stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)"
child = subprocess.Popen([sys.executable, "-c", stubborn])
pathlib.Path("{tmp_path}/child").write_text(str(child.pid))
time.sleep(600)
"""
    identifier = sandbox.launch(sandbox.register(sandbox.template(script, retries=2)))
    child = _pid(tmp_path / "child")
    _terminate(sandbox, identifier)
    sandbox.until(identifier, PHASE.ABORTED)
    assert len(sandbox.attempts(identifier)) == 1
    deadline = time.monotonic() + 60
    while identity(child) is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert identity(child) is None


DAEMONS = """
import subprocess
waits = "import signal, sys, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)"
daemon = (
    "import os, pathlib, subprocess, sys\\n"
    f"child = subprocess.Popen([sys.executable, '-c', {waits!r}], start_new_session=True)\\n"
    "pathlib.Path('FOLDER/daemon').write_text(str(child.pid))"
)
session = subprocess.Popen([sys.executable, "-c", waits], start_new_session=True)
pathlib.Path("FOLDER/session").write_text(str(session.pid))
subprocess.run([sys.executable, "-c", daemon], start_new_session=True)
"""


def _until_gone(pid):
    deadline = time.monotonic() + 60
    while identity(pid) is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    return identity(pid) is None


def test_what_has_left_the_process_group_is_ended_too(sandbox, tmp_path):
    """A child with a session of its own, and a daemon whose parent has ended: in a pod neither would live on."""
    script = DAEMONS.replace("FOLDER", str(tmp_path)) + "time.sleep(600)"
    identifier = sandbox.launch(sandbox.register(sandbox.template(script)))
    pids = [_pid(tmp_path / "session"), _pid(tmp_path / "daemon")]
    assert None not in map(identity, pids)
    _terminate(sandbox, identifier)
    sandbox.until(identifier, PHASE.ABORTED)
    assert all(map(_until_gone, pids))


def test_what_a_task_leaves_running_ends_with_it(sandbox, tmp_path):
    """The same where the code ends by itself: by then all that it has started is gone."""
    execution = sandbox.run(DAEMONS.replace("FOLDER", str(tmp_path)) + "succeed()")
    assert execution.closure.phase == PHASE.SUCCEEDED
    assert all(_until_gone(_pid(tmp_path / name)) for name in ("session", "daemon"))


def test_a_container_may_clean_up_and_its_outputs_no_longer_count(sandbox, tmp_path):
    """SIGTERM reaches the code; an execution that somebody ended doesn't succeed any more."""
    script = f"""
import signal
def end(*_):
    succeed(o0="late")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
pathlib.Path("{tmp_path}/pid").write_text(str(os.getpid()))
time.sleep(600)
"""
    identifier = sandbox.launch(sandbox.register(sandbox.template(script, outputs={"o0": TEXT})))
    _pid(tmp_path / "pid")
    _terminate(sandbox, identifier)
    sandbox.until(identifier, PHASE.ABORTED)


def test_a_queued_execution_never_starts(sandbox, tmp_path):
    """No more containers run than there is room for; what waits is QUEUED and can be ended at once."""
    waiting = sandbox.register(sandbox.template(f"wait_for('{tmp_path}/go')"))
    busy = [sandbox.launch(waiting) for _ in range(parallelism())]
    for identifier in busy:
        sandbox.until(identifier, PHASE.RUNNING)
    marking = sandbox.register(sandbox.template(f"pathlib.Path('{tmp_path}/started').touch()"))
    queued = sandbox.launch(marking)
    assert sandbox.get(queued).closure.phase == PHASE.QUEUED
    _terminate(sandbox, queued)
    assert sandbox.get(queued).closure.phase == PHASE.ABORTED
    (tmp_path / "go").touch()
    for identifier in busy:
        assert sandbox.until(identifier).closure.phase == PHASE.SUCCEEDED
    assert not (tmp_path / "started").exists()


def test_what_has_ended_cannot_be_ended(sandbox, refused):
    """FAILED_PRECONDITION, as with flyteadmin, with the phase it ended in."""
    execution = sandbox.run("pass")
    details = refused(grpc.StatusCode.FAILED_PRECONDITION, lambda: _terminate(sandbox, execution.id))
    assert execution.id.name in details
    assert "SUCCEEDED" in details


def test_an_unknown_execution_cannot_be_ended(sandbox, refused):
    nowhere = core_identifier("nowhere")
    assert "nowhere" in refused(grpc.StatusCode.NOT_FOUND, lambda: _terminate(sandbox, nowhere))


def core_identifier(name):
    from autocontainer_nb.idl.identifiers import execution_id

    return execution_id("flytesnacks", "development", name)
