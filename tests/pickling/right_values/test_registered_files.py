"""What comes from a file that was registered before is of the classes that the notebook has now."""

import pickle
import textwrap
from typing import Any

import pytest
from notebook import Notebook
from test_results import KINDS

from autocontainer_nb.pickling.code.cells import cells
from autocontainer_nb.pickling.values import dumps
from autocontainer_nb.pickling.writer import ArchiveWriter, EntityDescription


def read_meaning(notebook: Notebook, name: str) -> None:
    """Do what a launch does whose version is registered already: nothing is pickled."""
    function = notebook.names[name]
    assert ArchiveWriter(function, [EntityDescription(name="nb.entity", function=function)], cells).meaning.version


def run_cells(notebook: Notebook, kind: str) -> tuple[Any, Any]:
    """Run the cells of a kind whose class a factory makes twice, and return both classes."""
    cell, made = KINDS[kind]
    body = textwrap.indent(textwrap.dedent(cell), "    ")
    notebook.run(f"RATE = 1\ndef factory(n):\n{body}\n    return Model, {made}")
    notebook.run("one, other = factory(1), factory(1)\ndef train(x): return one[1], other[1], one[0], other[0]")
    return notebook.names["one"][0], notebook.names["other"][0]


@pytest.mark.parametrize("kind", KINDS)
def test_cells_run_again_own_what_comes_back(notebook: Notebook, kind: str) -> None:
    """Two classes that mean the same stay two, each the one in the variable, though nothing was pickled for them."""
    run_cells(notebook, kind)
    found = notebook.remote("train", 1)
    ours, other = run_cells(notebook, kind)
    read_meaning(notebook, "train")
    value = notebook.result_of(found)
    assert [type(value[0]), type(value[1]), value[2], value[3]] == [ours, other, ours, other]


@pytest.mark.parametrize("kind", KINDS)
def test_inputs_are_of_the_classes_in_the_file(notebook: Notebook, kind: str) -> None:
    """An instance that is sent to the file of an earlier launch is there of the class that it has here."""
    run_cells(notebook, kind)
    notebook.run("def which(x): return type(x) is one[0], type(x) is other[0]")
    notebook.there("which", notebook.names["one"][1])
    run_cells(notebook, kind)
    notebook.run("def which(x): return type(x) is one[0], type(x) is other[0]")
    for name in ("one", "other"):
        value = notebook.names[name][1]
        here = notebook.here("which", value)
        path = notebook.last_path
        read_meaning(notebook, "which")
        assert notebook.container.run(path, value)["text"] == here


@pytest.mark.parametrize("kind", KINDS)
def test_classes_that_changed_alike_stay_two(notebook: Notebook, kind: str) -> None:
    """Two classes of a factory that calls have changed since the capture are still two where a value is copied."""
    ours, other = run_cells(notebook, kind)
    read_meaning(notebook, "train")
    for cls in (ours, other):
        type.__setattr__(cls, "noted", 1)
    value = [notebook.names["one"][1], notebook.names["other"][1], other, ours]
    found = pickle.loads(dumps(value))
    assert [type(found[0]), type(found[1]), found[2], found[3]] == [ours, other, other, ours]
