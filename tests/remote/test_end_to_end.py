"""The whole line with nothing replaced: a task of this file, a sandbox of its own, a container process, and back."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.errors import (
    ConfigError,
    ExecutionFailedError,
    InvalidArgumentError,
    NotFoundError,
    UnauthenticatedError,
)
from autocontainer_nb.remote.client import FlyteRemote
from autocontainer_nb.sandbox import process
from autocontainer_nb.sandbox.process import flyte_config

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Iterator[str]:
    """The home of a sandbox that this module's tests share; proved to be gone afterwards."""
    folder = str(tmp_path_factory.mktemp("home"))
    yield folder
    process.stop(folder)
    assert not process.status(folder).running


@pytest.fixture
def remote(home) -> Iterator[FlyteRemote]:
    """A client of the module's sandbox."""
    client = FlyteRemote(home=home)
    yield client
    client.close()


FACTOR = 10


@task
def multiply(x: int, times: int = 2) -> int:
    """Use a global and a default."""
    print(f"multiplying {x}")  # noqa: T201 - the log is what the test reads
    return FACTOR * x * times


@task
def sleep_until(path: str) -> str:
    """Run until a file is there."""
    while not Path(path).exists():
        time.sleep(0.02)
    return "awake"


def wait_for_phase(run, phase):
    """Return when the execution is in the phase; the test's own time limit ends it otherwise."""
    deadline = time.monotonic() + 30
    while run.phase != phase:
        assert time.monotonic() < deadline, run.state()
        time.sleep(0.02)


def test_a_value_goes_there_and_comes_back(remote):
    """Positional and named arguments, a default, a global; the log has what the task printed."""
    run = remote.submit(multiply, (3,), {})
    assert run.id[0] == "a"
    assert run.result(timeout_s=60) == 60
    assert run.outputs == {"o0": 60}
    assert "multiplying 3" in run.logs()
    assert "multiplying 3" in run.state().log_tail
    assert remote.launch(multiply, x=1, times=5).result(timeout_s=60) == 50


def test_a_second_run_uploads_and_registers_nothing(remote, home):
    """One registered version after two runs by two clients, another after a global has changed, with its new value."""
    notebook = {"__name__": "__main__", "task": task, "FACTOR": 10}
    exec("@task\ndef multiply(x: int, times: int = 2) -> int:\n    return x * FACTOR * times", notebook)
    multiply = notebook["multiply"]
    first = remote.register(multiply)
    blobs = sorted(Path(home).rglob("entities.pkl"))
    with_another_client = FlyteRemote(home=home)
    assert with_another_client.launch(multiply, x=1).result(timeout_s=60) == 20
    assert with_another_client.register(multiply) == first
    with_another_client.close()
    assert sorted(Path(home).rglob("entities.pkl")) == blobs
    notebook["FACTOR"] = 100
    assert remote.launch(multiply, x=1).result(timeout_s=60) == 200
    assert len(sorted(Path(home).rglob("entities.pkl"))) == len(blobs) + 1


def test_await_in_a_running_loop(remote, tmp_path):
    """Two executions are awaited together while the loop itself makes them end."""

    async def main():
        release = tmp_path / "release"
        runs = [remote.launch(sleep_until, path=str(release)) for _ in range(2)]
        waiting = asyncio.gather(*runs)
        await asyncio.sleep(0.05)
        release.touch()
        return await waiting

    assert asyncio.run(main()) == ["awake", "awake"]


def test_a_wait_survives_the_sandboxs_death(tmp_path):
    """By kill -9 while a task runs and a wait is on: the wait starts the sandbox again, and ends one way or another."""
    own_home = str(tmp_path / "home")
    remote = FlyteRemote(home=own_home)
    try:
        release = tmp_path / "release"
        run = remote.launch(sleep_until, path=str(release))
        wait_for_phase(run, "RUNNING")
        os.kill(process.status(own_home).address.pid, signal.SIGKILL)
        release.touch()
        with suppress(ExecutionFailedError):
            assert run.result(timeout_s=60) == "awake"
        assert run.phase in {"SUCCEEDED", "FAILED"}
        assert process.status(own_home).running
    finally:
        remote.close()
        process.stop(own_home)
    assert not process.status(own_home).running


def test_looking_does_not_start_a_stopped_sandbox(tmp_path):
    """A display that goes on asking leaves a stopped sandbox stopped, and says so; the next other call starts it."""
    own_home = str(tmp_path / "home")
    remote = FlyteRemote(home=own_home)
    try:
        run = remote.launch(sleep_until, path=str(tmp_path / "never"))
        wait_for_phase(run, "RUNNING")
        process.stop(own_home)
        assert "unreachable" in run.state().note
        assert not process.status(own_home).running
        run.wait(timeout_s=60)
        assert process.status(own_home).running
        assert run.is_done
    finally:
        remote.close()
        process.stop(own_home)


def test_wrong_token_wrong_project_wrong_domain(remote, home):
    """Each is told with the endpoint and a next step."""
    address = process.ensure_running(home)
    stranger = FlyteRemote(address.endpoint, insecure=True, token="wrong", image=address.default_image)
    with pytest.raises(UnauthenticatedError, match=address.endpoint) as caught:
        stranger.launch(multiply, x=1)
    assert address.token not in str(caught.value)
    elsewhere = FlyteRemote(home=home, project="nowhere")
    with pytest.raises((NotFoundError, InvalidArgumentError), match="nowhere"):
        elsewhere.launch(multiply, x=1)
    other_domain = FlyteRemote(home=home, domain="nowhere")
    with pytest.raises((ConfigError, NotFoundError, InvalidArgumentError), match="nowhere"):
        other_domain.launch(multiply, x=1)
    for client in (stranger, elsewhere, other_domain):
        client.close()
    assert remote.check()


def test_an_endpoint_by_address_is_the_same_code(home):
    """The sandbox as if it were a cluster: address, token and image by argument."""
    address = process.ensure_running(home)
    client = FlyteRemote(address.endpoint, insecure=True, token=address.token, image=address.default_image)
    assert client.launch(multiply, x=2).result(timeout_s=60) == 40
    assert client.where == address.endpoint
    client.close()


def test_the_sandboxs_own_configuration_file_works_like_a_clusters(home, tmp_path):
    """What `autocontainer-nb sandbox config` prints is enough for a client that knows nothing else."""
    address = process.ensure_running(home)
    path = tmp_path / "config.yaml"
    path.write_text(flyte_config(address))
    client = FlyteRemote(config_file=str(path), image=address.default_image)
    assert not client.is_sandbox
    assert client.launch(multiply, x=3).result(timeout_s=60) == 60
    client.close()
