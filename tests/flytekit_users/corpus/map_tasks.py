"""Map tasks: over one list, with a partial, over several lists, with defaults, with a concurrency and a ratio."""

import functools
from functools import partial
from typing import List, Optional

from flytekit import Resources, map_task, task, workflow

THRESHOLD = 11


@task
def is_above(point: int) -> bool:
    return point > THRESHOLD


@task
def scale(value: float, factor: float, offset: float) -> float:
    return value * factor + offset


@task
def join(name: str, count: int) -> str:
    return name * count


@task
def risky(value: int) -> Optional[str]:
    if value == 2:
        raise ValueError("two is too much")
    return str(value)


@task
def number_of(flags: List[bool]) -> int:
    return sum(flags)


@workflow
def find(points: List[int] = [10, 12, 11, 10, 13, 12, 100, 11, 12, 10]) -> int:
    return number_of(flags=map_task(is_above)(point=points))


@workflow
def bounded(points: List[int]) -> List[bool]:
    return map_task(is_above, concurrency=2, min_success_ratio=1.0)(point=points)


@workflow
def scaled(values: List[float], factor: float) -> List[float]:
    return map_task(functools.partial(scale, factor=factor, offset=0.5))(value=values)


@workflow
def named(names: List[str], counts: List[int]) -> List[str]:
    return map_task(join, metadata=None)(name=names, count=counts)


@workflow
def tolerant(values: List[int]) -> List[Optional[str]]:
    return map_task(risky, min_success_ratio=0.5)(value=values)


@workflow
def with_overrides(points: List[int]) -> List[bool]:
    return map_task(is_above)(point=points).with_overrides(requests=Resources(cpu="1"), limits=Resources(cpu="2"))


assert find() == 5
assert bounded(points=[1, 20]) == [False, True]
assert scaled(values=[1.0, 2.0], factor=2.0) == [2.5, 4.5]
assert named(names=["a", "b"], counts=[1, 3]) == ["a", "bbb"]
assert tolerant(values=[1, 2, 3]) == ["1", None, "3"]
assert with_overrides(points=[20]) == [True]
assert map_task(is_above)(point=[11, 12]) == [False, True]
assert map_task(partial(scale, factor=3.0, offset=0.0))(value=[1.0]) == [3.0]
