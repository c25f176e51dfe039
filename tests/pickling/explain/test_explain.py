"""One walk gives the table of everything captured: path, type, bytes, how it travels, and from which cell."""

import ctypes
import json
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
from archives import write
from hypothesis import given
from hypothesis import strategies as st
from main_cells import Notebook
from projects import Project

from autocontainer_nb.pickling.credentials.finder import CredentialFinder
from autocontainer_nb.pickling.explain import walk as explaining
from autocontainer_nb.pickling.explain.archive import explain_archive
from autocontainer_nb.pickling.explain.findings import Explanation, Row
from autocontainer_nb.pickling.explain.text import explanation_text
from autocontainer_nb.pickling.explain.walk import Root, explain
from autocontainer_nb.pickling.meaning import parts


@pytest.fixture
def notebook() -> Notebook:
    made = Notebook()
    made.run("import json\nthreshold = 0.5\n", big=np.zeros(1 << 20))
    made.run("class Model:\n    def __init__(self):\n        self.size = 3\n\nmodel = Model()\n")
    made.run(
        "def clean(x):\n    return x > threshold, json\n\n"
        "def entity(x: int = 1):\n    return clean(big.sum()), model, config\n",
        config={"weights": np.ones(1 << 18), "name": "a"},
    )
    return made


def explained(notebook: Notebook, path: Path) -> Explanation:
    return write(notebook["entity"], path / "e.pkl", notebook["entity"], notebook.book).explanation


def by_path(found: Explanation) -> dict[tuple[str, ...], Row]:
    return {row.path: row for row in found.rows}


def test_every_name_has_a_row_with_all_that_is_to_know(notebook: Notebook, tmp_path: Path) -> None:
    rows = by_path(explained(notebook, tmp_path))
    assert {path: (row.type_name, row.how, row.cell) for path, row in rows.items()} == {
        ("entity",): ("task", "value", "Cell In[3]"),
        ("entity", "clean"): ("function", "value", "Cell In[3]"),
        ("entity", "clean", "threshold"): ("float", "value", "Cell In[1]"),
        ("entity", "clean", "json"): ("module", "reference", "Cell In[1]"),
        ("entity", "big"): ("numpy.ndarray", "buffer", "Cell In[1]"),
        ("entity", "model"): ("Model", "value", "Cell In[2]"),
        ("entity", "config"): ("dict", "buffer", "Cell In[3]"),
        ("entity", "config", '["weights"]'): ("numpy.ndarray", "buffer", "Cell In[3]"),
    }
    assert rows["entity", "clean", "json"].size_bytes == 0
    assert 8 << 20 <= rows["entity", "big"].size_bytes < (8 << 20) + 1000


def test_the_largest_comes_first_with_what_is_large_inside(notebook: Notebook, tmp_path: Path) -> None:
    """Parts stand behind what they are in and count once; the total is that of what travels."""
    found = explained(notebook, tmp_path)
    shown = [row.path[-1] for row in found.ranked()]
    assert shown[:3] == ["big", "config", '["weights"]']
    assert shown[-1] == "json"
    assert 10 << 20 <= found.size_bytes < (10 << 20) + 5000


def test_totals_are_the_same_at_every_call() -> None:
    """Frames and arrays of the same size, whose buffers are made for each look, are all counted, each time alike."""
    import pandas as pd

    rows = 300_000
    values = {
        "first": pd.DataFrame({"a": np.arange(rows, dtype=float), "b": np.arange(rows)}),
        "second": pd.DataFrame({"a": np.arange(rows, dtype=float), "when": np.arange(rows).astype("M8[s]")}),
        "strided": np.arange(2 * rows)[::2], "whole": np.ones(rows), "pieces": [np.zeros(rows) for _ in range(4)],
        "texts": ["x" * (2 << 20)] * 2,
    }  # fmt: skip
    found = [explain([Root(*each) for each in values.items()], Notebook().book) for _ in range(3)]
    assert len({each.size_bytes for each in found}) == 1
    assert len({tuple((row.path, row.size_bytes) for row in each.rows) for each in found}) == 1
    assert found[0].size_bytes == pytest.approx(len(pickle.dumps(values, protocol=5)), rel=0.01)


@given(st.lists(st.tuples(st.integers(0, 90), st.integers(1, 60), st.booleans()), min_size=1, max_size=12))
def test_memory_that_arrays_share_is_counted_once(pieces: list[tuple[int, int, bool]]) -> None:
    """Slices of one array in any order, and copies of them: each byte that travels is in the total once."""
    unit = 5000
    whole = np.arange(160 * unit, dtype=np.uint8)
    values, seen, expected = {}, np.zeros(160, dtype=bool), 0
    for number, (start, length, is_copy) in enumerate(pieces):
        piece = whole[start * unit : (start + length) * unit]
        values[f"v{number}"] = piece.copy() if is_copy else piece
        if is_copy:
            expected += length * unit
        else:
            seen[start : start + length] = True
    expected += int(seen.sum()) * unit
    found = [explain([Root(*each) for each in values.items()], Notebook().book) for _ in range(2)]
    assert found[0].size_bytes == found[1].size_bytes
    assert expected <= found[0].size_bytes < expected + 300 * len(values)


def test_sizes_are_about_what_pickle_writes(tmp_path: Path) -> None:
    """Of data of many forms, within a quarter and a few hundred bytes of the pickle's own length."""
    values = {
        "numbers": list(range(10_000)), "texts": [f"text {n}" for n in range(5000)],
        "floats": [n / 7 for n in range(99)],
        "records": [{"id": n, "name": f"name {n}"} for n in range(500)], "table": {str(n): n for n in range(1000)},
        "large": 10**5000, "raw": b"x" * 10_000, "some": {1.5, 2.5}, "nested": [[[1, 2], [3]]] * 3, "words": "é" * 5000,
    }  # fmt: skip
    for name, value in values.items():
        found = explain([Root(name, value)], Notebook().book).size_bytes
        expected = len(pickle.dumps(value, protocol=5))
        assert abs(found - expected) <= expected / 4 + 300, name


def test_what_two_names_share_counts_once(tmp_path: Path) -> None:
    notebook = Notebook()
    notebook.run("def entity():\n    return one, two\n", one=list(range(1000)))
    notebook.names["two"] = {"same": notebook["one"]}
    rows = by_path(explained(notebook, tmp_path))
    assert rows["entity", "one"].size_bytes > 2000
    assert rows["entity", "two"].size_bytes < 200


def test_the_metadata_has_the_captures_in_the_form_it_had(notebook: Notebook, tmp_path: Path) -> None:
    """Name, type, how and bytes, nearest names first; what a helper refers to has its path besides."""
    written = write(notebook["entity"], tmp_path / "e.pkl", notebook["entity"], notebook.book)
    [entity] = written.metadata["entities"]
    captures = {one["name"]: one for one in entity["captures"]}
    assert list(captures) == ["clean", "big", "model", "config", "threshold", "json"]
    assert (captures["big"]["type"], captures["big"]["how"]) == ("numpy.ndarray", "value")
    assert captures["json"] == {
        "name": "json", "type": "module", "bytes": 0, "how": "reference", "path": ["entity", "clean", "json"],
    }  # fmt: skip
    assert entity["bytes"] > 0


def test_a_file_gives_the_same_table(notebook: Notebook, tmp_path: Path) -> None:
    """From the file's own metadata: paths, types, bytes, how, cells and large parts are those of the walk."""
    live = explained(notebook, tmp_path)
    found, remarks = explain_archive(str(tmp_path / "e.pkl"), CredentialFinder())

    def facts(explanation: Explanation) -> set[tuple[object, ...]]:
        return {
            (row.path, row.type_name, row.how, row.size_bytes, row.cell) for row in explanation.rows if not row.is_part
        }

    assert facts(found) == facts(live)
    assert [row.path for row in found.rows if row.is_part]
    assert any("numpy" in remark for remark in remarks)


def test_the_text_is_a_table(notebook: Notebook, tmp_path: Path) -> None:
    text = explanation_text("entity", explained(notebook, tmp_path))
    lines = text.split("\n")
    assert lines[0] == "entity: 7 captured, 10.5 MB in total"
    assert lines[2].split() == ["captured", "type", "bytes", "how", "from"]
    assert lines[3].split() == ["big", "numpy.ndarray", "8.4", "MB", "value", "(buffer)", "Cell", "In[1]"]
    assert "clean ► threshold" in text


def test_json_can_hold_all_of_it(notebook: Notebook, tmp_path: Path) -> None:
    found = json.loads(json.dumps(explained(notebook, tmp_path).as_json()))
    assert found["captured"][0] == {
        "path": ["entity", "big"], "type": "numpy.ndarray", "how": "buffer", "bytes": found["captured"][0]["bytes"],
        "cell": "Cell In[1]", "is_part": False,
    }  # fmt: skip
    assert found["cannot_travel"] == []


def test_data_files_of_a_package_have_rows_and_count(project: Project) -> None:
    """A large one has its own, the others of the package share one; from the file the same."""
    project.write(acme____init__="", **{"acme/a.txt": "12", "acme/b.txt": "345"})
    (project.folder / "acme" / "model.bin").write_bytes(bytes(5_000_000))
    project.capture("import acme\ncapture(lambda: acme.__name__)")
    found, _ = explain_archive(str(project.path), CredentialFinder())
    rows = {row.path: (row.type_name, row.how, row.size_bytes) for row in found.rows if row.how == "module"}
    assert rows["acme/model.bin",] == ("data file", "module", 5_000_000)
    assert rows["acme/ (2 data files)",] == ("data files", "module", 5)
    assert found.size_bytes > 5_000_005
    assert [line.split()[-3:] for line in explanation_text("f", found).split("\n") if "model.bin" in line] == [
        ["as", "a", "file"]
    ]


def test_closures_and_defaults_are_captured_names(tmp_path: Path) -> None:
    notebook = Notebook()
    notebook.run(
        "def make(rows):\n    def entity(n=1, limits=tuple(range(100))):\n        return rows, n, limits\n"
        "    return entity\n"
        "entity = make([1, 2])\n"
    )
    rows = by_path(explained(notebook, tmp_path))
    assert rows["entity", "rows"].cell == "Cell In[1]"
    assert rows["entity", "limits="].type_name == "tuple"
    assert ("entity", "n=") not in rows


def test_names_in_code_that_a_library_made_are_none_of_the_users(tmp_path: Path) -> None:
    notebook = Notebook()
    notebook.run(
        "from dataclasses import dataclass, field\n@dataclass\nclass Point:\n    x: int\n"
        "    y: list = field(default_factory=list)\n"
        "def entity():\n    return Point(1)\n"
    )
    assert set(by_path(explained(notebook, tmp_path))) == {("entity",), ("entity", "Point")}


def test_what_travels_but_may_fail_is_told(tmp_path: Path) -> None:
    """A C library's handle is a number that means nothing elsewhere."""
    notebook = Notebook()
    notebook.run("def entity():\n    return library\n", library=ctypes.CDLL(None))
    found = explained(notebook, tmp_path)
    assert [note.path for note in found.notes] == [("entity", "library")]
    assert "load it inside the task" in explanation_text("entity", found)
    assert found.ranked()[0].name == "library"


def test_the_walk_ends_at_its_limit_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explaining, "MAX_OBJECTS", 100)
    notebook = Notebook()
    notebook.run("def entity():\n    return many\n", many=[[object()] for _ in range(1000)])
    found = explained(notebook, tmp_path)
    assert not found.is_complete
    assert "at least" in explanation_text("entity", found)


def test_deep_nesting_needs_no_recursion() -> None:
    """A chain that is longer than the recursion limit is walked to its end."""
    chain: list = []
    for _ in range(sys.getrecursionlimit() * 3):
        chain = [chain]
    found = explain([Root("chain", chain)], Notebook().book)
    assert found.size_bytes > sys.getrecursionlimit() * 3
    while chain:
        chain = chain.pop()


def test_each_object_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand captured objects that share a hundred others: nothing is asked for its parts twice."""
    asked: list[int] = []
    keep: list[object] = []

    def count(value: object) -> object:
        asked.append(id(value))
        keep.append(value)
        return real(value)

    real = parts.parts_of
    monkeypatch.setattr(explaining, "parts_of", count)
    shared = [{"n": object()} for _ in range(100)]
    values = [[shared[n % 100], (object(), n)] for n in range(1000)]
    explain([Root("values", values)], Notebook().book)
    assert len(asked) == len(set(asked))
    assert len(asked) < 10_000
