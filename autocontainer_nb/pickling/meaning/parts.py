"""How any object decomposes, one step down.

One place decides this, for the fingerprint (`fingerprint`) and for the table of what is captured (`explain`). Nothing
large is copied: bytes are returned as they are, buffers as views of the object's own memory.
"""

import io
import struct
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from pickle import PickleBuffer
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any, Final, NamedTuple, TypeVar

from cloudpickle import cloudpickle

from autocontainer_nb.pickled_names import lasting_path
from autocontainer_nb.pickling.capture.pickler import CapturePickler
from autocontainer_nb.pickling.code.cells import CellBook
from autocontainer_nb.pickling.code.ownership import is_local_module
from autocontainer_nb.pickling.code.references import names_of
from autocontainer_nb.pickling.code.sources import SourceCollector
from autocontainer_nb.pickling.credentials.finder import may_be_shown
from autocontainer_nb.pickling.meaning.class_parts import class_attributes, fields_of_tuple, named_state, without_cache
from autocontainer_nb.pickling.meaning.memory import is_array
from autocontainer_nb.pickling.modules.referenced import current
from autocontainer_nb.pickling.portable.naming import PROTOCOL
from autocontainer_nb.pickling.portable.objects import is_single_dispatch, reduce_single_dispatch
from autocontainer_nb.wire import PACKAGE_NAME

# How a thing travels.
VALUE: Final = "value"  # its content is written
REFERENCE: Final = "reference"  # imported again by name where it is loaded
MODULE: Final = "module"  # imported again from a local module, whose source travels along
BUFFER: Final = "buffer"  # bytes of the object's own memory, outside of the pickle
MAX_STEP_CHARACTERS: Final = 60
KEY: Final = "key"  # the slot of a dictionary's key; its value is the next part
_OF_SETS: Final[tuple[Any, ...]] = (set.__reduce__, frozenset.__reduce__)
_MAX_KEY_PARTS: Final = 5
# Attributes that hold an address, or the like, as text.
_VOLATILE: Final[dict[str, tuple[str, ...]]] = {"pydantic._internal._decorators.Decorator": (".cls_ref",)}


def reduction(value: Any) -> Any:
    """Return what `CapturePickler` would write of an object that is no function, class, code or module.

    That is a text, the name that it is imported by, or the tuple of the pickle protocol: (callable, arguments, state,
    list items, dictionary items, state setter), the last four optional.

    Raises:
        Exception: whatever the object's own pickling code raises, and `TypeError` where it can't be pickled.
    """
    pickler = _asked()
    reduced = pickler.reducer_override(value)
    if reduced is not NotImplemented:
        return reduced
    reduce = pickler.dispatch_table.get(type(value))
    return reduce(value) if reduce is not None else value.__reduce_ex__(PROTOCOL)


@lru_cache(maxsize=1)
def _asked() -> CapturePickler:
    """Return a pickler that never writes: only its reducers are asked."""
    return CapturePickler(io.BytesIO(), SourceCollector(CellBook()), is_written=False)


class Part(NamedTuple):
    """One thing that another one holds.

    `step` is what a person reads in a path (`loaders`, `.attr`, `["k"]`, `[3]`), empty for what no path should show.
    `slot` says which part it is, the same in every process; equal slots are interchangeable.
    """

    step: str
    value: Any
    slot: str = ""


_READ_ONLY: Final = Part("", True, "read-only")


@dataclass(frozen=True)
class Parts:
    """What an object is by itself, and its parts. The order of the parts counts where `kind` is "sequence" only."""

    kind: str  # atom, sequence, mapping, set, function, code, class, module, reference, buffer, object
    how: str  # value, reference, module, buffer
    type_name: str
    atom: bytes | bytearray | memoryview | None = None
    children: tuple[Part, ...] = ()
    error: Exception | None = None  # why pickle couldn't ask it for its parts


def parts_of(value: Any) -> Parts:
    """Return the parts of any object, one step down; never raises: `error` tells what the object's own code raised."""
    kind = type(value)
    atom = _ATOMS.get(kind)
    if atom is not None:
        return Parts("atom", VALUE, kind.__qualname__, atom(value))
    try:
        return _decomposer(value)(value)
    except Exception as error:  # noqa: BLE001 - an object's own pickling code runs here, and may raise anything
        return Parts("object", VALUE, type_name(kind), error=error)


def _decomposer(value: Any) -> Callable[[Any], Parts]:
    kind: Any = type(value)
    found = _KINDS.get(kind)
    if found is None and issubclass(kind, type):  # not isinstance: `list[int]` passes for a class on Python 3.10
        found = _class
    elif found is None and issubclass(kind, ModuleType):
        found = _module
    elif isinstance(value, set | frozenset) and kind.__reduce__ in _OF_SETS:
        found = found or _set_subclass
    return found or _object


def type_name(kind: type) -> str:
    """Return how people call a type: `int`, `Model`, `numpy.ndarray`; one of ours has its lasting name."""
    own = lasting_path(kind)
    if own is not None:
        return own
    module = getattr(kind, "__module__", "builtins")
    name = getattr(kind, "__qualname__", kind.__name__)
    return str(name) if module in {"builtins", "__main__"} else f"{module}.{name}"


def imported_as(value: Any) -> tuple[str, str] | None:
    """Return (module, qualified name) by which a function or class is imported, None where it travels by value.

    What is ours has its lasting name: wherever it is moved to, it is the same thing.
    """
    own = lasting_path(value)
    if own is not None:
        return PACKAGE_NAME, own.removeprefix(f"{PACKAGE_NAME}.")
    if value in cloudpickle._BUILTIN_TYPE_NAMES:  # noqa: SLF001 - types that no module has, such as NoneType
        return "builtins", value.__qualname__
    found = cloudpickle._lookup_module_and_qualname(value)  # noqa: SLF001 - cloudpickle's own rule, which we follow
    if found is not None:
        return found[0].__name__, found[1]
    module = getattr(value, "__module__", None)
    if (
        issubclass(type(value), FunctionType | type)
        and isinstance(module, str)
        and is_local_module(module)
        and current(value)
    ):
        return module, value.__qualname__  # of a module that was reloaded since: the newer one travels, by name
    return None


def key_step(key: Any) -> str:
    """Return how a path shows what stands at a dictionary's key: `["k"]`, `[3]`."""
    if isinstance(key, str | bytes) and not may_be_shown(key):
        text = "a key that isn't shown"
    elif type(key) is str:
        text = f'"{key[:MAX_STEP_CHARACTERS]}"'
    elif _is_short(key) or (type(key) is tuple and len(key) < _MAX_KEY_PARTS and all(map(_is_short, key))):
        text = repr(key)
    else:
        text = type_name(type(key))
    return f"[{text}]" if len(text) <= MAX_STEP_CHARACTERS else f"[{text[: MAX_STEP_CHARACTERS - 1]}…]"


def _is_short(key: Any) -> bool:
    """Whether a key is plain, and its text short for certain: a number may have thousands of digits."""
    kind = type(key)
    if kind is int:
        return bool(key.bit_length() < 2 * MAX_STEP_CHARACTERS)
    return kind in {float, bool, type(None)} or (kind in {str, bytes} and len(key) < MAX_STEP_CHARACTERS)


def _text(value: str) -> bytes:
    return value.encode("utf-8", "surrogatepass")


# Bits, not equality: 1, 1.0 and True differ, as 0.0 and -0.0 do, and NaN is itself.
_ATOMS: Final[dict[type, Callable[[Any], bytes | memoryview]]] = {
    type(None): lambda _: b"",
    type(...): lambda _: b"",
    type(NotImplemented): lambda _: b"",
    bool: lambda value: b"1" if value else b"0",
    int: lambda value: b"%x" % value,
    float: lambda value: struct.pack("<d", value),
    complex: lambda value: struct.pack("<2d", value.real, value.imag),
    str: _text,
    bytes: lambda value: value,
    bytearray: memoryview,
}


def _sequence(value: Any) -> Parts:
    children = tuple(Part(f"[{index}]", item) for index, item in enumerate(value))
    return Parts("sequence", VALUE, type(value).__name__, children=children)


def _set(value: Any) -> Parts:
    children = tuple(Part("an element", item) for item in value)
    return Parts("set", VALUE, type(value).__name__, children=children)


def _set_subclass(value: Any) -> Parts:
    """Return the parts of an instance of a subclass of set: its reduction would have a list, in hash order."""
    children = [Part("its class", type(value), "class"), *(Part("an element", item, "element") for item in value)]
    children += _state(getattr(value, "__dict__", None))
    return Parts("object", VALUE, type_name(type(value)), children=tuple(children))


def _mapping(value: Any) -> Parts:
    children = []
    for key, item in value.items():
        step = key_step(key)
        children += [Part(f"key {step}", key, KEY), Part(step, item)]
    return Parts("mapping", VALUE, type(value).__name__, children=tuple(children))


def _function(value: FunctionType) -> Parts:
    name = "\0".join(str(part) for part in (value.__module__, value.__name__, value.__qualname__))
    imported = imported_as(value)
    if imported is not None:
        return _imported(imported, "function")
    if is_single_dispatch(value):  # it keeps a cache of what it was called with
        return _reduced(value, reduce_single_dispatch(value))
    children = [Part("", value.__code__, "code")]
    for free, cell in zip(value.__code__.co_freevars, value.__closure__ or (), strict=False):
        children.append(Part(free, cell, f"closure {free}"))
    children += [Part(name, value.__globals__[name], f"global {name}") for name in names_of(value)]
    children += _defaults(value)
    for name_, annotation in value.__annotations__.items():
        children.append(Part(f"annotation of {name_}", annotation, f"annotation {name_}"))
    if value.__doc__ is not None:
        children.append(Part("__doc__", value.__doc__, "doc"))
    children += _state(vars(value))
    return Parts("function", VALUE, "function", _text(name), tuple(children))


def _defaults(value: FunctionType) -> Iterator[Part]:
    code, defaults = value.__code__, value.__defaults__ or ()
    positional = code.co_varnames[: code.co_argcount][code.co_argcount - len(defaults) :]
    named = [*zip(positional, defaults, strict=False), *(value.__kwdefaults__ or {}).items()]
    return (Part(f"{name}=", default, f"default {name}") for name, default in named)


def _cell(value: CellType) -> Parts:
    try:
        return Parts("cell", VALUE, "cell", b"", (Part("", value.cell_contents),))
    except ValueError:  # not bound yet
        return Parts("cell", VALUE, "cell", b"empty")


def _code(value: CodeType) -> Parts:  # noqa: ARG001 - its content is `canonical_code`'s
    return Parts("code", VALUE, "code")


def _class(value: type) -> Parts:
    imported = imported_as(value)
    if imported is not None:
        return _imported(imported, "class")
    name = "\0".join(str(part) for part in (value.__module__, value.__name__, value.__qualname__))
    children = [Part(f"base {base.__name__}", base, f"base {index}") for index, base in enumerate(value.__bases__)]
    if type(value) is not type:
        children.append(Part("its metaclass", type(value), "metaclass"))
    children += [Part(f".{attribute}", item, slot) for attribute, item, slot in class_attributes(value)]
    return Parts("class", VALUE, "class", _text(name), tuple(children))


def _module(value: ModuleType) -> Parts:
    name = str(value.__name__)
    if is_local_module(name):
        return Parts("module", MODULE, "module", _text(name))
    if cloudpickle._should_pickle_by_reference(value):  # noqa: SLF001 - cloudpickle's own rule
        return Parts("module", REFERENCE, "module", _text(name))
    return _object(value)


def _imported(imported: tuple[str, str], kind: str) -> Parts:
    import sys

    module, name = imported
    atom = _text(f"{module}\0{name}")
    if not is_local_module(module):
        return Parts("reference", REFERENCE, kind, atom)
    return Parts("reference", MODULE, kind, atom, (Part(module, sys.modules[module], "module"),))


def _buffer(value: Any) -> Parts:
    raw = value.raw() if isinstance(value, PickleBuffer) else memoryview(value)
    atom = raw if raw.contiguous else memoryview(raw.tobytes())
    children = (_READ_ONLY,) if type(value) is memoryview and value.readonly else ()
    return Parts("buffer", BUFFER, type(value).__name__, atom, children)


def _held(value: Any, *names: str) -> Parts:
    """Return the parts of an object that is no more than these attributes, however pickle writes it."""
    children = tuple(Part(f".{name}", getattr(value, name), name) for name in names)
    return Parts("object", VALUE, type_name(type(value)), _text(type_name(type(value))), children)


def _method(value: MethodType) -> Parts:
    shell = type(value.__self__).__module__.partition(".")[0] in {"IPython", "ipykernel"}
    if shell and value.__func__.__name__ == "get_ipython":  # what `!` and `%` in a function become
        return _imported(("IPython", "get_ipython"), "function")
    return _held(value, "__func__", "__self__")


def _partial(value: partial[Any]) -> Parts:
    found = _held(value, "func", "args", "keywords")
    return Parts("object", VALUE, found.type_name, found.atom, (*found.children, *_state(vars(value))))


def _type_variable(value: TypeVar) -> Parts:
    own = imported_as(value) if lasting_path(value) else None
    if own is not None:
        return _imported(own, "TypeVar")
    found = _held(value, "__name__", "__bound__", "__constraints__", "__covariant__", "__contravariant__")
    return Parts("object", VALUE, "TypeVar", _text(f"{value.__module__}"), found.children)


def _object(value: Any) -> Parts:
    name = type_name(type(value))
    found = reduction(value)
    if isinstance(found, str):
        module = cloudpickle._whichmodule(value, found) or "__main__"  # noqa: SLF001 - as above
        if module != "__main__":
            return _imported((module, found), "object")
        # Pickled as a name of the notebook, which no other process has: what it wraps is what it means.
        inner = [Part("its class", type(value), "class"), *_state(getattr(value, "__dict__", None))]
        return Parts("object", VALUE, name, _text(found), tuple(inner))
    return _reduced(value, found)


def _reduced(value: Any, found: tuple[Any, ...]) -> Parts:
    """Return the parts that a reduction of the pickle protocol names."""
    name = type_name(type(value))
    make, arguments, *rest = found
    state, items, pairs, setter = (*rest, None, None, None, None)[:4]
    children = [Part("", make, "maker")]
    names = fields_of_tuple(value, len(arguments))
    for index, argument in enumerate(arguments):
        step = "its class" if issubclass(type(argument), type) else names[index] if names else ""
        children.append(Part(step, argument, f"argument {index}"))
    state = named_state(value, state)
    volatile = _VOLATILE.get(name, ())
    if type(value).__module__.partition(".")[0] == "pandas":  # of some types it says no more
        state = without_cache(state)
    children += [part for part in _state(state) if part.step not in volatile]
    children += [Part(f"[{index}]", item, f"item {index}") for index, item in enumerate(items or ())]
    children += _pairs(pairs, ordered=isinstance(value, OrderedDict))
    children += [Part("", setter, "setter")] if setter is not None else []
    children += [_READ_ONLY] if is_array(value) and not value.flags.writeable else []
    return Parts("object", VALUE, name, children=tuple(children))


def _state(state: Any) -> Iterator[Part]:
    """Yield an object's attributes, of its dictionary and of its slots; another kind of state is one part."""
    if isinstance(state, tuple) and len(state) == 2 and all(isinstance(one, dict | None) for one in state):  # noqa: PLR2004 - attributes and slots, as copyreg has it
        for one in state:
            yield from _state(one)
    elif type(state) is dict and all(isinstance(key, str) for key in state):
        for key, item in state.items():
            yield Part("" if key == "__wrapped__" else f".{key}", item, f"attribute {key}")
    elif state is not None:
        yield Part("", state, "state")


def _pairs(pairs: Any, *, ordered: bool) -> Iterator[Part]:
    for index, (key, item) in enumerate(pairs or ()):
        step = key_step(key)
        yield Part(f"key {step}", key, f"{KEY} {index}" if ordered else KEY)
        yield Part(step, item)


_KINDS: Final[dict[type, Callable[[Any], Parts]]] = {
    list: _sequence,
    tuple: _sequence,
    set: _set,
    frozenset: _set,
    dict: _mapping,
    FunctionType: _function,
    CellType: _cell,
    CodeType: _code,
    PickleBuffer: _buffer,
    memoryview: _buffer,
    MethodType: _method,
    staticmethod: lambda value: _held(value, "__func__"),
    classmethod: lambda value: _held(value, "__func__"),
    property: lambda value: _held(value, "fget", "fset", "fdel", "__doc__"),
    partial: _partial,
    TypeVar: _type_variable,
}
