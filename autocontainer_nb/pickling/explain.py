"""Why an object can't be captured: every culprit, the path to it, the cell that made it, and what to do."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Any, Final

from autocontainer_nb.pickling.captures import references, travels_by_value
from autocontainer_nb.pickling.cells import CellBook
from autocontainer_nb.pickling.pickler import CapturePickler
from autocontainer_nb.pickling.sources import SourceCollector

MAX_CULPRITS: Final = 10
MAX_DEPTH: Final = 30
ARROW: Final = " ► "

_MAKE_INSIDE = "create it inside the task (or in a helper that the task calls) instead of in a cell"
# (what the type's full name contains, what it is, what to do); the first match counts.
_FIXES: Final = (
    (("_thread.lock", "_thread.RLock", "threading."), "a lock or thread", f"locks don't travel: {_MAKE_INSIDE}"),
    (("multiprocessing.",), "a multiprocessing object", f"it belongs to this process: {_MAKE_INSIDE}"),
    (("_io.", "tempfile."), "an open file", "pass its path as a pathlib.Path input and open it inside the task"),
    (
        ("generator", "coroutine", "async_generator"),
        "a generator",
        "capture list(...) of it, or the function that makes it",
    ),
    (
        ("sqlite3.", "psycopg", "sqlalchemy", "pymysql"),
        "a database connection",
        f"connections don't travel: {_MAKE_INSIDE}",
    ),
    (
        ("socket.", "ssl.", "http.client", "httpx", "aiohttp", "boto", "grpc"),
        "a client",
        f"clients don't travel: {_MAKE_INSIDE}",
    ),
    (("tqdm",), "a progress bar", _MAKE_INSIDE),
    (("frame", "traceback"), "a stack frame", "keep the text of the error instead of the traceback"),
    (("weakref",), "a weak reference", "capture the object itself, or look it up inside the task"),
    (("module",), "a module", "import it inside the task"),
)


@dataclass(frozen=True)
class Culprit:
    """One object that can't be pickled, and the names that lead to it."""

    path: tuple[str, ...]
    type_name: str
    cause: str
    made_in: str  # the label of the cell, or empty

    def describe(self) -> str:
        """Return one sentence: where, what, from which cell, why, and what to do."""
        what, fix = _fix(self.type_name)
        made = f", made in {self.made_in}" if self.made_in else ""
        return f"`{ARROW.join(self.path)}` is {what} ({self.type_name}){made}: {self.cause}. Next: {fix}."


def find_culprits(name: str, value: Any, book: CellBook) -> list[Culprit]:
    """Return the innermost objects below `value` that can't be pickled, at most ten, each once."""
    return list(_Search(book).below((name,), value))[:MAX_CULPRITS]


class _Search:
    """One walk: remembers what it has seen, and the error of the last trial."""

    def __init__(self, book: CellBook) -> None:
        self._book = book
        self._seen: set[int] = set()

    def below(self, path: tuple[str, ...], value: Any) -> Iterator[Culprit]:
        if id(value) in self._seen or len(path) > MAX_DEPTH:
            return
        self._seen.add(id(value))
        cause = self._trial(value)
        if cause is None:
            return
        inner = [culprit for step, child in children(value) for culprit in self.below((*path, step), child)]
        if inner:
            yield from inner
        elif not self._holds_a_seen_culprit(value):
            yield Culprit(path, _full_name(type(value)), cause, self._cell_of(path))

    def _trial(self, value: Any) -> str | None:
        """Return None if the value pickles, else the reason why not."""
        try:
            CapturePickler(io.BytesIO(), SourceCollector(self._book), lambda _: False).dump(value)
        except RecursionError:
            return "it is nested too deeply for pickle"
        except Exception as error:  # noqa: BLE001 - any class's own pickling code runs here, and may raise anything
            return f"{error}".strip().rstrip(".") or type(error).__name__
        return None

    def _holds_a_seen_culprit(self, value: Any) -> bool:
        return any(id(child) in self._seen and self._trial(child) is not None for _, child in children(value))

    def _cell_of(self, path: tuple[str, ...]) -> str:
        for step in path[1:] or path:
            cell = self._book.defining(step)
            if cell is not None:
                return cell.label
        return ""


def children(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield (name, object) for what the value directly holds and pickling would follow."""
    if isinstance(value, FunctionType):
        if travels_by_value(value):
            yield from references(value)
            yield from ((f"default {index}", item) for index, item in enumerate(value.__defaults__ or ()))
            yield from (value.__kwdefaults__ or {}).items()
            yield from vars(value).items()
    elif isinstance(value, ModuleType):
        if travels_by_value(value):
            yield from ((name, item) for name, item in vars(value).items() if not name.startswith("__"))
    elif isinstance(value, type):
        if travels_by_value(value):
            yield from ((name, item) for name, item in vars(value).items() if name not in {"__dict__", "__weakref__"})
    elif isinstance(value, staticmethod | classmethod):
        yield "__func__", value.__func__
    elif isinstance(value, property):
        yield from ((name, getattr(value, name)) for name in ("fget", "fset", "fdel") if getattr(value, name))
    elif isinstance(value, dict):
        yield from ((f"[{key!r}]"[:60], item) for key, item in value.items())
    elif isinstance(value, list | tuple | set | frozenset):
        yield from ((f"[{index}]", item) for index, item in enumerate(value))
    else:
        yield from _attributes(value)


def _attributes(value: Any) -> Iterator[tuple[str, Any]]:
    wrapped: Callable[..., Any] | None = getattr(value, "__wrapped__", None)
    if isinstance(wrapped, FunctionType):
        yield from references(wrapped)
    yield from ((name, item) for name, item in getattr(value, "__dict__", {}).items())
    for kind in type(value).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if hasattr(value, name):
                yield name, getattr(value, name)
    if hasattr(value, "__self__") and not isinstance(value.__self__, ModuleType):
        yield "__self__", value.__self__


def _full_name(kind: type) -> str:
    return (
        kind.__qualname__ if kind.__module__ in {"builtins", "__main__"} else f"{kind.__module__}.{kind.__qualname__}"
    )


def _fix(type_name: str) -> tuple[str, str]:
    for patterns, what, fix in _FIXES:
        if any(type_name.startswith(pattern) or f".{pattern}" in type_name for pattern in patterns):
            return what, fix
    return "an object that can't be pickled", f"{_MAKE_INSIDE}, or give its class a __reduce__ method"
