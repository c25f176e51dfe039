"""The judgement: what a call gives here and there, and whether the notebook is after a launch what it was before."""

import random
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from operator import is_
from typing import Any

import numpy as np
from cloudpickle import cloudpickle
from probing import Shower

_AROUND = 120  # characters before and after a difference


class DifferenceError(AssertionError):
    """What the one rule forbids."""


@dataclass(frozen=True)
class Belongings:
    """All that belongs to the notebook or to everybody in its process, as it is at one moment."""

    names: Mapping[str, Any]
    contents: str
    classes: Mapping[type, Mapping[str, Any]]
    modules: Mapping[str, Any]
    tables: tuple[Any, ...]
    random_states: tuple[Any, ...]

    @classmethod
    def now(cls, names: Mapping[str, Any], own: Mapping[str, Any]) -> "Belongings":
        """Return what they are now: the whole namespace, and what is in `own`, which the cells have made."""
        shower = Shower()
        contents = shower.text(list(own.values()))
        classes = [one for one in shower.met if isinstance(one, type)]
        return cls(
            names=dict(names),
            contents=contents,
            classes={one: _own(one) for one in classes},
            modules=dict(sys.modules),
            tables=_cloudpickles_tables(),
            random_states=_random_states(),
        )

    def check(self, after: "Belongings") -> None:
        """Check that nothing of it is another thing afterwards.

        Raises:
            DifferenceError: something is.
        """
        _same("the namespace", self.names, after.names)
        if self.contents != after.contents:
            raise DifferenceError(f"the launch changed an object\n{where(self.contents, after.contents)}")
        for cls, own in self.classes.items():
            _same(f"class {cls.__qualname__}", own, _own(cls))
        if not all(map(is_, self.modules.values(), map(after.modules.get, self.modules))):
            _same("sys.modules", self.modules, {key: one for key, one in after.modules.items() if key in self.modules})
        for name in after.modules.keys() - self.modules.keys():
            file = getattr(after.modules[name], "__file__", None) or ""
            if name.startswith("local_") or "/run/" in file:
                raise DifferenceError(f"sys.modules has {name} after the launch")
        if self.tables != after.tables:
            raise DifferenceError(f"cloudpickle's tables were {self.tables} and are {after.tables}")
        if self.random_states != after.random_states:
            raise DifferenceError("the launch changed the state of random or numpy.random")


def compared(here: Any, there: Any, belongings: Belongings) -> str:
    """Return what is different of the two values; empty for nothing.

    What their classes contain isn't asked: a class of the notebook is as it is here, and what the task's code sees of
    classes is in the text that it returns.
    """
    own, other = Shower(classes=False), Shower(classes=False)
    texts = own.text(here), other.text(there)
    if texts[0] != texts[1]:
        return where(*texts)
    known = {id(value) for value in [*belongings.names.values(), *belongings.classes]}  # whatever has their names now
    for one, twin in zip(own.met, other.met, strict=True):
        if issubclass(type(one), type) and one is not twin and not known.isdisjoint((id(one), id(twin))):
            return f"what came back has another class than the notebook's own {one.__module__}.{one.__qualname__}"
    return ""


def where(one: str, other: str) -> str:
    """Return where two long texts begin to differ."""
    first = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    begin = max(0, first - _AROUND)
    return f"here:  ...{one[begin : first + _AROUND]}\nthere: ...{other[begin : first + _AROUND]}"


def _same(what: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    if before.keys() == after.keys() and all(map(is_, before.values(), map(after.__getitem__, before))):
        return
    gone, new = before.keys() - after.keys(), after.keys() - before.keys()
    other = [key for key in before.keys() & after.keys() if before[key] is not after[key]]
    if gone or new or other:
        raise DifferenceError(
            f"the launch changed {what}: gone {sorted(gone)}, new {sorted(new)}, other {sorted(other)}"
        )


def _own(cls: type) -> dict[str, Any]:
    """Return what the class holds itself, without what `pickle` notes in a class that it meets."""
    own = dict(vars(cls))
    own.pop("__slotnames__", None)
    return own


def _random_states() -> tuple[Any, ...]:
    """Return the states of the process's own generators, as values that compare quickly."""
    kind, keys, *rest = np.random.get_state()  # noqa: NPY002 - likewise
    assert isinstance(keys, np.ndarray)
    return random.getstate(), kind, keys.tobytes(), rest


def _cloudpickles_tables() -> tuple[Any, ...]:
    by_class: Any = cloudpickle._DYNAMIC_CLASS_TRACKER_BY_CLASS
    by_id: Any = cloudpickle._DYNAMIC_CLASS_TRACKER_BY_ID
    modules = cloudpickle.list_registry_pickle_by_value()
    return dict(by_class), dict(by_id), frozenset(modules)
