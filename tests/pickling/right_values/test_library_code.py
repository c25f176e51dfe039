"""Functions that a library has put into a class of the notebook travel by their places in that library."""

import pickle
from types import CodeType
from typing import Any

import pytest
from notebook import Notebook

from autocontainer_nb.pickling.capture import code_records
from autocontainer_nb.pickling.portable import class_table
from autocontainer_nb.pickling.values import dumps

CELLS = {
    "attrs": (
        "import attrs\n@attrs.define\nclass Model:\n    x: int = 1\n    def twice(self): return 2 * self.x",
        b"attr._make:",
        b"class _ClassBuilder",
    ),
    "pydantic": (
        "import pydantic\nclass Model(pydantic.BaseModel):\n    x: int = 1\n    def twice(self): return 2 * self.x",
        b"pydantic.main:",
        b"class BaseModel",
    ),
}


@pytest.mark.parametrize("library", CELLS)
def test_a_result_brings_no_source_of_the_library(notebook: Notebook, library: str) -> None:
    """The container's code of the library is known there as the library's, though it has come with the task."""
    cell, place, text = CELLS[library]
    notebook.run(cell)
    notebook.run("def train(x): return Model(x=x)")
    found = notebook.remote("train", 3)
    content = bytes.fromhex(found["pickle"])
    assert place in content
    assert text not in content
    assert notebook.result_of(found).twice() == 6


@pytest.mark.parametrize("library", CELLS)
def test_code_that_came_is_sent_on_without_reading_the_library(
    notebook: Notebook, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is known of the library's code where it comes from is known where it arrives, and is the same there."""
    cell, place, _ = CELLS[library]
    notebook.run(cell)
    sent = dumps(notebook.names["Model"](x=3))
    monkeypatch.setattr(class_table, "recognize", lambda *_: None)  # as a process that has no such class
    came = pickle.loads(sent)
    assert type(came) is not notebook.names["Model"]
    read: list[str] = []

    def locate(code: CodeType, text: str, found: Any = code_records._locate) -> Any:
        read.append(text)
        return found(code, text)

    monkeypatch.setattr(code_records, "_locate", locate)
    again = dumps(came)
    assert place in again
    assert cell in read
    assert max(map(len, read)) < 5_000  # what attrs has generated is read; its own module is 20 times as long
    assert pickle.loads(again).twice() == 6
