"""What a capture means is known before it is written: the same version, and no credential that the walk overlooks."""

import json
import subprocess
import sys
from collections import OrderedDict, deque
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from holders import WORD, Plain, Reduced, Secret, Settings, Slotted, closing_over, defaulting

from autocontainer_nb.errors import CaptureError
from autocontainer_nb.pickling.code.cells import Cell, CellBook
from autocontainer_nb.pickling.credentials.finder import CredentialFinder
from autocontainer_nb.pickling.explain import entities, walk
from autocontainer_nb.pickling.meaning import texts_met
from autocontainer_nb.pickling.writer import ArchiveWriter, EntityDescription

# Put together here, so that no scanner takes this file for a leak.
TOKEN = "ghp" + "_" + "a1B2c3D4e5" * 4
SHARED = [WORD]
FINDER = CredentialFinder((("MY_SECRET", "qwerty-12345-zz"),))


def test_the_version_told_is_the_version_written() -> None:
    """Over the portability corpus: what is told before writing, with the packages needed, stands in the metadata."""
    script = Path(__file__).with_name("telling.py")
    told = json.loads(subprocess.run([sys.executable, script], check=True, capture_output=True).stdout)
    assert len(told) > 100
    assert {name: each["told"] for name, each in told.items()} == {name: each["written"] for name, each in told.items()}
    assert not [name for name, each in told.items() if each["overlooked"]]


SUSPECTED: dict[str, Any] = {
    "a text": TOKEN,
    "a text among others": ["row"] * 50 + [f"see {TOKEN}."],
    "bytes": [TOKEN.encode()],
    "a bytearray": Plain(data=bytearray(TOKEN.encode())),
    "a variable's value": {"harmless": "qwerty-12345-zz"},
    "a key": {TOKEN: 1},
    "a key of many": {TOKEN: 0} | {f"key {number}": number for number in range(100)},
    "a value by its key": {"password": WORD},
    "a value by its key, of many": {f"key {number}": "x" for number in range(100)} | {"db_password": WORD},
    "a value by a key of bytes": {b"password": WORD},
    "a value by a pair": {("db", "password"): WORD},
    "a list by its key": {"passwords": [WORD]},
    "a nested list by its key": {"passwords": [["x"], [[WORD]]]},
    "a set by its key": {"passwords": {WORD}},
    "numbered values by their key": {"passwords": {1: WORD}},
    "the same row, first without": [{"password": ""}, {"password": WORD}],
    "an attribute": Plain(password=WORD),
    "an attribute's items": Plain(passwords=[WORD]),
    "a slot": Slotted(WORD),
    "a field": Settings(WORD),
    "a field of a pair": Plain(account={"password": WORD}),
    "what a name wraps": {"password": Secret(WORD)},
    "what an attribute wraps": Plain(password=Secret(WORD)),
    "what a list of a name wraps": {"passwords": [Secret(WORD)]},
    "an argument without a name": {"password": Reduced(WORD)},
    "a token as an argument": Reduced(TOKEN),
    "a partial's keyword": partial(print, password=WORD),
    "a closure": closing_over(WORD),
    "a default": defaulting(WORD),
    "an array": np.array(["x", TOKEN]),
    "an array in an object": Plain(names=np.array([TOKEN])),
    "an ordered dictionary": OrderedDict(password=WORD),
    "a queue": deque([TOKEN]),
    "a namespace": SimpleNamespace(password=WORD),
    "deep inside": [[[[{"a": ({"b": [{"password": WORD}]},)}]]]],
    "shared, with two names": {"rows": SHARED, "passwords": SHARED},
    "behind many others": [[number] for number in range(1000)] + [Plain(rows=[TOKEN])],
}
HARMLESS: dict[str, Any] = {
    "numbers": list(range(100)),
    "rows": [{"id": number, "name": f"row {number}"} for number in range(1000)],
    "names of things": {"password_field": "name-of-it", "tokenizer": "bert-base-uncased", "secret_name": "my-secret-1"},
    "special tokens": {"pad_token": "<pad0>", "eos_token": "</s1x>"},
    "places of secrets": {"password": "${PASSWORD}", "token": "changeme", "api_key": "OPENAI_API_KEY"},
    "an enumeration's values": Plain(value="some text", _value_="some text"),
    "an object": Plain(name="x", rows=[1, 2, 3], data=b"abc"),
    "an array": np.array(["a", "b"]),
}  # fmt: skip


def writer_of(value: Any) -> ArchiveWriter:
    return ArchiveWriter({"it": value}, [EntityDescription(name="nb.train")], CellBook(), finder=FINDER)


@pytest.mark.parametrize("kind", SUSPECTED)
def test_nothing_is_overlooked(kind: str) -> None:
    """Whatever the walk for people finds, or ought to, is suspected by the quick look; the walk decides then."""
    writer = writer_of(SUSPECTED[kind])
    assert writer.meaning.may_hold_credentials
    assert writer.credentials == writer.explanation.credentials


@pytest.mark.parametrize("kind", HARMLESS)
def test_what_is_harmless_needs_no_explanation(kind: str) -> None:
    """Nothing is suspected, so nothing is explained, and the walk for people finds nothing either."""
    writer = writer_of(HARMLESS[kind])
    assert not writer.meaning.may_hold_credentials
    assert writer.credentials == []
    assert "explanation" not in vars(writer)
    assert writer.explanation.credentials == []


def test_what_is_behind_the_walks_end_is_found_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many objects there are: the table ends at its limit, the check doesn't."""
    monkeypatch.setattr(walk, "MAX_OBJECTS", 20)
    writer = writer_of([Plain(row=number) for number in range(100)] + [Plain(rows=[TOKEN])])
    (found,) = writer.credentials
    assert found.describe() == '`the rest ► ["it"] ► [100] ► rows ► [0]` looks like a GitHub token'
    assert not writer.explanation.is_complete
    assert writer.explanation.credentials == [found]
    assert writer_of([Plain(row=number) for number in range(100)]).credentials == []


def test_too_much_that_is_suspected_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where not all can be judged, that is told and no upload made, never left out in silence."""
    monkeypatch.setattr(texts_met, "_MAX_SUSPECTS", 3)
    monkeypatch.setattr(entities, "judged", lambda *_: [])  # as if the first three were false alarms
    (found,) = writer_of([TOKEN + str(number) for number in range(5)]).credentials
    assert found.describe() == "`train` holds more that looks like credentials than can be judged"


def test_sources_count() -> None:
    """A literal in the cell is suspected, also on a line that the function doesn't have."""
    book = CellBook()
    source = f"password = '{WORD}'\ndef f(x):\n    return x\n"
    book.record(Cell("/tmp/cell-1.py", source, "id", 1))
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(source, "/tmp/cell-1.py", "exec"), names)
    writer = ArchiveWriter(names["f"], [EntityDescription(name="nb.f")], book, finder=FINDER)
    assert writer.meaning.may_hold_credentials
    assert [one.line for one in writer.credentials] == [1]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (list(range(1000)), False),
        (np.zeros(10), False),
        (np.zeros(1 << 18), True),
        (np.zeros((1 << 9, 1 << 9))[:, ::2], True),
        (b"x" * (1 << 20), True),
        ("x" * (1 << 20), True),
        ({"text": "x" * (1 << 20)}, True),
        ([b"x" * (1 << 20)], True),
        (Plain(data=bytearray(1 << 20)), True),
    ],
)
def test_large_contents_are_never_overlooked(value: Any, expected: bool, tmp_path: Path) -> None:
    """Where nothing large is told, the written file leaves nothing to be stored beside it."""
    writer = writer_of(value)
    assert writer.meaning.has_large == expected
    assert bool(writer.write(str(tmp_path / "e.pkl"), apart=True).objects) == expected


def test_nothing_is_written_of_what_cant_be_pickled(tmp_path: Path) -> None:
    """Its meaning is told; the refusal comes when it is written, as it always did."""

    class Stubborn:
        def __reduce_ex__(self, protocol: Any) -> Any:
            raise TypeError("not me")

    writer = writer_of(Stubborn())
    assert writer.meaning.version
    with pytest.raises(CaptureError, match="not me"):
        writer.write(str(tmp_path / "e.pkl"))
    assert not (tmp_path / "e.pkl").exists()
