"""How tasks and workflows are called: by names, with defaults, from plain functions, with their plain functions."""

from typing import List, Optional, Tuple

from flytekit import task, workflow


@task
def power(base: float, exponent: int = 2) -> float:
    return base**exponent


@task
def none_of_them(a: Optional[str] = None, b: Optional[List[int]] = None) -> str:
    return f"{a} {b}"


@task
def first(values: List[float] = [1.0, 2.0]) -> float:
    return values[0]


@workflow
def inner(base: float, exponent: int = 3) -> float:
    return power(base=base, exponent=exponent)


@workflow
def outer(base: float = 2.0) -> Tuple[float, float, str]:
    cubed = inner(base=base)
    squared = power(base=base)
    return cubed, squared, none_of_them(b=[1])


def plain_function(x: float) -> float:
    return power(base=x) + 1


class Holder:
    scale = 3.0

    def run(self, x: float) -> float:
        return power(base=x * self.scale)


assert outer() == (8.0, 4.0, "None [1]")
assert outer(base=1.0) == (1.0, 1.0, "None [1]")
assert plain_function(2.0) == 5.0
assert Holder().run(1.0) == 9.0
assert first() == 1.0 and first(values=[5.0]) == 5.0
assert power.task_function(2.0, 4) == 16.0
assert inner(base=2.0, exponent=1) == 2.0
for call in (lambda: power(), lambda: power(base=1.0, extra=2), lambda: outer(unknown=1)):
    try:
        call()
    except Exception as error:
        assert str(error)
    else:
        raise AssertionError("a wrong call must fail")
remote_runs = [(power, {"base": 3.0}, 9.0), (none_of_them, {"a": "x"}, "x None")]
