"""Gates: a pause, a question, an approval; their order, and answers given for a local run."""

import io
import sys
from datetime import timedelta

from flytekit import approve, sleep, task, wait_for_input, workflow


@task
def add(a: int, b: int) -> int:
    return a + b


@task
def say(text: str) -> str:
    return text.upper()


@workflow
def paused(a: int) -> int:
    first = add(a=a, b=1)
    pause = sleep(timedelta(seconds=0.01))
    second = add(a=first, b=1)
    first >> pause
    pause >> second
    return second


@workflow
def asked() -> int:
    given = wait_for_input("how many", timeout=timedelta(hours=1), expected_type=int)
    return add(a=given, b=1)


@workflow
def approved(a: int) -> int:
    total = add(a=a, b=1)
    return add(a=approve(total, "is it right", timeout=timedelta(hours=1)), b=10)


@workflow
def titled() -> str:
    title = wait_for_input("title", timeout=timedelta(hours=1), expected_type=str)
    return say(text=title)


def answering(text, workflow_, **inputs):
    before, sys.stdin = sys.stdin, io.StringIO(text)
    try:
        return workflow_(**inputs)
    finally:
        sys.stdin = before


assert paused(a=1) == 3
assert answering("4\n", asked) == 5
assert answering("y\n", approved, a=1) == 12
assert answering("a title\n", titled) == "A TITLE"
try:
    answering("n\n", approved, a=1)
except Exception as error:
    assert "is it right" in str(error) or "isapproval" in str(error)
else:
    raise AssertionError("a refusal must end the workflow")
