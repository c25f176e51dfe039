"""Launch plans: made, checked, run here, nodes of workflows, and as messages."""

from datetime import datetime, timedelta, timezone

import pytest
from golden_message import SETTINGS, assert_golden
from google.protobuf import wrappers_pb2

from autocontainer_nb.core.capture.reachable import reachable_tasks
from autocontainer_nb.core.serialize.launch_plans import launch_plan_spec
from autocontainer_nb.core.serialize.spec import to_spec
from autocontainer_nb.core.serialize.workflows import workflow_spec
from autocontainer_nb.core.settings.secret_requests import Secret
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.launch_options import (
    Annotations,
    AuthRole,
    ConcurrencyPolicy,
    Identity,
    Labels,
    OAuth2Client,
    OAuth2TokenRequest,
    RawOutputDataConfig,
    SecurityContext,
)
from autocontainer_nb.core.workflows.launch_plan import LaunchPlan
from autocontainer_nb.core.workflows.schedule import (
    CronSchedule,
    Email,
    FixedRate,
    OnSchedule,
    PagerDuty,
    Slack,
    WorkflowExecutionPhase,
)
from autocontainer_nb.core.workflows.workflow import workflow
from autocontainer_nb.errors import ConversionError, DefinitionError, InputError


@task
def add(a: int, b: int) -> int:
    return a + b


@task
def note(when: datetime, text: str | None, numbers: list[int]) -> str:
    return f"{when.year} {text} {numbers}"


@workflow
def plain(x: int, y: int = 3) -> int:
    return add(a=x, b=y)


@workflow
def timed(
    when: datetime,
    text: str | None,
    other: str | None = "q",
    nothing: str | None = None,
    numbers: list[int] = [1],  # noqa: B006 - a default that flytekit takes, too
) -> str:
    return note(when=when, text=text, numbers=numbers)


hourly = LaunchPlan.create(
    "hourly",
    plain,
    default_inputs={"x": 4},
    fixed_inputs={"y": 9},
    schedule=CronSchedule(schedule="0 * * * *", offset="PT3M"),
)
default = LaunchPlan.get_or_create(plain)
full = LaunchPlan.get_or_create(
    timed,
    "full",
    schedule=FixedRate(timedelta(hours=26), kickoff_time_input_arg="when"),
    default_inputs={"text": "z", "numbers": [3, 4]},
    notifications=[
        Email(
            phases=[WorkflowExecutionPhase.FAILED, WorkflowExecutionPhase.ABORTED], recipients_email=["a@example.org"]
        ),
        Slack(phases=[WorkflowExecutionPhase.SUCCEEDED], recipients_email=["b@example.org"]),
        PagerDuty(phases=[WorkflowExecutionPhase.TIMED_OUT], recipients_email=["c@example.org"]),
    ],
    labels=Labels({"a": "b"}),
    annotations=Annotations({"c": "d"}),
    raw_output_data_config=RawOutputDataConfig("s3://bucket/key"),
    max_parallelism=7,
    overwrite_cache=True,
    security_context=SecurityContext(run_as=Identity(iam_role="r", k8s_service_account="k")),
    concurrency=ConcurrencyPolicy(max_concurrency=2),
)
days = LaunchPlan.create(
    "days",
    timed,
    fixed_inputs={"numbers": []},
    auth_role=AuthRole("i", "k"),
    schedule=FixedRate(timedelta(days=2), kickoff_time_input_arg="when"),
)
minutes = LaunchPlan.create("minutes", plain, fixed_inputs={"x": 1}, schedule=FixedRate(timedelta(minutes=90)))


@workflow
def starting(x: int) -> int:
    hourly()
    both = default(x=hourly(x=x))
    return plain(x=both)


@pytest.mark.parametrize("plan", [hourly, default, full, days, minutes], ids=lambda plan: plan.short_name)
def test_the_message_is_the_golden_one(plan: LaunchPlan) -> None:
    """Parameters, fixed inputs, schedule, notifications and options are as flytekit writes them."""
    assert_golden(f"launch_plan_{plan.short_name}", to_spec(plan, SETTINGS))


def test_its_nodes_are_the_golden_ones() -> None:
    """A node gets the defaults and never the fixed inputs; a workflow and its default launch plan are two things."""
    spec = workflow_spec(starting, SETTINGS)
    assert_golden("launch_plan_nodes", spec)
    assert [each.id.name for each in spec.sub_workflows] == [plain.name]


def test_a_call_runs_the_workflow_with_what_is_set() -> None:
    """Fixed inputs before default ones before the workflow's own; a call may give all but the fixed ones."""
    assert (hourly(), hourly(x=1), hourly(1), default(x=1)) == (13, 10, 10, 4)
    assert starting(x=1) == 16
    when = datetime(2020, 1, 1, tzinfo=timezone.utc)
    assert full(when=when) == "2020 z [3, 4]"
    assert days(when=when) == "2020 None []"
    with pytest.raises(InputError, match="'hourly' has no input 'y'"):
        hourly(y=1)
    with pytest.raises(ConversionError, match=r"hourly\(inputs\).x"):
        hourly(x="one")


def test_the_same_launch_plan_is_one_object() -> None:
    """Asked for again, the same is the same; a changed one, or one of a workflow whose cell was run again, is new."""
    assert LaunchPlan.get_or_create(plain) is default
    assert LaunchPlan.get_default_launch_plan(None, plain) is default
    one = LaunchPlan.get_or_create(plain, "again", default_inputs={"x": 1})
    assert LaunchPlan.get_or_create(plain, "again", default_inputs={"x": 1}) is one
    changed = LaunchPlan.get_or_create(plain, "again", default_inputs={"x": 2})
    assert (one(), changed()) == (4, 5)

    def anew() -> LaunchPlan:
        @workflow
        def cell(x: int = 1) -> int:
            return add(a=x, b=1)

        return LaunchPlan.get_or_create(cell)

    assert anew() is not anew()


def test_arrays_as_inputs_are_never_taken_for_the_same() -> None:
    """What can't say whether it is equal makes a new launch plan: old data must not stay behind."""
    numpy = pytest.importorskip("numpy")

    @task
    def size(values: numpy.ndarray) -> int:
        return len(values)

    @workflow
    def sized(values: numpy.ndarray) -> int:
        return size(values=values)

    first = LaunchPlan.get_or_create(sized, "sized", fixed_inputs={"values": numpy.zeros(5000)})
    second = LaunchPlan.get_or_create(sized, "sized", fixed_inputs={"values": numpy.zeros(6000)})
    assert (first(), second()) == (5000, 6000)


def test_what_it_starts_is_reachable() -> None:
    """The tasks of its workflow travel with it, and with a workflow that has it as a node."""
    assert set(reachable_tasks(hourly)) == set(reachable_tasks(starting)) == {add.name}


def test_options_in_plain_values() -> None:
    """Dicts and strings do where flytekit wants its classes."""
    plan = LaunchPlan.create(
        "plain options",
        plain,
        labels={"a": "b"},
        annotations={"c": "d"},
        raw_output_data_config="s3://b",
        auto_activate=True,
    )
    spec = launch_plan_spec(plan, SETTINGS)
    assert (dict(spec.labels.values), dict(spec.annotations.values)) == ({"a": "b"}, {"c": "d"})
    assert spec.raw_output_data_config.output_location_prefix == "s3://b"
    assert plan.should_auto_activate


def test_a_clone_has_what_is_not_given() -> None:
    """Inputs, times and options are taken over one by one; a fixed input takes the place of a default one."""
    base = LaunchPlan.create(
        "base", plain, {"x": 4, "y": 5}, schedule=FixedRate(timedelta(hours=1)), labels={"a": "b"}, auto_activate=True
    )
    clone = base.clone_with("clone", fixed_inputs={"y": 9}, max_parallelism=3, auth_role=AuthRole("r"))
    assert (clone.name, clone.workflow, clone.schedule) == ("clone", plain, base.schedule)
    assert (clone.default_inputs, clone.fixed_inputs) == ({"x": 4}, {"y": 9})
    assert clone() == 13
    expected = SecurityContext(run_as=Identity(iam_role="r"))
    assert (clone.options.labels, clone.options.max_parallelism, clone.options.security_context) == (
        {"a": "b"},
        3,
        expected,
    )
    assert base.should_auto_activate
    assert not clone.should_auto_activate
    assert base.saved_inputs == {"x": 4, "y": 5}
    with pytest.raises(DefinitionError, match="'wrong': the input 'x' is set twice"):
        base.clone_with("wrong", default_inputs={"x": 1}, fixed_inputs={"x": 2})


class OnUpload:
    """A trigger of a platform's own."""

    def to_flyte_idl(self, launch_plan: LaunchPlan) -> wrappers_pb2.StringValue:
        return wrappers_pb2.StringValue(value=launch_plan.name)


def test_a_trigger_is_a_schedule_or_the_platforms_own() -> None:
    """`OnSchedule` is the schedule itself; another one gives the launch conditions."""
    rate = FixedRate(timedelta(hours=1))
    both = {"x": 1, "y": 2}
    timed = LaunchPlan.get_or_create(plain, "by trigger", both, trigger=OnSchedule(rate))
    assert timed is LaunchPlan.get_or_create(plain, "by trigger", both, schedule=rate)
    own = LaunchPlan.create("by upload", plain, trigger=OnUpload())
    conditions = launch_plan_spec(own, SETTINGS).entity_metadata.launch_conditions
    told = wrappers_pb2.StringValue()
    assert conditions.Unpack(told)
    assert told.value == "by upload"
    assert own.clone_with("without").trigger is None


def test_tokens_and_clients_are_told_by_secrets() -> None:
    """The message names the secret; its value is nowhere."""
    client = OAuth2Client("me", Secret(group="idp", key="secret"))
    token = OAuth2TokenRequest("tok", client, token_endpoint="https://idp.example.org/token")
    context = SecurityContext(run_as=Identity(oauth2_client=client), secrets=Secret(key="k"), tokens=token)
    found = launch_plan_spec(LaunchPlan.create("tokens", plain, security_context=context), SETTINGS).security_context
    assert [secret.key for secret in found.secrets] == ["k"]
    assert (found.tokens[0].name, found.tokens[0].token_endpoint) == ("tok", "https://idp.example.org/token")
    assert found.tokens[0].client == found.run_as.oauth2_client
    assert (found.run_as.oauth2_client.client_id, found.run_as.oauth2_client.client_secret.group) == ("me", "idp")
    with pytest.raises(DefinitionError, match=r"client_secret: expected a Secret\(group=..., key=...\).*got a str"):
        OAuth2Client("me", "p4ss")  # type: ignore[arg-type]  # wrong on purpose


def test_what_is_given_out_is_a_copy() -> None:
    """Nobody changes a launch plan by what it gave."""
    hourly.fixed_inputs.clear()
    hourly.default_inputs.clear()
    hourly.saved_inputs.clear()
    assert hourly.saved_inputs == {"x": 4, "y": 9}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"default_inputs": {"z": 1}},
            r"default_inputs has 'z', but 'plain' has no such input: plain\(x: int, y",
        ),
        (
            {"default_inputs": {"x": 1}, "fixed_inputs": {"x": 2}},
            "'x' is set twice: by default_inputs to 1 and by fixed",
        ),
        ({"schedule": FixedRate(timedelta(hours=1))}, "a schedule needs a value for every input, but x: int has none"),
        ({"schedule": "daily"}, "expected a CronSchedule or FixedRate, got 'daily'"),
        (
            {"schedule": CronSchedule(schedule="@daily", kickoff_time_input_arg="x")},
            "kickoff_time_input_arg: expected a datetime input, but 'x' is int",
        ),
        (
            {"schedule": CronSchedule(schedule="@daily", kickoff_time_input_arg="z")},
            "kickoff_time_input_arg: expected a datetime input, but 'z' is no free input",
        ),
        ({"label": {}}, "there is no option 'label'. Known options: labels, annotations"),
        ({"labels": {"a": 1}}, r"labels: expected a dict\[str, str\], got"),
        ({"annotations": "a"}, r"annotations: expected a dict\[str, str\], got"),
        ({"max_parallelism": -1}, "max_parallelism: expected an int, 0 or more, got -1"),
        ({"trigger": "daily"}, r"trigger: expected OnSchedule\(...\), .*got 'daily'"),
        (
            {"trigger": OnSchedule(FixedRate(timedelta(hours=1))), "schedule": FixedRate(timedelta(hours=1))},
            "mean the same. Pass only one of them",
        ),
        ({"concurrency": 2}, "concurrency: expected a ConcurrencyPolicy, got 2"),
        ({"concurrency": ConcurrencyPolicy(0)}, "max_concurrency: expected an int, 1 or more, got 0"),
        ({"concurrency": ConcurrencyPolicy(1, 7)}, "behavior: expected ConcurrencyLimitBehavior.SKIP, got 7"),  # type: ignore[arg-type]  # wrong on purpose
        ({"auth_role": AuthRole("r"), "security_context": SecurityContext()}, "mean the same. Pass only one of them"),
    ],
)
def test_mistakes_are_told_where_they_are_written(arguments: dict[str, object], message: str) -> None:
    """Each is one error when the launch plan is made, with its name, the input, expected and given."""
    with pytest.raises(DefinitionError, match=f"Launch plan 'wrong': .*{message}"):
        LaunchPlan.create("wrong", plain, **arguments)  # type: ignore[arg-type]  # wrong on purpose


def test_a_value_of_another_type_is_refused() -> None:
    """The error tells the launch plan, the input, the expected and the given type."""
    with pytest.raises(ConversionError, match=r"wrong\(fixed_inputs\).x: expected an int, got '"):
        LaunchPlan.create("wrong", plain, fixed_inputs={"x": "1"})


def test_the_default_one_has_nothing_of_its_own() -> None:
    """Options without a name are refused: the default launch plan is the workflow as it is."""
    with pytest.raises(
        DefinitionError, match=r"default launch plan of workflow '.*plain' can't have settings of its own"
    ):
        LaunchPlan.get_or_create(plain, default_inputs={"x": 1})


def test_only_a_workflow_has_launch_plans() -> None:
    """A task in its place is refused."""
    with pytest.raises(DefinitionError, match="expected a workflow, got a PythonFunctionTask"):
        LaunchPlan.create("wrong", add)
