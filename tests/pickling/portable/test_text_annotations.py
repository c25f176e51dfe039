"""Dataclasses whose annotations are text keep their types on the way to another process."""

import subprocess
import sys
from pathlib import Path

import pytest

CELLS = """
from __future__ import annotations
import io, sys
from dataclasses import dataclass, field
from typing import ClassVar, Optional
from autocontainer_nb.pickling.capture.buffers import ContentHashes
from autocontainer_nb.pickling.code.cells import cells
from autocontainer_nb.pickling.capture.pickler import CapturePickler
from autocontainer_nb.pickling.code.sources import SourceCollector
from autocontainer_nb.pickling.meaning.class_ids import ClassIds
from autocontainer_nb.pickling.meaning.fingerprint import Fingerprinter

@dataclass
class Inner:
    size: int

@dataclass
class Outer:
    inner: Inner
    many: list[Inner] = field(default_factory=list)
    again: Optional[Outer] = None
    count: ClassVar[int] = 0

@dataclass
class Unknown:
    missing: Nothing = None

def run():
    return Outer, Outer(Inner(1), [Inner(2)], Outer(Inner(3))), Unknown

before = dict(Outer.__annotations__)
def dump():
    stream = io.BytesIO()
    ids = ClassIds(Fingerprinter(SourceCollector(cells), ContentHashes()))
    CapturePickler(stream, SourceCollector(cells), id_of=ids.id_of).dump(run)
    return stream.getvalue()

first = dump()
assert Outer.__annotations__ == before and all(isinstance(text, str) for text in before.values())
assert dump() == first
sys.stdout.buffer.write(first)
"""

CONTAINER = """
import pickle, sys
from flyteidl.core import literals_pb2
from autocontainer_nb.type_engine.convert import from_literal, to_literal, to_literal_type
Outer, value, Unknown = pickle.loads(sys.stdin.buffer.read())()
assert from_literal(to_literal(value, Outer), Outer) == value
assert sorted(to_literal_type(Outer).structure.dataclass_type) in (["inner", "many"], ["inner", "late", "many"])
try:
    to_literal_type(Unknown)
except TypeError as error:
    print(error)
"""


LATE = """
@dataclass
class Late:
    size: int
"""
IN_PARTS = (
    CELLS.replace("from __future__ import annotations\n", "")
    .replace("again: Optional[Outer] = None", 'again: Optional["Outer"] = None\n    late: Optional["Late"] = None')
    .replace("missing: Nothing = None", f'missing: Optional["Nothing"] = None\n{LATE}')
    .replace("all(isinstance(text, str)", "not any(isinstance(text, str)")
)


@pytest.mark.parametrize("cells", [CELLS, IN_PARTS], ids=["whole", "in parts"])
def test_types_travel_with_the_class(cells: str, tmp_path: Path) -> None:
    """A nested, a listed and a self-referring dataclass are converted where nothing of their module is left.

    The text is a whole annotation, or a part of one. The user's classes aren't changed, the same bytes come twice, and
    an unknown name is told as such.
    """
    (tmp_path / "cells.py").write_text(cells, encoding="utf-8")
    made = subprocess.run([sys.executable, "cells.py"], cwd=tmp_path, capture_output=True, check=False)
    assert made.returncode == 0, made.stderr.decode()
    done = subprocess.run([sys.executable, "-c", CONTAINER], input=made.stdout, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert b"name 'Nothing' is not defined" in done.stdout
