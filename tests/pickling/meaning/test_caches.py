"""What pandas has kept from being looked at counts in no version."""

import operator
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pandas as pd
import pytest

from autocontainer_nb.pickling.capture.buffers import ContentHashes
from autocontainer_nb.pickling.code.cells import CellBook
from autocontainer_nb.pickling.code.sources import SourceCollector
from autocontainer_nb.pickling.meaning.fingerprint import Fingerprinter

MADE: dict[str, Callable[[Any], Any]] = {
    "whole numbers": lambda one: pd.array([one, None, 3], dtype="Int64"),
    "a column of them": lambda one: pd.Series([one, None, 3], dtype="Int64"),
    "truth": lambda one: pd.array([one == 1, None], dtype="boolean"),
    "texts": lambda one: pd.array([str(one), None], dtype="string"),
    "times": lambda one: pd.date_range(f"2024-01-0{one}", periods=3),
    "times of a zone": lambda one: pd.date_range(f"2024-01-0{one}", periods=3, tz="Europe/Berlin"),
    "spans": lambda one: pd.timedelta_range(f"{one}D", periods=3),
    "months": lambda one: pd.period_range(f"2024-0{one}", periods=3, freq="M"),
    "categories": lambda one: pd.Categorical([str(one), "b"]),
    "intervals": lambda one: pd.interval_range(0, one + 2),
    "levels": lambda one: pd.MultiIndex.from_product([[one, 5], ["a", "b"]]),
    "a frame by time": lambda one: pd.DataFrame({"a": [one, 2, 3]}, index=pd.date_range("2024-01-01", periods=3)),
}
LOOKS = ("dtype", "freq", "inferred_freq", "is_unique", "is_monotonic_increasing", "hasnans", "values", "array", "year",
         "nbytes", "codes", "levels", "left", "mid", "resolution", "index", "columns")  # fmt: skip
OF_DTYPES = ("name", "kind", "itemsize", "na_value", "numpy_dtype", "subtype", "categories")

ASKED: tuple[Callable[[Any], Any], ...] = (
    *(repr, len, operator.itemgetter(0), lambda one: one == one[0], lambda one: one.isna()),
    *(lambda one: one.unique(), lambda one: one.get_indexer(one), lambda one: one.get_loc(one[0])),
    lambda one: one.sort_values(),
)


def digest(value: Any) -> str:
    return Fingerprinter(SourceCollector(CellBook()), ContentHashes()).digest(value)


def look_at(value: Any) -> None:
    """Ask for whatever pandas may keep."""
    for name in LOOKS:
        with suppress(Exception):
            found = getattr(value, name)
            repr(found)
            if name in {"index", "array"}:
                look_at(found)
    for name in OF_DTYPES:
        with suppress(Exception):
            getattr(value.dtype, name)
    for ask in ASKED:
        with suppress(Exception):
            ask(value)


@pytest.mark.parametrize("name", MADE)
def test_a_look_changes_no_version(name: str) -> None:
    """Looked at or not, before or after, equal data has equal versions; other data hasn't."""
    value = MADE[name](1)
    before = digest(value)
    look_at(value)
    assert digest(value) == before == digest(MADE[name](1))
    assert digest(MADE[name](2)) != before


def test_what_a_person_has_put_there_counts() -> None:
    """Attributes of frames, and what is called `_cache` in a class of the notebook's."""
    frames = [pd.DataFrame({"a": [1]}) for _ in range(2)]
    frames[1].attrs["_cache"] = {"unit": "m"}
    assert digest(frames[0]) != digest(frames[1])
    holders = [type("Holder", (), {})() for _ in range(2)]
    holders[0]._cache, holders[1]._cache = 1, 2
    assert digest(holders[0]) != digest(holders[1])
