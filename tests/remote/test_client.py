"""The client object: what it tells without asking, and what it asks for."""

import pytest
from flyteidl.admin import project_pb2, version_pb2

from autocontainer_nb.errors import SandboxError, UnimplementedError
from autocontainer_nb.remote.client import FlyteRemote, default_remote, set_default_remote
from autocontainer_nb.slots import clear, fill


@pytest.fixture
def client(control_plane):
    """A client of the scripted control plane."""
    control_plane.token = "t"
    made = FlyteRemote(f"127.0.0.1:{control_plane.port}", "research", "staging", insecure=True, token="t")
    yield made
    made.close()


def test_making_a_client_asks_nobody(control_plane, client):
    """Constructors assign: repr, project and place are known without a call, and the token isn't shown."""
    assert repr(client) == f"<FlyteRemote 127.0.0.1:{control_plane.port}, project research, domain staging>"
    assert not client.is_sandbox
    assert client.endpoint == f"127.0.0.1:{control_plane.port}"
    assert not control_plane.requests


def test_check_proves_that_it_answers_and_has_the_project(control_plane, client, refuse):
    """The version of the control plane, also of one that doesn't tell it."""
    control_plane.answers["GetProject"] = project_pb2.Project(id="research")
    control_plane.answers["GetVersion"] = version_pb2.GetVersionResponse(
        control_plane_version=version_pb2.Version(Version="v1.16.0")
    )
    assert client.check() == "v1.16.0"
    assert control_plane.last("GetProject").id == "research"
    control_plane.answers["GetVersion"] = refuse("UNIMPLEMENTED")
    assert client.check() == "unknown"


def test_what_serves_nothing_of_a_control_plane_is_none(client):
    """Something that speaks gRPC and knows neither GetVersion nor GetProject doesn't pass for a control plane."""
    with pytest.raises(UnimplementedError, match="another service"):
        client.check()


def test_a_clusters_execution_has_a_page_in_the_console(control_plane, client):
    """The link that Flyte's console understands; with plain text it is http."""
    expected = f"http://127.0.0.1:{control_plane.port}/console/projects/research/domains/staging/executions/a1"
    assert client._scope.console_url("a1") == expected
    assert FlyteRemote("flyte.example.org")._scope.console_url("a1").startswith("https://flyte.example.org/console/")


def test_the_sandbox_is_started_when_it_is_needed_and_not_before(tmp_path):
    """A client of the sandbox is made and shown without it; the first call asks for it."""
    asked = []

    def start(home):
        asked.append(home)
        raise SandboxError("can't be started: a test")

    fill("control_plane", start)
    try:
        client = FlyteRemote(home=str(tmp_path))
        assert repr(client) == "<FlyteRemote sandbox, project flytesnacks, domain development>"
        assert client.is_sandbox
        assert client._scope.console_url("a1") is None
        assert asked == []
        with pytest.raises(SandboxError, match="a test"):
            client.check()
        assert asked == [str(tmp_path)]
    finally:
        clear("control_plane")


def test_the_default_remote_is_made_once_and_can_be_replaced(monkeypatch):
    """Lazily, from the environment as it is then."""
    monkeypatch.setenv("FLYTE_PLATFORM_URL", "flyte.example.org")
    set_default_remote(None)
    try:
        first = default_remote()
        assert first.where == "flyte.example.org"
        assert default_remote() is first
        other = FlyteRemote("other.example.org")
        set_default_remote(other)
        assert default_remote() is other
    finally:
        set_default_remote(None)
