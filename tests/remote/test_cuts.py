"""A line that fails at each call of a run in turn: every execution has exactly one handle, and none is there twice.

A seed says which fault each run meets. `AUTOCONTAINER_NB_CUTS=300` makes as many runs (`make test-cuts`).
"""

import os
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from line import Fault, Line

from autocontainer_nb.core.tasks.container_task import ContainerTask
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.remote import observers
from autocontainer_nb.remote.client import FlyteRemote
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.sandbox import process

pytestmark = pytest.mark.sandbox

RUNS = int(os.environ.get("AUTOCONTAINER_NB_CUTS", "30"))
SEED = int(os.environ.get("AUTOCONTAINER_NB_CUTS_SEED", "11"))
FIRST_CALLS = 5  # GetTask, GetProject, CreateTask, CreateExecution, and what a wait asks at least once
WITH_CODE = 7  # and CreateUploadLocation, asked in two ways
CALLS = 3  # GetTask, CreateExecution, and that
FIRST_EVERY = 6
LIMIT_S = 1.0  # of a call; a held one costs a run that much


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The home of a sandbox of this module."""
    folder = str(tmp_path_factory.mktemp("home"))
    yield folder
    process.stop(folder)
    assert not process.status(folder).running


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls have little time, so that a held one is given up soon; how long they are repeated stays as it is."""
    for name, rpc in vars(methods).copy().items():
        if isinstance(rpc, methods.Rpc):
            monkeypatch.setattr(methods, name, replace(rpc, timeout_s=LIMIT_S))


def function_task(number: int) -> Any:
    """Return a task of a notebook that no run before has had."""
    names: dict[str, Any] = {"__name__": "__main__", "task": task, "NUMBER": number}
    exec("@task\ndef numbered() -> int:\n    return NUMBER\n", names)
    return names["numbered"]


@pytest.fixture
def launched() -> Iterator[list[Any]]:
    """The executions that observers hear of."""
    seen: list[Any] = []
    observers.on_launch.append(seen.append)
    yield seen
    observers.on_launch.remove(seen.append)


@pytest.mark.usefixtures("quick")
@pytest.mark.timeout(60 + 4 * RUNS)
def test_every_execution_has_one_handle(home: str, launched: list[Any]) -> None:
    """Cut, reset, delayed or held back, before and behind the server: the launch returns, and so does the wait."""
    address = process.ensure_running(home)
    host, _, port = address.endpoint.rpartition(":")
    chance = random.Random(SEED)
    direct = FlyteRemote(home=home)
    handles, met = [], 0
    with Line(host, int(port), late_s=0.3, held_s=2 * LIMIT_S) as line:
        there = f"127.0.0.1:{line.port}"
        image = address.default_image
        remote = FlyteRemote(there, insecure=True, token=address.token, image=image)
        # A run may need fewer calls than the one that was to fail, which hangs on the machine: then it doesn't count.
        while met < RUNS and len(handles) < 2 * RUNS:
            run = len(handles)
            fault = chance.choice(list(Fault))
            number, turn = divmod(run, FIRST_EVERY)
            has_code = number % 2 == 1 and not turn  # the start of a Python takes its time
            line.fault_at(run % CALLS if turn else number % (WITH_CODE if has_code else FIRST_CALLS), fault)
            shell = ContainerTask(name=f"cut-{number}", image=image, command=["/bin/true"])
            execution = remote.launch(function_task(number) if has_code else shell)
            execution.wait(timeout_s=60)
            met += line.faults
            line.faults = 0
            line.no_fault()
            handles.append(execution.id)
            assert execution.phase == "SUCCEEDED", f"run {run}, {fault.name} (seed {SEED})"
        remote.close()
    assert len(set(handles)) == len(handles)
    assert [each.id for each in launched] == handles
    there_are = [each.id for each in direct.executions(limit=20 * RUNS)]
    direct.close()
    assert sorted(there_are) == sorted(handles)
    assert met >= RUNS, f"only {met} faults of {len(handles)} met a call"
