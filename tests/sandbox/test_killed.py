"""The sandbox is killed with `kill -9`: restarted, it knows every execution and brings each one to its end."""

import os
import signal
import time

import grpc
import pytest
from flyteidl.core import execution_pb2 as core_execution_pb2
from flyteidl.core import types_pb2

from autocontainer_nb.sandbox.environment import parallelism
from autocontainer_nb.sandbox.process import ensure_running, status
from autocontainer_nb.sandbox.process_identity import identity

pytestmark = pytest.mark.sandbox
PHASE = core_execution_pb2.WorkflowExecution
TASK = core_execution_pb2.TaskExecution
SYSTEM = core_execution_pb2.ExecutionError.SYSTEM
TEXT = types_pb2.LiteralType(simple=types_pb2.STRING)


def _kill(address):
    os.kill(address.pid, signal.SIGKILL)
    while identity(address.pid) is not None:
        time.sleep(0.005)
    assert not status(address.home).running


def _appears(path):
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} never came"
        time.sleep(0.01)


def test_a_container_that_still_runs_is_adopted_and_awaited(home, connect, tmp_path):
    """It isn't started again: the same process brings the outputs; what was queued runs afterwards."""
    first = ensure_running(str(home))
    client = connect(first)
    script = f"""
me = str(os.getpid())
pathlib.Path("{tmp_path}", me).touch()
wait_for("{tmp_path}/go")
succeed(o0=me)
"""
    task = client.register(client.template(script, outputs={"o0": TEXT}))
    running = [client.launch(task) for _ in range(parallelism())]
    for identifier in running:
        client.until(identifier, PHASE.RUNNING)
    queued = client.launch(task)
    while len(list(tmp_path.glob("[0-9]*"))) < len(running):
        time.sleep(0.01)
    _kill(first)
    second = ensure_running(str(home))
    assert (second.endpoint, second.http_endpoint, second.token) == (first.endpoint, first.http_endpoint, first.token)
    assert second.pid != first.pid
    again = connect(second)
    assert {again.get(identifier).closure.phase for identifier in running} == {PHASE.RUNNING}
    started = {path.name for path in tmp_path.glob("[0-9]*")}
    (tmp_path / "go").touch()
    for identifier in running:
        assert again.until(identifier).closure.phase == PHASE.SUCCEEDED
        assert again.outputs(identifier)["o0"] in started
        assert len(again.attempts(identifier)) == 1
    assert again.until(queued).closure.phase == PHASE.SUCCEEDED


def test_containers_that_ended_meanwhile_are_judged_by_what_they_left(home, connect, tmp_path):
    """outputs.pb is success, error.pb its own failure, nothing at all a lost attempt that is tried again."""
    address = ensure_running(str(home))
    client = connect(address)
    scripts = {
        "succeeds": "succeed(o0='done')",
        "fails": "fail('its own words')",
        "vanishes": "succeed(o0='second try') if attempt else None",
    }
    launched = {}
    for name, ending in scripts.items():
        script = (
            f"me = pathlib.Path('{tmp_path}/{name}-' + str(attempt)); me.with_suffix('.on').touch()\n"
            f"attempt or wait_for('{tmp_path}/go-{name}')\n{ending}\nme.with_suffix('.off').touch()"
        )
        task = client.register(client.template(script, outputs={"o0": TEXT}))
        launched[name] = client.launch(task)
        _appears(tmp_path / f"{name}-0.on")
        client.until(launched[name], PHASE.RUNNING)
        if len(launched) == parallelism():
            break
    _kill(address)
    for name in launched:
        (tmp_path / f"go-{name}").touch()
        _appears(tmp_path / f"{name}-0.off")
    again = connect(ensure_running(str(home)))
    assert again.until(launched["succeeds"]).closure.phase == PHASE.SUCCEEDED
    assert again.until(launched["fails"]).closure.error.message == "its own words"


def test_a_lost_container_is_tried_again_and_the_first_attempt_says_why(home, connect, tmp_path):
    """A machine's or a sandbox's death isn't the user's error: a system retry follows, without any retries set."""
    address = ensure_running(str(home))
    client = connect(address)
    script = f"""
pathlib.Path("{tmp_path}/pid").write_text(str(os.getpid()))
attempt or time.sleep(600)
succeed(o0="second try")
"""
    identifier = client.launch(client.register(client.template(script, outputs={"o0": TEXT})))
    _appears(tmp_path / "pid")
    client.until(identifier, PHASE.RUNNING)
    _kill(address)
    pid = int((tmp_path / "pid").read_text())
    os.kill(pid, signal.SIGKILL)
    while identity(pid) is not None:
        time.sleep(0.005)
    again = connect(ensure_running(str(home)))
    assert again.until(identifier).closure.phase == PHASE.SUCCEEDED
    assert again.outputs(identifier) == {"o0": "second try"}
    lost, good = again.attempts(identifier)
    assert (lost.closure.phase, lost.closure.error.code, lost.closure.error.kind) == (
        TASK.FAILED,
        "SandboxKilled",
        SYSTEM,
    )
    assert "sandbox was killed" in lost.closure.error.message
    assert good.closure.phase == TASK.SUCCEEDED


def test_an_execution_that_was_being_ended_is_ended(home, connect, tmp_path):
    """Killed between the request and the container's death: the next sandbox kills it and says ABORTED."""
    from flyteidl.admin import execution_pb2

    address = ensure_running(str(home))
    client = connect(address)
    script = f"""
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path("{tmp_path}/pid").write_text(str(os.getpid()))
time.sleep(600)
"""
    identifier = client.launch(client.register(client.template(script)))
    _appears(tmp_path / "pid")
    client.until(identifier, PHASE.RUNNING)
    client.admin.TerminateExecution(execution_pb2.ExecutionTerminateRequest(id=identifier, cause="enough"))
    _kill(address)
    again = connect(ensure_running(str(home)))
    execution = again.until(identifier, PHASE.ABORTED)
    assert execution.closure.abort_metadata.cause == "enough"


def test_killed_again_and_again_it_loses_nothing(home, connect, tmp_path):
    """Whatever moment the kill hits: every execution that was accepted ends, and none is unknown."""
    accepted = []
    task = None
    for round_number in range(6):
        address = ensure_running(str(home))
        client = connect(address)
        task = task or client.register(client.template("succeed(o0='x')", outputs={"o0": TEXT}))
        accepted += [client.launch(task) for _ in range(3)]
        time.sleep(0.03 * round_number)
        _kill(address)
    again = connect(ensure_running(str(home)))
    for identifier in accepted:
        closure = again.until(identifier).closure
        assert closure.phase == PHASE.SUCCEEDED or closure.error.code.endswith("SandboxKilled"), closure
        (last, *_) = again.attempts(identifier)[::-1]
        assert last.closure.phase in (TASK.SUCCEEDED, TASK.FAILED)


def test_signed_links_outlive_the_server(home, connect):
    """Key and port stay, so that a link made before the kill still works."""
    import urllib.request

    address = ensure_running(str(home))
    client = connect(address)
    execution = client.run("print('kept'); succeed()")
    link = client.attempts(execution.id)[0].closure.logs[0].uri
    _kill(address)
    ensure_running(str(home))
    with urllib.request.urlopen(link, timeout=10) as answer:
        assert answer.read() == b"kept\n"


def test_while_it_is_dead_clients_are_told_that_nobody_answers(home, connect):
    address = ensure_running(str(home))
    client = connect(address)
    execution = client.run("pass")
    _kill(address)
    with pytest.raises(grpc.RpcError) as caught:
        client.get(execution.id)
    assert caught.value.code() == grpc.StatusCode.UNAVAILABLE
