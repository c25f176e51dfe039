"""Types and values in words, and `Misfit`: what doesn't fit, and where. The text of every conversion error.

Each container on the way out adds its step, so that paths cost nothing while all is well.
"""

import types
import typing
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from autocontainer_nb.errors import ConversionError

ANOTHER_DEFINITION: Final = "another definition of that class made it; run its cell and the task's again"
VALUE_CHARS = 60  # of a value's repr in a message


class Misfit(Exception):  # noqa: N818 - no error for users: the engine makes the ConversionError
    """A value or a literal doesn't fit: what was expected, what came, and the steps to the place, innermost first."""

    def __init__(self, expected: str, got: str, hint: str = "") -> None:
        super().__init__(expected, got, hint)
        self.expected = expected
        self.got = got
        self.hint = hint
        self.steps: list[str] = []

    def __str__(self) -> str:
        return str(self.at(""))

    def inside(self, step: str) -> "Misfit":
        """Add the step that leads from the surrounding value to this one, and return self."""
        self.steps.append(step)
        return self

    def at(self, path: str) -> ConversionError:
        """Return the error for the user: `int expected @ train(inputs).batches[3].size, got str 'x'`."""
        place = (path + "".join(reversed(self.steps))).lstrip("." if not path else "")
        where = f" @ {place}" if place else ""
        hint = f": {self.hint}" if self.hint else ""
        return ConversionError(f"{self.expected} expected{where}, got {self.got}{hint}")


def show_type(python_type: Any) -> str:  # noqa: PLR0911 - one return for each form of type
    """Return the type as one writes it in code: `int`, `list[int]`, `int | None`, `DataFrame`, `Metrics`."""
    if python_type is None or python_type is type(None):
        return "None"
    if python_type is Any:
        return "Any"
    if python_type is Ellipsis:
        return "..."
    origin, args = get_origin(python_type), get_args(python_type)
    if origin is Annotated:
        return show_type(args[0])
    if origin in (Union, types.UnionType):
        # None comes last, however it was declared: the rest is what one thinks of.
        shown = [show_type(arg) for arg in args if arg is not type(None)]
        return " | ".join([*shown, "None"] if type(None) in args else shown)
    if origin is Literal:
        return f"Literal[{', '.join(map(repr, args))}]"
    name = getattr(origin or python_type, "__name__", None) or getattr(python_type, "_name", None)
    if not isinstance(name, str):
        return str(python_type).removeprefix("typing.")
    if args and isinstance(python_type, (types.GenericAlias, typing._GenericAlias)):  # type: ignore[attr-defined] # noqa: SLF001 - no public name
        return f"{name}[{', '.join(_argument(arg) for arg in args)}]"
    return name


def _argument(arg: Any) -> str:
    return f"[{', '.join(map(show_type, arg))}]" if isinstance(arg, list) else show_type(arg)


def type_key(python_type: Any) -> Any:
    """Return a key for the type: Union[int, str] equals Union[str, int], and isn't the same on the wire."""
    try:
        hash(python_type)
    except TypeError:  # an annotation that can't be hashed
        return repr(python_type)
    return (python_type, repr(python_type))


def show_value(value: Any) -> str:
    """Return the value's type and its repr, the latter on one line and shortened: `str 'x'`, `list [1, 2, …`.

    Values whose repr is long or costly by nature (frames, arrays) are shown by their shape.
    """
    if value is None:
        return "None"
    name = type(value).__name__
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and shape:
        return f"{name} of shape {'x'.join(map(str, shape))}"
    if isinstance(value, type):
        return f"the type {show_type(value)} itself"
    return f"{name} {show_repr(value)}"


def show_repr(value: Any) -> str:
    """Return the value's repr on one line, cut after some characters."""
    cut = _head(value)
    try:
        text = repr(cut)
    except Exception as error:  # noqa: BLE001 - a user's __repr__ may raise anything, and the message matters more
        return f"<repr failed: {type(error).__name__}>"
    if cut is not value:
        return text[: VALUE_CHARS - 1].rstrip("])}'\"") + "…"
    text = " ".join(text.split()) if "\n" in text else text
    return text if len(text) <= VALUE_CHARS else text[: VALUE_CHARS - 1] + "…"


def _head(value: Any) -> Any:
    # The repr of a million elements takes seconds; nobody reads more than the first few.
    if type(value) in (list, tuple, str, bytes) and len(value) > 2 * VALUE_CHARS:
        return value[: 2 * VALUE_CHARS]
    if type(value) is dict and len(value) > VALUE_CHARS:
        return dict(list(value.items())[:VALUE_CHARS])
    return value
