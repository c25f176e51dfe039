"""Conditions on texts, booleans, combined ones, on tasks without outputs, with chains of cases."""

from typing import Optional

from flytekit import conditional, task, workflow


@task
def name_of(code: str) -> str:
    return {"a": "alpha", "b": "beta"}.get(code, "unknown")


@task
def say(text: str) -> str:
    return text.upper()


@task
def flip() -> bool:
    return True


@task
def log(text: str) -> None:
    assert text


@task
def length(text: str) -> int:
    return len(text)


@workflow
def of_text(code: str) -> str:
    return (
        conditional("code")
        .if_(code == "a")
        .then(name_of(code=code))
        .elif_(code == "b")
        .then(say(text="b it is"))
        .elif_((code != "x") & (code != "y"))
        .then(say(text="another"))
        .else_()
        .then(say(text="x or y"))
    )


@workflow
def of_booleans(a: bool, b: bool) -> str:
    return (
        conditional("both")
        .if_(a.is_true() & b.is_true())
        .then(say(text="both"))
        .elif_(a.is_true() | b.is_true())
        .then(say(text="one"))
        .else_()
        .then(say(text="none"))
    )


@workflow
def of_results(text: str) -> int:
    size = length(text=text)
    flipped = flip()
    conditional("logged").if_(flipped.is_true()).then(log(text="yes")).else_().then(log(text="no"))
    return (
        conditional("size").if_((size > 2) & (size <= 4)).then(length(text="medium")).else_().then(length(text="out"))
    )


assert [of_text(code=code) for code in "abcx"] == ["alpha", "B IT IS", "ANOTHER", "X OR Y"]
assert of_booleans(a=True, b=True) == "BOTH"
assert of_booleans(a=False, b=True) == "ONE"
assert of_booleans(a=False, b=False) == "NONE"
assert of_results(text="abc") == 6 and of_results(text="a") == 3
