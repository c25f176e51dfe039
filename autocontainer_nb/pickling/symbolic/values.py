"""The symbols that a pickle's opcodes leave on the stack, without importing, calling or building anything.

Small numbers and short texts are their own symbols.
"""

from collections.abc import Iterator
from typing import Any, Final

from autocontainer_nb.wire import PACKAGE_NAME

MAX_SHOWN_ITEMS: Final = 6
MAX_SHOWN_DEPTH: Final = 3
MAX_SHOWN_TEXT: Final = 120
MAX_STATES: Final = 50  # of one object
# The types that some functions create, if their names don't say it.
_MAKERS: Final = {
    f"numpy.{core}.{name}": "numpy.ndarray"
    for core in ("core", "_core")
    for name in ("multiarray._reconstruct", "numeric._frombuffer")
}
_CLASS_MAKERS: Final = (
    "_make_skeleton_class",
    "_make_skeleton_enum",
    "make_class",
    "make_enum",
    "make_named_tuple",
    "make_typed_dict",
)
_NAME_FIRST: Final = (
    "make_enum",
    "make_named_tuple",
    "make_typed_dict",
)  # other makers take the metaclass or the bases first
COMPUTED: Final = "<computed>"


class Global:
    """A name that unpickling looks up in a module, which is imported for it; `name` may have dots."""

    __slots__ = ("danger", "module", "name")

    def __init__(self, module: str, name: str) -> None:
        self.module = module
        self.name = name
        self.danger: str | None = None  # from `risks.danger_of`; empty: none

    @property
    def path(self) -> str:
        """The dotted name: `os.system`; for a module itself, its name alone."""
        return f"{self.module}.{self.name}" if self.name else self.module


class Items:
    """A list, tuple, dict, set or frozenset; a dict's items are keys and values in turn."""

    __slots__ = ("_index", "_indexed", "items", "kind", "sizes")

    def __init__(self, kind: str, items: list[Any] | None = None) -> None:
        self.kind = kind
        self.items: list[Any] = [] if items is None else items
        self.sizes: list[int] | None = None  # for a dict: the size of each value in the pickle
        self._index: dict[str, Any] | None = None
        self._indexed = 0

    def pairs(self) -> Iterator[tuple[Any, Any]]:
        """Yield (key, value) of a dict."""
        return zip(self.items[::2], self.items[1::2], strict=False)

    def get(self, name: str) -> Any:
        """Return the last value that was set for a textual key of a dict, or None."""
        if self._index is None:
            self._index = {}
        while self._indexed + 1 < len(self.items):  # a cache for later calls
            key, value = self.items[self._indexed : self._indexed + 2]
            self._indexed += 2
            if isinstance(key, str):
                self._index[key] = value
        return self._index.get(name)


class Call:
    """The result of a call: `function` is what would be called, `how` the opcode."""

    __slots__ = ("arguments", "content", "function", "how", "position", "states")

    def __init__(self, how: str, function: Any, arguments: Any, position: int) -> None:
        self.how = how
        self.function = function
        self.arguments = arguments
        self.position = position
        self.states: tuple[Any, ...] = ()  # set later by BUILD, or by cloudpickle's setters
        self.content: Items | None = None  # items appended or set, for a subclass of list or dict

    def add_state(self, state: Any) -> None:
        """Record one more state.

        Raises:
            ValueError: there are more than any pickler makes.
        """
        if len(self.states) >= MAX_STATES:
            raise ValueError(f"the state of one object is set more than {MAX_STATES} times")
        self.states = (*self.states, state)

    def argument(self, index: int) -> Any:
        """Return a positional argument, or None."""
        items = self.arguments.items if isinstance(self.arguments, Items) else ()
        return items[index] if index < len(items) else None

    def attribute(self, name: str) -> Any:
        """Return the value that the states give to an attribute, or None."""
        found = None
        for state in self.states:
            parts = state.items[:2] if isinstance(state, Items) and state.kind == "tuple" else [state]
            for part in parts:
                value = part.get(name) if isinstance(part, Items) and part.kind == "dict" else None
                found = found if value is None else value
        return found


class Payload:
    """A text, bytes or number too large to keep: only its size is known."""

    __slots__ = ("kind", "size_bytes")

    def __init__(self, kind: str, size_bytes: int) -> None:
        self.kind = kind
        self.size_bytes = size_bytes


class Buffer:
    """A buffer outside the pickle, which must be supplied for unpickling."""

    __slots__ = ("index",)

    def __init__(self, index: int) -> None:
        self.index = index


class Persistent:
    """An object that the unpickling program creates from an id by a rule of its own."""

    __slots__ = ("reference",)

    def __init__(self, reference: Any) -> None:
        self.reference = reference


def type_of(value: Any) -> str:
    """Return the name of the type that the symbol would have: `pandas.DataFrame`, `function`, `int`."""
    if isinstance(value, Items | Payload):
        return value.kind
    if isinstance(value, Global):
        return "module" if not value.name else f"reference to {value.path.removeprefix('builtins.')}"
    if isinstance(value, Call):
        return _type_of_call(value)
    if isinstance(value, Buffer | Persistent):
        return "buffer" if isinstance(value, Buffer) else "persistent object"
    return type(value).__name__


def _type_of_call(call: Call) -> str:
    made = call.function
    if isinstance(made, Call):
        name = class_name(made)
        return name if isinstance(name, str) and is_carried_class(made) else "object"
    if not isinstance(made, Global):
        return "object"
    if is_carried_function(call):
        return "function"
    if is_carried_class(call):
        return "class"
    if made.module in {"copyreg", "copy_reg"} and isinstance(call.argument(0), Global):
        return str(call.argument(0).path)  # copyreg._reconstructor(class, base, state)
    return _MAKERS.get(made.path, made.path).removeprefix("builtins.")


def class_name(made: Call) -> Any:
    """Return the name of a carried class, or None for anything else."""
    return made.argument(0 if made.function.name in _NAME_FIRST else 1) if is_carried_class(made) else None


def is_carried_function(value: Any) -> bool:
    """Whether the symbol is a function that the pickle carries by value."""
    return _made_by(value, "_make_function", "make_function", "make_generated")


def is_carried_class(value: Any) -> bool:
    """Whether the symbol is a class that the pickle carries by value."""
    return _made_by(value, *_CLASS_MAKERS)


def _made_by(value: Any, *names: str) -> bool:
    if not isinstance(value, Call) or not isinstance(value.function, Global):
        return False
    made = value.function
    return (made.module == PACKAGE_NAME or made.module.startswith("cloudpickle.")) and made.name in names


def shown(value: Any, depth: int = MAX_SHOWN_DEPTH) -> str:
    """Return the symbol as a short Python-like text, bounded in length and depth."""
    if isinstance(value, str):
        return repr(value if len(value) <= MAX_SHOWN_TEXT else value[: MAX_SHOWN_TEXT - 1] + "…")
    if isinstance(value, Items):
        return _shown_items(value, depth)
    if isinstance(value, Call):
        return _shown_call(value, depth)
    if isinstance(value, Global | Payload | Buffer | Persistent):
        return _shown_single(value, depth)
    return repr(value)[:MAX_SHOWN_TEXT]


def kinds(arguments: Any) -> str:
    """Return the kinds of a call's arguments, or of a state, without values: `(str, dict of 3)`."""
    if not isinstance(arguments, Items):
        return type_of(arguments)
    if arguments.kind != "tuple":
        return _sized(arguments)
    told = [_sized(item) if isinstance(item, Items) else _kind(item) for item in arguments.items[:MAX_SHOWN_ITEMS]]
    return "(" + ", ".join([*told, *(["…"] if len(arguments.items) > MAX_SHOWN_ITEMS else [])]) + ")"


def _kind(value: Any) -> str:
    return value.path[:MAX_SHOWN_TEXT] if isinstance(value, Global) else type_of(value)[:MAX_SHOWN_TEXT]


def _sized(items: Items) -> str:
    return f"{items.kind} of {len(items.items) // (2 if items.kind == 'dict' else 1)}"


def _shown_call(value: Call, depth: int) -> str:
    if is_carried_function(value):
        return "<function>"
    if is_carried_class(value):
        name = class_name(value)
        return f"<class {name[:MAX_SHOWN_TEXT]}>" if isinstance(name, str) else "<class>"
    return f"{shown(value.function, depth - 1)}{shown(value.arguments, depth - 1)}" if depth > 0 else "…"


def _shown_single(value: "Global | Payload | Buffer | Persistent", depth: int) -> str:
    if isinstance(value, Global):
        return value.path[:MAX_SHOWN_TEXT]
    if isinstance(value, Payload):
        return f"<{value.kind} of {value.size_bytes} bytes>"
    if isinstance(value, Buffer):
        return f"<buffer {value.index}>"
    return f"<persistent {shown(value.reference, depth - 1)}>" if depth > 0 else "<persistent>"


def _shown_items(value: Items, depth: int) -> str:
    if depth <= 0:
        return "…"
    if value.kind == "dict":
        pairs = list(
            zip(value.items[: 2 * MAX_SHOWN_ITEMS : 2], value.items[1 : 2 * MAX_SHOWN_ITEMS : 2], strict=False)
        )
        parts = [f"{shown(key, depth - 1)}: {shown(item, depth - 1)}" for key, item in pairs]
        more, opening, closing = len(value.items) // 2 > MAX_SHOWN_ITEMS, "{", "}"
    else:
        parts = [shown(item, depth - 1) for item in value.items[:MAX_SHOWN_ITEMS]]
        more = len(value.items) > MAX_SHOWN_ITEMS
        opening, closing = {"list": ("[", "]"), "tuple": ("(", ")")}.get(value.kind, ("{", "}"))
    return opening + ", ".join([*parts, *(["…"] if more else [])]) + closing
