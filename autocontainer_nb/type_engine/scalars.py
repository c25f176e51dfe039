"""Strict conversion to int, float, bool and str; numpy's scalars count as Python's."""

import numbers
import sys
from typing import Any

from autocontainer_nb.type_engine.wording import Misfit, show_value

INT_MIN = -(2**63)
INT_MAX = 2**63 - 1


def _is_numpy_bool(value: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, numpy.bool_)


def as_int(value: Any) -> int:
    """Return the value as a 64-bit int; numpy's integers are accepted, a bool isn't."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise Misfit("an int", show_value(value))
    number = int(value)
    if not INT_MIN <= number <= INT_MAX:
        raise Misfit("a 64-bit int", str(number) if abs(number) < 10**40 else "an int of more than 40 digits")
    return number


def as_float(value: Any) -> float:
    """Return the value as float; ints and numpy's floats are accepted, a bool isn't."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise Misfit("a float", show_value(value))
    try:
        return float(value)
    except OverflowError as error:
        raise Misfit("a float", "an int too large for one") from error


def as_bool(value: Any) -> bool:
    """Return the value as bool; numpy's bool is accepted, numbers aren't."""
    if isinstance(value, bool) or _is_numpy_bool(value):
        return bool(value)
    raise Misfit("a bool", show_value(value))


def as_str(value: Any) -> str:
    """Return the value as plain str that UTF-8 can encode."""
    if not isinstance(value, str):
        raise Misfit("a str", show_value(value))
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise Misfit("a str that UTF-8 can encode", f"one with {value[error.start]!r}") from error
    return value if type(value) is str else str.__str__(value)
