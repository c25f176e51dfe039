"""Eager workflows: plain asynchronous code with tasks, loops, branches, and other eager workflows."""

import asyncio
from typing import List

from flytekit import eager, task, workflow


@task
def add_one(x: int) -> int:
    return x + 1


@task
async def double(x: int) -> int:
    await asyncio.sleep(0)
    return x * 2


@task
def is_even(x: int) -> bool:
    return x % 2 == 0


@workflow
def both(x: int) -> int:
    return add_one(x=add_one(x=x))


@eager
async def simple(x: int) -> int:
    out = add_one(x=x)
    return await double(x=out)


@eager
async def branches(x: int) -> int:
    if is_even(x=x):
        return add_one(x=x)
    return both(x=x)


@eager
async def gathered(numbers: List[int]) -> List[int]:
    return list(await asyncio.gather(*(double(x=number) for number in numbers)))


@eager
async def nested(x: int) -> int:
    return await simple(x=await simple(x=x))


@eager
async def recovers(x: int) -> int:
    try:
        return failing(x=x)
    except ValueError:
        return -1


@task
def failing(x: int) -> int:
    if x < 10:
        raise ValueError("never mind")
    return x


assert asyncio.run(simple(x=1)) == 4
assert asyncio.run(branches(x=2)) == 3
assert asyncio.run(branches(x=3)) == 5
assert asyncio.run(gathered(numbers=[1, 2])) == [2, 4]
assert asyncio.run(nested(x=0)) == 6
assert asyncio.run(recovers(x=0)) == -1
