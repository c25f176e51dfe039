"""Echo tasks, which give back what they get, at the end of a branch."""

from typing import Tuple

from flytekit import conditional, task, workflow
from flytekit.core.task import Echo

echo = Echo(name="corpus.echo", inputs={"radius": float})
both = Echo(name="corpus.both", inputs={"a": int, "b": str})


@task
def area(radius: float) -> float:
    return 3 * radius * radius


@workflow
def pipeline(radius: float) -> float:
    return conditional("large").if_(radius >= 1.0).then(area(radius=radius)).else_().then(echo(radius=radius))


@workflow
def pairs(a: int, b: str) -> Tuple[int, str]:
    return both(a=a, b=b)


assert pipeline(radius=2.0) == 12.0
assert pipeline(radius=0.5) == 0.5
assert pairs(a=1, b="x") == (1, "x")
assert echo.task_type == "echo"
