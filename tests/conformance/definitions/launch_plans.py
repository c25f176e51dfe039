"""Launch plans: inputs, schedules, notifications, and plans as nodes."""

import datetime as dt

from flytekit import CronSchedule, FixedRate, LaunchPlan, task, workflow


@task
def inc(x: int) -> int:
    return x + 1


@workflow
def wf(x: int, y: str = "a") -> int:
    return inc(x=x)


@workflow
def all_defaults(x: int = 3, y: str = "a") -> int:
    return inc(x=x)


# %% plan_by_default
plan = LaunchPlan.get_or_create(workflow=wf)

# %% named
plan = LaunchPlan.get_or_create(workflow=wf, name="definition.named")

# %% created
plan = LaunchPlan.create("definition.created", wf)

# %% default_inputs
plan = LaunchPlan.get_or_create(workflow=wf, name="definition.defaults", default_inputs={"x": 3})

# %% fixed_inputs
plan = LaunchPlan.get_or_create(workflow=wf, name="definition.fixed", fixed_inputs={"x": 3})

# %% default_and_fixed_inputs
plan = LaunchPlan.get_or_create(workflow=wf, name="definition.both", default_inputs={"y": "b"}, fixed_inputs={"x": 3})

# %% cron
plan = LaunchPlan.get_or_create(
    workflow=all_defaults, name="definition.cron", schedule=CronSchedule(schedule="0 * * * *")
)


# %% cron_with_time_argument
@workflow
def timed(kickoff: dt.datetime, x: int = 1) -> int:
    return inc(x=x)


plan = LaunchPlan.get_or_create(
    workflow=timed,
    name="definition.timed",
    schedule=CronSchedule(schedule="*/5 * * * *", kickoff_time_input_arg="kickoff"),
)

# %% cron_alias
plan = LaunchPlan.get_or_create(
    workflow=all_defaults, name="definition.alias", schedule=CronSchedule(schedule="@daily")
)

# %% rate_minutes
plan = LaunchPlan.get_or_create(
    workflow=all_defaults, name="definition.rate", schedule=FixedRate(duration=dt.timedelta(minutes=10))
)

# %% rate_hours
plan = LaunchPlan.get_or_create(
    workflow=all_defaults, name="definition.rate", schedule=FixedRate(duration=dt.timedelta(hours=2))
)

# %% rate_days
plan = LaunchPlan.get_or_create(
    workflow=all_defaults, name="definition.rate", schedule=FixedRate(duration=dt.timedelta(days=1))
)

# %% max_parallelism
plan = LaunchPlan.get_or_create(workflow=wf, name="definition.parallel", max_parallelism=5)

# %% labels_and_annotations
from flytekit import Annotations, Labels

plan = LaunchPlan.get_or_create(
    workflow=wf, name="definition.labels", labels=Labels({"a": "b"}), annotations=Annotations({"c": "d"})
)

# %% raw_output
from flytekit.models.common import RawOutputDataConfig

plan = LaunchPlan.get_or_create(
    workflow=wf, name="definition.raw", raw_output_data_config=RawOutputDataConfig("s3://bucket/raw")
)

# %% overwrite_cache
plan = LaunchPlan.get_or_create(workflow=wf, name="definition.overwrite", overwrite_cache=True)

# %% auto_activated
plan = LaunchPlan.get_or_create(workflow=wf, name="definition.active", auto_activate=True)

# %% notifications
from flytekit import Email, PagerDuty, Slack, WorkflowExecutionPhase

plan = LaunchPlan.get_or_create(
    workflow=wf,
    name="definition.notified",
    notifications=[
        Email(phases=[WorkflowExecutionPhase.FAILED], recipients_email=["a@example.org"]),
        Slack(
            phases=[WorkflowExecutionPhase.SUCCEEDED, WorkflowExecutionPhase.ABORTED],
            recipients_email=["b@example.org"],
        ),
        PagerDuty(phases=[WorkflowExecutionPhase.TIMED_OUT], recipients_email=["c@example.org"]),
    ],
)

# %% concurrency
from flytekit import ConcurrencyLimitBehavior, ConcurrencyPolicy

plan = LaunchPlan.get_or_create(
    workflow=wf,
    name="definition.concurrency",
    concurrency=ConcurrencyPolicy(max_concurrency=2, behavior=ConcurrencyLimitBehavior.SKIP),
)

# %% concurrency_without_behavior
from flytekit import ConcurrencyPolicy

plan = LaunchPlan.create("definition.concurrency", wf, concurrency=ConcurrencyPolicy(max_concurrency=1))

# %% cloned
base = LaunchPlan.create("definition.base", wf, default_inputs={"x": 3}, max_parallelism=4)
plan = base.clone_with("definition.clone", schedule=None, labels=None)

# %% trigger
from google.protobuf import wrappers_pb2


class OnUpload:
    def to_flyte_idl(self, launch_plan):
        return wrappers_pb2.StringValue(value=launch_plan.name)


plan = LaunchPlan.get_or_create(workflow=wf, name="definition.trigger", trigger=OnUpload())

# %% security_context
from flytekit.models.security import Identity, Secret, SecurityContext

plan = LaunchPlan.get_or_create(
    workflow=wf,
    name="definition.security",
    security_context=SecurityContext(
        run_as=Identity(iam_role="r", k8s_service_account="k", execution_identity="e"),
        secrets=[Secret(group="g", key="k")],
    ),
)

# %% security_context_with_tokens
from flytekit.models.security import OAuth2Client, OAuth2TokenRequest, Secret, SecurityContext

client = OAuth2Client("me", Secret(group="idp", key="secret"))
plan = LaunchPlan.get_or_create(
    workflow=wf,
    name="definition.tokens",
    security_context=SecurityContext(tokens=[OAuth2TokenRequest("token", client, token_endpoint="https://idp")]),
)

# %% plan_as_a_node
plan = LaunchPlan.get_or_create(workflow=wf, name="definition.node", default_inputs={"x": 3})


@workflow
def outer() -> int:
    return plan()


# %% plan_as_a_node_with_inputs
plan = LaunchPlan.get_or_create(workflow=wf, name="definition.node", fixed_inputs={"y": "z"})


@workflow
def outer(x: int) -> int:
    return plan(x=inc(x=x))


# %% reference_launch_plan
from flytekit import reference_launch_plan


@reference_launch_plan(project="p", domain="d", name="other.plan", version="v1")
def other(x: int) -> int: ...


@workflow
def outer(x: int) -> int:
    return inc(x=other(x=x))


# %% reference_workflow
from flytekit import reference_workflow


@reference_workflow(project="p", domain="d", name="other.wf", version="v1")
def other(x: int) -> int:
    return x


plan = LaunchPlan.get_or_create(workflow=other, name="definition.reference", default_inputs={"x": 1})

# %% reference_task
from flytekit import reference_task


@reference_task(project="p", domain="d", name="other.task", version="v1")
def other(x: int) -> int: ...


@workflow
def outer(x: int) -> int:
    return inc(x=other(x=x))
