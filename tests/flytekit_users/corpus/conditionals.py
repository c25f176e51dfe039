"""Conditions on inputs, on outputs of tasks and on truth; nested, with a failure, with several outputs."""

from typing import Tuple

from flytekit import conditional, task, workflow


@task
def square(n: float) -> float:
    return n * n


@task
def double(n: float) -> float:
    return 2 * n


@task
def negate(n: float) -> float:
    return -n


@task
def is_large(n: float) -> bool:
    return n > 100


@task
def both(n: float) -> Tuple[float, float]:
    return n, n + 1


@task
def swapped(n: float) -> Tuple[float, float]:
    return n + 1, n


@workflow
def shape(number: float) -> float:
    return (
        conditional("fractions")
        .if_((number > 0.1) & (number < 1.0))
        .then(double(n=number))
        .elif_((number >= 1.0) & (number <= 10.0))
        .then(square(n=number))
        .else_()
        .fail("The number must lie between 0.1 and 10")
    )


@workflow
def used_further(number: float) -> float:
    first = (
        conditional("sign").if_((number > 0.0) | (number == -1.0)).then(double(n=number)).else_().then(negate(n=number))
    )
    return double(n=first)


@workflow
def of_a_result(number: float) -> float:
    large = is_large(n=number)
    return conditional("large").if_(large.is_true()).then(negate(n=number)).else_().then(square(n=number))


@workflow
def of_an_input(is_wanted: bool, is_left_out: bool = False) -> float:
    return (
        conditional("wanted")
        .if_(is_left_out.is_true())
        .then(square(n=0.0))
        .elif_(is_wanted.is_false())
        .then(square(n=1.0))
        .else_()
        .then(square(n=2.0))
    )


@workflow
def nested(number: float) -> float:
    return (
        conditional("outer")
        .if_(number > 0.0)
        .then(
            conditional("inner")
            .if_(number < 1.0)
            .then(double(n=number))
            .elif_(number < 5.0)
            .then(negate(n=number))
            .else_()
            .fail("above the range")
        )
        .else_()
        .fail("below the range")
    )


@workflow
def two_outputs(number: float) -> Tuple[float, float]:
    a, b = conditional("pair").if_(number > 0.0).then(both(n=number)).else_().then(swapped(n=number))
    return double(n=a), b


assert shape(number=0.5) == 1.0
assert shape(number=3.0) == 9.0
assert used_further(number=3.0) == 12.0
assert used_further(number=-1.0) == -4.0
assert used_further(number=-3.0) == 6.0
assert of_a_result(number=200.0) == -200.0
assert of_a_result(number=2.0) == 4.0
assert of_an_input(is_wanted=True) == 4.0
assert of_an_input(is_wanted=False) == 1.0
assert nested(number=0.25) == 0.5
assert nested(number=2.0) == -2.0
assert two_outputs(number=1.0) == (2.0, 2.0)
assert two_outputs(number=-1.0) == (0.0, -1.0)

for workflow_, number, words in ((shape, 70.0, "between 0.1 and 10"), (nested, 7.0, "above"), (nested, -7.0, "below")):
    try:
        workflow_(number=number)
    except Exception as error:
        assert words in str(error)
    else:
        raise AssertionError(f"{workflow_.name} took {number}")
