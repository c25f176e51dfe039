"""A local run moves the process only where no thread runs, or may at any moment call, code of the person's own."""

import asyncio
import concurrent.futures
import functools
import http.server
import logging.handlers
import queue
import sched
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from autocontainer_nb.core.run import own_place
from autocontainer_nb.core.run.other_threads import others_are_quiet
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.core.workflows.workflow import workflow

LONG_S = 3600


def own() -> None:
    """Do nothing: it is the code that counts."""


class Handler(http.server.BaseHTTPRequestHandler):
    pass


@contextmanager
def _started(thread: threading.Thread, stop: Callable[[], Any]) -> Iterator[None]:
    thread.daemon = True
    thread.start()
    try:
        yield
    finally:
        stop()
        thread.join(30)
        assert not thread.is_alive()


@contextmanager
def _timer(function: Any) -> Iterator[None]:
    timer = threading.Timer(LONG_S, function)
    with _started(timer, timer.cancel):
        yield


@contextmanager
def _loop(start: Callable[[asyncio.AbstractEventLoop], Any]) -> Iterator[None]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)

    def end() -> None:
        async def cancel() -> None:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for each in others:
                each.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            loop.stop()

        asyncio.run_coroutine_threadsafe(cancel(), loop)

    with _started(thread, end):
        kept = start(loop)
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0.01), loop).result(30)
        yield
        del kept
    loop.close()


async def own_sleep() -> None:
    await asyncio.sleep(LONG_S)


async def own_wait() -> None:
    await asyncio.Event().wait()


@contextmanager
def _server(handler: Any) -> Iterator[None]:
    server = http.server.HTTPServer(("127.0.0.1", 0), handler)
    with _started(threading.Thread(target=server.serve_forever), server.shutdown):
        yield
    server.server_close()


@contextmanager
def _scheduler(function: Any) -> Iterator[None]:
    ended = threading.Event()
    plan = sched.scheduler(time.monotonic, ended.wait)
    plan.enter(LONG_S, 1, function)

    def end() -> None:
        plan.cancel(plan.queue[0])
        ended.set()

    with _started(threading.Thread(target=plan.run), end):
        yield


class OwnLogging(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        own()


@contextmanager
def _listener(handler: logging.Handler) -> Iterator[None]:
    listener = logging.handlers.QueueListener(queue.SimpleQueue(), handler)
    listener.start()
    yield
    listener.stop()


@contextmanager
def _pool(function: Any) -> Iterator[None]:
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        pool.submit(function).result(30)
        yield


@contextmanager
def _waiting(function: Any) -> Iterator[None]:
    ended = threading.Event()
    with _started(threading.Thread(target=function, args=(ended,)), ended.set):
        yield


def own_loop(ended: threading.Event) -> None:
    while not ended.wait(0.01):
        pass


class OwnThread(threading.Thread):
    def __init__(self) -> None:
        super().__init__()
        self.ended = threading.Event()

    def run(self) -> None:
        self.ended.wait()


@contextmanager
def _own_thread() -> Iterator[None]:
    thread = OwnThread()
    with _started(thread, thread.ended.set):
        yield


MAY_CALL = {
    "timer": lambda: _timer(own),
    "timer of a partial": lambda: _timer(functools.partial(print, key=own)),
    "timer of a lambda": lambda: _timer(lambda: [own()]),
    "sleeping coroutine": lambda: _loop(lambda loop: asyncio.run_coroutine_threadsafe(own_sleep(), loop)),
    "waiting coroutine": lambda: _loop(lambda loop: asyncio.run_coroutine_threadsafe(own_wait(), loop)),
    "wrapped coroutine": lambda: _loop(
        lambda loop: asyncio.run_coroutine_threadsafe(asyncio.wait_for(own_wait(), LONG_S), loop)
    ),
    "later call": lambda: _loop(lambda loop: loop.call_soon_threadsafe(loop.call_later, LONG_S, own)),
    "server": lambda: _server(Handler),
    "scheduler": lambda: _scheduler(own),
    "logging": lambda: _listener(OwnLogging()),
    "loop of its own": lambda: _waiting(own_loop),
    "thread of its own": _own_thread,
}
QUIET = {
    "timer": lambda: _timer(print),
    "loop": lambda: _loop(lambda loop: None),
    "sleep": lambda: _loop(lambda loop: asyncio.run_coroutine_threadsafe(asyncio.sleep(LONG_S), loop)),
    "server": lambda: _server(http.server.SimpleHTTPRequestHandler),
    "scheduler": lambda: _scheduler(print),
    "logging": lambda: _listener(logging.StreamHandler()),
    "idle pool": lambda: _pool(own),
    "event": lambda: _waiting(threading.Event.wait),
}


@task
def here() -> str:
    """Tell where it runs."""
    return str(Path.cwd())


@workflow
def run() -> str:
    return here()


@pytest.mark.parametrize("other", MAY_CALL.values(), ids=MAY_CALL)
def test_a_thread_that_may_call_own_code_stays_where_it_is(other: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then no task moves the process: on Linux it runs in a thread that has its own directory, elsewhere it stays."""
    with other():
        assert not others_are_quiet({threading.get_ident()})
        if own_place._threads_can_move():
            assert run() != str(Path.cwd())
        monkeypatch.setattr(own_place, "_threads_can_move", lambda: False)
        assert run() == str(Path.cwd())
    assert others_are_quiet({threading.get_ident()})


@pytest.mark.parametrize("other", QUIET.values(), ids=QUIET)
def test_a_thread_that_calls_installed_code_only_is_no_hindrance(other: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_place, "_threads_can_move", lambda: False)
    with other():
        assert others_are_quiet({threading.get_ident()})
        assert run() != str(Path.cwd())
