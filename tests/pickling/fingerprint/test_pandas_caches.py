"""What pandas keeps of what it was asked is no part of a version; what it holds is."""

from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd
import pytest

from autocontainer_nb.pickling.capture.buffers import ContentHashes
from autocontainer_nb.pickling.code.cells import CellBook
from autocontainer_nb.pickling.code.sources import SourceCollector
from autocontainer_nb.pickling.meaning.fingerprint import Fingerprinter

MADE = {
    "times": lambda n: pd.date_range("2024-01-01", periods=3 + n, tz="UTC"),
    "a series over times": lambda n: pd.Series(range(3), index=pd.date_range(f"2024-01-0{1 + n}", periods=3)),
    "periods": lambda n: pd.period_range("2024-01", periods=3 + n, freq="M"),
    "time differences": lambda n: pd.Series(pd.to_timedelta([1, 2 + n], unit="h")),
    "whole numbers or nothing": lambda n: pd.array([1, None, 3 + n], dtype="Int64"),
    "truths or nothing": lambda n: pd.array([True, None, bool(n)], dtype="boolean"),
    "texts": lambda n: pd.Series(["a", None, "b" * n], dtype="string"),
    "categories": lambda n: pd.Series(pd.Categorical(["a", "b"], categories=["b", "a", "c" * n][: 2 + n])),
    "intervals": lambda n: pd.interval_range(0, 3 + n),
    "ranges": lambda n: pd.RangeIndex(3 + n),
    "levels": lambda n: pd.MultiIndex.from_tuples([("a", 1), ("b", 2 + n)]),
    "a frame": lambda n: pd.DataFrame({"a": [1, 2 + n], "b": pd.array([1, None], dtype="Int64")}),
    "sparse numbers": lambda n: pd.arrays.SparseArray([0, 0, 1 + n]),
    "an offset": lambda n: pd.offsets.BusinessDay(1 + n),
}
LOOKS = (
    "dtype", "freqstr", "tz", "nbytes", "hasnans", "is_unique", "is_monotonic_increasing", "inferred_type",
    "_engine", "codes", "levels", "size", "shape", "index", "array", "left", "mid", "rule_code", "base",
)  # fmt: skip


def digest(value: Any) -> str:
    return Fingerprinter(SourceCollector(CellBook()), ContentHashes()).digest(value)


def look_at(value: Any) -> None:
    """Ask for all that is kept, of the object and of what it is made of."""
    found = [value]
    for name in ("index", "array", "dtype", "freq", "columns"):
        with suppress(ValueError):  # several levels have no array
            found.append(getattr(value, name, None))
    for each in found:
        for name in LOOKS:
            with suppress(ValueError, NotImplementedError):
                part = getattr(each, name, None)
                getattr(part, "kind", None), getattr(part, "numpy_dtype", None)
        if each is not None:
            str(each), repr(each)
    for call in ("isna", "tolist", "sum", "unique", "value_counts", "describe"):
        with suppress(TypeError, NotImplementedError):  # intervals have no sum
            getattr(value, call, list)()


@pytest.mark.parametrize("kind", MADE)
def test_looking_changes_no_version(kind: str) -> None:
    """Neither what is looked at nor what is looked up in it."""
    value = MADE[kind](0)
    before = digest(value)
    assert before == digest(MADE[kind](0))
    look_at(value)
    assert digest(value) == before


@pytest.mark.parametrize("kind", MADE)
def test_content_counts(kind: str) -> None:
    """Before and after it was looked at."""
    one, other = MADE[kind](0), MADE[kind](1)
    assert digest(one) != digest(other)
    look_at(one)
    look_at(other)
    assert digest(one) != digest(other)


def test_a_class_of_ones_own_keeps_its_attribute() -> None:
    """`_cache` of another class is what its author made of it."""

    class Own:
        def __init__(self, number: int) -> None:
            self._cache = {"a": number, "b": np.arange(number)}

    assert digest(Own(1)) != digest(Own(2))
