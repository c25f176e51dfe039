"""Each recorded definition launched from its cells, at a control plane that replays a real Flyte, call by call."""

import linecache
import re
from collections.abc import Iterator
from typing import Any

import pytest
import recorded_flyte
from answers import AnsweringControlPlane, Refuse
from quirky_flyteadmin import QuirkyFlyteadmin, StrictStore, serving_store

from autocontainer_nb.errors import ExecutionError
from autocontainer_nb.remote import observers
from autocontainer_nb.remote.client import FlyteRemote

# The name is another one, and where it failed wasn't told when the recordings were made.
OTHER_WORDS = (
    (re.compile(r"Execution \w+ of"), "Execution of"),
    (re.compile(r" failed in (?:item \d+ of )?(?:node|gate) \S+ \([^)]*\)"), " failed"),
)


@pytest.fixture(scope="module")
def store() -> Iterator[StrictStore]:
    """A store that takes uploads as strictly as S3."""
    with serving_store() as served:
        yield served


def notebook(recording: recorded_flyte.Recording) -> dict[str, Any]:
    """Run the cells as a notebook's, and return their names."""
    file = f"<{recording.name}>"
    linecache.cache[file] = (len(recording.cells), None, recording.cells.splitlines(keepends=True), file)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(recording.cells, file, "exec"), namespace)
    return namespace


def words(text: str) -> str:
    """Return the text without what is another one in each run."""
    for pattern, instead in OTHER_WORDS:
        text = pattern.sub(instead, text, count=1)
    return text


@pytest.mark.parametrize("name", recorded_flyte.names())
def test_a_launch_goes_through_the_recorded_phases_to_the_recorded_end(name, store, monkeypatch):
    """Registered, created, waited for: the phases that were seen, then the same value or the same error."""
    recording = recorded_flyte.recording(name)
    plane = AnsweringControlPlane(
        recorded_flyte.RecordedFlyte(recording, registry=QuirkyFlyteadmin(store, Refuse)).answers
    )
    remote = FlyteRemote(control_plane=plane, image="python-3.11")
    entity = notebook(recording)[recording.entity]
    seen: list[str] = []
    monkeypatch.setattr(observers, "on_wait", [lambda _, state: seen.append(state.phase)])
    for run in recording.runs:
        seen.clear()
        try:
            got = repr(remote.launch(entity, **recording.inputs).result(timeout_s=20))
        except ExecutionError as error:
            got = f"{type(error).__name__}: {error}"
        assert words(got).startswith(words(recording.value)), got
        told = ["QUEUED" if phase == "UNDEFINED" else phase for phase in run.phases]
        assert list(dict.fromkeys(seen)) == [phase for phase in told if phase in seen]
        assert seen[-1] == told[-1]
    assert plane.counts["CreateExecution"] == len(recording.runs)
    registered = plane.counts["CreateTask"] + plane.counts["CreateWorkflow"]
    assert registered, "nothing was registered"
    assert plane.counts["CreateUploadLocation"] or "ContainerTask" in recording.cells
