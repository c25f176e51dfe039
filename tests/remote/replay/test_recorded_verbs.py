"""What is done to executions and launch plans, call by call as a real Flyte v1.16.8 answered.

`calls.json` has recorded calls by name, `RPC/case`, and the functions and fields of filters that lists have taken.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from answers import AnsweringControlPlane, Refuse
from flyteidl.admin import execution_pb2, launch_plan_pb2, task_pb2, workflow_pb2
from google.protobuf.json_format import ParseDict

from autocontainer_nb.errors import BY_GRPC_STATUS, AlreadyExistsError, RemoteError
from autocontainer_nb.remote.client import FlyteRemote
from autocontainer_nb.remote.rpc import methods

RECORDED = json.loads((Path(__file__).parent / "calls.json").read_text(encoding="utf-8"))
CALLS: dict[str, dict[str, Any]] = RECORDED["calls"]
RPCS = {rpc.name: rpc for rpc in vars(methods).values() if isinstance(rpc, methods.Rpc)}
RUNS = ("ok1", "fail1", "run1", "task1", "sub1", "gate1", "archive1", "dup1")
SEEN_SINCE = {("ListLaunchPlans", "name")}  # taken by the same Flyte, after the recordings
Verb = Callable[[FlyteRemote], Any]


def request_of(case: str) -> Any:
    """Return the request that was recorded."""
    return ParseDict(CALLS[case]["request"], RPCS[case.partition("/")[0]].request())


def answer_of(case: str) -> Any:
    """Return what was answered."""
    recorded = CALLS[case]
    if recorded["code"] != "OK":
        return Refuse(recorded["code"], recorded.get("text", "refused"))
    return ParseDict(recorded["response"], RPCS[case.partition("/")[0]].answer())


def client(*cases: str, **answers: Any) -> tuple[FlyteRemote, AnsweringControlPlane]:
    """Return a client of a control plane that gives the answers of the cases, which knows the recorded executions."""

    def get_execution(request: Any) -> Any:
        if request.id.name not in RUNS:
            return Refuse("NOT_FOUND", "missing entity of type execution")
        made = execution_pb2.Execution(id=request.id)
        made.closure.phase = 2
        return made

    told = {case.partition("/")[0]: answer_of(case) for case in cases}
    plane = AnsweringControlPlane({"GetExecution": get_execution, **told, **answers})
    return FlyteRemote(project="p", domain="development", control_plane=plane), plane


def handle(remote: FlyteRemote, name: str) -> Any:
    """Return an execution by its name, whether or not there is one."""
    return remote.execution("ok1").sibling(name)


@pytest.mark.parametrize(
    ("case", "verb"),
    [
        ("RelaunchExecution/ok", lambda remote: handle(remote, "ok1").relaunch("re1")),
        ("RelaunchExecution/failed", lambda remote: handle(remote, "fail1").relaunch("re2", overwrite_cache=True)),
        ("RelaunchExecution/of_running", lambda remote: handle(remote, "run1").relaunch("rerun1")),
        ("RelaunchExecution/of_a_task", lambda remote: handle(remote, "task1").relaunch("re3")),
        ("RecoverExecution/failed", lambda remote: handle(remote, "fail1").recover("rec1")),
        ("RecoverExecution/succeeded", lambda remote: handle(remote, "ok1").recover("rec2")),
        ("RecoverExecution/aborted", lambda remote: handle(remote, "run1").recover("rec3")),
        ("RecoverExecution/of_running", lambda remote: handle(remote, "run1").recover("recrun1")),
        ("UpdateExecution/archive", lambda remote: handle(remote, "archive1").archive()),
        ("UpdateExecution/activate", lambda remote: handle(remote, "archive1").unarchive()),
        ("UpdateExecution/unknown", lambda remote: handle(remote, "nothing").archive()),
    ],
)
def test_a_verb_sends_what_was_recorded_and_gets_what_was_answered(case: str, verb: Verb) -> None:
    remote, plane = client(case)
    rpc, recorded = case.partition("/")[0], CALLS[case]
    if recorded["code"] == "OK":
        made = verb(remote)
        assert made is None or made.id == recorded["request"]["name"]
    else:
        with pytest.raises(BY_GRPC_STATUS[recorded["code"]]):
            verb(remote)
    assert [request for name, request in plane.requests if name == rpc] == [request_of(case)]


@pytest.mark.parametrize("verb", ["relaunch", "recover"])
def test_a_taken_name_is_told_before_it_is_asked_for(verb: str) -> None:
    """Flyte would refuse it as well, but not before it has changed the older one's inputs."""
    remote, plane = client()
    with pytest.raises(AlreadyExistsError, match="'dup1' exists already"):
        getattr(handle(remote, "ok1"), verb)("dup1")
    assert set(plane.counts) == {"GetExecution"}
    case = f"{verb.capitalize()}Execution/name_in_use"
    assert CALLS[case]["code"] == "ALREADY_EXISTS"


@pytest.mark.parametrize(
    ("listed", "verb", "case"),
    [
        ("waiting", lambda execution: execution.set_input("sig", 41), "SetSignal/ok"),
        ("approve_created", lambda execution: execution.set_input("sig", 42), "SetSignal/other_value_again"),
        ("approve_created", lambda execution: execution.set_input("mine", "b"), "SetSignal/own_other_value"),
        ("approve_created", lambda execution: execution.approve(), "SetSignal/approve"),
        ("approve_created", lambda execution: execution.approve("ok"), "SetSignal/approve"),
    ],
)
def test_a_gate_gets_the_recorded_answer(listed: str, verb: Verb, case: str) -> None:
    remote, plane = client(f"ListSignals/{listed}", case)
    verb(handle(remote, "gate1"))
    (sent,) = [request for name, request in plane.requests if name == "SetSignal"]
    assert sent == request_of(case)


def test_gates_are_read_as_recorded() -> None:
    remote, _ = client("ListSignals/waiting")
    assert [(gate.name, gate.python_type) for gate in handle(remote, "gate1").gates] == [("sig", int)]
    remote, _ = client("ListSignals/approve_created")
    assert [(gate.name, gate.python_type) for gate in handle(remote, "gate1").gates] == [("ok", bool)]
    for case in ("of_finished_execution", "unknown_execution"):
        remote, _ = client(f"ListSignals/{case}")
        assert handle(remote, "gate1").gates == []


@pytest.mark.parametrize(
    ("case", "value"),
    [("wrong_type", "a"), ("float_for_int", 1.5), ("none_for_int", None)],
)
def test_what_a_gate_was_seen_to_refuse_isnt_sent(case: str, value: Any) -> None:
    """The same types as Flyte's, told with the name of the type."""
    assert CALLS[f"SetSignal/{case}"]["code"] == "INVALID_ARGUMENT"
    remote, plane = client("ListSignals/waiting")
    with pytest.raises(TypeError, match=r"gate1\(gate sig\): expected an int"):
        handle(remote, "gate1").set_input("sig", value)
    assert not plane.counts["SetSignal"]


def test_metrics_are_read_as_recorded() -> None:
    remote, _ = client("GetExecutionMetrics/running")
    found = handle(remote, "run1").metrics()
    assert [(span.kind, span.name) for span in found.spans] == [("operation", "workflow setup"), ("node", "n0")]
    assert [span.name for span in found.spans[1].spans] == ["node transition", "node setup"]
    remote, _ = client("GetExecutionMetrics/failed")
    nodes = {span.name for span in handle(remote, "fail1").metrics().spans if span.kind == "node"}
    assert nodes
    remote, plane = client("GetExecutionMetrics/unknown")
    with pytest.raises(RemoteError):
        handle(remote, "nothing").metrics()
    assert plane.counts["GetExecutionMetrics"] == 1


def test_metrics_of_subworkflows_are_asked_for_once_more_with_less_depth() -> None:
    deep, shallow = answer_of("GetExecutionMetrics/depth_minus_1"), answer_of("GetExecutionMetrics/ok")
    remote, plane = client(GetExecutionMetrics=lambda request: shallow if request.depth == 1 else deep)
    assert handle(remote, "sub1").metrics().spans
    assert plane.counts["GetExecutionMetrics"] == 2


def plans(*versions: str) -> Callable[[Any], Any]:
    """Return an answer of ListLaunchPlans with versions of the recorded launch plan, newest first."""
    made = [launch_plan_pb2.LaunchPlan(id={**ID, "version": version}) for version in versions]
    return lambda request: launch_plan_pb2.LaunchPlanList(launch_plans=made[: request.limit])


ID = {"resource_type": 3, "project": "p", "domain": "development", "name": "lp_versions"}


@pytest.mark.parametrize(
    ("case", "verb"),
    [
        ("UpdateLaunchPlan/activate", lambda remote: remote.activate("lp_versions", "v1")),
        ("UpdateLaunchPlan/activate_other_version", lambda remote: remote.activate("lp_versions")),
        ("UpdateLaunchPlan/deactivate", lambda remote: remote.deactivate("lp_versions")),
    ],
)
def test_launch_plans_are_activated_as_recorded(case: str, verb: Verb) -> None:
    def get(request: Any) -> Any:
        return launch_plan_pb2.LaunchPlan(id=request.id)

    active = answer_of("GetActiveLaunchPlan/after_activation_of_other_version")
    more = {"ListLaunchPlans": plans("v2", "v1"), "GetLaunchPlan": get, "GetActiveLaunchPlan": active}
    remote, plane = client(case, **more)
    found = verb(remote)
    (sent,) = [request for name, request in plane.requests if name == "UpdateLaunchPlan"]
    assert sent == request_of(case)
    assert found.is_active == (CALLS[case]["request"].get("state") == "ACTIVE")


@pytest.mark.parametrize("case", ["none_is_active", "after_deactivation"])
def test_that_none_is_active_is_no_error(case: str) -> None:
    remote, plane = client(
        f"GetActiveLaunchPlan/{case}",
        ListLaunchPlans=plans("v2", "v1"),
        GetLaunchPlan=lambda request: launch_plan_pb2.LaunchPlan(id=request.id),
    )
    assert remote.fetch_active_launchplan(name="lp_versions") is None
    assert not remote.deactivate("lp_versions").is_active
    assert not plane.counts["UpdateLaunchPlan"]


def test_every_filter_that_is_sent_was_taken_by_a_real_flyte() -> None:
    """Each function and each field of all conditions that lists take, alone and together."""
    empty = {
        "ListExecutions": execution_pb2.ExecutionList(),
        "ListTasks": task_pb2.TaskList(),
        "ListWorkflows": workflow_pb2.WorkflowList(),
        "ListLaunchPlans": launch_plan_pb2.LaunchPlanList(),
        "GetProject": Refuse("PERMISSION_DENIED"),
    }
    remote, plane = client(**empty)
    conditions: dict[str, Any] = {
        "task": "train",
        "phase": ["FAILED", "QUEUED"],
        "owner": "ada",
        "since": timedelta(days=1),
        "until": timedelta(hours=1),
        "tag": "t",
        "archived": True,
    }
    for name, value in conditions.items():
        remote.executions(**{name: value})
    remote.executions(**conditions)
    remote.tasks(name="x")
    remote.workflows(name="x")
    remote.launch_plans(name="x", workflow="w")
    sent = [(name, request.filters) for name, request in plane.requests if getattr(request, "filters", "")]
    assert len(sent) > len(conditions)
    for name, filters in sent:
        taken = RECORDED["filters"][name]
        for one in filters.split("+"):
            function, _, rest = one.partition("(")
            field = rest.partition(",")[0]
            assert field in taken["fields"] or (name, field) in SEEN_SINCE, f"{name}: {one}"
            assert function in {*taken["functions"], *RECORDED["filters"]["ListExecutions"]["functions"]}, (
                f"{name}: {one}"
            )
