"""The wording of every conversion error: types and values as people read them, and `Misfit`, which becomes the error.

Each container on the way out adds its step to the path, so that paths cost nothing until something is wrong.
"""

import re
import types
import typing
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from autocontainer_nb.errors import ConversionError

ANOTHER_DEFINITION: Final = (
    "it comes from another definition of that class. Run the class's cell and the task's cell again"
)
VALUE_CHARS = 60  # of a value's repr in a message
_NO_ARTICLE = {"None", "Any", "bytes", "..."}
# A one-hot encoder, a user, a URL; an ndarray, an SGDClassifier.
_VOWEL_SOUND = (
    "[aeiAEI]|[oO](?!ne([A-Z_]|$))|[uU](?!ni|int|se|til|uid|U?ID|R[IL]|$)|[hH](our|onest)|ndarray|[FHLMNRSX](?=[A-Z])"
)
_SELF_EXPLAINING = (int, float, complex, bool, str, bytes, list, dict, tuple, set, frozenset)  # by their reprs


class Misfit(Exception):  # noqa: N818 - no error for users: the engine makes the ConversionError
    """A value or literal that doesn't fit: what was expected, what came, and the steps to its place, innermost first.

    Args:
        expected: a noun with its article, such as `an int`.
        got: the value in words, as `show_value` gives it.
        hint: a sentence with the cause or the next step.
    """

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
        """Return the error for the user: `train(inputs).batches[3].size: expected an int, got 'x'`."""
        place = (path + "".join(reversed(self.steps))).lstrip("." if not path else "")
        where = f"{place}: " if place else ""
        return ConversionError(f"{where}expected {self.expected}, got {self.got}{_sentence(self.hint)}")


def _sentence(hint: str) -> str:
    """Return the hint as a sentence to append: with a capital letter, unless it starts with code, and a full stop."""
    if not hint:
        return ""
    capital = hint[0].upper() + hint[1:] if re.match(r"[a-z]+('[a-z]+)?[ ,:]", hint) else hint
    return f". {capital}" if hint.endswith((".", "!", "?")) else f". {capital}."


def show_type(python_type: Any) -> str:  # noqa: PLR0911 - one return for each form of type
    """Return the type as people write it in code: `int`, `list[int]`, `int | None`, `DataFrame`, `Metrics`."""
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
        # None comes last, wherever it was declared.
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


def with_article(python_type: Any) -> str:
    """Return the type with its article: `an int`, `a list[int]`; unions, `Literal[...]`, None and Any have none."""
    bare = get_args(python_type)[0] if get_origin(python_type) is Annotated else python_type
    text = show_type(bare)
    if get_origin(bare) in (Union, types.UnionType, Literal) or text in _NO_ARTICLE:
        return text
    return _with_article(text)


def _with_article(noun: str) -> str:
    return f"{'an' if re.match(_VOWEL_SOUND, noun) else 'a'} {noun}"


def type_key(python_type: Any) -> Any:
    """Return a dict key for the type; it distinguishes Union[int, str] from Union[str, int], as the wire does."""
    try:
        hash(python_type)
    except TypeError:  # an annotation that can't be hashed
        return repr(python_type)
    return (python_type, repr(python_type))


def show_value(value: Any) -> str:
    """Return the value's repr on one line and shortened, after its type unless the repr shows that: `'x'`, `[1, 2, …`.

    Values whose repr is long or costly by nature (frames, arrays) are shown by their shape.
    """
    if value is None:
        return "None"
    name = type(value).__name__
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and shape:
        return f"{_with_article(name)} of shape {'x'.join(map(str, shape))}"
    if isinstance(value, type):
        return f"the type {show_type(value)} itself"
    text = show_repr(value)
    return text if type(value) in _SELF_EXPLAINING or name in text else f"the {name} {text}"


def show_repr(value: Any) -> str:
    """Return the value's repr on one line, cut off after `VALUE_CHARS` characters."""
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
