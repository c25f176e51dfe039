"""Tasks made by functions, by hand, with a prefix of settings; the same function as several tasks."""

import functools
from functools import partial

from flytekit import PythonFunctionTask, Resources, task, workflow

gpu_task = functools.partial(task, requests=Resources(gpu="1"), retries=2)
light_task = partial(task, requests=Resources(cpu="1"))


@gpu_task
def heavy(x: int) -> int:
    return x + 1


@light_task
def light(x: int) -> int:
    return x * 2


@gpu_task(cache=True, cache_version="1")
def cached(x: int) -> int:
    return x - 1


def plain(x: int) -> int:
    return x * 10


as_task = task(plain)


@workflow
def pipeline(x: int) -> int:
    return as_task(x=cached(x=light(x=heavy(x=x))))


assert isinstance(heavy, PythonFunctionTask)
assert heavy.metadata.retries == 2 and cached.metadata.cache
assert pipeline(x=1) == 30
assert plain(x=2) == 20
assert heavy.task_function(1) == 2
