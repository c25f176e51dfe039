"""Instances that are their class and their attributes, and nothing else: of classes without pickling code of their own.

A list of 30,000 of them is like one of dictionaries: what a class has instances of is found out once, and the numbers
and texts among the attributes of one are taken together.
"""

import copyreg
import marshal
from collections.abc import Callable
from dataclasses import dataclass
from types import GetSetDescriptorType
from typing import Any, Final

from autocontainer_nb.pickling.plain.digest import MARSHAL_VERSION
from autocontainer_nb.pickling.plain.levels import ATOMS
from autocontainer_nb.wire import LARGE_BUFFER_BYTES

_HEAP_TYPE: Final = 1 << 9  # the flag of classes that are made by a statement (Include/object.h: Py_TPFLAGS_HEAPTYPE)
_OWN_CODE: Final = ("__getstate__", "__reduce__", "__reduce_ex__", "__getattribute__")
_ARGUMENTS: Final = ("__getnewargs__", "__getnewargs_ex__")
_WITH_ADDRESSES: Final = frozenset({"pydantic", "sklearn", "pandas"})  # some of their attributes mean nothing (`parts`)
_LATER: Final = ...  # in place of an attribute that isn't plain


@dataclass(frozen=True)
class Layout:
    """The names of the attributes that some instances of a class have."""

    names: tuple[str, ...]  # in an order that all have in common: no program means anything by the order of attributes
    slots: tuple[bytes, ...]  # what `parts` calls them
    head: bytes


@dataclass(frozen=True)
class Record:
    """One instance."""

    layout: Layout
    attributes: dict[str, Any]
    content: bytes  # the attributes that are numbers, texts and the like
    others: tuple[int, ...]  # which attributes are something else


class RecordClasses:
    """Reads instances; ask another one after a class has changed. `reduction` tells what pickle would write of one."""

    def __init__(self, reduction: Callable[[Any], Any]) -> None:
        self._reduction = reduction
        self._layouts: dict[type, dict[tuple[str, ...], Layout | None] | None] = {}

    def are_records(self, value: Any) -> bool:
        """Whether an object is what its class and its attributes say, and so are all of its class."""
        kind = type(value)
        if kind not in self._layouts:
            self._layouts[kind] = {} if _is_record(kind) and self._is_reduced_so(value) else None
        return self._layouts[kind] is not None

    def read(self, value: Any) -> Record | None:
        """Return what is in an instance; None where it may be more than its attributes, or these are odd."""
        if not self.are_records(value):
            return None
        attributes: dict[str, Any] = value.__dict__
        layout = self._layout(type(value), tuple(attributes))
        if layout is None:
            return None
        values = [attributes[name] for name in layout.names]
        others: tuple[int, ...] = ()
        if not ATOMS.issuperset(map(type, values)):
            others = tuple([number for number, one in enumerate(values) if type(one) not in ATOMS])
            values = [_LATER if number in others else one for number, one in enumerate(values)]
        content = marshal.dumps(values, MARSHAL_VERSION)
        if len(content) >= LARGE_BUFFER_BYTES:  # a text may be so large that it is hashed by itself
            return None
        return Record(layout, attributes, content, others)

    def _layout(self, kind: type, keys: tuple[str, ...]) -> Layout | None:
        layouts = self._layouts[kind]
        assert layouts is not None  # noqa: S101 - for the type checker
        if keys not in layouts:
            is_odd = any(type(key) is not str or key.startswith("__") for key in keys)
            layouts[keys] = None if is_odd else _layout_of(keys)
        return layouts[keys]

    def _is_reduced_so(self, value: Any) -> bool:
        """Whether pickle would write no more than class and attributes, as far as one instance tells."""
        try:
            reduced = self._reduction(value)
        except Exception:  # noqa: BLE001 - the object's own code may run here, and may raise anything
            return False
        if not isinstance(reduced, tuple):
            return False
        make, arguments, state, *others = (*reduced, None)
        is_made = make is copyreg.__newobj__ and len(arguments) == 1 and arguments[0] is type(value)  # type: ignore[attr-defined]  # the stubs lack what protocol 2 names
        return is_made and not any(others) and (state is None or state is value.__dict__)


def _layout_of(keys: tuple[str, ...]) -> Layout:
    names = tuple(sorted(keys))
    texts = [name.encode("utf-8", "surrogatepass") for name in names]
    return Layout(names, tuple([b"attribute " + text for text in texts]), b"\0".join(texts))


def _is_record(kind: Any) -> bool:
    """Whether nothing in a class says how its instances are pickled, or what their attributes are."""
    classes = kind.__mro__[:-1]
    if any(not each.__flags__ & _HEAP_TYPE for each in classes) or kind in copyreg.dispatch_table:
        return False
    if any(str(each.__module__).partition(".")[0] in _WITH_ADDRESSES for each in classes):
        return False
    if any(getattr(kind, name, None) is not getattr(object, name, None) for name in _OWN_CODE):
        return False
    if any(hasattr(kind, name) for name in (*_ARGUMENTS, "__getattr__")):
        return False
    own = [vars(each)["__dict__"] for each in classes if "__dict__" in vars(each)]
    if not own or not all(type(one) is GetSetDescriptorType for one in own):
        return False
    return not copyreg._slotnames(kind)  # type: ignore[attr-defined]  # noqa: SLF001 - as object.__reduce_ex__ does
