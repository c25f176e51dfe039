"""Instances whose own pickles call a constructor of the user's again: made without it, since it has run already.

An exception is pickled as its class called with `args`, which are what it gave to `super().__init__`: here only its
built-in base is called with them, which takes its own fields from there (`errno`, `code`, a group's parts). A subclass
of tuple as its class called with all of its content. With a constructor of another form that fails, or gives another
value.

What raised an exception belongs to it: its cause, its context and whether that is shown, though not its traceback. An
object whose class has a `__getattr__` is never asked for what only that would answer: slots that aren't set stay so,
and an empty instance is asked for nothing while it is loaded.

Archives call the functions that make and fill by their names in `pickled_names`: their parameters are part of the
format.
"""

import copyreg
from contextlib import suppress
from types import FunctionType
from typing import Any, Final

_BASES: Final = (tuple, str, bytes, int, float, complex, frozenset, set)
_HEAP_TYPE: Final = 1 << 9  # the flag of classes that are made by a statement (Include/object.h: Py_TPFLAGS_HEAPTYPE)
_PLAIN, _EXCEPTION, _OWN_EXCEPTION, _BASE, _ANSWERING = range(5)
_PROTOCOL: Final = 5
_PICKLING: Final = frozenset({"__getstate__", "__setstate__", "__getnewargs__", "__getnewargs_ex__"})


def make_exception(kind: type[BaseException], arguments: tuple[Any, ...]) -> BaseException:
    """Return an exception of the class that its built-in base has made of these `args`."""
    base: Any = _built_in(kind)
    made: BaseException = base.__new__(kind, *arguments)
    base.__init__(made, *arguments)
    return made


def fill_exception(made: BaseException, state: tuple[Any, Any, Any, bool]) -> None:
    """Give an exception its attributes, its cause, its context, and whether the context isn't shown."""
    own, cause, context, suppress = state
    if own is not None:
        made.__setstate__(own)
    made.__cause__, made.__context__ = cause, context
    made.__suppress_context__ = suppress


def fill_object(made: Any, state: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """Give an object its attributes and slots; no code of its class runs."""
    attributes, slots = state
    if attributes:
        object.__getattribute__(made, "__dict__").update(attributes)
    for name, value in slots.items():
        object.__setattr__(made, name, value)


def make_of_base(base: type, kind: type, content: Any) -> Any:
    """Return an instance of the class that holds what the object of its built-in base does."""
    made: Any = base.__new__(kind) if base is set else base.__new__(kind, content)
    if base is set:
        set.update(made, content)
    return made


class Instances:
    """Reduces the instances of one pickle; what kind of class each has is found out once."""

    def __init__(self) -> None:
        self._kinds: dict[type, int] = {}

    def reduce(self, obj: Any) -> Any:
        """Return the reduction of an instance whose constructor isn't to be called again; else NotImplemented."""
        kind = type(obj)
        found = self._kinds.get(kind)
        if found is None:
            found = self._kinds[kind] = _kind_of(kind)
        if found == _PLAIN:
            return NotImplemented
        if found in {_EXCEPTION, _OWN_EXCEPTION}:
            return _exception(obj, anew=found == _EXCEPTION)
        if found == _ANSWERING:
            return _answering(obj)
        base: Any = next(each for each in _BASES if issubclass(kind, each))
        content = list(base.__iter__(obj)) if issubclass(base, set | frozenset) else _as_base(base, obj)
        return make_of_base, (base, kind, content), _state_of(obj)


def _exception(obj: BaseException, *, anew: bool) -> Any:
    """Return the reduction of an exception; NotImplemented where pickle's own loses nothing of it."""
    kind = type(obj)
    state = obj.__cause__, obj.__context__, obj.__suppress_context__
    is_chained = state != (None, None, False)
    if anew:
        _, arguments, *own = _built_in(kind).__reduce__(obj)
        reduced: Any = make_exception, (kind, arguments), own[0] if own else None
    elif not is_chained or kind in copyreg.dispatch_table:
        return NotImplemented
    else:
        reduced = obj.__reduce_ex__(_PROTOCOL)
    if not is_chained or not isinstance(reduced, tuple) or len(reduced) > 3:  # noqa: PLR2004 - the state is the last part
        return reduced
    make, arguments, *own = reduced
    return make, arguments, (own[0] if own else None, *state), None, None, fill_exception


def _answering(obj: Any) -> Any:
    """Return what pickle itself gives, of an object whose class answers to names that it doesn't have."""
    kind = type(obj)
    attributes, slots = {}, {}
    for name in copyreg._slotnames(kind):  # type: ignore[attr-defined]  # noqa: SLF001 - as object.__reduce_ex__ does
        with suppress(AttributeError):
            slots[name] = object.__getattribute__(obj, name)
    with suppress(AttributeError):
        attributes = object.__getattribute__(obj, "__dict__")
    items = iter(list.__iter__(obj)) if isinstance(obj, list) else None
    pairs = iter(dict.items(obj)) if isinstance(obj, dict) else None
    make = copyreg.__newobj__  # type: ignore[attr-defined]  # the stubs lack what protocol 2 names
    return make, (kind,), (attributes, slots), items, pairs, fill_object


def _is_answering(kind: Any) -> bool:
    """Whether a class has a `__getattr__`, written in Python, and nothing of its own about pickling."""
    if not isinstance(getattr(kind, "__getattr__", None), FunctionType) or kind in copyreg.dispatch_table:
        return False
    if kind.__reduce__ is not object.__reduce__ or kind.__reduce_ex__ is not object.__reduce_ex__:
        return False
    own = {name for each in kind.__mro__ if each is not object for name in vars(each)}
    return not _PICKLING & own and _built_in(kind) in {object, list, dict}


def _kind_of(kind: type) -> int:
    if _is_answering(kind):
        return _ANSWERING
    if issubclass(kind, BaseException):
        above = _built_in(kind)
        own = _has_own(kind, "__init__", above) or _has_own(kind, "__new__", above)
        by_default = kind.__reduce__ is above.__reduce__ and kind.__reduce_ex__ is object.__reduce_ex__
        return _EXCEPTION if own and by_default else _OWN_EXCEPTION
    base = next((each for each in _BASES if issubclass(kind, each)), None)
    if base is None or kind is base or hasattr(kind, "_member_map_"):
        return _PLAIN
    names = ("__new__", "__init__") if base in {set, frozenset} else ("__new__",)
    by_default = kind.__reduce__ is base.__reduce__ and kind.__reduce_ex__ is base.__reduce_ex__
    makes_anew = any(_has_own(kind, name, base) for name in names)
    return _BASE if makes_anew and by_default and not _names_arguments(kind) else _PLAIN


def _built_in(kind: type) -> Any:
    """Return the nearest base that is written in C, as Python's own exceptions are."""
    return next(each for each in kind.__mro__ if not each.__flags__ & _HEAP_TYPE)


def _has_own(kind: type, name: str, base: type) -> bool:
    """Whether a class between this one and its built-in base has such a method, written in Python."""
    for each in kind.__mro__:
        if each is base:
            return False
        if name in vars(each):
            value = vars(each)[name]
            return isinstance(getattr(value, "__func__", value), FunctionType)
    return False


def _names_arguments(kind: type) -> bool:
    """Whether the class tells itself what its constructor is to be called with; that of a base of it doesn't count."""
    for each in kind.__mro__:
        if "__getnewargs__" in vars(each) or "__getnewargs_ex__" in vars(each) or "__getstate__" in vars(each):
            return isinstance(vars(each).get("__getnewargs__", vars(each).get("__getnewargs_ex__")), FunctionType)
        if "__new__" in vars(each):
            return False
    return False


def _as_base(base: Any, obj: Any) -> Any:
    """Return the content as an object of the built-in class itself, whatever the user's class makes of conversions."""
    if base is tuple:
        return tuple(tuple.__iter__(obj))
    if base in {str, bytes}:
        return base.__getitem__(obj, slice(None)) if base is bytes else str.__str__(obj)
    if base is complex:
        return complex(obj.real, obj.imag)
    return base.__pos__(obj)


def _state_of(obj: Any) -> Any:
    """Return what `object.__reduce_ex__` says of attributes and slots."""
    state = getattr(obj, "__getstate__", None)
    if state is not None:  # since 3.11 each object has it
        return state()
    slots = {name: getattr(obj, name) for name in copyreg._slotnames(type(obj)) if hasattr(obj, name)}  # type: ignore[attr-defined]  # noqa: SLF001 - as object.__reduce_ex__ does
    own = getattr(obj, "__dict__", None) or None
    return (own, slots) if slots else own
