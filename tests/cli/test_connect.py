"""`autocontainer-nb connect`: where it is, and the version that the control plane tells."""

import sys
from pathlib import Path

import pytest
from flyteidl.admin import version_pb2

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
