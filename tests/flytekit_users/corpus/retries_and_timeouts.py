"""Settings of how often and how long: retries, timeouts, deprecation, interruptibility, in tasks and workflows."""

from datetime import timedelta

from flytekit import TaskMetadata, WorkflowFailurePolicy, dynamic, map_task, task, workflow
from flytekit.core.base_task import TaskMetadata as SameMetadata


@task(retries=3, timeout=timedelta(minutes=5))
def patient(x: int) -> int:
    return x + 1


@task(timeout=30, interruptible=True)
def quick(x: int) -> int:
    return x * 2


@dynamic(retries=1)
def spread(n: int) -> int:
    total = patient(x=0)
    for k in range(n):
        total = patient(x=total)
    return total


@workflow(interruptible=True, failure_policy=WorkflowFailurePolicy.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE)
def pipeline(n: int) -> int:
    return quick(x=spread(n=n))


@workflow
def mapped(values: list[int]) -> list[int]:
    return map_task(quick, metadata=TaskMetadata(retries=1, interruptible=False))(x=values)


assert SameMetadata is TaskMetadata
assert pipeline(n=2) == 6
assert mapped(values=[1, 2]) == [2, 4]
assert patient.metadata.retries == 3 and patient.metadata.timeout == timedelta(minutes=5)
assert quick.metadata.interruptible is True
