"""Further types: tuples of outputs by PEP 585, unions by PEP 604, iterators, bytes-like pickles, sets, decimals."""

import collections
import decimal
import typing
import uuid
from typing import Dict, List

from flytekit import task, workflow

Pair = typing.NamedTuple("Pair", left=list[int], right=dict[str, float])


@task
def halves(values: list[int]) -> tuple[list[int], list[int]]:
    middle = len(values) // 2
    return values[:middle], values[middle:]


@task
def pair(n: int) -> Pair:
    return Pair(list(range(n)), {str(k): k / 2 for k in range(n)})


@task
def unique(values: list[str]) -> set:
    return set(values)


@task
def size(values: set) -> int:
    return len(values)


@task
def exact(text: str) -> decimal.Decimal:
    return decimal.Decimal(text) / 3


@task
def digits(value: decimal.Decimal) -> int:
    return len(str(value))


@task
def tally(words: list[str]) -> collections.deque:
    return collections.deque(words, maxlen=2)


@task
def most(counts: collections.deque) -> str:
    return counts[-1]


@task
def named(identifier: uuid.UUID) -> str:
    return identifier.hex


@task
def raw(text: str) -> bytes:
    return text.encode()


@task
def length(data: bytes) -> int:
    return len(data)


@task
def mixed(value: int | str | None = None) -> str:
    return type(value).__name__


@workflow
def pipeline(words: list[str]) -> tuple[int, str, int, int]:
    return (
        size(values=unique(values=words)),
        most(counts=tally(words=words)),
        digits(value=exact(text="1.0")),
        length(data=raw(text="abc")),
    )


@workflow
def splitting(values: list[int]) -> list[int]:
    first, second = halves(values=values)
    return second


assert pipeline(words=["a", "b", "a"]) == (2, "a", 30, 3)
assert splitting(values=[1, 2, 3]) == [2, 3]
assert pair(n=2) == ([0, 1], {"0": 0.0, "1": 0.5})
assert [mixed(), mixed(value=1), mixed(value="x")] == ["NoneType", "int", "str"]
identifier = uuid.UUID(int=1)
assert named(identifier=identifier) == identifier.hex
remote_runs = [
    (halves, {"values": [1, 2]}, ([1], [2])),
    (mixed, {"value": 1}, "int"),
    (most, {"counts": collections.deque("ab")}, "b"),
]
