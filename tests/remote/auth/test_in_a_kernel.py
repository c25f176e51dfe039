"""Signing in from a cell of a real kernel that has no browser, as on JupyterHub."""

import asyncio
import os
import shutil
import tempfile
from contextlib import contextmanager

import pytest
from flyteidl.admin import version_pb2
from jupyter_client import KernelManager
from jupyter_core.utils import ensure_event_loop

pytestmark = pytest.mark.kernel
TIMEOUT_S = 60
CELL = "from autocontainer_nb import FlyteRemote\nprint(FlyteRemote().check())"


class Cell:
    """What a cell has shown so far."""

    def __init__(self) -> None:
        self.streams = {"stdout": "", "stderr": ""}
        self.error = ""

    def take(self, message):
        """Keep one message."""
        kind, content = message["header"]["msg_type"], message["content"]
        if kind == "stream":
            self.streams[content["name"]] += content["text"]
        if kind == "error":
            self.error = "\n".join([content["evalue"], *content["traceback"]])


@contextmanager
def kernel(plane):
    """A kernel whose control plane is this one."""
    folder = tempfile.mkdtemp(prefix="nb", dir="/tmp")
    environ = dict(
        os.environ,
        FLYTE_PLATFORM_URL=f"127.0.0.1:{plane.port}",
        FLYTE_PLATFORM_INSECURE="true",
        IPYTHONDIR=f"{folder}/ipython",
    )
    manager = KernelManager(transport="ipc", ip=f"{folder}/k", kernel_name="python3")
    manager.start_kernel(env=environ, cwd=folder)
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=TIMEOUT_S)
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        ensure_event_loop().close()  # jupyter_client's, which it leaves open
        asyncio.set_event_loop(None)
        shutil.rmtree(folder, ignore_errors=True)


def run(client, code, person=None):
    """Execute a cell; `person` pastes what the browser ends at, where input is asked for."""
    cell = Cell()

    def paste(message):
        while client.iopub_channel.msg_ready():
            cell.take(client.get_iopub_msg(timeout=1))
        person.said.append(cell.streams["stderr"])
        client.input(person.paste())

    client.execute_interactive(
        code, allow_stdin=person is not None, stdin_hook=paste, output_hook=cell.take, timeout=TIMEOUT_S
    )
    return cell


def test_the_address_is_pasted_and_no_traceback_shows_a_token(guarded, provider, person):
    """Without input: what else there is. With it: signed in. Then a failure, shown with all variables of all frames."""
    guarded.answers["GetOAuth2Metadata"].ClearField("device_authorization_endpoint")
    guarded.answers["GetVersion"] = version_pb2.GetVersionResponse(
        control_plane_version=version_pb2.Version(Version="v1.16.8")
    )
    with kernel(guarded) as client:
        assert "Nobody can be asked" in run(client, CELL).error
        cell = run(client, CELL, person)
        assert cell.streams["stdout"].strip() == "v1.16.8", cell.error
        assert len(person.pasted) == 1
        provider.tokens.clear()
        provider.answers[:] = [(400, '{"error": "unauthorized_client", "error_description": "no"}')]
        failed = run(client, f"%xmode Verbose\n{CELL}").error
    assert "unauthorized_client" in failed
    assert "refresh_token" in failed  # the names are there, so the frames were shown ...
    secrets = provider.secrets() | {form["refresh_token"] for form in provider.asked("refresh_token")}
    assert [secret for secret in secrets if secret in failed] == []  # ... and the values aren't
