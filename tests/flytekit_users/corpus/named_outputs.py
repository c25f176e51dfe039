"""Outputs with names: named tuples at module level and in place, unpacked or asked for by name."""

from typing import NamedTuple

from flytekit import task, workflow

Fit = NamedTuple("Fit", slope=float, offset=float)


class Statistics(NamedTuple):
    smallest: int
    largest: int
    label: str = "unlabelled"


@task
def fit(points: int) -> Fit:
    return Fit(points * 0.5, 1.0)


@task
def summarize(values: list[int]) -> Statistics:
    return Statistics(smallest=min(values), largest=max(values), label="seen")


@task
def width(low: int, high: int) -> int:
    return high - low


@workflow
def study(points: int, values: list[int]) -> NamedTuple("Study", fitted=float, width=int):
    fitted = fit(points=points)
    found = summarize(values=values)
    return fitted.slope, width(low=found.smallest, high=found.largest)


assert fit(points=4) == (2.0, 1.0)
assert fit(points=4).slope == 2.0
smallest, largest, label = summarize(values=[3, 1, 2])
assert (smallest, largest, label) == (1, 3, "seen")
result = study(points=2, values=[5, 9])
assert result.fitted == 1.0 and result.width == 4
assert tuple(result) == (1.0, 4)

remote_runs = [(fit, {"points": 4}, (2.0, 1.0)), (summarize, {"values": [3, 1]}, (1, 3, "seen"))]
