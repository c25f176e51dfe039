"""The place of a task that runs as a step of a graph here: a working directory and variables of its own.

A container gives a task both. In this process they belong to all threads, so they are changed only while no other
thread runs code of the notebook, or of any other module that isn't installed, or may call some. Otherwise the task runs
in a thread that has a working directory of its own, which Linux allows; where that isn't allowed (Docker refuses it by
default), the task stays in the notebook's directory. Whatever happens, everything is put back at the end.
"""

import os
import sys
import threading
from collections.abc import Callable, Coroutine, Generator, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import cache
from shutil import rmtree
from typing import Any, Final, TypeVar

from autocontainer_nb.core.run.coroutines import loop_runs
from autocontainer_nb.core.run.other_threads import others_are_quiet
from autocontainer_nb.storage.scratch import new_local_folder

T = TypeVar("T")

_CLONE_FS: Final = 0x200  # of Linux's <sched.h>: the working directory, the root and the umask
# After which a wait begins anew: an interrupt that comes in the moment before a wait begins wakes nobody.
_LOST_INTERRUPT_S: Final = 0.5
_lock: Final = threading.Lock()
_replaced: Final[dict[str, tuple[str | None, int]]] = {}  # variable ► what it was, and how many tasks have set it
# The threads that wait for the task which is running, and the variables outside of all tasks.
_waiting: ContextVar[frozenset[int]] = ContextVar("autocontainer_nb_waiting", default=frozenset())
_outside: ContextVar[Mapping[str, str] | None] = ContextVar("autocontainer_nb_outside", default=None)


def in_own_place(run: Callable[[str], T], environment: Mapping[str, str]) -> T:
    """Return what `run` returns for its new working directory, which is removed afterwards."""
    folder = _new_folder()
    try:
        if _may_move():
            with _waited_for(), _moved(_Place(folder, environment)):
                return run(folder)
        with _waited_for(), _added(environment):
            return _in_own_thread(run, folder) if _threads_can_move() else run(folder)
    finally:
        _remove(folder)


async def in_own_place_async(run: Callable[[str], Coroutine[Any, Any, T]], environment: Mapping[str, str]) -> T:
    """Do the same with a coroutine, whose steps alternate with those of others in this thread."""
    folder = _new_folder()
    try:
        found: T = await _Stepwise(run(folder), _Place(folder, environment))
        return found
    finally:
        _remove(folder)


class _Place:
    """A working directory and variables, while a task isn't in them."""

    def __init__(self, folder: str, environment: Mapping[str, str]) -> None:
        base = _outside.get()
        self.outside = dict(os.environ) if base is None else base
        self.directory = folder
        self.variables = {**self.outside, **environment}


class _Stepwise:
    """A coroutine that is in its place during each of its steps."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any], place: _Place) -> None:
        self._coroutine = coroutine
        self._place = place

    def __await__(self) -> Generator[Any, Any, Any]:
        step, argument = self._coroutine.send, None
        while True:
            try:
                with self._in_place():
                    asked = step(argument)
            except StopIteration as end:
                return end.value
            try:
                argument = yield asked
                step = self._coroutine.send
            except GeneratorExit:
                self._coroutine.close()
                raise
            except BaseException as error:  # noqa: BLE001 - the coroutine's to handle, a cancellation first of all
                step, argument = self._coroutine.throw, error

    @contextmanager
    def _in_place(self) -> Iterator[None]:
        if not _may_move():
            yield
            return
        with _moved(self._place):
            yield


@contextmanager
def _moved(place: _Place) -> Iterator[None]:
    """Within the block, the process is in the place; what the block changes of it is kept there."""
    back, variables = os.open(".", os.O_RDONLY), dict(os.environ)
    token = _outside.set(place.outside)
    try:
        os.chdir(place.directory)
        _set_variables(place.variables)
        yield
    finally:
        place.directory, place.variables = _directory(place.directory), dict(os.environ)
        _outside.reset(token)
        _set_variables(variables)
        os.fchdir(back)
        os.close(back)


def _directory(known: str) -> str:
    try:
        return os.getcwd()
    except OSError:  # the task has removed it
        return known


def _set_variables(wanted: Mapping[str, str]) -> None:
    for name in [name for name in os.environ if name not in wanted]:
        del os.environ[name]
    for name, value in wanted.items():
        if os.environ.get(name) != value:
            os.environ[name] = value


@contextmanager
def _added(environment: Mapping[str, str]) -> Iterator[None]:
    """Within the block, these variables are set; all others are left to the other threads.

    Of tasks that run at the same time, the last one to end puts back what the first one has found.
    """
    with _lock:
        for name, value in environment.items():
            before, users = _replaced.get(name, (os.environ.get(name), 0))
            _replaced[name] = before, users + 1
            os.environ[name] = value
    try:
        yield
    finally:
        with _lock:
            for name in environment:
                before, users = _replaced.pop(name)
                if users > 1:
                    _replaced[name] = before, users - 1
                elif before is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = before


@contextmanager
def _waited_for() -> Iterator[None]:
    token = _waiting.set(_waiting.get() | {threading.get_ident()})
    try:
        yield
    finally:
        _waiting.reset(token)


def _may_move() -> bool:
    """Whether nobody but the task would see a change of the process's directory."""
    main, me = threading.main_thread().ident, threading.get_ident()
    if me != main and not (main in _waiting.get() and loop_runs()):
        return False
    return others_are_quiet(_waiting.get() | {me})


def _in_own_thread(run: Callable[[str], T], folder: str) -> T:
    """Return what `run` returns in a thread whose working directory is `folder`."""
    found: list[T] = []
    failed: list[BaseException] = []
    context, outside = copy_context(), os.getcwd()

    def body() -> None:
        try:
            _unshare()
            os.chdir(folder)
            found.append(context.run(run, folder))
        except BaseException as error:  # noqa: BLE001 - raised in the thread that waits
            failed.append(error)
        finally:
            os.chdir(outside)  # threads that it has started, such as a library's pool, go back with it

    thread = threading.Thread(target=body, name=f"task in {folder}", daemon=True)
    try:
        thread.start()
        while thread.is_alive():
            thread.join(_LOST_INTERRUPT_S)
    except BaseException as error:
        if thread.ident is not None:
            _raise_in(thread.ident, type(error))  # an interrupt stops the task as well
        raise
    if failed:
        raise failed[0]
    return found[0]


@cache
def _threads_can_move() -> bool:
    """Whether a thread can have its own working directory here."""
    if not sys.platform.startswith("linux"):
        return False
    works: list[bool] = []

    def attempt() -> None:
        try:
            _unshare()
        except (OSError, AttributeError):  # forbidden, or unknown to this C library
            return
        works.append(True)

    thread = threading.Thread(target=attempt)
    thread.start()
    thread.join()
    return bool(works)


def _unshare() -> None:
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)
    if library.unshare(_CLONE_FS) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _raise_in(ident: int, kind: type[BaseException]) -> None:
    import ctypes

    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), ctypes.py_object(kind))


def _new_folder() -> str:
    return os.path.realpath(new_local_folder())


def _remove(folder: str) -> None:
    rmtree(folder, ignore_errors=True)
