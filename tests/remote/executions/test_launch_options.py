"""What `.with_options(...)` says is in the execution that is created, by whatever way it is started."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from flyteidl.admin import execution_pb2
from flyteidl.core import identifier_pb2

from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.launch_plan import LaunchPlan
from autocontainer_nb.core.workflows.schedule import Email, WorkflowExecutionPhase
from autocontainer_nb.core.workflows.workflow import workflow
from autocontainer_nb.errors import AlreadyExistsError, CredentialError, InputError
from autocontainer_nb.remote.client import FlyteRemote, set_default_remote

MAIL = Email(phases=[WorkflowExecutionPhase.FAILED], recipients_email=["a@example.org"])
SECRET, NAME = "AKIA" + "IOSFODNN7" + "EXAMPLE", "API" + "_KEY"  # no capture of this module may hold one
EVERYTHING: dict[str, Any] = {
    "name": "everything-1",
    "labels": {"team": "a"},
    "annotations": {"note": "some words, any"},
    "tags": ["one", "two"],
    "environment": {"MODE": "fast"},
    "overwrite_cache": True,
    "interruptible": False,
    "max_parallelism": 2,
    "raw_output_prefix": "s3://my-s3-bucket/elsewhere",
    "service_account": "trainer",
    "cluster_pool": "pool",
    "notifications": [MAIL],
}


@task
def doubled(x: int) -> int:
    return 2 * x


@task
def of_task(task: int, options: int, name: str) -> int:
    return task + options + len(name)


@workflow
def both(x: int) -> int:
    return doubled(x=x)


plan = LaunchPlan.get_or_create(both, "plan of both, with options", notifications=[MAIL])


@pytest.fixture
def remote(control_plane: Any, flyteadmin: Any, refuse: Any) -> Iterator[FlyteRemote]:
    """A client of a flyteadmin that knows the executions it was asked for, by project, domain and name."""

    def get_execution(request: Any) -> Any:
        for made in flyteadmin.executions:
            if (made.project, made.domain, made.name) == (request.id.project, request.id.domain, request.id.name):
                return execution_pb2.Execution(id=request.id, spec=made.spec)
        return refuse("NOT_FOUND", f"missing entity of type execution with identifier {request.id.name}")

    def create_execution(request: Any) -> Any:
        taken = {(made.project, made.domain, made.name) for made in flyteadmin.executions}
        if (request.project, request.domain, request.name) in taken:
            return refuse("ALREADY_EXISTS", "value with matching already exists")
        return flyteadmin.create_execution(request)

    control_plane.answers |= {"GetExecution": get_execution, "CreateExecution": create_execution}
    endpoint = control_plane.endpoint().address.text
    made = FlyteRemote(endpoint, "flytesnacks", "development", insecure=True, image="ghcr.io/me/image:v1")
    set_default_remote(made)
    yield made
    set_default_remote(None)
    made.close()


def check_everything(request: Any) -> None:
    spec = request.spec
    assert request.name == "everything-1"
    assert (spec.labels.values, spec.annotations.values) == ({"team": "a"}, {"note": "some words, any"})
    assert list(spec.tags) == ["one", "two"]
    assert [(each.key, each.value) for each in spec.envs.values] == [("MODE", "fast")]
    assert spec.overwrite_cache
    assert spec.HasField("interruptible")
    assert not spec.interruptible.value
    assert spec.max_parallelism == 2
    assert spec.raw_output_data_config.output_location_prefix == "s3://my-s3-bucket/elsewhere"
    assert spec.security_context.run_as.k8s_service_account == "trainer"
    assert spec.cluster_assignment.cluster_pool_name == "pool"
    assert list(spec.notifications.notifications[0].email.recipients_email) == ["a@example.org"]


@pytest.mark.parametrize(
    "start",
    [
        lambda remote: doubled.with_options(**EVERYTHING).remote(x=3),
        lambda remote: remote.with_options(**EVERYTHING).launch(doubled, x=3),
        lambda remote: remote.launch(doubled.with_options(**EVERYTHING), x=3),
        lambda remote: remote.submit(doubled, (3,), {}, options=EVERYTHING),
        lambda remote: remote.register(doubled).with_options(**EVERYTHING).launch(x=3),
        lambda remote: asyncio.run(doubled.with_options(**EVERYTHING).remote_async(x=3)),
        lambda remote: remote.execute(
            doubled,
            {"x": 3},
            execution_name="everything-1",
            envs={"MODE": "fast"},
            options={k: v for k, v in EVERYTHING.items() if k not in {"name", "environment"}},
        ),
    ],
    ids=["task", "client", "launch", "submit", "registered", "async", "execute"],
)
def test_all_options_arrive(remote: FlyteRemote, flyteadmin: Any, start: Any) -> None:
    started = start(remote)
    assert started.id == "everything-1"
    check_everything(flyteadmin.executions[-1])


def test_without_options_the_launch_plans_own_count(remote: FlyteRemote, flyteadmin: Any) -> None:
    """Nothing is set that would replace them, notifications neither; an empty list of those sends none."""
    remote.launch(plan, x=3)
    spec = flyteadmin.executions[-1].spec
    said = {field.name for field, _ in spec.ListFields()}
    assert said == {"launch_plan", "metadata"}
    plan.with_options(notifications=[]).remote(x=3)
    assert flyteadmin.executions[-1].spec.disable_all


def test_inputs_may_be_called_as_options_and_parameters_are(remote: FlyteRemote, flyteadmin: Any) -> None:
    remote.with_options(name="a-name").launch(of_task, task=1, options=2, name="x")
    made = flyteadmin.executions[-1]
    assert made.name == "a-name"
    assert set(made.inputs.literals) == {"task", "options", "name"}


def test_another_project_and_domain_is_where_it_is_registered_and_runs(
    remote: FlyteRemote, control_plane: Any, flyteadmin: Any
) -> None:
    started = both.with_options(project="other", domain="production").remote(x=1)
    made = flyteadmin.executions[-1]
    assert (made.project, made.domain) == (started.project, started.domain) == ("other", "production")
    assert (made.spec.launch_plan.project, made.spec.launch_plan.domain) == ("other", "production")
    assert control_plane.last("CreateTask").id.project == "other"
    assert {request.project for name, request in control_plane.requests if name == "CreateUploadLocation"} == {"other"}
    both.remote(x=1)
    assert flyteadmin.executions[-1].project == "flytesnacks"


def test_a_name_is_given_once(remote: FlyteRemote, control_plane: Any, flyteadmin: Any) -> None:
    """The second is refused before flyteadmin is asked to create it: that would change the first one's inputs."""
    nightly = doubled.with_options(name="nightly")
    nightly.remote(x=1)
    with pytest.raises(AlreadyExistsError, match=r"'nightly' exists already.*execution\('nightly'\) returns"):
        nightly.remote(x=2)
    assert control_plane.counts["CreateExecution"] == len(flyteadmin.executions) == 1
    nightly.with_options(domain="staging").remote(x=1)
    assert flyteadmin.executions[-1].domain == "staging"


def test_a_lost_answer_is_no_taken_name(remote: FlyteRemote, control_plane: Any, flyteadmin: Any, refuse: Any) -> None:
    create = control_plane.answers["CreateExecution"]

    def losing(request: Any) -> Any:
        answer = create(request)
        return (
            refuse("UNAVAILABLE", "the line is cut")
            if len(flyteadmin.executions) == 1 and not lost.append(1)
            else answer
        )

    lost: list[int] = []
    control_plane.answers["CreateExecution"] = lambda request: create(request) if lost else losing(request)
    assert doubled.with_options(name="nightly").remote(x=1).id == "nightly"
    assert (len(flyteadmin.executions), control_plane.counts["CreateExecution"]) == (1, 2)


def test_another_launch_of_that_name_at_the_same_moment_isnt_taken_for_ours(
    remote: FlyteRemote, control_plane: Any, flyteadmin: Any, refuse: Any
) -> None:
    """Of the same task, from another thread or kernel: its inputs may be others, and its result would be wrong."""
    create = control_plane.answers["CreateExecution"]

    def meanwhile(request: Any) -> Any:
        create(request)
        return create(request)

    control_plane.answers["CreateExecution"] = meanwhile
    with pytest.raises(AlreadyExistsError, match="'nightly' exists already"):
        doubled.with_options(name="nightly").remote(x=1)
    assert len(flyteadmin.executions) == 1


def test_somebody_elses_execution_of_that_name_isnt_taken_for_ours(
    remote: FlyteRemote, control_plane: Any, flyteadmin: Any, refuse: Any
) -> None:
    """It has come between the look and the creation."""

    def meanwhile(request: Any) -> Any:
        other = execution_pb2.ExecutionCreateRequest()
        other.CopyFrom(request)
        other.spec.launch_plan.CopyFrom(identifier_pb2.Identifier(name="another"))
        flyteadmin.executions.append(other)
        return refuse("ALREADY_EXISTS", "value with matching already exists")

    control_plane.answers["CreateExecution"] = meanwhile
    with pytest.raises(AlreadyExistsError, match="'nightly' exists already"):
        doubled.with_options(name="nightly").remote(x=1)


def test_that_a_launch_plan_runs_often_enough_isnt_taken_for_a_lost_answer(
    remote: FlyteRemote, control_plane: Any, refuse: Any
) -> None:
    words = "concurrency limit (1) reached for launch plan; skipping execution"
    control_plane.answers["CreateExecution"] = lambda _: refuse("ALREADY_EXISTS", words)
    with pytest.raises(AlreadyExistsError, match="concurrency limit"):
        plan.with_options(name="nightly").remote(x=1)


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"environment": {NAME: SECRET}}, r"environment\['API_KEY'\]"),
        ({"labels": {"key": SECRET}}, r"labels\['key'\]"),
        ({"tags": [SECRET]}, "tags"),
    ],
)
def test_credentials_dont_travel_as_options(
    remote: FlyteRemote, control_plane: Any, options: dict[str, Any], where: str
) -> None:
    with pytest.raises(CredentialError, match=where) as refused:
        doubled.with_options(**options).remote(x=1)
    assert SECRET not in str(refused.value)
    assert not control_plane.requests
    remote.submit(doubled, (), {"x": 1}, options=options, allow_credentials=True)
    assert control_plane.counts["CreateExecution"] == 1


def test_a_wrong_option_costs_nothing(remote: FlyteRemote, control_plane: Any) -> None:
    for wrong in (lambda: remote.with_options(label={}), lambda: remote.execute(doubled, {"x": 1}, nothing=3)):
        with pytest.raises(InputError, match="have no option"):
            wrong()
    assert not control_plane.requests


def test_a_prefix_of_names_is_continued(remote: FlyteRemote, flyteadmin: Any) -> None:
    remote.execute(doubled, {"x": 1}, execution_name_prefix="nightly", tags=["t"], version="v1")
    made = flyteadmin.executions[-1]
    assert made.name.startswith("nightly-")
    assert len(made.name) == len("nightly-") + 10
    assert list(made.spec.tags) == ["t"]
