"""Kinds that the strategies leave out, since they are known to be another there than here. A kind is mended, then removed.

`PROPERTY_PENDING=1` draws them all the same.
"""

import os
from collections.abc import Iterable
from typing import Final

PENDING: Final = {
    "exception of two": "an exception whose own __init__ changes what it passes on is made by calling it once more",
    "int": "a subclass of int whose __new__ changes the number gets the change once more",
    "str": "the same of str",
    "tuple": "a subclass of tuple whose __new__ takes the items one by one arrives nested, as an input",
    "exceptions": "the __cause__ of a captured exception is lost",
    "views": "arrays that see the same memory are apart there",
    "large": "the same of a large array and its view",
    "in an object": "the same of two arrays of one object",
    "annotations": "get_type_hints of a class looks into the container's own __main__",
    "method": "a bound method in an input has another function than the class that the input is recognised as",
    "function": "the same of functions that share a variable with the class",
    "query by name": "names in the text of a query don't travel",
    "not given": "a field with init=False of an input is set in the instance",
    "own getattr": "slots that aren't set are given what __getattr__ answers",
    "own main": "pickle looks a class up by its name in the container's own __main__",
    "nullable": "an array of pandas has another version once it was looked at: what it caches counts",
    "times": "the same of a time index",
    "model inputs": "models as inputs are validated once more, and all their fields count as set",
}


def drawn(kinds: Iterable[str]) -> list[str]:
    """Return the kinds that are drawn, in a fixed order."""
    everything = os.environ.get("PROPERTY_PENDING")
    return sorted(each for each in kinds if everything or each not in PENDING)
