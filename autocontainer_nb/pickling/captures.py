"""What a function reaches: the names it refers to, followed through functions that travel by value."""

import io
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pickle import PickleBuffer
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

from autocontainer_nb.pickling.code import global_names
from autocontainer_nb.pickling.modules import is_local_module
from autocontainer_nb.pickling.pickler import CapturePickler
from autocontainer_nb.pickling.sources import SourceCollector


@dataclass(frozen=True)
class Capture:
    """One name that a task reaches, what it is, and how it travels."""

    name: str
    type_name: str
    how: str  # "value": its bytes travel; "reference": imported again by name
    size_bytes: int

    def as_json(self) -> dict[str, Any]:
        """Return the entry of `metadata.json`."""
        return {"name": self.name, "type": self.type_name, "how": self.how, "bytes": self.size_bytes}


def captures_of(function: FunctionType, sources: SourceCollector) -> list[Capture]:
    """Return the names that the function and the functions it uses reach, nearest first, each object once."""
    found: list[Capture] = []
    seen = {id(function)}
    queue = [function]
    while queue:
        for name, value in references(queue.pop(0)):
            if id(value) in seen and not isinstance(value, int | float | str | bool | bytes | type(None)):
                continue
            seen.add(id(value))
            by_value = travels_by_value(value)
            size = _pickled_bytes(value, sources) if by_value else 0
            capture = Capture(name, _type_name(value), "value" if by_value else "reference", size)
            if capture not in found:
                found.append(capture)
            inner = inner_function(value)
            if by_value and inner is not None:
                queue.append(inner)
    return found


def references(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Yield (name, object) for the globals and closure variables that the function's code refers to."""
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
        with suppress(ValueError):  # a variable of the enclosing function that isn't bound yet
            yield name, cell.cell_contents
    for name in global_names(function.__code__):
        if name in function.__globals__:
            yield name, function.__globals__[name]


def inner_function(value: Any) -> FunctionType | None:
    """Return the Python function that a value is or wraps (a task, a decorated function), if there is one."""
    wrapped = getattr(value, "__wrapped__", value)
    return wrapped if isinstance(wrapped, FunctionType) else None


def travels_by_value(value: Any) -> bool:
    """Whether the value's content is carried; what can be imported where the task runs is carried by name."""
    if isinstance(value, ModuleType):
        return is_local_module(value.__name__)
    if isinstance(value, FunctionType | BuiltinFunctionType | type):
        module = getattr(value, "__module__", None) or "builtins"
        return module == "__main__" or is_local_module(module)
    return True


def _type_name(value: Any) -> str:
    if isinstance(value, type):
        return "class"
    kind = type(value)
    return (
        kind.__qualname__ if kind.__module__ in {"builtins", "__main__"} else f"{kind.__module__}.{kind.__qualname__}"
    )


def _pickled_bytes(value: Any, sources: SourceCollector) -> int:
    """Return how many bytes the value takes; array buffers are counted, not copied."""
    outside = 0

    def count(buffer: PickleBuffer) -> bool:
        nonlocal outside
        outside += buffer.raw().nbytes
        return False

    file = _Counter()
    CapturePickler(file, sources, count).dump(value)
    return file.size_bytes + outside


class _Counter(io.BytesIO):
    """A file that counts what is written and keeps nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.size_bytes = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        count = memoryview(data).nbytes
        self.size_bytes += count
        return count
