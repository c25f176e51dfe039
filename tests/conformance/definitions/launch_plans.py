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
