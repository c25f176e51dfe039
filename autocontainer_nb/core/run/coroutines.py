"""Running a coroutine to its end from code that isn't asynchronous."""

from collections.abc import Coroutine
from typing import Any


def run_to_end(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Return the coroutine's result; if a loop is already running, as in a notebook, run it in a thread of its own."""
    import asyncio

    if not loop_runs():
        return asyncio.run(coroutine)
    from concurrent.futures import ThreadPoolExecutor
    from contextvars import copy_context

    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(copy_context().run, asyncio.run, coroutine).result()


def loop_runs() -> bool:
    """Whether an event loop is running in this thread."""
    from asyncio import get_running_loop

    try:
        get_running_loop()
    except RuntimeError:
        return False
    return True
