"""The forms of options, checked where something is defined: a wrong one is a line at its cell, not a failed launch."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from autocontainer_nb.errors import DefinitionError


def _is_texts(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(text, str) for text in value)


def _is_text_map(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(part, str) for pair in value.items() for part in pair)


FORMS: Final[dict[str, tuple[str, Callable[[Any], bool]]]] = {
    "text": ("a str", lambda value: isinstance(value, str)),
    "flag": ("True or False", lambda value: isinstance(value, bool)),
    "texts": ("a list of str", _is_texts),
    "text map": ("a dict of str to str", _is_text_map),
    "map": (
        "a dict with str keys",
        lambda value: isinstance(value, Mapping) and all(isinstance(k, str) for k in value),
    ),
    "number": ("an int", lambda value: isinstance(value, int) and not isinstance(value, bool)),
    "ratio": ("a number", lambda value: isinstance(value, int | float) and not isinstance(value, bool)),
}


def check_forms(owner: str, forms: Iterable[tuple[str, Any, str]]) -> None:
    """Check options, each (name, value, form of `FORMS`); None is no value.

    Raises:
        DefinitionError: one has another form.
    """
    for name, value, form in forms:
        expected, fits = FORMS[form]
        if value is not None and not fits(value):
            raise DefinitionError(f"{owner}: {name}: expected {expected}, got {value!r}.{_hint(value, form)}")


def check_classes(owner: str, options: Iterable[tuple[str, Any, type]]) -> None:
    """Check options, each (name, value, class); None is no value.

    Raises:
        DefinitionError: one is of another class.
    """
    for name, value, kind in options:
        if value is not None and not isinstance(value, kind):
            article = "an" if kind.__name__[0] in "AEIOU" else "a"
            raise DefinitionError(f"{owner}: {name}: expected {article} {kind.__name__}, got {value!r}.")


def _hint(value: Any, form: str) -> str:
    if form == "texts" and isinstance(value, str):
        return f" Write [{value!r}]."
    if form == "text map" and isinstance(value, Mapping):
        wrong = next((key, item) for key, item in value.items() if not (isinstance(key, str) and isinstance(item, str)))
        return f" Write {str(wrong[0])!r}: {str(wrong[1])!r}."
    return ""
