"""The folder for a task's temporary files: short enough for sockets, the task's own, and removed with it."""

from pathlib import Path

import pytest

from autocontainer_nb.sandbox.launch.container import remove_work, scratch_folder
from autocontainer_nb.sandbox.process import ensure_running, stop

SCRIPT = """
import multiprocessing
if __name__ == "__main__":
    with multiprocessing.Manager() as manager:
        shared = manager.dict(a=1)
        pathlib.Path(os.environ["TMPDIR"], "kept").touch()
        succeed(folder=os.environ["TMPDIR"], shared=str(dict(shared)))
"""


def test_a_short_place_is_inside_of_the_work(tmp_path):
    """Where the home is short, temporary files are where the task's other files are."""
    assert scratch_folder(Path("/srv/acnb/work/p/d/e/n0-0")) == Path("/srv/acnb/work/p/d/e/n0-0/tmp")


def test_each_attempt_has_a_place_of_its_own(tmp_path):
    """Long ones are as short as can be, always the same for one attempt, never the same for two."""
    works = [tmp_path / ("x" * 60) / f"n0-{number}" for number in range(2)]
    places = [scratch_folder(work) for work in works]
    assert max(len(str(place)) for place in places) <= 60
    assert len(set(places)) == 2
    assert places == [scratch_folder(work) for work in works]


def test_it_is_removed_with_the_work(tmp_path):
    """Nothing stays of an attempt that has ended."""
    work = tmp_path / ("x" * 60)
    for folder in (work, scratch_folder(work)):
        folder.mkdir()
    remove_work(work)
    assert not work.exists()
    assert not scratch_folder(work).exists()


@pytest.mark.sandbox
def test_a_manager_runs_below_a_deep_home(tmp_path, connect):
    """`multiprocessing.Manager` has its socket below TMPDIR, which is gone when the task has ended."""
    home = tmp_path / ("deep" * 15) / ("deeper" * 10)
    home.mkdir(parents=True)
    client = connect(ensure_running(str(home)))
    try:
        execution = client.run(SCRIPT)
        outputs = client.outputs(execution.id)
    finally:
        stop(str(home))
    assert outputs["shared"] == "{'a': 1}"
    assert len(outputs["folder"]) <= 60
    assert not Path(outputs["folder"]).exists()
