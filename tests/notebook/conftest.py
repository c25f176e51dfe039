"""A shell in this process for what needs no kernel; a real kernel, with a sandbox of its own, for all else."""

import asyncio
import atexit
import os
import shutil
import signal
import sys
import tempfile
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import pytest
from flyteidl.admin import project_pb2
from flyteidl.service import admin_pb2_grpc
from IPython.core.interactiveshell import InteractiveShell
from jupyter_client.manager import KernelManager
from jupyter_core.utils import ensure_event_loop
from traitlets.config import Config

TIMEOUT_S = 120


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """An IPython shell without a history file; `__main__` is put back afterwards."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    monkeypatch.setattr(sys, "path", list(sys.path))
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    made = InteractiveShell(config=config)
    yield made
    atexit.unregister(made.atexit_operations)
    made.atexit_operations()
    made.restore_sys_module_state()


@dataclass
class CellRun:
    """What one cell sent to the front end."""

    status: str = ""
    messages: list = field(default_factory=list)
    prompts: list = field(default_factory=list)

    def of(self, kind):
        return [content for name, content in self.messages if name == kind]

    def stream(self, name):
        return "".join(content["text"] for content in self.of("stream") if content["name"] == name)

    @property
    def stdout(self):
        return self.stream("stdout")

    @property
    def stderr(self):
        return self.stream("stderr")

    @property
    def displays(self):
        return [content["data"] for content in self.of("display_data")]

    @property
    def updates(self):
        return [content["data"] for content in self.of("update_display_data")]

    @property
    def result(self):
        found = self.of("execute_result")
        return found[-1]["data"] if found else None

    @property
    def error(self):
        """The lines of the traceback shown, without colours; empty where the cell succeeded."""
        import re

        return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join("\n".join(one["traceback"]) for one in self.of("error")))


class Kernel:
    """A running kernel and a client that keeps every message."""

    def __init__(self, environ):
        # Unix sockets: no port to race for, no traffic on the network. Their paths must be short.
        self._folder = tempfile.mkdtemp(prefix="nb", dir="/tmp")
        self._environ = environ
        self._start()

    def _start(self):
        self.manager = KernelManager(transport="ipc", ip=f"{self._folder}/k", kernel_name="python3")
        self.manager.start_kernel(env=self._environ, cwd=self._folder)
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=TIMEOUT_S)

    def run(self, code, *, answer=None, during=None):
        """Execute a cell. `answer` replies to input(); `during(kernel, kind, content)` sees each message."""
        run = CellRun()

        def on_output(message):
            kind, content = message["header"]["msg_type"], message["content"]
            run.messages.append((kind, content))
            if during is not None:
                during(self, kind, content)

        def on_input(message):
            run.prompts.append(message["content"]["prompt"])
            self.client.input(answer)

        reply = self.client.execute_interactive(
            code,
            allow_stdin=answer is not None,
            stdin_hook=on_input,
            output_hook=on_output,
            timeout=TIMEOUT_S,
        )
        run.status = reply["content"]["status"]
        return run

    def ok(self, code, **options):
        """Execute a cell that must succeed."""
        run = self.run(code, **options)
        assert run.status == "ok", run.error
        return run

    def settled(self, run):
        """Return the run with what its displays have added until they are final: no cell waits for that."""
        alive = "any('live display' in t.name for t in __import__('threading').enumerate())"
        later = self.ok(f"import time\nwhile {alive}: time.sleep(0.01)")
        return CellRun(run.status, [*run.messages, *later.messages], run.prompts)

    def interrupt(self):
        # Not by the manager: within an output hook it would start an event loop of its own, and never close it.
        os.kill(self.manager.provisioner.pid, signal.SIGINT)

    def restart(self):
        """Kill the process and start a new one, as `Restart kernel` does."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        shutil.rmtree(self._folder, ignore_errors=True)
        Path(self._folder).mkdir()
        self._start()

    def complete(self, code):
        reply = self.client.complete(code, len(code), reply=True, timeout=TIMEOUT_S)
        return reply["content"]["matches"]

    def stop(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        assert not self.manager.is_alive()
        ensure_event_loop().close()  # jupyter_client's, which it leaves open
        asyncio.set_event_loop(None)
        shutil.rmtree(self._folder, ignore_errors=True)


@contextmanager
def sandbox_home(folder):
    """A directory for a sandbox; the sandbox is stopped at the end, and is proved to have stopped."""
    from autocontainer_nb.sandbox import process

    place = folder / "state"
    yield place
    process.stop(str(place))
    assert not process.status(str(place)).running


def new_project(home):
    """Start the sandbox of this home, unless it runs, and return a project that nobody else uses."""
    from autocontainer_nb.sandbox import process

    address = process.ensure_running(str(home))
    name = f"p{uuid.uuid4().hex[:12]}"
    request = project_pb2.ProjectRegisterRequest(project=project_pb2.Project(id=name, name=name))
    with grpc.insecure_channel(address.endpoint) as channel:
        stub = admin_pb2_grpc.AdminServiceStub(channel)
        stub.RegisterProject(request, metadata=(("authorization", f"Bearer {address.token}"),), timeout=TIMEOUT_S)
    return name


@contextmanager
def loaded_kernel(home, folder, **variables):
    """A kernel with the extension loaded."""
    environ = dict(
        os.environ,
        AUTOCONTAINER_NB_HOME=str(home),
        AUTOCONTAINER_NB_NOTEBOOK="story",
        HOME=str(folder),
        IPYTHONDIR=str(folder / "ipython"),
        JUPYTER_CONFIG_DIR=str(folder / "jupyter"),
        **variables,
    )
    made = Kernel(environ)
    try:
        made.ok("%load_ext autocontainer_nb\nfrom autocontainer_nb import task")
        yield made
    finally:
        made.stop()


@pytest.fixture
def home(tmp_path):
    """A directory for the sandbox of this test, for one that looks into it or starts it itself."""
    with sandbox_home(tmp_path) as place:
        yield place


@pytest.fixture(scope="module")
def shared_home(tmp_path_factory):
    """A directory for the sandbox of all tests of a file."""
    with sandbox_home(tmp_path_factory.mktemp("sandbox")) as place:
        yield place


@pytest.fixture
def kernel(request, tmp_path):
    """A kernel of this test's own, in a project of its own at the file's sandbox, or at the test's where it has one."""
    if "home" in request.fixturenames:
        home, variables = request.getfixturevalue("home"), {}
    else:
        home = request.getfixturevalue("shared_home")
        variables = {"FLYTE_LOCAL_PROJECT": new_project(home)}
    with loaded_kernel(home, tmp_path, **variables) as made:
        yield made


@pytest.fixture(scope="module")
def shared_kernel(shared_home, tmp_path_factory):
    """A kernel for all tests of a file: they define what they use under names of their own."""
    with loaded_kernel(shared_home, tmp_path_factory.mktemp("kernel")) as made:
        yield made
