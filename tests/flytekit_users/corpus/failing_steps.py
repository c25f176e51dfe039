"""What fails, and how it is told: errors of tasks keep their type and text through workflows, maps and dynamics."""

from typing import List

from flytekit import dynamic, map_task, task, workflow


class OwnError(Exception):
    pass


@task
def strict(x: int) -> int:
    if x < 0:
        raise OwnError(f"{x} is below zero")
    return x


@task
def wrong_output(x: int) -> int:
    return x if x > 0 else "zero"


@workflow
def pipeline(x: int) -> int:
    return strict(x=strict(x=x))


@workflow
def mapped(values: List[int]) -> List[int]:
    return map_task(strict)(x=values)


@dynamic
def spread(n: int) -> List[int]:
    return [strict(x=n - k) for k in range(3)]


def told(call, words):
    try:
        call()
    except Exception as error:
        assert words in str(error), str(error)
    else:
        raise AssertionError("it must fail")


assert pipeline(x=1) == 1 and mapped(values=[1, 2]) == [1, 2] and spread(n=3) == [3, 2, 1]
told(lambda: strict(x=-1), "-1 is below zero")
told(lambda: pipeline(x=-2), "-2 is below zero")
told(lambda: mapped(values=[1, -3]), "-3 is below zero")
told(lambda: spread(n=1), "-1 is below zero")
told(lambda: wrong_output(x=0), "zero")
assert wrong_output(x=2) == 2
