"""Parallel in parallel: maps within dynamic workflows and workflows, a map over dataclasses, results put together."""

import operator
from dataclasses import dataclass
from functools import partial, reduce
from typing import List, Tuple

from flytekit import dynamic, map_task, task, workflow


@dataclass
class Point:
    x: float
    y: float = 0.0


@task
def parts(whole: int, size: int) -> List[List[int]]:
    numbers = list(range(whole))
    return [numbers[start : start + size] for start in range(0, whole, size)]


@task
def step(number: int, by: int) -> int:
    return number * by


@task
def norm(point: Point) -> float:
    return abs(point.x) + abs(point.y)


@task
def total(values: List[int]) -> int:
    return sum(values)


@task
def together(values: List[List[int]]) -> int:
    return reduce(operator.add, map(sum, values))


@workflow
def one_level(numbers: List[int], by: int) -> List[int]:
    return map_task(partial(step, by=by))(number=numbers)


@dynamic
def two_levels(whole: int, size: int, by: int) -> int:
    chunks = [list(range(start, min(start + size, whole))) for start in range(0, whole, size)]
    return together(values=[one_level(numbers=chunk, by=by) for chunk in chunks])


@workflow
def pipeline(whole: int = 7, size: int = 3, by: int = 2) -> Tuple[int, int]:
    return two_levels(whole=whole, size=size, by=by), total(values=one_level(numbers=[1, 2], by=by))


@workflow
def points(given: List[Point]) -> List[float]:
    return map_task(norm)(point=given)


assert parts(whole=3, size=2) == [[0, 1], [2]]
assert pipeline() == (42, 6)
assert points(given=[Point(1.0, -2.0), Point(-3.0)]) == [3.0, 3.0]
remote_runs = [(norm, {"point": Point(1.0, -2.0)}, 3.0), (together, {"values": [[1], [2, 3]]}, 6)]
