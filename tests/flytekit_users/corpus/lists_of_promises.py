"""Lists and maps of what earlier steps give, as inputs of later ones; one step used many times."""

from typing import Dict, List, Tuple

from flytekit import task, workflow


@task
def number(n: int = 1) -> int:
    return n


@task
def total(values: List[int]) -> int:
    return sum(values)


@task
def join(parts: Dict[str, int]) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted(parts.items()))


@task
def pairs(values: List[List[int]]) -> int:
    return len(values)


@task
def several() -> Tuple[int, str]:
    return 5, "five"


@workflow
def pipeline(a: int) -> Tuple[int, str, int]:
    ones = [number(n=k) for k in range(3)]
    five, word = several()
    return (
        total(values=[*ones, a, 10, five]),
        join(parts={"a": a, "one": ones[1], "ten": 10}),
        pairs(values=[ones, [a]]),
    )


@workflow
def lists_out(a: int) -> Tuple[List[int], Dict[str, int]]:
    x, y = number(n=a), number()
    return [x, y, a], {"x": x, "y": y}


assert pipeline(a=4) == (22, "a=4,one=1,ten=10", 2)
assert lists_out(a=7) == ([7, 1, 7], {"x": 7, "y": 1})
