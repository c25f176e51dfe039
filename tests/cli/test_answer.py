"""`autocontainer-nb answer`: gates that wait are listed, and get their answers by what they wait for."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from flyteidl.admin import execution_pb2, signal_pb2
from flyteidl.core import types_pb2

from autocontainer_nb.cli import launch
from autocontainer_nb.cli.main import main
from autocontainer_nb.remote.client import FlyteRemote

sys.path.insert(0, str(Path(__file__).parents[1] / "remote" / "replay"))  # pytest's importlib mode adds nothing

from answers import AnsweringControlPlane


@pytest.fixture
def plane(monkeypatch: pytest.MonkeyPatch) -> AnsweringControlPlane:
    """A control plane with an execution whose gates `ok` and `rate` wait."""
    signals = [
        signal_pb2.Signal(id={"signal_id": name}, type=types_pb2.LiteralType(simple=kind))
        for name, kind in (("ok", types_pb2.BOOLEAN), ("rate", types_pb2.FLOAT))
    ]
    execution = execution_pb2.Execution(id={"name": "e1"})
    execution.closure.phase = 2
    answers = {
        "GetExecution": execution,
        "ListSignals": signal_pb2.SignalList(signals=signals),
        "SetSignal": signal_pb2.SignalSetResponse(),
    }
    made = AnsweringControlPlane(answers)
    monkeypatch.setattr(launch, "FlyteRemote", lambda **_: FlyteRemote(control_plane=made))
    return made


def sent(plane: AnsweringControlPlane) -> list[tuple[str, Any]]:
    """Return the answers that were given, by gate."""
    found = [request for name, request in plane.requests if name == "SetSignal"]
    return [(request.id.signal_id, request.value.scalar.primitive) for request in found]


def test_gates_that_wait_are_listed(plane: AnsweringControlPlane, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["answer", "e1"]) == 0
    assert capsys.readouterr().out == "ok: waits for approval\nrate: waits for an input of type float\n"
    assert main(["answer", "e1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [{"name": "ok", "type": "bool"}, {"name": "rate", "type": "float"}]
    assert sent(plane) == []


def test_gates_are_answered(plane: AnsweringControlPlane, capsys: pytest.CaptureFixture[str]) -> None:
    for gate, value in (("ok", "yes"), ("ok", "no"), ("rate", "0.5")):
        assert main(["answer", "e1", gate, value]) == 0
    assert capsys.readouterr().out == ""
    (first, yes), (second, no), (third, rate) = sent(plane)
    assert (first, second, third) == ("ok", "ok", "rate")
    assert (yes.boolean, no.WhichOneof("value"), no.boolean, rate.float_value) == (True, "boolean", False, 0.5)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["ok", "perhaps"], "ok=perhaps: expected true or false"),
        (["rate", "high"], "rate=high: expected a float"),
        (["other", "yes"], "no gate 'other' that was reached. Waiting: 'ok', 'rate'."),
    ],
)
def test_what_doesnt_fit_is_told(
    plane: AnsweringControlPlane, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    assert main(["answer", "e1", *words]) == 1
    assert message in capsys.readouterr().err
    assert sent(plane) == []


def test_a_gate_that_has_its_answer_is_told(plane: AnsweringControlPlane, capsys: pytest.CaptureFixture[str]) -> None:
    """A text can't be read as a value of a type that isn't known."""
    signals: Any = plane.answers["ListSignals"]
    signals.signals[0].value.scalar.primitive.boolean = True
    assert main(["answer", "e1", "ok", "yes"]) == 1
    assert "Gate 'ok' of execution e1 has its answer already. Waiting: rate." in capsys.readouterr().err
    assert main(["answer", "e1", "rate", "0.5"]) == 0
    assert [name for name, _ in sent(plane)] == ["rate"]
