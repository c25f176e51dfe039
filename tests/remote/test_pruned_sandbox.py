"""What `sandbox prune` leaves works as before, and what it removes is there again after the next launch."""

import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.errors import NotFoundError
from autocontainer_nb.remote.client import FlyteRemote
from autocontainer_nb.sandbox import process
from autocontainer_nb.sandbox.home_paths import Layout
from autocontainer_nb.sandbox.prune import Pruned, prune, size_bytes
from autocontainer_nb.type_engine.values.flyte_file import FlyteFile
from autocontainer_nb.wire import PICKLE_FILE_PATH

pytestmark = pytest.mark.sandbox
DAY_S = 86_400
COUNT = 300_000


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[FlyteRemote]:
    """A client of a sandbox of the test's own; proved to be gone afterwards."""
    client = FlyteRemote(home=str(tmp_path))
    yield client
    client.close()
    process.stop(str(tmp_path))
    assert not process.status(str(tmp_path)).running


@task
def write(text: str) -> FlyteFile:
    """Leave a file."""
    print(text)  # noqa: T201 - the log is what the test looks for
    Path("a.txt").write_text(text, encoding="utf-8")
    return FlyteFile("a.txt")


@task
def tell(text: str) -> str:
    """Mention what is in the text."""
    return text


def _measure() -> Any:
    """Return a task that takes a large object along."""
    large = np.arange(float(COUNT))

    @task
    def measure() -> float:
        return float(large[-1])

    return measure


@task
def wait(place: str) -> str:
    """Run until there is something."""
    while not os.path.exists(place):  # noqa: PTH110 - by its text
        time.sleep(0.01)
    return "done"


def _age(layout: Layout, *names: str, tasks: bool = False) -> None:
    """Let these executions have ended 40 days ago, and all files be as old."""
    then_ns = time.time_ns() - 40 * DAY_S * 1_000_000_000
    connection = sqlite3.connect(layout.database)
    with connection:
        connection.executemany(
            "UPDATE executions SET updated_at = ? WHERE name = ?", [(then_ns, name) for name in names]
        )
        if tasks:
            connection.execute("UPDATE tasks SET created_at = ?", (then_ns,))
    connection.close()
    for path in layout.blobs.rglob("*"):
        os.utime(path, ns=(then_ns, then_ns), follow_symlinks=False)


def _mentioning(root: Path, text: str) -> list[Path]:
    return [
        path for path in root.rglob("*") if text in str(path) or (path.is_file() and text.encode() in path.read_bytes())
    ]


def test_nothing_is_pruned_where_nothing_was(tmp_path: Path) -> None:
    assert prune(Layout(home=tmp_path), 0) == Pruned()
    assert list(tmp_path.iterdir()) == []


def test_old_executions_go_and_all_others_stay(remote: FlyteRemote, tmp_path: Path) -> None:
    layout, measure = Layout(home=tmp_path), _measure()
    old, kept, measured = remote.launch(write, text="old"), remote.launch(write, text="kept"), remote.launch(measure)
    for each in (old, kept, measured):
        each.wait()
    mentioned = remote.launch(write, text="mentioned")
    uri = str(mentioned.result().remote_source)
    assert remote.launch(tell, text=f"see {uri}, please").result().startswith("see file:")
    running = remote.launch(wait, place=str(tmp_path / "go"))
    (layout.blobs / "flytesnacks" / ".writing-abc").write_bytes(b"half")
    _age(layout, old.id, mentioned.id, running.id, tasks=True)
    pruned = prune(layout, 30 * DAY_S)
    assert (pruned.executions, pruned.tasks) == (2, 0)
    assert pruned.files >= 5
    assert [path for path in _mentioning(layout.root, old.id) if "sqlite" not in path.name] == []
    assert list(layout.blobs.rglob(".writing-*")) == []
    with pytest.raises(NotFoundError):
        remote.execution(old.id)
    assert Path(uri.removeprefix("file://")).read_text(encoding="utf-8") == "mentioned"
    assert Path(kept.result()).read_text(encoding="utf-8") == "kept"
    (tmp_path / "go").touch()
    assert running.result() == "done"
    files = {path for path in layout.blobs.rglob("*") if path.name in {PICKLE_FILE_PATH, "content"}}
    assert len(files) >= 4
    assert remote.launch(measure).result() == COUNT - 1
    assert Path(remote.launch(write, text="again").result()).read_text(encoding="utf-8") == "again"
    assert {path for path in layout.blobs.rglob("*") if path.name in {PICKLE_FILE_PATH, "content"}} == files
    assert size_bytes(layout) > 8 * COUNT
    assert {each.name for each in layout.logs.glob("*/*/*")} >= {kept.id, measured.id}
    assert prune(layout, 30 * DAY_S) == Pruned()


def test_what_is_pruned_is_registered_again(remote: FlyteRemote, tmp_path: Path) -> None:
    """Tasks go with their last executions, and so do their code and their large objects."""
    layout, measure = Layout(home=tmp_path), _measure()
    first, second = remote.launch(measure), remote.launch(write, text="old")
    first.wait()
    second.wait()
    _age(layout, first.id, second.id, tasks=True)
    pruned = prune(layout, 30 * DAY_S)
    assert (pruned.executions, pruned.tasks) == (2, 2)
    assert pruned.size_bytes > 8 * COUNT
    assert [path for path in layout.blobs.rglob("*") if path.is_file()] == []
    assert remote.launch(measure).result() == COUNT - 1
    assert Path(remote.launch(write, text="new").result()).read_text(encoding="utf-8") == "new"
