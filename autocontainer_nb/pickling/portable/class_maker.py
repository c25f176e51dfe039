"""Classes of the user's made again where they are loaded, without running what their class statements ran.

What `__init_subclass__` and a metaclass of the user's did is in the class's state already: to run them once more would
register twice, or fail for want of the class statement's arguments. `_make_skeleton_class` has cloudpickle's name
and parameters; archives call it by its name in `pickled_names`, so the parameters are part of the format.
"""

import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cloudpickle import cloudpickle


def _make_skeleton_class(
    metaclass: Any, name: str, bases: tuple[Any, ...], keywords: dict[str, Any], class_id: str, _: Any
) -> type:
    """Return a class with an empty body, to be filled; the one of this id that is here already, if there is one."""
    body = {sys.intern(key): value for key, value in keywords.items()}
    resolved = types.resolve_bases(bases)
    with _silenced(resolved):
        if _travelled(metaclass):
            constructor: Any = next(
                kind for kind in metaclass.__mro__ if "__new__" in vars(kind) and not _travelled(kind)
            )
            made = constructor.__new__(metaclass, name, resolved, body)
        else:
            made = types.new_class(name, bases, {"metaclass": metaclass}, lambda namespace: namespace.update(body))
    return cloudpickle._lookup_class_or_track(class_id, made)  # type: ignore[no-any-return]  # noqa: SLF001 - cloudpickle offers no other way


def _travelled(cls: type) -> bool:
    """Whether the class came here by value: an installed one is never changed."""
    return cls in cloudpickle._DYNAMIC_CLASS_TRACKER_BY_CLASS  # noqa: SLF001 - likewise


@contextmanager
def _silenced(bases: tuple[Any, ...]) -> Iterator[None]:
    """Within the block, the user's own `__init_subclass__` of these bases pass on without doing anything."""
    kinds = dict.fromkeys(kind for base in bases if isinstance(base, type) for kind in base.__mro__)
    hooks = [(kind, vars(kind)["__init_subclass__"]) for kind in kinds if "__init_subclass__" in vars(kind)]
    own: list[tuple[Any, Any]] = [(kind, hook) for kind, hook in hooks if _travelled(kind)]
    for kind, _ in own:
        kind.__init_subclass__ = classmethod(_passing_on(kind))
    try:
        yield
    finally:
        for kind, hook in own:
            kind.__init_subclass__ = hook


def _passing_on(kind: Any) -> Any:
    def pass_on(cls: type, **_: Any) -> None:
        super(kind, cls).__init_subclass__()

    return pass_on
