"""The check of metadata's shape: a quick look, and words for what it refuses."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from autocontainer_nb.pickling.archive import metadata
from autocontainer_nb.pickling.archive.metadata import SHAPE, misshapen

OTHERS = (None, True, 7, "text", [], [7], {}, {"name": 7})


def of_shape(shape: Any) -> Any:
    """Return a value of the shape, with every optional field."""
    if isinstance(shape, list):
        return [of_shape(shape[0]), of_shape(shape[0])]
    if isinstance(shape, dict):
        return {"key" if name is str else name.removesuffix("?"): of_shape(each) for name, each in shape.items()}
    return shape[0]() if isinstance(shape, tuple) else shape()


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each (container, key) of the value, outermost first."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(pairs):
        yield value, key
        yield from places(inner)


def test_the_quick_look_and_the_words_agree(monkeypatch: pytest.MonkeyPatch):
    """Whatever stands at one place instead of what should, or is missing there: both refuse it, or both take it."""
    whole = of_shape(SHAPE)
    assert misshapen(whole) is None
    changed = []
    for number, _ in enumerate(list(places(whole))):
        for other in (*OTHERS, "nothing"):
            one = copy.deepcopy(whole)
            container, key = list(places(one))[number]
            if other == "nothing":
                del container[key]
            else:
                container[key] = copy.deepcopy(other)
            changed.append(one)
    quick = [misshapen(one) for one in changed]
    monkeypatch.setattr(metadata, "_is_of", lambda *_: False)
    assert quick == [misshapen(one) for one in changed]
    assert 0 < quick.count(None) < len(quick)
