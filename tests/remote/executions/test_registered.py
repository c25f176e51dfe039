"""What `register` returns is launched as often as one likes, and nothing is captured for it."""

from dataclasses import dataclass

import msgpack
import pytest

from autocontainer_nb.core.capture import capture
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.workflow import workflow
from autocontainer_nb.errors import ConfigError, ConversionError, InputError
from autocontainer_nb.remote.client import FlyteRemote
from autocontainer_nb.type_engine.values.flyte_file import FlyteFile


@pytest.fixture
def remote(control_plane, flyteadmin, monkeypatch, tmp_path):
    """A client of the control plane, with a memory of its own for last runs."""
    monkeypatch.setenv("AUTOCONTAINER_NB_HOME", str(tmp_path / "home"))
    address = control_plane.endpoint().address.text
    made = FlyteRemote(address, "flytesnacks", "development", insecure=True, image="ghcr.io/me/image:v1")
    yield made
    made.close()


def notebook():
    names = {"__name__": "__main__", "task": task, "workflow": workflow, "SCALE": 3}
    exec("@task\ndef scaled(x: int, y: int = 2) -> int:\n    return SCALE * x * y\n", names)
    exec("@workflow\ndef twice(x: int) -> int:\n    return scaled(x=scaled(x=x))\n", names)
    return names


@pytest.mark.parametrize("name", ["scaled", "twice"])
def test_what_is_registered_is_captured_once(remote, control_plane, flyteadmin, monkeypatch, name):
    """Each launch is CreateExecution and nothing else, of the registered version, though a global has changed since."""
    names = notebook()
    registered = remote.register(names[name])
    control_plane.requests.clear()
    names["SCALE"] = 4
    monkeypatch.setattr(capture.Capture, "__init__", None)  # whoever captures fails
    first, second = registered.launch(x=1), registered.launch(x=2)
    assert first.id != second.id
    assert control_plane.counts == {"CreateExecution": 2}
    started = [sent.spec.launch_plan for sent in flyteadmin.executions]
    assert started == [registered.identifier, registered.identifier]
    assert second.changes.endswith("nothing uploaded")


def test_what_is_done_about_packages_goes_with_the_execution(remote, control_plane, flyteadmin, monkeypatch):
    """By argument, by variable, or not at all: what is registered stays the same; an unknown word reaches nobody."""
    scaled = notebook()["scaled"]
    remote.submit(scaled, (1,), {})
    remote.submit(scaled, (1,), {}, needs="warn")
    monkeypatch.setenv("AUTOCONTAINER_NB_NEEDS", "off")
    remote.launch(scaled, x=1)
    remote.submit(scaled, (1,), {}, needs="check")
    told = [[(pair.key, pair.value) for pair in sent.spec.envs.values] for sent in flyteadmin.executions]
    assert told == [[], *([("AUTOCONTAINER_NB_NEEDS", mode)] for mode in ("warn", "off", "check"))]
    assert len({sent.spec.launch_plan.version for sent in flyteadmin.executions}) == 1
    control_plane.requests.clear()
    with pytest.raises(ConfigError, match="Expected needs to be one of 'check', 'warn', 'off', got 'never'"):
        remote.submit(scaled, (1,), {}, needs="never")
    monkeypatch.setenv("AUTOCONTAINER_NB_NEEDS", "sometimes")
    with pytest.raises(ConfigError, match="the variable AUTOCONTAINER_NB_NEEDS to be one of"):
        remote.launch(scaled, x=1)
    assert not control_plane.requests


def test_its_arguments_are_checked(remote, control_plane):
    """A wrong argument reaches no server."""
    registered = remote.register(notebook()["scaled"])
    control_plane.requests.clear()
    with pytest.raises(InputError):
        registered.launch()
    with pytest.raises(ConversionError):
        registered.launch(x="one")
    assert not control_plane.requests


def test_it_tells_what_it_is(remote):
    """Project, domain, name and version; equal for what is registered already."""
    registered = remote.register(notebook()["scaled"])
    assert (registered.project, registered.domain, registered.name) == ("flytesnacks", "development", "__main__.scaled")
    assert registered.version in repr(registered)
    assert {registered, remote.register(notebook()["scaled"])} == {registered}
    assert registered != registered.identifier


@dataclass
class Point:
    """A record."""

    x: int
    label: str = ""


@pytest.mark.parametrize("size", [1, 3])
def test_records_are_packed_once(remote, flyteadmin, monkeypatch, size):
    """What was packed to see whether it fits is what is sent, by a launch and by what is registered."""
    names = {**notebook(), "Point": Point}
    exec("@task\ndef first(points: list[Point], one: Point) -> int:\n    return one.x + points[0].x\n", names)
    registered = remote.register(names["first"])
    packed, real = [], msgpack.packb
    monkeypatch.setattr(msgpack, "packb", lambda value, **options: packed.append(value) or real(value, **options))
    inputs = {"points": [Point(number) for number in range(size)], "one": Point(7)}
    for launch in (registered.launch, lambda **inputs: remote.launch(names["first"], **inputs)):
        packed.clear()
        launch(**inputs)
        assert len(packed) == size + 1
    sent = flyteadmin.executions[-1].inputs.literals
    assert msgpack.unpackb(sent["one"].scalar.binary.value) == {"x": 7, "label": ""}
    assert len(sent["points"].collection.literals) == size
    with pytest.raises(ConversionError, match=r"first\(inputs\)\.one: expected a Point, got 3"):
        registered.launch(**{**inputs, "one": 3})


def test_what_needs_a_store_is_stored_by_its_launch(remote, control_plane, flyteadmin, tmp_path):
    """A record with a file in it is checked first, and nothing is uploaded for a launch that fails elsewhere."""
    (tmp_path / "x.txt").write_text("x")
    names = {**notebook(), "Holder": Holder}
    exec("@task\ndef first(holder: Holder, x: int) -> int:\n    return x\n", names)
    registered = remote.register(names["first"])
    control_plane.requests.clear()
    holder = Holder(FlyteFile(str(tmp_path / "x.txt")))
    with pytest.raises(ConversionError):
        registered.launch(holder=holder, x="1")
    assert not control_plane.requests
    registered.launch(holder=holder, x=1)
    assert control_plane.counts == {"CreateUploadLocation": 1, "CreateExecution": 1}


@dataclass
class Holder:
    """A record with a file."""

    file: FlyteFile
