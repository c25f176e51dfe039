"""What is done to executions, against a real gRPC server that answers as Flyte v1.16.8 was seen to."""

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import pytest
from flyteidl.admin import execution_pb2, signal_pb2
from flyteidl.core import metrics_pb2, types_pb2

from autocontainer_nb.errors import (
    AlreadyExistsError,
    ConversionError,
    InputError,
    NotFoundError,
    UnimplementedError,
)
from autocontainer_nb.remote import observers
from autocontainer_nb.remote.client import FlyteRemote
from autocontainer_nb.remote.executions.execution import Execution

SIMPLE = types_pb2.SimpleType


class Admin:
    """Executions, signals and the rules for them."""

    def __init__(self, refuse: Any) -> None:
        self.refuse = refuse
        self.executions: dict[str, execution_pb2.Execution] = {}
        self.states: dict[str, int] = {}
        self.signals: dict[str, signal_pb2.Signal] = {}
        self.stopped: list[str] = []
        self.add("first")

    def add(self, name: str, phase: int = 4, **metadata: Any) -> None:
        made = execution_pb2.Execution()
        made.id.project, made.id.domain, made.id.name = "flytesnacks", "development", name
        made.closure.phase = phase
        made.spec.metadata.CopyFrom(execution_pb2.ExecutionMetadata(**metadata))
        self.executions[name] = made

    def signal(self, name: str, simple: Any, value: Any = None) -> None:
        made = signal_pb2.Signal(type=types_pb2.LiteralType(simple=simple))
        made.id.signal_id, made.id.execution_id.name = name, "first"
        if value is not None:
            made.value.scalar.primitive.integer = value
        self.signals[name] = made

    @property
    def answers(self) -> dict[str, Any]:
        return {
            "GetExecution": lambda r: self.executions.get(r.id.name) or self._unknown(r.id.name),
            "RelaunchExecution": lambda r: self._again(r, execution_pb2.ExecutionMetadata.RELAUNCH),
            "RecoverExecution": lambda r: self._again(r, execution_pb2.ExecutionMetadata.RECOVERED),
            "UpdateExecution": self._update,
            "TerminateExecution": self._terminate,
            "ListSignals": self._list_signals,
            "SetSignal": self._set_signal,
        }

    def _unknown(self, name: str) -> Any:
        return self.refuse("NOT_FOUND", f'missing entity of type execution with identifier name:"{name}"')

    def _again(self, request: Any, mode: Any) -> Any:
        if request.id.name not in self.executions:
            return self._unknown(request.id.name)
        if request.name in self.executions:
            return self.refuse("ALREADY_EXISTS", "value with matching already exists")
        self.add(request.name, 0, mode=mode, reference_execution=request.id)
        return execution_pb2.ExecutionCreateResponse(id=self.executions[request.name].id)

    def _update(self, request: Any) -> Any:
        if request.id.name not in self.executions:
            return self._unknown(request.id.name)
        self.states[request.id.name] = request.state
        return execution_pb2.ExecutionUpdateResponse()

    def _terminate(self, request: Any) -> Any:
        if request.id.name.startswith("stubborn"):
            return self.refuse("PERMISSION_DENIED", "not yours")
        self.stopped.append(f"{request.id.name}: {request.cause}")
        return execution_pb2.ExecutionTerminateResponse()

    def _list_signals(self, request: Any) -> Any:
        if request.limit == 0:
            return self.refuse("INVALID_ARGUMENT", "invalid value for limit")
        found = list(self.signals.values()) if request.workflow_execution_id.name == "first" else []
        offset = int(request.token or 0)
        page = found[offset : offset + 1]  # one a page: the rest comes by token
        return signal_pb2.SignalList(signals=page, token=str(offset + 1) if page else "")

    def _set_signal(self, request: Any) -> Any:
        known = self.signals.get(request.id.signal_id)
        if known is None:
            return self.refuse("INVALID_ARGUMENT", "failed to validate that signal exists")
        known.value.CopyFrom(request.value)
        return signal_pb2.SignalSetResponse()


@pytest.fixture
def admin(control_plane: Any, refuse: Any) -> Admin:
    made = Admin(refuse)
    control_plane.answers |= made.answers
    return made


@pytest.fixture
def remote(control_plane: Any) -> Iterator[FlyteRemote]:
    made = FlyteRemote(control_plane.endpoint().address.text, "flytesnacks", "development", insecure=True)
    yield made
    made.close()


@pytest.fixture
def first(remote: FlyteRemote, admin: Admin) -> Execution:
    return remote.execution("first")


@pytest.mark.parametrize(("verb", "mode"), [("relaunch", "RELAUNCH"), ("recover", "RECOVERED")])
def test_an_execution_starts_again(first: Execution, admin: Admin, verb: str, mode: str) -> None:
    """Under a name of its own, or the one that is asked for; the display shows it as any other launch."""
    shown: list[Any] = []
    observers.on_launch.append(shown.append)
    try:
        made, named = getattr(first, verb)(), getattr(first, verb)("again-1")
    finally:
        observers.on_launch.remove(shown.append)
    assert shown == [made, named]
    assert named.id == "again-1"
    for each in (made, named):
        metadata = admin.executions[each.id].spec.metadata
        assert execution_pb2.ExecutionMetadata.ExecutionMode.Name(metadata.mode) == mode
        assert metadata.reference_execution.name == "first"
    with pytest.raises(AlreadyExistsError, match="'again-1' exists already"):
        getattr(first, verb)("again-1")
    with pytest.raises(InputError, match="Option name"):
        getattr(first, verb)("Again")


def test_a_relaunch_may_run_cached_tasks_anew(first: Execution, control_plane: Any) -> None:
    first.relaunch(overwrite_cache=True)
    assert control_plane.last("RelaunchExecution").overwrite_cache


@pytest.mark.parametrize("name", [None, "again"])
def test_a_lost_answer_starts_it_once(
    first: Execution, admin: Admin, control_plane: Any, refuse: Any, name: str | None
) -> None:
    start = control_plane.answers["RelaunchExecution"]

    def losing(request: Any) -> Any:
        answer = start(request)
        return refuse("UNAVAILABLE", "cut") if control_plane.counts["RelaunchExecution"] == 1 else answer

    control_plane.answers["RelaunchExecution"] = losing
    made = first.relaunch(name)
    assert set(admin.executions) == {"first", made.id}
    assert control_plane.counts["RelaunchExecution"] == 2


def test_what_is_gone_isnt_started_again(remote: FlyteRemote, first: Execution, admin: Admin) -> None:
    del admin.executions["first"]
    with pytest.raises(NotFoundError):
        first.relaunch()
    with pytest.raises(NotFoundError):
        first.recover()


def test_a_control_plane_without_the_call_is_named(first: Execution, control_plane: Any) -> None:
    del control_plane.answers["RecoverExecution"]
    with pytest.raises(UnimplementedError, match=r"RecoverExecution.*too old or too simple"):
        first.recover()


def test_an_execution_is_archived_and_shown_again(first: Execution, admin: Admin) -> None:
    first.archive()
    assert admin.states == {"first": execution_pb2.EXECUTION_ARCHIVED}
    first.unarchive()
    assert admin.states == {"first": execution_pb2.EXECUTION_ACTIVE}


def test_many_are_terminated_at_once_and_those_that_arent_are_named(remote: FlyteRemote, admin: Admin) -> None:
    for name in ("a1", "a2", "stubborn1", "stubborn2", "a3"):
        admin.add(name, 2)
    admin.add("ended", 4)
    remote.terminate([remote.execution("a1"), "a2", "ended"], "enough")
    assert sorted(admin.stopped) == ["a1: enough", "a2: enough"]
    with pytest.raises(Exception, match=r"2 of 3 executions weren't terminated: stubborn1, stubborn2") as failed:
        remote.terminate(["stubborn1", "a3", "stubborn2"])
    assert type(failed.value).__name__ == "PermissionDeniedError"
    assert any(line.startswith("a3") for line in admin.stopped)
    remote.terminate([])
    with pytest.raises(NotFoundError):
        remote.terminate("nothing")
    remote.terminate("a1", "again")
    assert admin.stopped[-1] == "a1: again"


def test_gates_tell_what_they_wait_for_and_the_call_that_answers(first: Execution, admin: Admin) -> None:
    admin.signal("ok", SIMPLE.BOOLEAN)
    admin.signal("rate", SIMPLE.FLOAT)
    admin.signal("done", SIMPLE.INTEGER, 3)
    assert [str(gate) for gate in first.gates] == [
        "gate 'ok' waits for approval: .approve('ok') or .reject('ok')",
        "gate 'rate' waits for an input of type float: .set_input('rate', ...)",
    ]


def test_gates_get_their_answers(first: Execution, admin: Admin) -> None:
    """Values of the type that the gate declares; one that waits alone needs no name."""
    admin.signal("ok", SIMPLE.BOOLEAN)
    first.approve()
    assert admin.signals["ok"].value.scalar.primitive.boolean
    first.reject("ok")  # the last one before the node looks counts
    assert admin.signals["ok"].value.scalar.primitive.WhichOneof("value") == "boolean"
    assert not admin.signals["ok"].value.scalar.primitive.boolean
    admin.signal("rate", SIMPLE.FLOAT)
    first.set_input("rate", 0.5)
    assert admin.signals["rate"].value.scalar.primitive.float_value == 0.5
    admin.signals["words"] = signal_pb2.Signal(
        id={"signal_id": "words", "execution_id": {"name": "first"}},
        type=types_pb2.LiteralType(collection_type=types_pb2.LiteralType(simple=SIMPLE.STRING)),
    )
    first.set_input("words", ["a", "b"])
    sent = admin.signals["words"].value.collection.literals
    assert [each.scalar.primitive.string_value for each in sent] == ["a", "b"]


def test_flytekits_calls_answer_gates_too(remote: FlyteRemote, admin: Admin) -> None:
    admin.signal("ok", SIMPLE.BOOLEAN)
    admin.signal("n", SIMPLE.INTEGER)
    assert [gate.name for gate in remote.list_signals("first")] == ["ok", "n"]
    remote.approve("ok", "first", project="flytesnacks", domain="development")
    remote.set_input("n", "first", value=3, python_type=int)
    assert admin.signals["ok"].value.scalar.primitive.boolean
    assert admin.signals["n"].value.scalar.primitive.integer == 3
    remote.reject("ok", "first")
    assert not admin.signals["ok"].value.scalar.primitive.boolean


def test_executions_of_another_project_are_reached(remote: FlyteRemote, admin: Admin, control_plane: Any) -> None:
    there = remote.execution("first", project="other", domain="staging")
    assert (there.project, there.domain) == ("other", "staging")
    asked = control_plane.last("GetExecution").id
    assert (asked.project, asked.domain) == ("other", "staging")
    there.archive()
    assert control_plane.last("UpdateExecution").id.project == "other"
    assert remote.fetch_execution("other", "staging", "first").project == "other"


def test_what_doesnt_fit_a_gate_isnt_sent(first: Execution, admin: Admin, control_plane: Any) -> None:
    with pytest.raises(InputError, match=r"Execution first has no gate that waits. None waits now: a gate can be"):
        first.approve()
    admin.signal("count", SIMPLE.INTEGER)
    with pytest.raises(InputError, match=r"waits for an input of type int: write .set_input\('count', ...\)"):
        first.approve("count")
    with pytest.raises(ConversionError, match=r"first\(gate count\): expected an int"):
        first.set_input("count", "three")
    with pytest.raises(InputError, match=r"no gate 'other' that was reached. Waiting: 'count'"):
        first.set_input("other", 1)
    admin.signal("ok", SIMPLE.BOOLEAN)
    with pytest.raises(InputError, match="Several gates of execution first wait: 'count', 'ok'"):
        first.approve()
    assert not control_plane.counts["SetSignal"]


def test_metrics_are_a_tree_that_prints_itself(first: Execution, control_plane: Any, refuse: Any) -> None:
    """Where Flyte can't look into a subworkflow, what it can tell is asked for."""

    def span(start: int, end: int, **which: Any) -> metrics_pb2.Span:
        made = metrics_pb2.Span(**which)
        made.start_time.FromSeconds(start)
        made.end_time.FromSeconds(end)
        return made

    whole = span(0, 100, workflow_id={"name": "first"})
    node = span(10, 90, node_id={"node_id": "n0"})
    node.spans.extend([span(20, 80, task_id={"retry_attempt": 0}), span(80, 90, operation_id="NODE_TEARDOWN")])
    whole.spans.extend([span(0, 10, operation_id="WORKFLOW_SETUP"), node])

    def answer(request: Any) -> Any:
        if request.depth > 1:
            return refuse("NOT_FOUND", 'missing entity of type WORKFLOW with identifier name:"inner"')
        return execution_pb2.WorkflowExecutionGetMetricsResponse(span=whole)

    control_plane.answers["GetExecutionMetrics"] = answer
    found = first.metrics()
    assert str(found).splitlines() == [
        "first  1 min 40 s",
        "  workflow setup  10 s",
        "  n0  1 min 20 s",
        "    attempt 1  1 min 00 s",
        "    node teardown  10 s",
    ]
    assert found.spans[1].started_at == datetime(1970, 1, 1, 0, 0, 10, tzinfo=timezone.utc)
    assert (found.spans[1].kind, found.spans[1].duration_s) == ("node", 80.0)
    control_plane.answers["GetExecutionMetrics"] = refuse("NOT_FOUND", "missing entity of type execution")
    with pytest.raises(NotFoundError):
        first.metrics()
