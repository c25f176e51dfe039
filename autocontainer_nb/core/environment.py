"""What core reads of its process: variables, clocks, which run this is."""

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
    """Return the process's environment variables, as they are now."""
    return os.environ


def now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(tz=timezone.utc)


def clocks_s() -> tuple[float, float]:
    """Return (wall clock, this process's CPU time) in seconds; only differences mean something."""
    return time.perf_counter(), time.process_time()


def is_loaded(module: str) -> bool:
    """Whether the module has been imported: how optional libraries are recognised without importing them."""
    return module in sys.modules
