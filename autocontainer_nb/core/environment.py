"""The process as core sees it: environment variables, clocks, loaded modules, the current run."""

import os
import sys
import time
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import datetime, timezone
from typing import Any, Final

# A `core.run.context.FlyteContext`; its class is defined above this module.
running: Final[ContextVar[Any]] = ContextVar("autocontainer_nb_context", default=None)


def variables() -> Mapping[str, str]:
    """Return the current environment variables of the process."""
    return os.environ


def now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(tz=timezone.utc)


def clocks_s() -> tuple[float, float]:
    """Return (wall clock, this process's CPU time) in seconds; only differences are meaningful."""
    return time.perf_counter(), time.process_time()


def is_loaded(module: str) -> bool:
    """Whether the module has been imported; a way to recognise optional libraries without importing them."""
    return module in sys.modules
