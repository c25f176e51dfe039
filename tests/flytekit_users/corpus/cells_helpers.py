# %% Functions, constants and classes of earlier cells, which tasks use and later cells change.
import math
from functools import lru_cache

import flytekit
from flytekit import task, workflow

SCALE = 2


def area(radius: float) -> float:
    return math.pi * radius**2


class Counter:
    def __init__(self):
        self.seen = 0

    def add(self, number: int) -> "Counter":
        self.seen += number
        return self


# %%
@lru_cache
def slow(number: int) -> int:
    return number * SCALE


@task
def measure(radius: float) -> float:
    return round(area(radius) * SCALE, 3)


@task
def counted(numbers: list[int]) -> int:
    counter = Counter()
    for number in numbers:
        counter.add(slow(number))
    return counter.seen


# %%
@workflow
def pipeline(radius: float = 1.0) -> tuple[float, int]:
    return measure(radius=radius), counted(numbers=[1, 2, 3])


assert pipeline() == (6.283, 12)

# %%
SCALE = 3
slow.cache_clear()
assert measure(radius=1.0) == 9.425
assert counted(numbers=[1]) == 3


# %%
def area(radius: float) -> float:
    return radius


assert measure(radius=1.0) == 3.0
remote_runs = [(measure, {"radius": 2.0}, 6.0), (counted, {"numbers": [2]}, 6)]
