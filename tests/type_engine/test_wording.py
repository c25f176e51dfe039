"""Types as people write them."""

import datetime as dt
import pathlib
import typing
from collections.abc import Callable
from typing import Annotated, Any, Literal, Optional, TypeVar, Union

import numpy as np
import pandas as pd
import pytest
from golden_cases import Metrics

from autocontainer_nb.type_engine.wording import show_type, show_value

T = TypeVar("T")


@pytest.mark.parametrize(
    ("python_type", "shown"),
    [
        (int, "int"),
        (None, "None"),
        (type(None), "None"),
        (Any, "Any"),
        (list[int], "list[int]"),
        (typing.List[int], "list[int]"),  # noqa: UP006 - the older spelling is a case of its own
        (typing.Dict[str, float], "dict[str, float]"),  # noqa: UP006 - the same
        (dict, "dict"),
        (Optional[int], "int | None"),  # noqa: UP045 - the same
        (None | int, "int | None"),
        (Union[int, str], "int | str"),  # noqa: UP007 - the same
        (list[Metrics | None], "list[Metrics | None]"),
        (tuple[int, ...], "tuple[int, ...]"),
        (Literal["a", 1], "Literal['a', 1]"),
        (Annotated[int, "doc"], "int"),
        (Callable[[int], str], "Callable[[int], str]"),
        (dt.datetime, "datetime"),
        (pd.DataFrame, "DataFrame"),
        (np.ndarray, "ndarray"),
        (pathlib.Path, "Path"),
        (Metrics, "Metrics"),
        (T, "T"),
        ("Text", "Text"),
    ],
    ids=str,
)
def test_show_type(python_type, shown):
    assert show_type(python_type) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("x", "str 'x'"),
        (None, "None"),
        (np.zeros((2, 3)), "ndarray of shape 2x3"),
        (pd.DataFrame({"a": [1]}), "DataFrame of shape 1x1"),
        (int, "the type int itself"),
    ],
    ids=str,
)
def test_show_value(value, shown):
    assert show_value(value) == shown


def test_values_are_one_short_line():
    """Many lines become one, and much becomes little."""
    assert show_value("a\nb") == "str 'a\\nb'"
    for value in ([1] * 10_000, {i: i for i in range(1000)}, b"x" * 1000, "y" * 1000):
        assert len(show_value(value)) < 80
        assert show_value(value).endswith("…")
