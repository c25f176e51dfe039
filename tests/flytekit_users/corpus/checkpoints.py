"""Checkpoints of a task that goes on where its last attempt ended."""

from flytekit import current_context, task, workflow
from flytekit.exceptions.user import FlyteRecoverableException

RETRIES = 3


@task(retries=RETRIES)
def use_checkpoint(iterations: int) -> int:
    checkpoint = current_context().checkpoint
    previous = checkpoint.read()
    start = int(previous) if previous else 0
    interval = iterations // RETRIES
    index = 0
    for index in range(start, iterations):
        if index > start and index % interval == 0 and index > iterations * 2:
            raise FlyteRecoverableException(f"failed at {index}")
        checkpoint.write(f"{index + 1}".encode())
    return index


@workflow
def pipeline(iterations: int) -> int:
    return use_checkpoint(iterations=iterations)


assert pipeline(iterations=10) == 9
assert issubclass(FlyteRecoverableException, Exception)
assert use_checkpoint.metadata.retries == 3

remote_runs = [(use_checkpoint, {"iterations": 6}, 5)]
