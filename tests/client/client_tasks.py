"""Tasks that the suite launches by themselves."""

import asyncio
import functools
import os
import signal
import textwrap
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from autocontainer_nb import (
    ContainerTask,
    Deck,
    FlyteFile,
    OutputLocation,
    RecoverableError,
    Resources,
    ShellTask,
    current_context,
    dynamic,
    eager,
    map_task,
    task,
)

FACTOR = 10
TABLE = {"a": [1, 2, 3]}


@task
def increment(x: int) -> int:
    """One more."""
    print(f"incrementing {x}")  # noqa: T201 - its log
    return x + 1


@task
def add(a: int, b: int = 4) -> int:
    """Add two numbers.

    Args:
        a: the first
        b: the second
    """
    return a + b


@task
def silent(x: int) -> None:
    """Return nothing."""


@task
def take_nothing() -> str:
    """Take nothing."""
    return "something"


class Score(NamedTuple):
    """Several outputs with names."""

    loss: float
    steps: int


@task
def named(x: int) -> Score:
    """Return several outputs by name."""
    return Score(x / 2, x)


@task
def unnamed(x: int) -> tuple[int, str]:
    """Return several outputs without names."""
    return x, str(x)


@task
async def later(x: int) -> int:
    """Be a coroutine."""
    await asyncio.sleep(0)
    return x + 1


@dynamic
def calls_nothing(x: int) -> int:
    """Be dynamic, and call nothing."""
    return x - 1


doubled_by_shell = ShellTask(
    "doubled_by_shell",
    script="echo $(({inputs.x} * 2)) > {outputs.y}",
    inputs={"x": int},
    output_locs=[OutputLocation("y", FlyteFile, "doubled.txt")],
)
incremented = map_task(increment)
added = map_task(functools.partial(add, b=100))


@task
async def square(x: int) -> int:
    """Be called by an eager task."""
    print(f"squaring {x}")  # noqa: T201 - its log
    return x * x


@eager
async def squares(n: int) -> int:
    """Call tasks, each in a container of its own."""
    return sum(await asyncio.gather(*(square(x=x) for x in range(n))))


def foreign(image: str) -> ContainerTask:
    """Return a task of somebody else's image."""
    return ContainerTask("foreign", image, ["python", "-c", "print('the foreign', {{.inputs.x}})"], {"x": int})


class Counter:
    """A class with state and a property."""

    def __init__(self, start: int) -> None:
        self.at = start

    @property
    def doubled(self) -> int:
        """Twice as much."""
        return 2 * self.at

    @classmethod
    def of(cls, text: str) -> "Counter":
        """Make one of a text."""
        return cls(int(text))


class Child(Counter):
    """A class that has a base."""

    @property
    def doubled(self) -> int:
        """Twice as much, and one."""
        return super().doubled + 1


@dataclass(frozen=True)
class Kept:
    """A value that a global holds."""

    text: str


KEPT = Kept("kept")
COUNTER = Counter(4)


def even(n: int) -> bool:
    """Call the other one."""
    return n == 0 or odd(n - 1)


def odd(n: int) -> bool:
    """Call the other one."""
    return n != 0 and even(n - 1)


def numbers() -> Iterator[int]:
    """Yield."""
    yield from (1, 2)


def twice(function: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate."""

    @functools.wraps(function)
    def wrapper(*args: Any) -> Any:
        return 2 * function(*args)

    return wrapper


@twice
def decorated(x: int) -> int:
    """Be decorated."""
    return x


def closure_of(secret: int) -> Callable[[], int]:
    """Return a function that remembers."""
    return lambda: secret


REMEMBERS = closure_of(77)
TRIPLE = functools.partial(pow, 3)


@task
def captured() -> dict[str, str]:
    """Use what lies outside of the function, of every kind."""
    found: dict[str, Any] = {
        "global": FACTOR,
        "container": TABLE,
        "function": even(10),
        "generator": sum(numbers()),
        "decorator": decorated(4),
        "closure": REMEMBERS(),
        "partial": TRIPLE(2),
        "class": Counter.of("3").doubled,
        "subclass": Child(3).doubled,
        "instance": COUNTER.at,
        "dataclass": KEPT,
        "module": textwrap.dedent(" b"),
    }
    return {name: str(value) for name, value in found.items()}


@task
def fails(reason: str) -> int:
    """Raise."""
    raise ValueError(reason)


@task
def fails_below(x: int) -> int:
    """Raise from another error."""
    try:
        return x // 0
    except ZeroDivisionError as error:
        raise LookupError("nothing is to be had by zero") from error


class OwnError(Exception):
    """An error class of the notebook's."""


@task
def fails_by_own_class(x: int) -> int:
    """Raise an error of an own class."""
    raise OwnError("own", x)


@task
def returns_something_else(x: int) -> int:
    """Return a text where an int was declared."""
    return f"text {x}"  # type: ignore[return-value]  # the mistake


@task
def exits(code: int) -> int:
    """Leave without a word."""
    os._exit(code)


@task
def kills_itself(x: int) -> int:
    """Be killed."""
    os.kill(os.getpid(), signal.SIGKILL)
    return x


@task(retries=1)
def gives_up(x: int) -> int:
    """Fail in each attempt."""
    raise RecoverableError(f"no {x}")


@task(retries=2)
def tries_again(x: int) -> int:
    """Fail in the first attempt."""
    if int(os.environ.get("FLYTE_ATTEMPT_NUMBER", "0")) < 1:
        raise RecoverableError("not yet")
    return x


@task(timeout=timedelta(seconds=2))
def runs_too_long(x: int) -> int:
    """Sleep beyond the time limit."""
    time.sleep(120)
    return x


@task
def sleeps(seconds: float) -> float:
    """Sleep."""
    print("sleeping", flush=True)  # noqa: T201 - its log
    time.sleep(seconds)
    return seconds


@task(enable_deck=True)
def decorated_page(x: int) -> int:
    """Leave a deck."""
    Deck("mine", "<b>a page of its own</b>")
    return x


@task
def prints(text: str) -> int:
    """Print many lines."""
    for number in range(300):
        print(f"{text} {number}")  # noqa: T201 - its log
    return 300


@task(environment={"FROM_TASK": "task"})
def surroundings(names: list[str]) -> dict[str, str]:
    """Return variables of the environment."""
    return {name: os.environ.get(name, "") for name in names}


@task
def context() -> dict[str, str]:
    """Return what the task is told about itself."""
    told = current_context()
    return {"id": told.execution_id.name, "folder": str(Path(told.working_directory).is_dir())}


@task(requests=Resources(cpu="100m", mem="100Mi"), limits=Resources(cpu="1", mem="500Mi"))
def with_resources(x: int) -> int:
    """Ask for resources."""
    return x
