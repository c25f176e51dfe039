"""Asynchronous tasks, called alone and awaited, side by side in an eager workflow, and its errors."""

import asyncio
from typing import List, NamedTuple

from flytekit import eager, task, workflow
from flytekit.exceptions.eager import EagerException


class Found(NamedTuple):
    best: int
    worst: int


@task
async def fetch(number: int) -> int:
    await asyncio.sleep(0)
    return number * 10


@task
def check(number: int) -> bool:
    return number >= 20


@task
def combine(numbers: List[int]) -> int:
    return sum(numbers)


@eager
async def collect(count: int) -> int:
    found = await asyncio.gather(*[fetch(number=number) for number in range(count)])
    kept = [number for number in found if check(number=number)]
    return combine(numbers=kept)


@eager
async def extremes(numbers: List[int]) -> Found:
    results = [await fetch(number=number) for number in numbers]
    return Found(best=max(results), worst=min(results))


@eager
async def until(limit: int) -> int:
    number, rounds = 1, 0
    while number < limit:
        number = combine(numbers=[number, number])
        rounds += 1
    return rounds


@eager
async def nothing(x: int):
    assert check(number=x) is False


assert asyncio.run(fetch(number=3)) == 30
assert asyncio.run(collect(count=5)) == 90
assert tuple(asyncio.run(extremes(numbers=[3, 1, 2]))) == (30, 10)
assert asyncio.run(until(limit=10)) == 4
assert asyncio.run(nothing(x=1)) is None
assert issubclass(EagerException, Exception)
