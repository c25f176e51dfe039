"""Pickles that name what is this package's own by its lasting name, never by the module where it is now."""

import io
from collections.abc import Callable
from types import FunctionType
from typing import Any, ClassVar, TypeVar

import cloudpickle

from autocontainer_nb.pickled_names import name_of, named
from autocontainer_nb.wire import PACKAGE_NAME


class NamingPickler(cloudpickle.Pickler):  # type: ignore[misc]  # cloudpickle ships no types
    """cloudpickle's pickler, which refers to this package's classes and functions by `pickled_names`."""

    # Told of what is ours and has no lasting name: it is pickled by its path, as any installed package's. Only who
    # imports from a module that isn't public can meet it; the tests refuse it.
    unnamed: ClassVar[Callable[[object], None] | None] = None

    def reducer_override(self, obj: Any) -> Any:
        """Reduce what is ours to its name; leave all else to cloudpickle."""
        own = self.by_name(obj)
        return super().reducer_override(obj) if own is NotImplemented else own

    def by_name(self, obj: Any) -> Any:
        """Return the reduction of one of our functions, classes and type variables; NotImplemented for all else."""
        if not isinstance(obj, FunctionType | type | TypeVar) or not is_ours(obj):
            return NotImplemented
        name = name_of(obj)
        if name is not None:
            return named, (name,)
        unnamed = type(self).unnamed
        if unnamed is not None and obj is not named:
            unnamed(obj)
        return NotImplemented


def is_ours(obj: Any) -> bool:
    """Whether a function, class or type variable says that a module of this package defines it."""
    module = getattr(obj, "__module__", None)
    return isinstance(module, str) and module.startswith(f"{PACKAGE_NAME}.")


def dumps(value: Any) -> bytes:
    """Return the value's pickle: by value where its code isn't importable, as cloudpickle does."""
    file = io.BytesIO()
    NamingPickler(file).dump(value)
    return file.getvalue()
