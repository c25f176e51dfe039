"""`__main__` in a task's process: a module whose namespace is the captured notebook's.

What looks an object up under its own name (pickle, process pools, `get_type_hints`, `globals()`) finds it as it does in
the notebook. Only a container's process takes its `__main__` over; elsewhere what is loaded has globals of its own.

What comes later, with inputs, keeps globals of its own as well: it may be of another moment than what was captured. Its
functions and classes are found in `__main__` where nothing else has their name.

Archives call `main_globals` and `main_names` by their names in `pickled_names`: their parameters are part of the
format.
"""

import builtins
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Final

from autocontainer_nb.pickled_names import named

MAIN: Final = "__main__"
_taken: Final[list[ModuleType]] = []  # the module, once this process's `__main__` is taken over
_before: Final[list[ModuleType]] = []  # what was there, kept alive: its functions are running
_open: Final[set[str]] = set()  # whether the archive is being loaded: its globals are `__main__`'s


@contextmanager
def taken_over(spec_name: str) -> Iterator[None]:
    """Let what is loaded within the block be `__main__` from now on; `spec_name` is for processes that are spawned."""
    if not _taken:
        module = ModuleType(MAIN)
        module.__spec__ = ModuleSpec(spec_name, None)
        vars(module)["__builtins__"] = builtins
        vars(builtins).setdefault("display", _display)
        _before.append(sys.modules[MAIN])
        _taken.append(module)
    sys.modules[MAIN] = _taken[0]
    _open.add(MAIN)
    try:
        yield
    finally:
        _open.discard(MAIN)


def _display(*objects: Any, **options: Any) -> Any:
    """Show values, as the `display` does that a kernel has among its built-in names; loaded when it is called."""
    return named("display")(*objects, **options)


def main_globals(begun: dict[str, Any]) -> dict[str, Any]:
    """Return the globals of the notebook's functions, which begin with these names."""
    if MAIN not in _open:
        return begun
    namespace = vars(_taken[0])
    namespace.update(begun)
    return namespace


def is_loading_main() -> bool:
    """Whether the archive is being loaded whose notebook is `__main__`: not all that it has is there yet."""
    return MAIN in _open


def main_names(names: dict[str, Any], more: Any) -> Any:
    """Take what the notebook has under these names, mentioned by others or not; `more` was taken before."""
    if MAIN in _open:
        vars(_taken[0]).update(names)
    return more


def welcome(arrived: Any) -> None:
    """Let a function or class that has just been made be found in `__main__`, where it belongs there."""
    if not _taken or arrived.__module__ != MAIN or MAIN in _open:
        return
    name = arrived.__qualname__
    if name.isidentifier():
        vars(_taken[0]).setdefault(name, arrived)


class MainGlobals:
    """The globals of a notebook's functions while they are pickled: each Python process has its own."""

    def __init__(self, begun: dict[str, Any]) -> None:
        self._begun = begun

    def __reduce__(self) -> tuple[Any, ...]:
        return main_globals, (self._begun,)


class MainNames:
    """What a notebook has under its own name, of all that one pickle holds: the last that is written."""

    def __init__(self, tasks: dict[str, Any]) -> None:
        self.tasks = tasks

    def __reduce__(self) -> tuple[Any, ...]:
        return self.reduced({})

    def reduced(self, others: dict[str, Any]) -> tuple[Any, ...]:
        """Return the reduction with other names as well; what is met on the way comes after it."""
        names = {**self.tasks, **others}
        return main_names, (names, MainNames({}) if others else None)
