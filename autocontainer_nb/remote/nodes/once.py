"""`asked_once`, a property whose value is asked for when it is first looked at, once, whatever threads look."""

from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar, overload

if TYPE_CHECKING:
    from typing_extensions import Self

Value = TypeVar("Value")
_LOCK = "_lock_of_"


class asked_once(cached_property[Value]):  # noqa: N801 - a decorator, as the one that it is made of
    """A cached property with one lock for each object.

    Python's own has one for all objects up to 3.11, so that nothing is asked side by side, and none from 3.12 on, so
    that the same is asked several times.
    """

    @overload
    def __get__(self, instance: None, owner: type[Any] | None = None) -> "Self": ...

    @overload
    def __get__(self, instance: object, owner: type[Any] | None = None) -> Value: ...

    def __get__(self, instance: object, owner: type[Any] | None = None) -> "Self | Value":
        """Return the value, asking for it if nobody has."""
        if instance is None:
            return self
        known, name = instance.__dict__, self.attrname or ""
        if name not in known:
            with known.setdefault(_LOCK + name, Lock()):
                if name not in known:
                    known[name] = self.func(instance)
        value: Value = known[name]
        return value
