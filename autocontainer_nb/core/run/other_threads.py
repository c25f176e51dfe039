"""Whether another thread runs code of the notebook, or may run some at any moment.

A thread that waits is in Python's or a library's code, but it may be about to call the notebook's: a timer, an event
loop with a coroutine, a server with a handler. What it would call hangs on what its frames hold.
"""

import gc
import os
import sys
from collections.abc import Collection, Iterator
from functools import cache
from types import (
    AsyncGeneratorType,
    BuiltinFunctionType,
    CodeType,
    CoroutineType,
    FrameType,
    FunctionType,
    GeneratorType,
    ModuleType,
)
from typing import Any, Final

_PACKAGE: Final = __name__.partition(".")[0]
# What a kernel and this package have threads for: they show, listen and send, and reach everything without calling it.
_OF_KERNELS: Final = frozenset({"IPython", "ipykernel", "zmq", "debugpy", "grpc", "execnet", _PACKAGE})
_MAX_OBJECTS: Final = 2_000  # that are followed from one thread: what it waits for isn't far
_NOT_FOLLOWED: Final = (str, bytes, int, float, type(None), ModuleType, CodeType, BuiltinFunctionType, FrameType)


def others_are_quiet(idle: Collection[int]) -> bool:
    """Whether no thread but the `idle` ones, by their idents, runs code of the person's own, or may call some."""
    frames = sys._current_frames()  # noqa: SLF001 - the only way to ask what other threads do
    return not any(_may_run_own_code(frame) for ident, frame in frames.items() if ident not in idle)


def _may_run_own_code(frame: FrameType) -> bool:
    stack = list(_stack(frame))
    if any(not is_installed(each.f_code.co_filename, _module(each)) for each in stack):
        return True
    return not any(_top(_module(each)) in _OF_KERNELS for each in stack) and _holds_own_code(stack)


def _stack(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _top(module: str) -> str:
    return module.partition(".")[0]


def _holds_own_code(stack: list[FrameType]) -> bool:
    """Whether what the frames hold leads to a function, a class or a coroutine of the person's own."""
    pending: list[Any] = [value for frame in stack for value in frame.f_locals.values()]
    seen: set[int] = set()
    while pending and len(seen) < _MAX_OBJECTS:
        value = pending.pop(0)
        if id(value) in seen or isinstance(value, _NOT_FOLLOWED):
            continue
        seen.add(id(value))
        if _is_own(value):
            return True
        pending += _next(value)
    return False


def _is_own(value: Any) -> bool:
    if isinstance(value, FunctionType):
        return not is_installed(value.__code__.co_filename, str(value.__module__))
    code = {CoroutineType: "cr_code", GeneratorType: "gi_code", AsyncGeneratorType: "ag_code"}.get(type(value))
    if code is not None:
        return not is_installed(getattr(value, code).co_filename, "")
    if isinstance(value, type):
        module = sys.modules.get(str(value.__module__))
        file = getattr(module, "__file__", None)
        is_notebooks = value.__module__ == "__main__"
        return is_notebooks or (file is not None and not is_installed(str(file), str(value.__module__)))
    return False


def _next(value: Any) -> list[Any]:
    """Return what the value may call: not all that its code can see."""
    if isinstance(value, type) or _top(str(type(value).__module__)) in _OF_KERNELS:
        return []
    if isinstance(value, FunctionType):
        return [*(value.__closure__ or ()), *(value.__defaults__ or ())]
    found = [type(value), *gc.get_referents(value)]
    if hasattr(type(value), "run_forever"):  # a loop holds no coroutine that waits for another thread
        from asyncio import all_tasks

        found += all_tasks(value)
    return [each for each in found if not (type(each) is dict and "__builtins__" in each)]


@cache
def is_installed(file: str, module: str) -> bool:
    """Whether code is of an installed package, the standard library or this package, and not the person's own."""
    import sysconfig

    if _top(module) == _PACKAGE or file.startswith("<frozen "):
        return True
    roots = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    packages = ("site-packages", "dist-packages")
    return file.startswith(tuple(f"{root}{os.sep}" for root in roots)) or any(part in file for part in packages)
