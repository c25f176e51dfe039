"""Branches: what is compared, with what, and what each case runs."""

from flytekit import conditional, task, workflow


@task
def inc(x: int) -> int:
    return x + 1


@task
def double(x: int) -> int:
    return 2 * x


@task
def check(x: int) -> bool:
    return x > 0


@task
def ratio(x: int) -> float:
    return 0.5


@task
def work() -> None:
    pass


# %% two_cases
@workflow
def wf(x: int) -> int:
    return conditional("small").if_(x < 10).then(inc(x=x)).else_().then(double(x=x))


# %% three_cases
@workflow
def wf(x: int) -> int:
    return (
        conditional("sizes")
        .if_(x < 10)
        .then(inc(x=x))
        .elif_(x == 10)
        .then(double(x=x))
        .else_()
        .then(inc(x=double(x=x)))
    )


# %% else_fails
@workflow
def wf(x: int) -> int:
    return conditional("small").if_(x < 10).then(inc(x=x)).else_().fail("too large")


# %% all_comparisons
@workflow
def wf(x: int) -> int:
    return (
        conditional("all")
        .if_(x < 1)
        .then(inc(x=1))
        .elif_(x <= 2)
        .then(inc(x=2))
        .elif_(x > 30)
        .then(inc(x=3))
        .elif_(x >= 20)
        .then(inc(x=4))
        .elif_(x != 7)
        .then(inc(x=5))
        .else_()
        .fail("seven")
    )


# %% and_or
@workflow
def wf(x: int, y: float) -> int:
    return (
        conditional("both")
        .if_((x > 1) & (y < 0.5))
        .then(inc(x=x))
        .elif_((x < -1) | ((y == 2.5) & (x != 0)))
        .then(double(x=x))
        .else_()
        .then(inc(x=0))
    )


# %% truth_of_a_promise
@workflow
def wf(x: int) -> int:
    return conditional("truth").if_(check(x=x).is_true()).then(inc(x=x)).else_().then(double(x=x))


# %% truth_of_an_earlier_promise
@workflow
def wf(x: int) -> int:
    good = check(x=x)
    return conditional("truth").if_(good.is_true()).then(inc(x=x)).else_().then(double(x=x))


# %% falsity_of_a_promise
@workflow
def wf(x: int, flag: bool) -> int:
    return conditional("falsity").if_(flag.is_false()).then(inc(x=x)).else_().then(double(x=x))


# %% none_of_a_promise
from typing import Optional


@task
def maybe(x: int) -> Optional[int]:
    return None


@workflow
def wf(x: int) -> int:
    return conditional("none").if_(maybe(x=x).is_none()).then(inc(x=x)).else_().then(double(x=x))


# %% none_of_an_earlier_promise
from typing import Optional


@task
def maybe(x: int) -> Optional[int]:
    return None


@workflow
def wf(x: int) -> int:
    found = maybe(x=x)
    return conditional("none").if_(found.is_none()).then(inc(x=x)).else_().then(double(x=x))


# %% two_earlier_promises
@workflow
def wf(x: int) -> int:
    a, b = inc(x=x), double(x=x)
    return conditional("two").if_(a > b).then(inc(x=a)).else_().then(double(x=b))


# %% three_simple_cases
@workflow
def wf(x: int) -> int:
    return conditional("sizes").if_(x < 10).then(inc(x=x)).elif_(x == 10).then(double(x=x)).else_().then(inc(x=0))


# %% output_of_a_task
@workflow
def wf(x: int) -> int:
    y = inc(x=x)
    return conditional("output").if_(y > 3).then(inc(x=y)).else_().then(double(x=x))


# %% two_promises
@workflow
def wf(x: int) -> int:
    return conditional("two").if_(inc(x=x) > double(x=x)).then(inc(x=x)).else_().then(double(x=x))


# %% compared_with_text
@workflow
def wf(x: int, text: str) -> int:
    return conditional("text").if_(text == "a").then(inc(x=x)).else_().then(double(x=x))


# %% result_used_later
@workflow
def wf(x: int) -> int:
    y = conditional("later").if_(x == 1).then(inc(x=x)).else_().then(double(x=x))
    return inc(x=y)


# %% nothing_returned
@workflow
def wf(x: int):
    conditional("void").if_(x == 1).then(work()).else_().then(inc(x=x))


# %% nested
@workflow
def wf(x: int) -> int:
    return (
        conditional("outer")
        .if_(x > 0)
        .then(conditional("inner").if_(x > 10).then(inc(x=x)).else_().then(double(x=x)))
        .else_()
        .fail("negative")
    )


# %% subworkflow_as_a_case
@workflow
def sub(x: int) -> int:
    return inc(x=x)


@workflow
def wf(x: int) -> int:
    return conditional("sub").if_(x > 0).then(sub(x=x)).else_().then(inc(x=x))


# %% two_in_a_row
@workflow
def wf(x: int) -> int:
    a = conditional("first").if_(x > 0).then(inc(x=x)).else_().then(double(x=x))
    return conditional("second").if_(a > 0).then(inc(x=a)).else_().then(double(x=a))


# %% two_outputs
@task
def pair(x: int) -> tuple[int, int]:
    return x, x


@workflow
def wf(x: int) -> tuple[int, int]:
    a, b = conditional("pair").if_(x > 0).then(pair(x=x)).else_().then(pair(x=0))
    return a, b


# %% named_outputs
from typing import NamedTuple


class Both(NamedTuple):
    a: int
    b: str


@task
def both(x: int) -> Both:
    return Both(x, "")


@workflow
def wf(x: int) -> int:
    r = conditional("both").if_(x > 0).then(both(x=x)).else_().then(both(x=0))
    return r.a


# %% override_within_a_case
@workflow
def wf(x: int) -> int:
    return (
        conditional("small")
        .if_(x < 10)
        .then(inc(x=x).with_overrides(retries=2, node_name="renamed"))
        .else_()
        .then(double(x=x))
    )
