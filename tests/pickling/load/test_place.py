"""The way to an object that can't be loaded, read from the pickle alone, compared with how its value was composed."""

import io
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from archives import write
from hypothesis import given, settings
from hypothesis import strategies as st

from autocontainer_nb.errors import UnpicklingError
from autocontainer_nb.pickling.load.place import failing_step, place_of
from autocontainer_nb.pickling.reader import open_verified

HOME: dict[str, Any] = {"__name__": "__main__"}
exec(
    """
import enum, functools
class Bad:
    def __init__(self): self.x = 1
    def __setstate__(self, state): raise ValueError("no")
    def __hash__(self): return 1
class Holder:
    def __init__(self, client): self.before, self.client, self.after = 1, client, {"a": 1}
class Slots:
    __slots__ = ("after", "client")
    def __init__(self, client): self.client, self.after = client, 2
class Error(Exception):
    def __init__(self, number, client):
        super().__init__(number)
        self.client = client
class List(list): pass
class Dict(dict): pass
def of_class(client):
    class Model:
        before, held, after = 1, client, 2
    return Model
def closure(value):
    other = [1]
    def inner(): return other, value
    return inner
def default(value):
    def inner(x=1, *, given=value): return x
    return inner
def attribute(value):
    def inner(): return 1
    inner.own = value
    return inner
""",
    HOME,
)
# How a value is wrapped: by an expression of the inner one, and the step that the way to it has then.
WRAPPERS = {
    "[{}]": "[0]", "[1, 2, {}]": "[2]", "[*range(1500), {}, 3]": "[1500]", "({},)": "[0]", "(1, {})": "[1]",
    "(1, 2, {}, 3)": "[2]", "(1, 2, 3, 4, {})": "[4]", "dict(k={})": '["k"]', "dict(a=1, b=[2], k={}, z=3)": '["k"]',
    "{{3: {}}}": "[3]", "Holder({})": "client", "Slots({})": "client", "Error(1, {})": "client",
    "List([1, {}])": "[1]", "Dict(a=1, k={})": '["k"]', "of_class({})": "held", "of_class({})()": "held",
    "closure({})": "value", "default({})": "given=", "attribute({})": "own",
}  # fmt: skip


@dataclass
class Opened:
    """A pickle as files, and its buffers."""

    archive: Any

    def file(self) -> Any:
        return io.BytesIO(bytes(self.archive.zip_file.view("pickle")))


@given(st.lists(st.sampled_from(sorted(WRAPPERS)), max_size=5))
@settings(deadline=None, max_examples=100)
def test_the_way_is_that_by_which_the_value_was_composed(tmp_path_factory, wrappers):
    """Containers of each length, attributes, slots, class attributes, closures, defaults, in one another."""
    expression, steps = "Bad()", []
    for wrapper in wrappers:
        expression = wrapper.format(expression)
        steps.insert(0, WRAPPERS[wrapper])
    value = eval(expression, HOME)
    path = tmp_path_factory.mktemp("place") / "entities.pkl"
    write({"other": [1], "nb.entity": value}, path)
    archive = open_verified(str(path))
    opened = Opened(archive)
    step = failing_step(opened.file(), (), ValueError)
    assert step is not None
    found = place_of(opened.file, step)
    assert found is not None
    assert found.path == ("entity", *steps)
    assert found.what == "Bad"


def test_the_message_has_the_way(tmp_path: Path):
    """Who loads the file reads which object it is, not only that there is one."""
    path = tmp_path / "entities.pkl"
    write({"nb.entity": eval("Holder([Bad()])", HOME)}, path)
    with pytest.raises(UnpicklingError, match=r"`entity ► client ► \[0\]` \(Bad\) in '.*' passed every check but"):
        open_verified(str(path)).unpickle()


@pytest.mark.parametrize("protocol", range(1, pickle.HIGHEST_PROTOCOL + 1))
def test_plain_pickles_of_other_protocols_are_followed(protocol):
    """Memos by numbers, names in lines."""
    data = pickle.dumps([1, {"a": (1, Unlucky())}], protocol)
    step = failing_step(io.BytesIO(data), (), ZeroDivisionError)
    found = place_of(lambda: io.BytesIO(data), step or 0)
    assert found is not None
    assert found.path == ("[1]", '["a"]', "[1]")


class Unlucky:
    """Can be pickled, and fails when it is called again."""

    def __reduce__(self) -> Any:
        return _fails, (1,)


def _fails(_: int) -> None:
    raise ZeroDivisionError


def test_nothing_is_said_where_nothing_fails_again():
    """A failure that doesn't come back has no place."""
    assert failing_step(io.BytesIO(pickle.dumps([1])), (), ValueError) is None
    assert failing_step(io.BytesIO(pickle.dumps([Unlucky()])), (), ValueError) is None
