"""Launch plans: default and fixed inputs, schedules, notifications, labels and annotations; a plan within a workflow."""

from datetime import datetime, timedelta

from flytekit import (
    Annotations,
    CronSchedule,
    Email,
    FixedRate,
    Labels,
    LaunchPlan,
    PagerDuty,
    Slack,
    WorkflowExecutionPhase,
    task,
    workflow,
)
from flytekit.models.common import Labels as ModelLabels


@task
def add(a: int, b: int) -> int:
    return a + b


@task
def stamp(kickoff: datetime) -> str:
    return kickoff.date().isoformat()


@workflow
def adding(a: int, b: int = 4) -> int:
    return add(a=a, b=b)


@workflow
def dated(kickoff_time: datetime) -> str:
    return stamp(kickoff=kickoff_time)


standard = LaunchPlan.get_or_create(workflow=adding)
assert standard.name == adding.name
assert standard(a=1) == 5
assert LaunchPlan.get_or_create(workflow=adding) is standard

with_default = LaunchPlan.get_or_create(workflow=adding, name="adding_default", default_inputs={"a": 3})
assert with_default() == 7
assert with_default(a=5, b=6) == 11

fixed = LaunchPlan.create("adding_fixed", adding, fixed_inputs={"a": 100}, default_inputs={"b": 1})
assert fixed() == 101 and fixed(b=5) == 105

nightly = LaunchPlan.get_or_create(
    workflow=dated,
    name="dated_nightly",
    schedule=CronSchedule(schedule="0 2 * * *", kickoff_time_input_arg="kickoff_time"),
    notifications=[
        Email(phases=[WorkflowExecutionPhase.FAILED], recipients_email=["team@example.org"]),
        Slack(phases=[WorkflowExecutionPhase.SUCCEEDED], recipients_email=["room@example.org"]),
        PagerDuty(
            phases=[WorkflowExecutionPhase.TIMED_OUT, WorkflowExecutionPhase.ABORTED],
            recipients_email=["on-call@example.org"],
        ),
    ],
    labels=Labels({"team": "ingest"}),
    annotations=Annotations({"owner": "nobody"}),
    max_parallelism=3,
)
assert nightly(kickoff_time=datetime(2024, 5, 6)) == "2024-05-06"
assert len(nightly.notifications) == 3
assert Labels is ModelLabels

often = LaunchPlan.create(
    "adding_often", adding, fixed_inputs={"a": 1}, schedule=FixedRate(duration=timedelta(minutes=10))
)
assert often() == 5


@workflow
def outer(a: int) -> int:
    return add(a=with_default(a=a), b=fixed())


assert outer(a=1) == 106
