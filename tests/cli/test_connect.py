"""`autocontainer-nb connect` and lists: where it is, the version that the control plane tells, and what isn't there."""

import sys
from pathlib import Path

import pytest
from flyteidl.admin import launch_plan_pb2, version_pb2

from autocontainer_nb.cli import listings
from autocontainer_nb.cli.main import main
from autocontainer_nb.remote.client import FlyteRemote

sys.path.insert(0, str(Path(__file__).parents[1] / "remote" / "replay"))  # pytest's importlib mode adds nothing

from answers import AnsweringControlPlane


@pytest.mark.parametrize(
    ("version", "told"),
    [
        ("v1.16.8", "Connected to answers.test:443, Flyte v1.16.8, project"),
        ("unknown", "Connected to answers.test:443, pr"),
    ],
)
def test_a_version_is_told_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], version: str, told: str
) -> None:
    """A flyteadmin that was built without its version says that it is unknown."""
    answer = version_pb2.GetVersionResponse()
    answer.control_plane_version.Version = version
    made = AnsweringControlPlane({"GetVersion": answer})
    monkeypatch.setattr(listings, "FlyteRemote", lambda **_: FlyteRemote(control_plane=made))
    assert main(["connect"]) == 0
    assert capsys.readouterr().out.startswith(told)


@pytest.mark.parametrize(("options", "which"), [([], ""), (["--active"], "such "), (["--name", "x"], "such ")])
def test_a_list_that_leaves_out_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], options: list[str], which: str
) -> None:
    """Where no plan is active, there may be plans."""
    answers = {
        "ListLaunchPlans": launch_plan_pb2.LaunchPlanList(),
        "ListActiveLaunchPlans": launch_plan_pb2.LaunchPlanList(),
    }
    made = AnsweringControlPlane(answers)
    monkeypatch.setattr(listings, "FlyteRemote", lambda **_: FlyteRemote(control_plane=made))
    assert main(["plans", *options]) == 0
    assert capsys.readouterr().out.startswith(f"No {which}plans in flytesnacks/development")
