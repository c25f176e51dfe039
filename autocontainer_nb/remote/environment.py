"""The surroundings of this process: variables, home directory, clock, randomness. No other module reads them."""

import os
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from autocontainer_nb.wire import ENV_HOME


def variables() -> Mapping[str, str]:
    """Return the environment variables as they are now."""
    return dict(os.environ)


@contextmanager
def default(name: str, value: str) -> Iterator[None]:
    """Have a variable set, unless the user has set it: for a library that reads it while it is imported."""
    if name in os.environ:
        yield
        return
    os.environ[name] = value
    try:
        yield
    finally:
        os.environ.pop(name, None)


def home_directory() -> str:
    """Return the user's home directory."""
    return os.path.expanduser("~")  # noqa: PTH111 - Path.home() raises where there is none, and this is only looked into


def state_directory() -> str:
    """Return the directory of this project's own state: $AUTOCONTAINER_NB_HOME, or ~/.autocontainer-nb."""
    return os.environ.get(ENV_HOME) or f"{home_directory()}/.autocontainer-nb"


def clock_time(seconds: float) -> str:
    """Return a time for people: `14:02`, with the date if it isn't today."""
    then, now = time.localtime(seconds), time.localtime()
    return time.strftime("%H:%M" if then[:3] == now[:3] else "%Y-%m-%d %H:%M", then)


def now_s() -> float:
    """Return the seconds since 1970, to be compared with a server's times."""
    return time.time()


def monotonic_s() -> float:
    """Return the seconds of a clock that never jumps, to measure time limits."""
    return time.monotonic()


def pause(seconds: float) -> None:
    """Sleep."""
    time.sleep(seconds)


def random_hex(digits: int) -> str:
    """Return a number of random hexadecimal digits."""
    return secrets.token_hex((digits + 1) // 2)[:digits]


def jitter() -> float:
    """Return a random factor between 0.5 and 1, so that clients that fail together don't retry together."""
    return 0.5 + secrets.randbelow(1 << 20) / (1 << 21)
