"""The path of one launch is as ARCHITECTURE tells it: every frame in its order, and nothing made that isn't needed."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest

import autocontainer_nb
from autocontainer_nb.core.dynamic.dynamic import dynamic
from autocontainer_nb.core.maps.map_task import map_task
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.workflow import workflow
from autocontainer_nb.remote import client
from autocontainer_nb.remote.client import FlyteRemote

ROOT = Path(autocontainer_nb.__file__).parent
PREFIX = f"{ROOT}/"
ARCHITECTURE = ROOT.parent / "ARCHITECTURE.md"
# What only a new task needs: no function of these modules, nor any of these functions, is entered for an unchanged one.
NOT_ENTERED = (
    "pickling.archive.zip_writer", "pickling.archive.pieces", "pickling.explain", "pickling.writer.write",
    "pickling.writer.explanation", "pickling.capture.pickler.dump", "pickling.capture.code_records",
    "remote.register.code_file.prepare", "remote.register.code_file.upload", "remote.files.file_md5",
    "pickling.capture.doubts.note", "pickling.trial.trial_load.settle",
)  # fmt: skip
# On the stack when GetTask is sent: the entity, the client, the order of a launch, its registration (what it is, and
# what of it is there), and the call. Each of them decides something; one more is a frame that only passes on.
MOST_FRAMES = 8

CELLS = """
@task
def scaled(x: int) -> int:
    return int(TABLE[x]) * 3

@workflow
def twice(x: int) -> int:
    return scaled(x=scaled(x=x))

@dynamic
def fans_out(x: int) -> int:
    return scaled(x=x)

mapped = map_task(scaled)
"""


@pytest.fixture
def launch(control_plane, flyteadmin, monkeypatch, tmp_path):
    """Launches by `.remote()` from a new kernel and client; returns the frames of ours and the stack at GetTask."""
    monkeypatch.setenv("AUTOCONTAINER_NB_HOME", str(tmp_path / "home"))

    def launched(name, *, table):
        notebook = {
            "__name__": "__main__",
            "task": task,
            "workflow": workflow,
            "dynamic": dynamic,
            "map_task": map_task,
        }
        exec(CELLS, notebook)
        notebook["TABLE"] = table
        endpoint = control_plane.endpoint().address.text
        remote = FlyteRemote(endpoint, "flytesnacks", "development", insecure=True, image="ghcr.io/me/image:v1")
        monkeypatch.setattr(client, "_default", remote)
        control_plane.requests.clear()
        frames: list[str] = []
        stacks: list[list[str]] = []

        def profile(frame, event, _):
            if event == "call" and (entered := place_of(frame)):
                frames.append(entered)
                if entered == "remote.rpc.calls.call":
                    stacks.append(stack_of(frame))

        sys.setprofile(profile)
        try:
            notebook[name].remote(x=[1, 2] if name == "mapped" else 1)
        finally:
            sys.setprofile(None)
            remote.close()
        return frames, stacks[0]

    return launched


def place_of(frame) -> str:
    """Module and function of a frame of ours, of a constructor the class; empty for any other."""
    path = frame.f_code.co_filename
    if not path.startswith(PREFIX):
        return ""
    module = path[len(PREFIX) :].removesuffix(".py").replace("/", ".")
    name = frame.f_code.co_name
    if name == "__init__":
        name = type(frame.f_locals.get("self")).__name__
    return f"{module}.{name}"


def stack_of(frame) -> list[str]:
    """The frames of ours from the outermost one to this."""
    found = []
    while frame is not None:
        found.append(place_of(frame))
        frame = frame.f_back
    return [each for each in reversed(found) if each]


def told_path(number: int) -> list[str]:
    """The functions that one block of ARCHITECTURE's page on a launch lists."""
    section = ARCHITECTURE.read_text(encoding="utf-8").partition("## The path of one launch")[2].partition("\n## ")[0]
    block = section.split("```")[2 * number + 1]
    return re.findall(r"^ *([a-z_]+\.[\w.]+)(?= )", block, re.MULTILINE)


def goes_through(frames: list[str], path: list[str]) -> str:
    """The first function of the path that isn't entered after those before it; empty if all are."""
    rest = iter(frames)
    return next((each for each in path if each not in rest), "")


@pytest.mark.parametrize("name", ["scaled", "twice", "mapped", "fans_out"])
@pytest.mark.parametrize("size", [100, 2_000_000], ids=["small data", "large data"])
def test_an_unchanged_launch_takes_the_short_way(launch, control_plane, name, size):
    """A task, a graph, a map, a dynamic task, from new kernels: no pickle, no archive, no explanation, no upload."""
    table = np.random.default_rng(5).integers(0, 255, size, dtype=np.uint8)
    launch(name, table=table)
    frames, stack = launch(name, table=table.copy())
    assert [each for each in frames if each.startswith(NOT_ENTERED)] == []
    assert goes_through(frames, told_path(0)) == ""
    assert len(stack) <= MOST_FRAMES, stack
    assert stack[0] == "core.entities.entity.remote"
    called = [kind for kind, _ in control_plane.requests]
    assert set(called[:-1]) <= {"GetTask", "GetLaunchPlan", "CreateUploadLocation"}
    assert called[-1] == "CreateExecution"


@pytest.mark.parametrize("name", ["scaled", "twice"])
def test_a_new_one_goes_on_as_told(launch, name):
    """What is new is written, checked, uploaded and registered in the order that ARCHITECTURE tells."""
    frames, _ = launch(name, table=np.zeros(10))
    assert [each for each in NOT_ENTERED if not any(frame.startswith(each) for frame in frames)] == []  # names that are
    short, longer = told_path(0), told_path(1)
    at = short.index("remote.register.code_file.is_sound")
    assert goes_through(frames, [*short[:at], *longer, *short[at + 1 :]]) == ""
    assert frames.count("core.capture.reachable.reachable_entities") <= 1
    assert frames.count("pickling.meaning.meaning.meaning_of") == 1
