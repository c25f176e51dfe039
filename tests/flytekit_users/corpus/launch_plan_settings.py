"""Launch plans with more settings: aliases of schedules, roles, places of data, copies of plans, concurrency."""

from datetime import timedelta

from flytekit import (
    AuthRole,
    ConcurrencyLimitBehavior,
    ConcurrencyPolicy,
    CronSchedule,
    FixedRate,
    LaunchPlan,
    Secret,
    SecurityContext,
    task,
    workflow,
)
from flytekit.core.schedule import OnSchedule
from flytekit.models.common import RawOutputDataConfig
from flytekit.models.security import Identity


@task
def add(a: int, b: int) -> int:
    return a + b


@workflow
def pipeline(a: int, b: int = 3) -> int:
    return add(a=a, b=b)


@workflow
def timed(when: str = "never") -> str:
    return repeat(text=when)


@task
def repeat(text: str) -> str:
    return text


daily = LaunchPlan.create("pipeline_daily", pipeline, fixed_inputs={"a": 1}, schedule=CronSchedule(schedule="@daily"))
hourly = LaunchPlan.create(
    "pipeline_hourly", pipeline, default_inputs={"a": 2}, schedule=FixedRate(duration=timedelta(hours=1))
)
offset = LaunchPlan.get_or_create(timed, name="timed_minutely", schedule=CronSchedule(schedule="*/1 * * * *"))
secure = LaunchPlan.get_or_create(
    pipeline,
    name="pipeline_secure",
    security_context=SecurityContext(
        run_as=Identity(k8s_service_account="runner"), secrets=[Secret(group="g", key="k")]
    ),
    raw_output_data_config=RawOutputDataConfig(output_location_prefix="s3://bucket/raw"),
    max_parallelism=2,
    overwrite_cache=True,
)
older = LaunchPlan.get_or_create(pipeline, name="pipeline_role", auth_role=AuthRole(assumable_iam_role="arn:role"))
limited = LaunchPlan.get_or_create(
    pipeline,
    name="pipeline_limited",
    concurrency=ConcurrencyPolicy(max_concurrency=3, behavior=ConcurrencyLimitBehavior.SKIP),
)
triggered = LaunchPlan.get_or_create(
    pipeline,
    name="pipeline_triggered",
    default_inputs={"a": 1},
    trigger=OnSchedule(CronSchedule(schedule="0 0 1 * *")),
    auto_activate=True,
)
copied = hourly.clone_with("pipeline_copied")

assert daily() == 4 and hourly() == 5 and copied(a=2) == 5
assert secure(a=1) == 4 and older(a=2, b=2) == 4 and limited(a=0) == 3
assert offset() == "never"
assert daily.fixed_inputs is not None and daily.schedule is not None
assert copied.name == "pipeline_copied" and copied.workflow is pipeline
