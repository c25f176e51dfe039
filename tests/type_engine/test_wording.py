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

from autocontainer_nb.type_engine.wording import Misfit, show_type, show_value, with_article

T = TypeVar("T")


class Shy:
    """A class whose repr doesn't name it."""

    def __repr__(self) -> str:
        return "nothing"


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
        ("x", "'x'"),
        (True, "True"),
        ([1], "[1]"),
        (Metrics, "the type Metrics itself"),
        (pathlib.PurePosixPath("a"), "PurePosixPath('a')"),
        (Shy(), "the Shy nothing"),
        (None, "None"),
        (np.zeros((2, 3)), "an ndarray of shape 2x3"),
        (pd.DataFrame({"a": [1]}), "a DataFrame of shape 1x1"),
        (int, "the type int itself"),
    ],
    ids=str,
)
def test_show_value(value, shown):
    assert show_value(value) == shown


def test_values_are_one_short_line():
    """Many lines become one, and much becomes little."""
    assert show_value("a\nb") == "'a\\nb'"
    for value in ([1] * 10_000, {i: i for i in range(1000)}, b"x" * 1000, "y" * 1000):
        assert len(show_value(value)) < 80
        assert show_value(value).endswith("…")


@pytest.mark.parametrize(
    ("python_type", "shown"),
    [
        (int, "an int"),
        (list[int], "a list[int]"),
        (Annotated[float, "doc"], "a float"),
        (np.ndarray, "an ndarray"),
        (type("SGDClassifier", (), {}), "an SGDClassifier"),
        (type("OneHotEncoder", (), {}), "a OneHotEncoder"),
        (type("User", (), {}), "a User"),
        (type("UUID", (), {}), "a UUID"),
        (type("Update", (), {}), "an Update"),
        (bytes, "bytes"),
        (None, "None"),
        (Any, "Any"),
        (int | None, "int | None"),
        (Literal["a"], "Literal['a']"),
    ],
    ids=str,
)
def test_a_type_has_the_article_that_is_spoken(python_type, shown):
    """A message reads aloud: "expected an int", "expected a User"."""
    assert with_article(python_type) == shown


@pytest.mark.parametrize(
    ("hint", "message"),
    [
        ("", "f(x)[1].size: expected an int, got 'x'"),
        ("write int('x')", "f(x)[1].size: expected an int, got 'x'. Write int('x')."),
        ("It is text.", "f(x)[1].size: expected an int, got 'x'. It is text."),
        ("int(x) makes one", "f(x)[1].size: expected an int, got 'x'. int(x) makes one."),
    ],
)
def test_a_conversion_error_starts_with_the_place(hint, message):
    """The place comes first, then what was expected and what came; a hint is a sentence of its own."""
    assert str(Misfit("an int", show_value("x"), hint).inside(".size").inside("[1]").at("f(x)")) == message
