"""numpy arrays with options in their annotation; the plain ones are among the golden cases."""

from typing import Annotated

import numpy as np
import pytest

from autocontainer_nb.errors import ConversionError
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.type_engine.values.structured_dataset import kwtypes

OBJECTS = Annotated[np.ndarray, kwtypes(allow_pickle=True)]


def there_and_back(value, python_type, files):
    literal = type_engine.to_literal(value, python_type, files=files)
    return type_engine.from_literal(literal, python_type, files=files)


def test_objects_are_pickled_where_the_annotation_says_so(files):
    """Without the word they are refused on both sides, and the message names it."""
    value = np.array([1, "x", None], dtype=object)
    assert there_and_back(value, OBJECTS, files).tolist() == [1, "x", None]
    with pytest.raises(ConversionError, match=r"got one of dtype object.*kwtypes\(allow_pickle=True\)"):
        type_engine.to_literal(value, np.ndarray, files=files, path="f.x")
    written = type_engine.to_literal(value, OBJECTS, files=files)
    with pytest.raises(ConversionError, match="allow_pickle=False"):
        type_engine.from_literal(written, np.ndarray, files=files)


def test_a_file_can_be_mapped_instead_of_read(files):
    """`mmap_mode` is numpy's: the array is backed by the file."""
    found = there_and_back(np.arange(6.0), Annotated[np.ndarray, kwtypes(mmap_mode="r")], files)
    assert isinstance(found, np.memmap)
    assert found.tolist() == [0, 1, 2, 3, 4, 5]
    with pytest.raises(ValueError, match="read-only"):
        found[0] = 1


def test_what_cannot_be_pickled_is_told(files):
    """The reason is Python's own."""
    with pytest.raises(ConversionError, match=r"f.x: expected an array of objects that can be pickled, got .*pickle"):
        type_engine.to_literal(np.array([lambda: 0], dtype=object), OBJECTS, files=files, path="f.x")


def test_another_option_is_refused():
    """Numpy has others; only these two are Flyte's."""
    with pytest.raises(
        ConversionError,
        match=r"expected allow_pickle or mmap_mode in the annotation of numpy.ndarray, got allow_pickles=True",
    ):
        type_engine.to_literal_type(Annotated[np.ndarray, kwtypes(allow_pickles=True)])
