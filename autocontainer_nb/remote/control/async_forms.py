"""Async forms of methods and properties: `await remote.launch_async(...)` is `remote.launch(...)` in a thread.

A class declares them as annotations, `launch_async: Async["Execution"]`; they are made of the method or property of
that name without `_async`, in the class that has it. The running event loop goes on meanwhile. Cancelled, the waiting
ends; what was begun goes on.
"""

import asyncio
import contextvars
import inspect
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, lru_cache, partial, wraps
from typing import Any, Final, TypeVar

T = TypeVar("T")
Async = Callable[..., Coroutine[Any, Any, T]]
SUFFIX: Final = "_async"
_THREADS: Final = 16  # asyncio's own executor has six on a machine with two processors


class AsyncForms:
    """The base of a class with async forms, which are those annotated in it and its bases."""

    def __init_subclass__(cls) -> None:
        """Make the forms whose method or property the class has."""
        super().__init_subclass__()
        for name in declared_forms(cls):
            plain = inspect.getattr_static(cls, name.removesuffix(SUFFIX), None)
            if plain is not None and not _is_abstract(plain) and inspect.getattr_static(cls, name, None) is None:
                setattr(cls, name, _form(name.removesuffix(SUFFIX), plain))


def declared_forms(cls: type) -> list[str]:
    """Return the names of the async forms that the class and its bases declare."""
    annotated = (name for each in cls.__mro__ for name in vars(each).get("__annotations__", {}))
    return [name for name in annotated if name.endswith(SUFFIX)]


def _is_abstract(found: Any) -> bool:
    return bool(getattr(getattr(found, "fget", found), "__isabstractmethod__", False))


def _form(name: str, plain: Any) -> Any:
    is_value = isinstance(plain, property | cached_property)
    inner: Any = (
        plain.fget if isinstance(plain, property) else plain.func if isinstance(plain, cached_property) else plain
    )

    async def form(self: Any, *args: Any, **kwargs: Any) -> Any:
        asked = partial(getattr, self, name) if is_value else partial(getattr(self, name), *args, **kwargs)
        context = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(_pool(), context.run, asked)

    made = wraps(inner)(form)
    made.__name__, made.__qualname__ = f"{name}{SUFFIX}", f"{inner.__qualname__}{SUFFIX}"
    made.__doc__ = (
        f"Do what `{name}` does, without blocking the running event loop.\n\n{inspect.cleandoc(inner.__doc__ or '')}"
    )
    return made


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="autocontainer-nb-async")
