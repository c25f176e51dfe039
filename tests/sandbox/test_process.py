"""Starting, finding and stopping the server process."""

import json
import os
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from filelock import FileLock
from flyteidl.core import types_pb2

from autocontainer_nb.errors import SandboxError
from autocontainer_nb.sandbox import process
from autocontainer_nb.sandbox.environment import MACHINE_VARIABLES
from autocontainer_nb.sandbox.home_paths import Layout
from autocontainer_nb.sandbox.launch.container import mark_of, scratch_folder
from autocontainer_nb.sandbox.process import ensure_running, flyte_config, status, stop
from autocontainer_nb.sandbox.process_identity import identity, is_running, processes_with_variable
from autocontainer_nb.wire import PACKAGE_VERSION

pytestmark = pytest.mark.sandbox
TEXT = types_pb2.LiteralType(simple=types_pb2.STRING)
START = """
import sys
from autocontainer_nb.sandbox.process import ensure_running
print(ensure_running(sys.argv[1]).pid)
"""


def test_the_second_caller_finds_what_the_first_one_started(home):
    first = ensure_running(str(home))
    assert ensure_running(str(home)) == first
    found = status(str(home))
    assert found.running
    assert found.address == first
    assert first.endpoint in found.detail


def test_kernels_that_start_it_at_the_same_time_get_the_same_one(home):
    """A file lock decides; every other one finds the server that the first one started."""
    started = [
        subprocess.Popen([sys.executable, "-c", START, str(home)], stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    pids = {process.communicate(timeout=90)[0].strip() for process in started}
    assert pids == {str(ensure_running(str(home)).pid)}


def test_who_holds_the_lock_too_long_is_waited_for_no_further(home, monkeypatch):
    """A process that hangs while it starts the sandbox: an error names its lock and the log, and nothing is started."""
    layout = Layout(home=home)
    layout.make_directories()
    monkeypatch.setattr(process, "START_TIMEOUT_S", 0.1)
    with FileLock(layout.start_lock), pytest.raises(SandboxError, match="starting or stopping") as told:
        ensure_running(str(home))
    assert str(layout.start_lock) in str(told.value)
    assert str(layout.server_log) in str(told.value)
    assert not status(str(home)).running
    monkeypatch.undo()
    assert ensure_running(str(home)).pid


def test_it_is_detached_and_outlives_who_started_it(home):
    """Its own session, so that an interrupt in the kernel's terminal doesn't reach it."""
    answer = subprocess.run([sys.executable, "-c", START, str(home)], capture_output=True, text=True, check=True)
    pid = int(answer.stdout)
    assert answer.stderr == ""
    assert os.getsid(pid) == pid
    assert ensure_running(str(home)).pid == pid


def test_what_a_python_of_this_machine_needs_reaches_its_tasks(home, connect):
    """Paths of libraries, accelerators, proxies and certificates; nothing else, and a task's own values win."""
    given = {name: f"/of/{name}" for name in MACHINE_VARIABLES}
    other = {
        "SECRET": "s",
        "PYTHONPATH": "/nowhere",
        "LD_PRELOAD": "",
        "TZ": "Asia/Tokyo",
        "AWS_SECRET_ACCESS_KEY": "k",
    }
    subprocess.run([sys.executable, "-c", START, str(home)], env={**os.environ, **given, **other}, check=True)
    client = connect(ensure_running(str(home)))
    template = client.template("import json; succeed(o0=json.dumps(dict(os.environ)))", outputs={"o0": TEXT})
    template.container.env.add(key="CUDA_VISIBLE_DEVICES", value="3")
    found = json.loads(client.outputs(client.until(client.launch(client.register(template)), 4).id)["o0"])
    expected = {**given, "CUDA_VISIBLE_DEVICES": "3"}
    assert {name: found.get(name) for name in expected} == expected
    assert not other.keys() & found.keys()


def test_stopping_ends_it_and_is_no_error_twice(home):
    address = ensure_running(str(home))
    assert stop(str(home))
    assert identity(address.pid) is None
    assert not stop(str(home))
    assert not status(str(home)).running
    assert stop(str(home / "never")) is False


def test_stopping_ends_running_and_queued_executions_with_that_cause(home, connect):
    """Nothing goes on in the background after a stop, and the next start knows why each one ended."""
    client = connect(ensure_running(str(home)))
    task = client.register(client.template("time.sleep(600)"))
    launched = [client.launch(task) for _ in range(4)]
    client.until(launched[0], 2)
    assert stop(str(home))
    work = Layout(home=home).work
    for identifier in launched:
        mark = mark_of(scratch_folder(work / "flytesnacks" / "development" / identifier.name / "notebooktask-0"))
        assert list(processes_with_variable(*mark)) == []
    again = connect(ensure_running(str(home)))
    for identifier in launched:
        closure = again.until(identifier, 7).closure
        assert closure.abort_metadata.cause == "the sandbox was stopped"


@pytest.mark.parametrize("pid", [2**22 + 1, None])
def test_a_stale_state_file_is_recognised(home, pid):
    """A dead pid, or a pid that another process has now, is nobody's server: a new one starts."""
    address = ensure_running(str(home))
    stop(str(home))
    layout = Layout(home=home)
    record = {
        "endpoint": address.endpoint,
        "http_endpoint": address.http_endpoint,
        "pid": pid or os.getpid(),
        "identity": "some boot/12345",
        "version": "0",
        "started_at": "2024-01-01T00:00:00Z",
    }
    layout.state_file.write_text(json.dumps(record))
    assert not status(str(home)).running
    again = ensure_running(str(home))
    assert again.pid not in (pid, os.getpid())


def _rewrite_record(home, **changes):
    file = Layout(home=home).state_file
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


@pytest.mark.parametrize(
    ("version", "replaced"), [("0.0.9", True), ("0", True), ("", True), (PACKAGE_VERSION, False), ("99.1.0rc1", False)]
)
def test_a_server_of_an_earlier_release_is_replaced(home, version, replaced):
    """A later one isn't: two kernels with two releases would replace each other's forever."""
    first = ensure_running(str(home))
    _rewrite_record(home, version=version, something_newer=1)
    second = ensure_running(str(home))
    assert (second.pid != first.pid) == replaced
    assert (identity(first.pid) is None) == replaced
    assert second.endpoint == first.endpoint
    assert f"version {PACKAGE_VERSION if replaced else version}" in status(str(home)).detail


def test_a_server_of_an_earlier_release_ends_what_it_runs_first(home, connect, tmp_path):
    """It serves on while something runs, and is replaced afterwards."""
    first = ensure_running(str(home))
    client = connect(first)
    launched = client.launch(client.register(client.template(f"wait_for({str(tmp_path / 'go')!r})")))
    client.until(launched, 2)
    _rewrite_record(home, version="0.0.9")
    assert ensure_running(str(home)).pid == first.pid
    (tmp_path / "go").touch()
    client.until(launched, 4)
    deadline = time.monotonic() + 30
    while ensure_running(str(home)).pid == first.pid and time.monotonic() < deadline:
        time.sleep(0.05)
    again = ensure_running(str(home))
    assert again.pid != first.pid
    assert connect(again).until(launched, 4).closure.phase == 4


def test_a_server_of_another_machine_is_named(home):
    """It holds the lock of a shared home, and its process isn't one of this machine."""
    layout = Layout(home=home)
    layout.make_directories()
    address = ensure_running(str(home))
    _rewrite_record(home, host="node-7", identity="another boot/1")
    assert status(str(home)).detail == "no sandbox is running on this machine; the last one ran on node-7"
    with pytest.raises(SandboxError, match=r"on the machine node-7, .* set AUTOCONTAINER_NB_HOME"):
        ensure_running(str(home))
    _rewrite_record(home, host=socket.gethostname(), identity=identity(address.pid))
    assert ensure_running(str(home)) == address


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}'])
def test_a_state_file_that_makes_no_sense_is_nobodys(home, text):
    layout = Layout(home=home)
    layout.make_directories()
    layout.state_file.write_text(text)
    assert not status(str(home)).running
    assert ensure_running(str(home)).pid > 0


def test_a_start_that_fails_shows_the_log(home):
    """The message has the log file's name and what the server said last."""
    layout = Layout(home=home)
    layout.make_directories()
    layout.database.write_bytes(b"this is no database at all, and long enough to be looked at" * 20)
    with pytest.raises(SandboxError) as caught:
        ensure_running(str(home))
    assert str(layout.server_log) in str(caught.value)
    assert "file is not a database" in str(caught.value)
    assert str(layout.database) in str(caught.value)


def test_a_second_server_on_one_home_is_refused(home):
    """Two on one state would run everything twice."""
    address = ensure_running(str(home))
    answer = subprocess.run(
        [sys.executable, "-m", "autocontainer_nb.sandbox", "--home", str(home)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert answer.returncode == 1
    assert f"pid {address.pid}" in answer.stderr


def test_a_port_that_is_taken_meanwhile_is_replaced(home):
    """The last ports are taken again where they are free, others where they aren't."""
    first = ensure_running(str(home))
    stop(str(home))
    host, _, port = first.endpoint.rpartition(":")
    with socket.create_server((host, int(port))):
        second = ensure_running(str(home))
        assert second.endpoint != first.endpoint
        assert second.token == first.token


def test_secrets_and_state_are_the_owners_only(home):
    address = ensure_running(str(home))
    layout = Layout(home=home)
    for path in (layout.token_file, layout.signing_key_file, layout.state_file):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(layout.root.stat().st_mode) == 0o700
    assert address.token not in layout.state_file.read_text()
    assert address.endpoint.startswith("127.0.0.1:")


def test_the_home_comes_from_the_variable_where_none_is_given(home, monkeypatch):
    monkeypatch.setenv("AUTOCONTAINER_NB_HOME", str(home))
    assert ensure_running().home == str(home)
    assert stop()


def test_the_configuration_names_endpoint_and_token_file_but_not_the_token(home):
    """The command in it prints the token; the text itself can be shown to anybody."""
    yaml = pytest.importorskip("yaml")
    address = ensure_running(str(home))
    text = flyte_config(address)
    admin = yaml.safe_load(text)["admin"]
    assert admin["endpoint"] == f"dns:///{address.endpoint}"
    assert admin["insecure"] is True
    assert admin["authType"] == "ExternalCommand"
    printed = subprocess.run(admin["command"], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == address.token
    assert address.token not in text


def test_an_identity_is_that_of_one_run_of_one_pid():
    """A process that ended isn't running, even while nobody has collected it."""
    process = subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE)
    mine = identity(process.pid)
    assert mine
    assert is_running(process.pid, mine)
    assert not is_running(process.pid, "another run")
    assert not is_running(os.getpid(), mine)
    process.communicate(b"\n")
    assert identity(process.pid) is None
    assert identity(0) is None


def test_an_identity_depends_neither_on_the_language_nor_on_the_process_that_asks():
    """A terminal and a kernel with other settings for times and words recognise the same server."""
    code = (
        "from autocontainer_nb.sandbox.process_identity import identity; import sys; print(identity(int(sys.argv[1])))"
    )
    for language in ("C", "de_DE.UTF-8"):
        environment = {**os.environ, "LC_ALL": language, "LC_TIME": language, "TZ": "Asia/Tokyo"}
        command = [sys.executable, "-c", code, str(os.getpid())]
        told = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout.strip()
        assert told == identity(os.getpid())


def test_an_identity_outlives_a_clock_that_is_set(monkeypatch):
    """The system reports when it booted by today's clock, and so does it for processes: both move together."""
    mine = identity(os.getpid())
    boot_time, create_time = psutil.boot_time, psutil.Process.create_time
    moved = iter([0.0, 0.0, *[3600.0] * 100])  # the clock is set while it is asked
    monkeypatch.setattr(psutil, "boot_time", lambda: boot_time() + next(moved))
    monkeypatch.setattr(psutil.Process, "create_time", lambda self: create_time(self) + next(moved))
    assert identity(os.getpid()) == mine


_FORBIDDEN = ("core", "type_engine", "pickling", "runtime", "remote", "notebook", "server", "cli")


def test_a_serving_sandbox_loads_nothing_of_the_task_model(home, connect, tmp_path):
    """While it serves and runs a task, no module of core, type_engine, pickling, runtime or remote is loaded."""
    log = tmp_path / "imports"
    with log.open("w") as file:
        server = subprocess.Popen(
            [sys.executable, "-X", "importtime", "-m", "autocontainer_nb.sandbox", "--home", str(home)], stderr=file
        )
        try:
            while not status(str(home)).running:
                assert server.poll() is None
            client = connect(ensure_running(str(home)))
            assert client.address.pid == server.pid
            assert client.run("succeed()").closure.phase == 4
        finally:
            server.terminate()
            assert server.wait(timeout=60) == 0
    loaded = {line.rpartition("|")[2].strip() for line in log.read_text().splitlines() if "|" in line}
    assert "autocontainer_nb.sandbox.run.scheduler" in loaded
    ours = {name.split(".")[1] for name in loaded if name.startswith("autocontainer_nb.")}
    assert ours.isdisjoint(_FORBIDDEN)
    assert not any(name.split(".")[0] in ("IPython", "tornado", "cloudpickle") for name in loaded)


def test_importing_every_module_loads_nothing_of_the_task_model():
    """The same for all modules of the package, in a fresh process."""
    package = Path(sys.modules["autocontainer_nb.sandbox"].__file__).parent
    modules = [f"autocontainer_nb.sandbox.{path.stem}" for path in package.glob("[a-z]*.py")]
    code = f"import sys, importlib\nfor name in {modules!r}: importlib.import_module(name)\nprint(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert set(modules) <= set(loaded)
    ours = {name.split(".")[1] for name in loaded if name.startswith("autocontainer_nb.")}
    assert ours.isdisjoint(_FORBIDDEN)
