"""flytekit's exceptions by their paths: caught around mistakes, raised within tasks."""

from flytekit import task, workflow
from flytekit.exceptions.base import FlyteException
from flytekit.exceptions.system import FlyteSystemException
from flytekit.exceptions.user import (
    FlyteAssertion,
    FlyteRecoverableException,
    FlyteTypeException,
    FlyteUserException,
    FlyteValidationException,
    FlyteValueException,
)

attempts = []


@task(retries=2)
def flaky(x: int) -> int:
    attempts.append(x)
    if len(attempts) < 0:
        raise FlyteRecoverableException("again")
    return x


@task
def refuses(x: int) -> int:
    if x > 3:
        raise FlyteRecoverableException(f"{x} is too much")
    return x


@task
def add(a: int, b: int) -> int:
    return a + b


@workflow
def pipeline(x: int) -> int:
    return add(a=flaky(x=x), b=refuses(x=x))


assert pipeline(x=1) == 2
for error_type in (FlyteRecoverableException, FlyteException):
    try:
        refuses(x=4)
    except error_type as error:
        assert "too much" in str(error)
    else:
        raise AssertionError(error_type)

try:
    add(a=1)
except Exception as error:
    assert "b" in str(error)
else:
    raise AssertionError("an input was missing")

try:
    add(a="one", b=2)
except (TypeError, FlyteTypeException) as error:
    assert "a" in str(error) and "int" in str(error)
else:
    raise AssertionError("an input was of another type")

for each in (FlyteAssertion, FlyteValidationException, FlyteValueException, FlyteUserException, FlyteSystemException):
    assert issubclass(each, Exception)
