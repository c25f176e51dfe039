"""How objects decompose: what pickling would follow, by steps that people read."""

import functools
import os
import threading
from typing import Any

import pytest

from autocontainer_nb.pickling.meaning.parts import parts_of
from notebooks import Notebook


class Locked:
    """An object with a lock."""

    def __init__(self) -> None:
        self.name = "x"
        self._lock = threading.Lock()


class Refuses:
    """An object whose own code fails."""

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise RuntimeError("not me")


def test_a_path_reads_as_a_person_would_write_it() -> None:
    """Globals by name, attributes, keys and indexes; what is only machinery has an empty step."""
    notebook = Notebook(
        """
        import threading
        class Cache:
            def __init__(self): self._lock = threading.Lock()
        loaders = [{"k": Cache()}]
        def train(x=loaders, *, y=1):
            return loaders
        """
    )
    steps = []
    value: Any = notebook.namespace["train"]
    for wanted in ("loaders", "[0]", '["k"]', "._lock"):
        (part,) = [part for part in parts_of(value).children if part.step == wanted]
        steps.append(part.step)
        value = part.value
    assert steps == ["loaders", "[0]", '["k"]', "._lock"]
    assert type(value) is type(threading.Lock())
    assert {part.step for part in parts_of(notebook.namespace["train"]).children} == {"", "loaders", "x=", "y="}


@pytest.mark.parametrize(
    ("value", "kind", "how"),
    [
        (1, "atom", "value"),
        ([1], "sequence", "value"),
        ({1: 2}, "mapping", "value"),
        ({1}, "set", "value"),
        (os.path.join, "reference", "reference"),
        (dict, "reference", "reference"),
        (type(None), "reference", "reference"),
        (len, "reference", "reference"),
        (os, "module", "reference"),
        (memoryview(b"ab"), "buffer", "buffer"),
        (functools.partial(len), "object", "value"),
        (Locked().__init__, "object", "value"),
        (test_a_path_reads_as_a_person_would_write_it, "reference", "module"),
    ],
    ids=range(13),
)
def test_each_thing_has_a_kind_and_a_way_to_travel(value: Any, kind: str, how: str) -> None:
    """By value, by reference, with its local module, or as a buffer."""
    parts = parts_of(value)
    assert (parts.kind, parts.how, parts.error) == (kind, how, None)


def test_an_error_is_returned_not_raised() -> None:
    """All culprits are wanted: the walk goes on beside one."""
    for value in (threading.Lock(), Refuses(), (n for n in "a")):
        assert isinstance(parts_of(value).error, Exception)
    assert str(parts_of(Refuses()).error) == "not me"
    assert parts_of(Locked()).error is None


def test_nothing_large_is_copied() -> None:
    """Bytes are returned as they are, an array's buffer is its own memory."""
    numpy = pytest.importorskip("numpy")
    data = b"x" * 100_000
    assert parts_of(data).atom is data
    array = numpy.zeros(100_000)
    (buffer,) = [part.value for part in parts_of(array).children if parts_of(part.value).kind == "buffer"]
    view = parts_of(buffer).atom
    array[0] = 1.0
    assert isinstance(view, memoryview)
    assert view.nbytes == array.nbytes
    assert bytes(view[:8]) == array[:1].tobytes()


def test_a_nested_classs_globals_are_followed() -> None:
    """A class within a function reads globals by another instruction than the function itself."""
    notebook = Notebook("limit = 3\ndef f():\n    class Inner:\n        value = limit\n    return Inner")
    assert "limit" in [part.step for part in parts_of(notebook.namespace["f"]).children]


def test_a_cached_function_is_what_it_wraps() -> None:
    """functools.lru_cache is pickled by a name that only the notebook has."""
    notebook = Notebook("import functools\n@functools.lru_cache\ndef f(x):\n    return x")
    cached = notebook.namespace["f"]
    assert any(part.value is cached.__wrapped__ for part in parts_of(cached).children)
    names = [part.name for part in notebook.versions().parts]
    assert "f()" in names


def test_the_steps_of_odd_keys_are_short() -> None:
    """No key makes a path long, or fails: numbers of thousands of digits, long texts, objects."""
    keys: list[Any] = [
        1 << 100_000,
        "x" * 100_000,
        ("a", 1),
        ("x" * 1000,),
        (1 << 100_000,),
        Locked(),
        tuple(range(50)),
    ]
    parts = parts_of(dict.fromkeys(keys))
    steps = [part.step for part in parts.children if part.slot != "key"]
    assert parts.error is None
    assert all(len(step) < 65 for step in steps)
    assert steps[2] == "[('a', 1)]"
