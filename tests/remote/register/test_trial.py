"""A new file is tried before anything is registered: with its upload, never where nothing is new."""

import pytest

from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.errors import CaptureError, ConfigError
from autocontainer_nb.pickling.trial import process
from autocontainer_nb.remote.client import FlyteRemote
from autocontainer_nb.remote.register.register import register

CELLS = """
import numpy as np
class Model:
    def __init__(self, works=True): self.works, self.data = works, np.zeros(200_000)
    def __getstate__(self): return dict(vars(self))
    def __setstate__(self, state):
        if not state["works"]: raise OSError("no such server")
        vars(self).update(state)
@task
def scaled(x: int) -> int:
    return x if MODEL.works else 0
"""


@pytest.fixture
def notebook(flyteadmin):
    """A notebook whose task captures an object that says itself how it is filled; `MODEL` is the cell's."""
    assert flyteadmin is not None
    cells = {"__name__": "__main__", "task": task}
    exec(CELLS, cells)
    cells["MODEL"] = cells["Model"]()
    return cells


@pytest.fixture
def begun(monkeypatch):
    """The trials that were begun."""
    trials = []
    begin = process.TrialProcess._start

    def counted(self, *rest):
        trials.append(self)
        begin(self, *rest)

    monkeypatch.setattr(process.TrialProcess, "_start", counted)
    return trials


def test_a_file_that_does_not_load_registers_nothing(control_plane, notebook, begun):
    """The way to the object, and no task afterwards; the next launch of a mended cell goes through."""
    notebook["MODEL"] = notebook["Model"](works=False)
    with pytest.raises(CaptureError, match=r"`scaled ► MODEL` is .* OSError: no such server"):
        register(control_plane.scope(), notebook["scaled"])
    assert "CreateTask" not in control_plane.counts
    notebook["MODEL"] = notebook["Model"]()
    assert register(control_plane.scope(), notebook["scaled"]).was_new
    assert control_plane.counts["CreateTask"] == 1
    assert len(begun) == 2


def test_an_unchanged_launch_tries_nothing(control_plane, notebook, begun):
    """Nor does one that puts a lost file back, or registers it anew because that is impossible."""
    assert register(control_plane.scope(), notebook["scaled"]).was_new
    assert len(begun) == 1
    assert not register(control_plane.scope(), notebook["scaled"]).was_new
    assert len(begun) == 1


def test_lost_files_are_restored_without_a_trial(control_plane, flyteadmin, notebook, begun):
    """What it means was tried before."""
    register(control_plane.scope(), notebook["scaled"])
    flyteadmin.store.objects.clear()
    assert register(control_plane.scope(), notebook["scaled"]).was_new
    assert len(begun) == 1


@pytest.mark.parametrize("how", ["argument", "variable", "submit"])
def test_it_can_be_switched_off(control_plane, notebook, begun, monkeypatch, tmp_path, how):
    """For one launch, or for a whole kernel."""
    monkeypatch.setenv("AUTOCONTAINER_NB_HOME", str(tmp_path / "home"))
    notebook["MODEL"] = notebook["Model"](works=False)
    remote = FlyteRemote(
        control_plane.endpoint().address.text, "flytesnacks", "development", insecure=True, image="ghcr.io/me/image:v1"
    )
    if how == "argument":
        remote.register(notebook["scaled"], trial="off")
    elif how == "variable":
        monkeypatch.setenv("AUTOCONTAINER_NB_TRIAL", "off")
        remote.register(notebook["scaled"])
    else:
        remote.submit(notebook["scaled"], (), {"x": 1}, trial="off")
    assert not begun
    assert control_plane.counts["CreateTask"] == 1


def test_another_word_is_refused_before_anything_is_captured(control_plane, notebook, monkeypatch):
    """A misspelt variable isn't silently the default."""
    monkeypatch.setenv("AUTOCONTAINER_NB_TRIAL", "of")
    with pytest.raises(ConfigError, match="the variable AUTOCONTAINER_NB_TRIAL"):
        register(control_plane.scope(), notebook["scaled"])
    assert not control_plane.counts
