"""The quick way through plain data says of two values what the walk over single objects says."""

import random
import struct
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autocontainer_nb.pickling.capture.buffers import current_hashes
from autocontainer_nb.pickling.code.cells import CellBook
from autocontainer_nb.pickling.code.sources import SourceCollector
from autocontainer_nb.pickling.meaning.fingerprint import Fingerprinter
from autocontainer_nb.pickling.plain import reader
from autocontainer_nb.pickling.plain.digest import plain_data
from autocontainer_nb.pickling.plain.reader import PlainReader
from autocontainer_nb.wire import LARGE_BUFFER_BYTES

# Few different ones, so that equal values and nearly equal ones are drawn often.
ATOMS = st.sampled_from(
    [None, True, False, 0, 1, -1, 2**40, 0.0, -0.0, 1.0, float("nan"), 1j, complex(0.0, -0.0), "", "a", "é", b"", b"a"]
)
KEYS = st.one_of(ATOMS, st.tuples(ATOMS, ATOMS), st.frozensets(ATOMS, max_size=2), st.tuples(st.frozensets(ATOMS)))
VALUES = st.recursive(
    ATOMS | st.sets(KEYS, max_size=3),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(KEYS, inner, max_size=3)
        | st.lists(inner, max_size=2).map(lambda items: items * 20)
    ),
    max_leaves=8,
)


def fingerprinter(*, is_slow: bool = False) -> Fingerprinter:
    """Return a new one; a slow one takes all containers apart."""
    found = Fingerprinter(SourceCollector(CellBook()), current_hashes())
    if is_slow:
        found._plain.read = lambda value: None  # type: ignore[method-assign]
    return found


def digest(value: Any, *, is_slow: bool = False) -> str:
    return fingerprinter(is_slow=is_slow).digest(value)


def told(value: Any) -> Any:
    """Return what a value is, to the bit: of sets without their order, of dictionaries with it."""
    kind = type(value)
    if kind is float:
        return "float", struct.pack("<d", value)
    if kind is complex:
        return "complex", struct.pack("<2d", value.real, value.imag)
    if kind is dict:
        return "dict", tuple((told(key), told(item)) for key, item in value.items())
    if kind is set or kind is frozenset:
        return kind.__name__, tuple(sorted(map(repr, map(told, value))))
    if kind is list or kind is tuple:
        return kind.__name__, tuple(map(told, value))
    return kind.__name__, repr(value)


def again(value: Any) -> Any:
    """Return an equal value of new objects, each met once, its sets filled in another order."""
    kind = type(value)
    if kind is str or kind is bytes:
        return value[:1] + value[1:]
    if kind is dict:
        return {again(key): again(item) for key, item in value.items()}
    if kind in {set, frozenset}:
        items = [again(item) for item in value]
        random.shuffle(items)
        return kind(items)
    if kind in {list, tuple}:
        return kind(again(item) for item in value)
    return value


@settings(deadline=None, max_examples=300)
@given(VALUES, VALUES)
def test_digests_are_equal_where_values_are(one: Any, other: Any) -> None:
    """Equal to the bit, dictionaries in their order, sets in none: then, and only then."""
    one, other = again(one), again(other)
    assert digest(one) == digest(again(one))
    assert (digest(one) == digest(other)) == (told(one) == told(other))
    assert digest([one, 5, again(one)]) == digest([again(one), 5, one])


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_what_is_shared_counts_as_in_the_slow_walk(data: st.DataObject) -> None:
    """Of all pairs among values that hold one another, both ways tell the same ones apart."""
    made: list[Any] = [data.draw(VALUES), [], {}, set()]
    values = []
    for _ in range(data.draw(st.integers(2, 5))):
        items = data.draw(st.lists(st.sampled_from([*made, *values]), min_size=1, max_size=4))
        kind = data.draw(st.sampled_from([list, tuple, dict]))
        values.append(dict(enumerate(items)) if kind is dict else kind(items))
    values += [again(value) for value in values]
    quick = [digest(value) for value in values]
    slow = [digest(value, is_slow=True) for value in values]
    for index, one in enumerate(values):
        for place in range(index):
            assert (quick[index] == quick[place]) == (slow[index] == slow[place]), (one, values[place])


@settings(deadline=None, max_examples=200)
@given(VALUES, st.sampled_from([object, lambda: bytearray(b"a"), lambda: ..., lambda: range(3)]))
def test_something_odd_in_it_is_no_obstacle(value: Any, odd: Any) -> None:
    """What stands beside something that isn't plain data counts as it does by itself."""
    value = again(value)
    found = digest([value, {"odd": odd()}, [[again(value)]]])
    assert found == digest([again(value), {"odd": odd()}, [[value]]])
    assert found != digest([again(value), {"odd": odd()}, [[value, 7]]])


def test_the_digest_is_the_same_in_every_process() -> None:
    """Whatever the hash seed, and whether texts are interned."""
    value = "{'a', 'b', (1, 'c'), frozenset({'d', 1.5, None})}, {'é': [1, 2.5, {b'x'}]}, [{'k': i} for i in range(50)]"
    program = (
        "from autocontainer_nb.pickling.plain.digest import plain_data\n"
        f"print(plain_data([{value}]).digest.hex(), plain_data([*range(9), {value}] * 3).digest.hex())"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(answers) == 1
    assert len(answers.pop().split()[0]) == 64


def nested(depth: int, innermost: Any) -> Any:
    value = innermost
    for number in range(depth):
        value = {"value": number, "next": [value]}
    return value


@pytest.mark.parametrize("innermost", [0, object()], ids=["plain", "odd"])
def test_deep_nesting_takes_linear_time(monkeypatch: pytest.MonkeyPatch, innermost: Any) -> None:
    """What can't be taken as a whole is tried once, not once for each of those around it."""
    tried = []
    monkeypatch.setattr(reader, "plain_data", lambda value: tried.append(value) or plain_data(value))
    value = nested(3000, innermost)
    found = fingerprinter()
    found.digest(value)
    assert len(tried) <= 2
    assert digest(value) == digest(nested(3000, innermost))
    assert digest(value) != digest(nested(2999, innermost))


def test_a_container_shared_by_many_is_gone_through_once() -> None:
    """A list that is met 100,000 times isn't written 100,000 times, and is not the same as as many lists."""
    row = list(range(10_000))
    assert PlainReader().read([row] * 100_000) is None
    assert digest([row] * 1000) == digest([row[:]] * 1000)
    assert digest([row] * 1000) != digest([row[:] for _ in range(1000)])


def test_large_texts_are_hashed_by_themselves() -> None:
    """They may be stored beside the file: a container of one isn't plain data."""
    assert plain_data(["a", "b" * LARGE_BUFFER_BYTES]) is None
    assert plain_data([{"a": b"b" * LARGE_BUFFER_BYTES}]) is None
    assert plain_data([{"b" * LARGE_BUFFER_BYTES: 1}]) is None
    assert plain_data(["b" * (LARGE_BUFFER_BYTES - 1)]) is not None
