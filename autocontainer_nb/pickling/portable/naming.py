"""Pickles that name what is this package's own by its lasting name, never by the module where it is now.

Python's own library is named so that every minor version finds the same thing.
"""

import sys
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any, ClassVar, Final, TypeVar

import cloudpickle

from autocontainer_nb.pickled_names import name_of, named
from autocontainer_nb.wire import PACKAGE_NAME

PROTOCOL: Final = 5

# Names of the standard library that some minor version lacks, and those by which every one has the same thing.
_LASTING: Final = {
    ("enum", "EnumType"): ("enum", "EnumMeta"),
    ("re", "PatternError"): ("re", "error"),
    ("re._constants", "PatternError"): ("re", "error"),
    ("re._constants", "error"): ("re", "error"),
    ("sre_constants", "error"): ("re", "error"),
}

# What a container's process has of ours in place of an installed package's, which then isn't needed: by its place.
_STAND_INS: Final = {("IPython.core.display_functions", "display"): "display"}


class NamingPickler(cloudpickle.Pickler):  # type: ignore[misc]  # cloudpickle ships no types
    """cloudpickle's pickler, which refers to this package's classes and functions by `pickled_names`."""

    # Told of what is ours and has no lasting name: it is pickled by its path, as any installed package's. Only who
    # imports from a module that isn't public can meet it; the tests refuse it.
    unnamed: ClassVar[Callable[[object], None] | None] = None

    def reducer_override(self, obj: Any) -> Any:
        """Reduce what is ours to its name; leave all else to cloudpickle."""
        reduced = self.by_name(obj)
        return super().reducer_override(obj) if reduced is NotImplemented else reduced

    def by_name(self, obj: Any) -> Any:
        """Return the reduction of one of our functions, classes and type variables; NotImplemented for all else."""
        if not issubclass(type(obj), FunctionType | type | TypeVar) or not is_ours(obj):
            name = stand_in(obj)
            return NotImplemented if name is None else (named, (name,))
        name = name_of(obj)
        if name is not None:
            return named, (name,)
        unnamed = type(self).unnamed
        if unnamed is not None and obj is not named:
            unnamed(obj)
        return NotImplemented

    def holds(self, identities: list[int]) -> set[int]:
        """Return which of the objects with these identities are in the pickle."""
        known: dict[int, Any] = self.memo.copy()
        return known.keys() & set(identities)


def stand_in(obj: Any) -> str | None:
    """Return the lasting name of what takes an installed function's place in a container; None for all else."""
    return _STAND_INS.get((obj.__module__, obj.__qualname__)) if type(obj) is FunctionType else None


def is_ours(obj: Any) -> bool:
    """Whether a function, class or type variable says that a module of this package defines it."""
    module = getattr(obj, "__module__", None)
    return isinstance(module, str) and module.startswith(f"{PACKAGE_NAME}.")


def lasting_place(module: str, name: str, obj: Any) -> tuple[str, str] | None:
    """Return module and name by which every minor version finds an object of the standard library, if others than its.

    For names that begin with an underscore, such as those of `pathlib._local` since 3.13, and for what was renamed.
    """
    for place in _lasting_names(module, name):
        if place != (module, name) and found_at(*place) is obj:
            return place
    return None


def _lasting_names(module: str, name: str) -> Iterator[tuple[str, str]]:
    if (module, name) in _LASTING:
        yield _LASTING[module, name]
    package, _, inner = module.rpartition(".")
    if package and inner.startswith("_"):
        yield package, name


def found_at(module: str, name: str) -> Any:
    """Return what an imported module has under a name, the module itself without a name; None if there is nothing."""
    found: Any = sys.modules.get(module)
    for part in name.split(".") if name else ():
        found = getattr(found, part, None)
    return found
