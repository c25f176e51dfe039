"""Instances whose own pickles call a constructor of the user's again: made without it, since it has run already.

An exception is pickled as its class called with `args`, which are what it gave to `super().__init__`: here only its
built-in base is called with them, which takes its own fields from there (`errno`, `code`, a group's parts). A subclass
of tuple as its class called with all of its content. With a constructor of another form that fails, or gives another
value.

What raised an exception belongs to it: its cause, its context and whether that is shown, though not its traceback. An
object whose class has a `__getattr__` is never asked for what only that would answer: slots that aren't set stay so,
and an empty instance is asked for nothing while it is loaded.

An object whose class says how it is hashed may be in a set that it leads to itself: what its hash can depend on is
there from the start, and the rest comes after it.

Archives call the functions that make and fill by their names in `pickled_names`: their parameters are part of the
format.
"""

import copyreg
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from types import FunctionType
from typing import Any, Final

from autocontainer_nb.pickling.portable import class_table
from autocontainer_nb.pickling.portable.by_content import (
    contents_of,
    fill_object,
    is_named_by_itself,
    reduced_with_content,
)
from autocontainer_nb.pickling.portable.main_module import is_loading_main

_BASES: Final = (tuple, str, bytes, int, float, complex, frozenset, set)
_HEAP_TYPE: Final = 1 << 9  # the flag of classes that are made by a statement (Include/object.h: Py_TPFLAGS_HEAPTYPE)
_PROTOCOL: Final = 5
_ATOMS: Final = frozenset({type(None), bool, int, float, complex, str, bytes, range, type(...)})
_OF_ATOMS: Final = frozenset({"datetime", "decimal", "fractions", "ipaddress", "pathlib", "pathlib._local", "uuid"})
_DEPTH: Final = 5
_NEW: Final[tuple[Any, ...]] = (copyreg.__newobj__, copyreg.__newobj_ex__)  # type: ignore[attr-defined]  # the stubs lack what protocol 2 names
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


def make_of_base(base: type, kind: type, content: Any) -> Any:
    """Return an instance of the class that holds what the object of its built-in base does."""
    made: Any = base.__new__(kind) if base is set else base.__new__(kind, content)
    if base is set:
        set.update(made, content)
    return made


def make_hashable(kind: Any, attributes: dict[str, Any], slots: dict[str, Any]) -> Any:
    """Return an instance that has of its attributes and slots what its hash can depend on."""
    made = make_part(kind, (), {})
    fill_object(made, (attributes, slots))
    return made


def fill_hashable(made: Any, state: tuple[tuple[str, ...], dict[str, Any], dict[str, Any]]) -> None:
    """Give an object the rest of its attributes and slots, and its attributes their order."""
    order, attributes, slots = state
    fill_object(made, (attributes, slots))
    if attributes:
        own = object.__getattribute__(made, "__dict__")
        content = dict(own)
        own.clear()
        own.update({name: content[name] for name in order})


def make_empty(kind: type) -> Any:
    """Return an instance of the class whose constructors haven't run."""
    return _built_in(kind).__new__(kind)


def make_part(kind: Any, given: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """Return what the class's `__new__` gives where the class is here already, else an instance without calling it.

    For an object that belongs to what `__new__` refers to, such as a class's register of its instances.
    """
    if not is_loading_main() and not class_table.is_being_made(kind):
        with suppress(Exception):  # of the user's code, which may refer to what isn't here yet
            return kind.__new__(kind, *given, **named)
    return make_empty(kind)


class Instances:
    """Reduces the instances of one pickle; what kind of class each has is found out once.

    Without `is_written` an object is only asked for its parts: then none is put ahead of another.
    """

    def __init__(self, *, is_written: bool = True) -> None:
        self._reducers: dict[type, Callable[[Any], Any] | None] = {}
        self._is_written = is_written

    def reduce(self, obj: Any) -> Any:
        """Return the reduction of an instance whose constructor isn't to be called again; else NotImplemented."""
        kind = type(obj)
        if kind not in self._reducers:
            found = _reducer_for(kind)
            if found is _hashed and not self._is_written:
                found = _answering if _has_answers(kind) else None
            self._reducers[kind] = found
        reducer = self._reducers[kind]
        return NotImplemented if reducer is None else reducer(obj)

    def reduce_without_new(self, obj: Any) -> Any:
        """Return the reduction of an instance of a class whose `__new__` can't be called yet; else NotImplemented."""
        kind: Any = type(obj)
        reduced = self.reduce(obj)
        if not isinstance(kind.__new__, FunctionType) or _built_in(kind) not in {object, list, dict}:
            return reduced
        if reduced is NotImplemented:
            is_by_default = kind.__reduce__ is object.__reduce__ and kind.__reduce_ex__ is object.__reduce_ex__
            reduced = obj.__reduce_ex__(_PROTOCOL) if is_by_default and kind not in copyreg.dispatch_table else reduced
        if not isinstance(reduced, tuple) or reduced[0] not in _NEW:
            return reduced
        given, named = reduced[1][1:], {}
        if reduced[0] is _NEW[1]:
            given, named = given
        return make_part, (kind, tuple(given), named), *reduced[2:]


def _of_base(obj: Any) -> Any:
    """Return the reduction of an instance of a subclass of tuple, str, set or the like."""
    kind = type(obj)
    base: Any = next(each for each in _BASES if issubclass(kind, each))
    content = list(base.__iter__(obj)) if issubclass(base, set | frozenset) else _as_base(base, obj)
    if _has_answers(kind):
        return make_of_base, (base, kind, content), contents_of(obj), None, None, fill_object
    return make_of_base, (base, kind, content), _state_of(obj)


def _exception(obj: BaseException) -> Any:
    return _of_exception(obj, anew=True)


def _own_exception(obj: BaseException) -> Any:
    return _of_exception(obj, anew=False)


def _of_exception(obj: BaseException, *, anew: bool) -> Any:
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
    make: Any = copyreg.__newobj__  # type: ignore[attr-defined]  # the stubs lack what protocol 2 names
    if obj.__class__ is not kind or isinstance(kind.__new__, FunctionType):  # a mock is of a class of its own
        make = make_empty
    return make, (kind,), contents_of(obj), *_items_of(obj), fill_object


def _items_of(obj: Any) -> tuple[Any, Any]:
    items = iter(list.__iter__(obj)) if isinstance(obj, list) else None
    pairs = iter(dict.items(obj)) if isinstance(obj, dict) else None
    return items, pairs


def _hashed(obj: Any) -> Any:
    """Return the reduction of an object in two steps; NotImplemented where one will do."""
    attributes, slots = contents_of(obj)
    first = {name: value for name, value in attributes.items() if _is_settled(value)}
    first_slots = {name: value for name, value in slots.items() if _is_settled(value)}
    if len(first) == len(attributes) and len(first_slots) == len(slots):
        return _answering(obj) if _has_answers(type(obj)) else NotImplemented
    rest = {name: value for name, value in attributes.items() if name not in first}
    rest_slots = {name: value for name, value in slots.items() if name not in first_slots}
    state = tuple(attributes), rest, rest_slots
    return make_hashable, (type(obj), first, first_slots), state, *_items_of(obj), fill_hashable


def _is_settled(value: Any, depth: int = _DEPTH) -> bool:
    """Whether a value is certain not to lead back to who holds it."""
    kind = type(value)
    if kind in _ATOMS or kind.__module__ in _OF_ATOMS or isinstance(value, Enum):
        return True
    if not depth:
        return False
    if kind in {tuple, frozenset}:
        return all(_is_settled(one, depth - 1) for one in value)
    if not is_hashed(kind) or isinstance(value, list | dict):
        return False
    attributes, slots = contents_of(value)
    return all(_is_settled(one, depth - 1) for one in (*attributes.values(), *slots.values()))


def is_hashed(kind: Any) -> bool:
    """Whether a class says, in Python, how its instances are hashed, and nothing of its own about pickling."""
    # As it is written: to get it from a class of a mock makes another mock, with a class of its own.
    written = next((vars(each)["__hash__"] for each in kind.__mro__ if "__hash__" in vars(each)), None)
    return isinstance(written, FunctionType) and _is_pickled_by_default(kind)


def _is_answering(kind: Any) -> bool:
    """Whether a class has a `__getattr__`, written in Python, and nothing of its own about pickling."""
    return _has_answers(kind) and _is_pickled_by_default(kind)


def _has_answers(kind: Any) -> bool:
    return isinstance(getattr(kind, "__getattr__", None), FunctionType)


def _is_pickled_by_default(kind: Any) -> bool:
    if kind in copyreg.dispatch_table:
        return False
    if kind.__reduce__ is not object.__reduce__ or kind.__reduce_ex__ is not object.__reduce_ex__:
        return False
    return not _says_how(kind) and _built_in(kind) in {object, list, dict}


def _says_how(kind: type) -> bool:
    """Whether a class has methods of its own that pickle asks, but for those that dataclasses have written."""
    above = [each for each in kind.__mro__ if each is not object]
    own = {name for each in above for name in vars(each) if not _is_dataclass_part(each, name)}
    return bool(_PICKLING & own)


def _is_dataclass_part(kind: type, name: str) -> bool:
    """Whether it is what a dataclass that is frozen and has slots does to set them."""
    made_by = getattr(vars(kind)[name], "__module__", None) if name in _PICKLING else None
    return made_by == "dataclasses"


def _reducer_for(kind: type) -> Callable[[Any], Any] | None:
    """Return what reduces the instances of a class; None where pickle does it right, or we do in another place."""
    from autocontainer_nb.pickling.portable.objects import REDUCERS

    if kind in REDUCERS:  # a `ForwardRef` has a hash of its own, and code that only its Python runs
        return None
    if is_hashed(kind) and not hasattr(kind, "_member_map_"):
        return _hashed
    if _is_answering(kind):
        return _answering
    if issubclass(kind, BaseException):
        above = _built_in(kind)
        own = _has_own(kind, "__init__", above) or _has_own(kind, "__new__", above)
        by_default = kind.__reduce__ is above.__reduce__ and kind.__reduce_ex__ is object.__reduce_ex__
        return _exception if own and by_default else _own_exception
    base = next((each for each in _BASES if issubclass(kind, each)), None)
    if base is not None and kind is not base and not hasattr(kind, "_member_map_") and _is_made_anew(kind, base):
        return _of_base
    return reduced_with_content if is_named_by_itself(kind) else None


def _is_made_anew(kind: Any, base: Any) -> bool:
    """Whether pickle would call a constructor of the class's own, or ask it for what it doesn't have yet."""
    if kind.__reduce__ is not base.__reduce__ or kind.__reduce_ex__ is not base.__reduce_ex__:
        return False
    if _has_answers(kind) and not _says_how(kind):
        return True
    names = ("__new__", "__init__") if base in {set, frozenset} else ("__new__",)
    return any(_has_own(kind, name, base) for name in names) and not _names_arguments(kind)


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
