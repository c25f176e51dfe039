"""What is remembered of a task's last run, and what is said of the next one."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from flyteidl.admin import task_pb2
from flyteidl.core import literals_pb2, tasks_pb2

from autocontainer_nb.pickling.meaning.changes import changes, changes_text
from autocontainer_nb.remote.register import last_runs
from autocontainer_nb.remote.register.last_runs import (
    FOLDER,
    MAX_BYTES,
    LastRun,
    Place,
    Stored,
    StoredObject,
    compared,
    last_run,
    note,
    remember,
)
from autocontainer_nb.remote.register.parts import registered_parts

RATE: dict[str, Any] = {"name": "rate", "kind": "value", "type": "float", "digest": "a", "shown": "0.5"}
PARTS = (RATE,)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(str(tmp_path / "home"), "sandbox", "nb.train")


def test_where_everything_is_stored_is_remembered(place: Place) -> None:
    """Folders and MD5s come back; a run of the same version at another place is noted; nonsense is no run at all."""
    stored = Stored(1, "autocontainer-nb/x", {"ab": StoredObject("autocontainer-nb-data/ab", "content", "0f" * 16)})
    remember(place, LastRun("v1", 5.0, PARTS, stored))
    assert last_run(place) == LastRun("v1", 5.0, PARTS, stored)
    moved = Stored(2, "autocontainer-nb/y")
    compared(place, "v1", PARTS, moved, was_new=True)
    assert last_run(place) == LastRun("v1", 5.0, PARTS, moved)
    for wrong in ({"salt": "x"}, {"salt": 0, "code_root": "", "objects": {"ab": ["r", "no hex"]}}, [], "x"):
        place.path.write_text(json.dumps({**json.loads(place.path.read_text()), "stored": wrong}))
        assert last_run(place) is None
        remember(place, LastRun("v1", 5.0, PARTS, stored))


def test_a_run_is_remembered_for_its_owner_only(place: Place) -> None:
    """Another process finds it; nobody else may read it; another control plane or task has its own."""
    assert last_run(place) is None
    remember(place, LastRun("v1", 5.0, PARTS))
    assert last_run(place) == LastRun("v1", 5.0, PARTS)
    assert stat.S_IMODE(place.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.path.parent.stat().st_mode) == 0o700
    assert [path.name for path in place.path.parent.iterdir()] == [place.path.name]
    assert last_run(Place(place.home, "cluster:81", "nb.train")) is None
    assert last_run(Place(place.home, "sandbox", "nb.other")) is None


def test_what_is_said_of_each_kind_of_run(place: Place) -> None:
    """Nothing at first; then since when it is unchanged, or what changed; and whether anything was uploaded."""
    other = ({**RATE, "digest": "b", "shown": "0.7"},)
    assert compared(place, "v1", PARTS, was_new=True) == ""
    assert compared(place, "v1", PARTS, was_new=False).startswith("unchanged since ")
    assert compared(place, "v1", PARTS, was_new=False).endswith(", nothing uploaded")
    assert compared(place, "v1", PARTS, was_new=True).endswith(", uploaded again")
    assert compared(place, "v2", other, was_new=True) == "rate 0.5 ► 0.7"
    assert compared(place, "v1", PARTS, was_new=False) == "rate 0.7 ► 0.5 (nothing uploaded: it ran like this before)"
    assert note(None, LastRun("v", 0.0), was_new=False) == "unchanged, nothing uploaded"
    unnamed = note(LastRun("v", 0.0, PARTS), LastRun("w", 0.0, PARTS), was_new=True)
    assert unnamed == "changed in an unnamed part"


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "7", '{"form": 1}', '{"form": 1, "version": 1, "since_s": 0, "parts": [{"name": 1}]}']
)
def test_a_damaged_file_is_as_good_as_none(place: Place, content: str) -> None:
    place.path.parent.mkdir(parents=True)
    place.path.write_text(content)
    assert last_run(place) is None
    assert compared(place, "v1", PARTS, was_new=True) == ""
    assert last_run(place) is not None


def test_a_home_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    place = Place(str(tmp_path / "home"), "sandbox", "t")
    assert compared(place, "v1", PARTS, was_new=True) == ""
    assert last_run(place) is None


def test_the_files_are_bounded(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """In size: first the lines go, then the parts; and in number: the oldest goes."""
    lines = ["01234567"] * 100
    remember(place, LastRun("v1", 0.0, tuple({**RATE, "name": f"f{n}", "lines": lines} for n in range(400))))
    found = last_run(place)
    assert found is not None
    assert place.path.stat().st_size <= MAX_BYTES
    assert found.parts[0]["lines"] == []
    remember(place, LastRun("v1", 0.0, tuple({**RATE, "shown": "x" * 1000} for n in range(400))))
    assert last_run(place) == LastRun("v1", 0.0)
    monkeypatch.setattr(last_runs, "MAX_FILES", 3)
    for number in range(6):
        remember(Place(place.home, "sandbox", f"t{number}"), LastRun("v", 0.0))
    assert len(list(Path(place.home, FOLDER).iterdir())) == 3
    assert last_run(Place(place.home, "sandbox", "t5")) is not None


def spec(**changes: Any) -> task_pb2.TaskSpec:
    container = tasks_pb2.Container(
        image=changes.get("image", "a:1"),
        args=["pyflyte-execute", "digest", changes.get("digest", "1")],
        env=[literals_pb2.KeyValuePair(key="API_TOKEN", value=changes.get("token", "hunter2hunter"))],
        resources=tasks_pb2.Resources(
            requests=[tasks_pb2.Resources.ResourceEntry(name="CPU", value=changes.get("cpu", "1"))]
        ),
    )
    found = task_pb2.TaskSpec(template=tasks_pb2.TaskTemplate(type="python-task", container=container))
    found.template.id.version = changes.get("version", "1")
    found.template.metadata.retries.retries = changes.get("retries", 0)
    found.template.metadata.discoverable = changes.get("discoverable", False)
    found.template.metadata.discovery_version = changes.get("cache", "ab" * 32)
    return found


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"image": "b:1"}, "image a:1 ► b:1"),
        ({"cpu": "2"}, "resources cpu 1 ► 2"),
        ({"retries": 3}, "retries 0 ► 3"),
        ({"discoverable": True}, "cache False ► True"),
        ({"token": "hunter3hunter"}, "env API_TOKEN changed (a str that isn't shown)"),
        ({"digest": "2", "version": "2", "cache": "cd" * 32}, ""),
    ],
)
def test_the_registered_form_is_told_in_peoples_words(changed: dict[str, Any], told: str) -> None:
    """Image, resources and variables by name, a credential without its value; what the code tells anyway not at all."""
    before, after = registered_parts(spec()), registered_parts(spec(**changed))
    assert changes_text(changes(before, after)) == told
    assert "hunter" not in json.dumps([before, after])
