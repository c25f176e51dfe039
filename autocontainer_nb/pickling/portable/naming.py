"""Pickles that name what is this package's own by its lasting name, never by the module where it is now.

Classes that travel by value have lasting ids, as they have in captures, so that one which comes back is the one that
left; cloudpickle's own tables of classes stay as they are.
"""

import io
from collections.abc import Callable
from types import FunctionType
from typing import Any, ClassVar, Final, TypeVar

import cloudpickle

from autocontainer_nb.pickled_names import name_of, named
from autocontainer_nb.wire import PACKAGE_NAME

_WITH_REDUCERS: Final = frozenset({"builtins", "dataclasses", "functools", "typing"})  # modules of types in `objects`


class NamingPickler(cloudpickle.Pickler):  # type: ignore[misc]  # cloudpickle ships no types
    """cloudpickle's pickler, which refers to this package's classes and functions by `pickled_names`."""

    # Told of what is ours and has no lasting name: it is pickled by its path, as any installed package's. Only who
    # imports from a module that isn't public can meet it; the tests refuse it.
    unnamed: ClassVar[Callable[[object], None] | None] = None

    def reducer_override(self, obj: Any) -> Any:
        """Reduce what is ours to its name, and classes in our own way; leave all else to cloudpickle."""
        reduced = self.by_name(obj)
        if reduced is NotImplemented:
            reduced = _reduced(obj)
        return super().reducer_override(obj) if reduced is NotImplemented else reduced

    def _dynamic_function_reduce(self, func: FunctionType) -> Any:
        """Reduce a function that travels by value: with its variables, which other functions may share."""
        from autocontainer_nb.pickling.portable.functions import reduce_function
        from autocontainer_nb.pickling.portable.objects import is_single_dispatch, reduce_single_dispatch

        if is_single_dispatch(func):
            return reduce_single_dispatch(func)
        names = self.globals_ref.setdefault(id(func.__globals__), {})
        if not names:
            names.update({key: func.__globals__[key] for key in ("__package__", "__name__") if key in func.__globals__})
        return reduce_function(func, names)

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


def _reduced(obj: Any) -> Any:
    kind = type(obj)
    if issubclass(kind, type):
        from autocontainer_nb.pickling.portable.class_table import lasting_id
        from autocontainer_nb.pickling.portable.classes import reduce_class

        return reduce_class(obj, lasting_id)
    if kind.__module__ in _WITH_REDUCERS:
        from autocontainer_nb.pickling.portable.objects import REDUCERS

        reduce = REDUCERS.get(kind)
        return NotImplemented if reduce is None else reduce(obj)
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
