"""`show`: a text of a value that tells all that a program could see of it: what it holds, of which types, what is shared.

Tasks call it in the notebook and in containers, so it stands in neither: the soak makes it an installed package of its
own (see `places.py`), and this module imports nothing of the repository.

What has an identity is numbered when it is met first, and only its number is told when it is met again. So two values have
one text only if the same parts are the same objects, and two classes of one name have two numbers.
"""

import copy
import enum
import itertools
import sys
from pathlib import PurePath
from types import (
    BuiltinFunctionType,
    CellType,
    FunctionType,
    MappingProxyType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
)

_PLAIN = (int, float, complex, str, bytes, bool, type(None), type(Ellipsis), range, type(NotImplemented))
_HIDDEN = frozenset(  # of a class's own dictionary: what the interpreter keeps there for itself
    [
        "__dict__",
        "__weakref__",
        "__module__",
        "__firstlineno__",
        "__static_attributes__",
        "_abc_impl",
        "__abstractmethods__",
        "__annotations_cache__",
        "__annotate_func__",
        "__doc__",
        "_is_runtime_protocol",
        "__non_callable_proto_members__",
        "__pydantic_serializer__",
        "__pydantic_validator__",
        "__pydantic_core_schema__",
        "__pydantic_decorators__",
        "__pydantic_parent_namespace__",
        "__pydantic_generic_metadata__",
        "__signature__",
        "__pydantic_fields__",
        "__pydantic_computed_fields__",
        "__class_vars__",
        "__private_attributes__",
        "__pydantic_complete__",
        "model_config",
        "__pydantic_custom_init__",
        "__pydantic_post_init__",
        "__pydantic_root_model__",
        "__pydantic_setattr_handlers__",
        "__slotnames__",
        "__pydantic_fields_complete__",
        "__pydantic_extra__",
        "__pydantic_private__",
        "__pydantic_fields_set__",
    ]
)
# Caches, and marks that only the standard library compares.
_UNSEEN = frozenset({"WeakKeyDictionary", "ReferenceType", "_HAS_DEFAULT_FACTORY_CLASS", "_MISSING_TYPE"})
# Whose immutable values have no identity that is promised: whether two equal ones are one object isn't told.
_VALUES = ("datetime", "decimal", "fractions", "ipaddress", "numpy", "pandas._libs", "uuid")
_MAX_DEPTH = 60


def show(value, classes=True):
    """Return the text of a value; without `classes`, what the classes of its parts contain isn't told."""
    return Shower(classes).text(value)


class Shower:
    """Numbers what it meets; `met` has the objects in the order of their numbers."""

    def __init__(self, classes=True):
        self.met = []
        self._numbers = {}
        self._classes = classes
        self._of_classes = set()  # functions of the classes whose content isn't told
        self._depth = 0

    def text(self, value):  # noqa: PLR0911 - likewise
        """Return the text of the value; the same object later is its number only."""
        if type(value) in _PLAIN:
            return repr(value)
        if type(value) is tuple:
            return "(" + ", ".join(map(self.text, value)) + ")"
        if type(value) is BuiltinFunctionType:  # made anew whenever it is asked for
            return f"builtin {value.__name__} of {self.text(value.__self__)}"
        if kind_of(value) in _UNSEEN:
            return kind_of(value)
        if type(value).__module__ == "typing" and hasattr(value, "__origin__"):  # which object one is, a cache decides
            return f"{kind_of(value)} {self.text((value.__origin__, value.__args__))}"
        if kind_of(value) == "Pattern":  # immutable, and the same object as long as `re` remembers it
            return f"pattern {value.pattern!r} {value.flags}"
        if isinstance(value, PurePath):  # which keeps its text once it was asked for
            return f"{kind_of(value)} {value}"
        if type(value) is MappingProxyType:  # only a view: what it shows has the identity
            return f"proxy {self.text(dict(value)).partition(':')[2]}"
        if _is_value(type(value)):
            return self._described(value)
        if id(value) in self._numbers:
            return f"#{self._numbers[id(value)]}"
        if self._depth > _MAX_DEPTH:
            return "..."
        number = self._numbers[id(value)] = len(self.met)
        self.met.append(value)
        self._depth += 1
        try:
            return f"{number}:{self._described(value)}"
        finally:
            self._depth -= 1

    def _described(self, value):  # noqa: C901, PLR0911, PLR0912 - one line for each kind
        kind = type(value)
        if isinstance(value, type):
            return self._class(value)
        if kind is list:
            return "[" + ", ".join(map(self.text, value)) + "]"
        if kind is dict:
            return "{" + ", ".join(f"{self.text(key)}: {self.text(one)}" for key, one in value.items()) + "}"
        if kind in {set, frozenset}:
            return f"{kind.__name__}{{{', '.join(map(self.text, sorted(value, key=_order)))}}}"
        if isinstance(value, FunctionType):
            return self._function(value)
        if isinstance(value, ModuleType):
            return f"module {value.__name__}"
        if isinstance(value, MethodType):
            return f"method {self.text(value.__func__)} of {self.text(value.__self__)}"
        if isinstance(value, property):
            return f"property {self.text((value.fget, value.fset, value.fdel))}"
        if isinstance(value, classmethod | staticmethod):  # the rest of what they hold is their function's
            return f"{kind.__name__} {self.text(value.__func__)}"
        if kind.__module__.startswith("autocontainer_nb."):  # a task: what it keeps for itself is no value
            return f"{kind.__name__} {getattr(value, 'name', '')}"
        if hasattr(kind, "__next__") and kind.__module__ in {"builtins", "itertools"} and kind.__name__ != "generator":
            return f"{kind.__name__} {self._rest(value)}"
        if isinstance(value, CellType):
            return f"cell {self._content(value)}"
        if isinstance(value, enum.Enum):
            return self._member(value)
        if isinstance(value, MemberDescriptorType):
            return repr(value).partition(" at 0x")[0]
        return self._array(value) or self._frame(value) or self._instance(value)

    def _class(self, cls):
        name = f"class {cls.__module__}.{cls.__qualname__}"
        if not self._classes and _is_own(cls):
            self._of_classes.update(id(one) for one in vars(cls).values() if isinstance(one, FunctionType))
        if not self._classes or not _is_own(cls):
            return name
        own = {key: one for key, one in vars(cls).items() if key not in _HIDDEN and not key.startswith("_abc")}
        own = {key: one for key, one in own.items() if not isinstance(one, MemberDescriptorType)}
        if not own.get("__annotations__", True):  # there once somebody has asked for them
            del own["__annotations__"]
        if own.get("__init__") is object.__init__:  # set by typing when a protocol's subclass is first called
            del own["__init__"]
        if issubclass(cls, enum.Enum):
            own = {key: own[key] for key in own if not key.startswith("_") and key not in cls.__members__}
            own["members"] = list(cls.__members__.items())
        inside = ", ".join(f"{key}={self.text(one)}" for key, one in sorted(own.items()))
        bases = ", ".join(map(self.text, cls.__mro__[1:-1]))
        return f"{name}({bases}; {self.text(type(cls))}) {{{inside}}}"

    def _function(self, function):
        if id(function) in self._of_classes:
            return f"def {function.__qualname__} of a class"
        cells = [self.text(cell) for cell in function.__closure__ or ()]
        defaults = self.text(function.__defaults__), self.text(function.__kwdefaults__)
        said = self.text(dict(vars(function)))
        return f"def {function.__module__}.{function.__qualname__} {defaults} {cells} {said} {function.__doc__!r}"

    def _rest(self, iterator):
        """Return what the iterator would give next; it stays where it is."""
        try:
            return self.text(list(itertools.islice(copy.deepcopy(iterator), 5)))
        except Exception:  # noqa: BLE001 - what is in it can't be copied
            return ""

    def _content(self, cell):
        try:
            return self.text(cell.cell_contents)
        except ValueError:
            return "empty"

    def _member(self, value):
        cls = type(value)
        is_the_one = cls.__members__.get(value.name) is value if value.name else cls(value.value) is value
        more = {key: one for key, one in vars(value).items() if not key.startswith("_")}
        return f"{self.text(cls)}.{value.name} {self.text(value.value)} {is_the_one} {self.text(more)}"

    def _array(self, value):
        numpy = sys.modules.get("numpy")
        if numpy is None or not isinstance(value, numpy.ndarray):
            return None
        base = value
        while isinstance(base.base, numpy.ndarray):
            base = base.base
        # Arrays share what one allocation holds: told by its number, and by where in it this one begins.
        memory = self._number_of_memory(value, base)
        items = [self.text(one) for one in value.ravel().tolist()] if value.dtype == object else value.tolist()
        kind = self.text(type(value))
        return f"{kind} {value.dtype} {value.shape} {items} write={value.flags.writeable} {memory}"

    def _number_of_memory(self, value, base):
        import numpy

        for number, other in enumerate(self.met):
            if other is not value and isinstance(other, numpy.ndarray) and numpy.shares_memory(other, value):
                return f"in {number}"
        return "own"

    def _frame(self, value):
        pandas = sys.modules.get("pandas")
        if pandas is None:
            return None
        if isinstance(value, pandas.DataFrame):
            columns = [self.text((name, str(value[name].dtype), value[name].tolist())) for name in value.columns]
            return f"frame {columns} {self.text(value.index)} {self.text(value.columns)} {self.text(value.attrs)}"
        if isinstance(value, pandas.Series):
            held = value.name, str(value.dtype), value.tolist(), value.attrs
            return f"series {self.text(held)} {self.text(value.index)}"
        if isinstance(value, pandas.api.extensions.ExtensionArray):
            return f"{kind_of(value)} {value.dtype} {value.tolist()}"
        if isinstance(value, pandas.Index):
            return f"{type(value).__name__} {value.dtype} {value.tolist()} {value.names}"
        return None

    def _instance(self, value):
        kind = type(value)
        parts = [self.text(kind)]
        if isinstance(value, BaseException):
            parts += [self.text(value.args), self.text(value.__cause__)]
        held = getattr(value, "__dict__", None)
        if isinstance(held, dict):
            parts.append(self.text(dict(sorted(held.items(), key=lambda pair: str(pair[0])))))
        parts += [f"{name}={self.text(one)}" for name, one in _slots(value)]
        if isinstance(value, tuple):
            parts += map(self.text, tuple(value))
        elif isinstance(value, list | dict | set | frozenset):
            base = next(one for one in (list, dict, set, frozenset) if isinstance(value, one))
            parts.append(self._described_as(base, value))
        elif isinstance(value, _PLAIN):
            parts.append(next(one for one in _PLAIN if isinstance(value, one)).__repr__(value))
        elif not _is_own(kind) and not held:
            parts.append(self._reduced(value))
        return " ".join(parts)

    def _described_as(self, base, value):
        if base is dict:
            return "{" + ", ".join(f"{self.text(key)}: {self.text(one)}" for key, one in dict.items(value)) + "}"
        items = sorted(value, key=_order) if base in {set, frozenset} else list.__iter__(value)
        return "[" + ", ".join(map(self.text, items)) + "]"

    def _reduced(self, value):
        """Return what a value of somebody else's class, such as a deque, an iterator or a date, is pickled as."""
        try:
            reduced = value.__reduce_ex__(4)
        except Exception as error:  # noqa: BLE001 - not every object can be
            return f"{type(error).__name__}"
        if isinstance(reduced, str):
            return reduced
        made, arguments, *rest = reduced
        told = [list(one) if hasattr(one, "__next__") else one for one in rest]
        return f"{getattr(made, '__qualname__', made)} {self.text(tuple(arguments))} {self.text(tuple(told))}"


def kind_of(value):
    """Return the name of the value's class."""
    return type(value).__qualname__


def _slots(value):
    """Yield the slots of the value that are set."""
    for cls in type(value).__mro__:
        names = vars(cls).get("__slots__", ())
        for name in (names,) if isinstance(names, str) else names:
            if name not in {"__dict__", "__weakref__"}:
                own = f"_{cls.__name__.lstrip('_')}{name}" if name.startswith("__") and name[-2:] != "__" else name
                try:
                    yield name, object.__getattribute__(value, own)
                except AttributeError:
                    yield name, "unset"


def _is_own(cls):
    """Whether the class is made by a cell or by a module of the notebook's folder."""
    file = getattr(sys.modules.get(cls.__module__), "__file__", "") or ""
    return cls.__module__ == "__main__" or cls.__module__.startswith("local_") or "local_" in file.rpartition("/")[2]


def _is_value(kind):
    """Whether two equal instances of this class of a library are as good as one: they are hashed by what they hold."""
    is_hashed = kind.__hash__ not in {None, object.__hash__}
    return is_hashed and kind.__module__.startswith(_VALUES) and kind.__name__ != "void"  # whose fields can be set


def _order(value):
    """Return what to sort the items of a set by: their hashes differ from process to process."""
    return type(value).__name__, Shower(classes=False).text(value)


def attempt(probe):
    """Return what the probe gives, or the error that it raises."""
    try:
        return probe()
    except Exception as error:  # noqa: BLE001 - whatever it is, here and there are compared
        return "raises", type(error).__name__, str(error).partition(" at 0x")[0]
