"""Plain Python while a workflow is drawn: loops, helpers, constants, and conditions on what is known then."""

from typing import List

from flytekit import task, workflow

STEPS = [1, 2, 3]
USE_EXTRA = True


@task
def add(a: int, b: int) -> int:
    return a + b


@task
def gather(values: List[int]) -> List[int]:
    return sorted(values)


def twice(value):
    return add(a=value, b=value)


@workflow
def summed(start: int) -> int:
    total = start
    for step in STEPS:
        total = add(a=total, b=step)
    if USE_EXTRA:
        total = add(a=total, b=100)
    return total


@workflow
def fanned(start: int) -> List[int]:
    return gather(values=[add(a=start, b=step) for step in STEPS])


@workflow
def helped(start: int) -> int:
    return twice(twice(start))


@workflow
def numbered(start: int) -> List[int]:
    results = {}
    for index, step in enumerate(STEPS):
        results[index] = add(a=start, b=step * index)
    return list(results.values())


assert summed(start=0) == 106
assert fanned(start=1) == [2, 3, 4]
assert helped(start=1) == 4
assert numbered(start=0) == [0, 2, 6]
