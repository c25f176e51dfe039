"""What counts as an int, a float, a bool and a str: strict, but numpy's scalars count as Python's."""

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
    """Return the value as int of 64 bits; numpy's integers count, a bool doesn't."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise Misfit("int", show_value(value))
    number = int(value)
    if not INT_MIN <= number <= INT_MAX:
        raise Misfit("int of 64 bits", f"int {number}" if abs(number) < 10**40 else "int of many digits")
    return number


def as_float(value: Any) -> float:
    """Return the value as float; an int is converted, numpy's floats count, a bool doesn't."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise Misfit("float", show_value(value))
    try:
        return float(value)
    except OverflowError as error:
        raise Misfit("float", "int of many digits") from error


def as_bool(value: Any) -> bool:
    """Return the value as bool; numpy's counts, numbers don't."""
    if isinstance(value, bool) or _is_numpy_bool(value):
        return bool(value)
    raise Misfit("bool", show_value(value))


def as_str(value: Any) -> str:
    """Return the value as plain str that UTF-8 can carry."""
    if not isinstance(value, str):
        raise Misfit("str", show_value(value))
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise Misfit("str that UTF-8 can carry", f"str with {value[error.start]!r}") from error
    return value if type(value) is str else str.__str__(value)
