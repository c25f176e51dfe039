"""The disk runs full: the execution that did it fails with that reason, everything else goes on."""

import subprocess
import time

import pytest
from flyteidl.core import execution_pb2 as core_execution_pb2
from flyteidl.core import types_pb2

from autocontainer_nb.sandbox.process import ensure_running, stop
from autocontainer_nb.sandbox.records.state import Ballast

PHASE = core_execution_pb2.WorkflowExecution
TEXT = types_pb2.LiteralType(simple=types_pb2.STRING)
FILL = """
def fill(path):
    with open(path, "wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError as error:
                last = error
    raise last
"""


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 24 MB of its own; only root may mount one."""
    directory = tmp_path / "disk"
    directory.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(directory)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    yield directory
    stop(str(directory))
    subprocess.run(["umount", "-l", str(directory)], check=True)


@pytest.mark.sandbox
def test_a_task_that_fills_its_directory_fails_and_the_next_one_runs(small_disk, connect):
    """Its directory is removed with it, so there is room again."""
    client = connect(ensure_running(str(small_disk)))
    execution = client.run(FILL + "fill('big')", outputs={"o0": TEXT})
    assert execution.closure.phase == PHASE.FAILED
    assert "is full" in execution.closure.error.message
    assert client.run("succeed(o0='x')", outputs={"o0": TEXT}).closure.phase == PHASE.SUCCEEDED


@pytest.mark.sandbox
def test_a_task_that_fills_the_store_is_told_failed_while_the_disk_is_full(small_disk, connect):
    """The room that the sandbox keeps is enough to say so; what comes next fails alone until there is room."""
    client = connect(ensure_running(str(small_disk)))
    execution = client.run(FILL + "fill(out / 'big')", outputs={"o0": TEXT})
    assert execution.closure.phase == PHASE.FAILED
    assert "is full" in execution.closure.error.message
    (big,) = small_disk.glob("sandbox/blobs/metadata/propeller/*/*/*/*/data/0/big")
    big.unlink()
    deadline = time.monotonic() + 60
    while client.run("succeed(o0='x')", outputs={"o0": TEXT}).closure.phase != PHASE.SUCCEEDED:
        assert time.monotonic() < deadline


def test_ballast_is_taken_once_and_given_back_once(tmp_path):
    ballast = Ballast(tmp_path / "ballast", 1000)
    assert ballast.fill()
    assert ballast.fill()
    assert (tmp_path / "ballast").stat().st_size == 1000
    assert ballast.drop()
    assert not ballast.drop()
    assert not Ballast(tmp_path / "no" / "where").fill()
