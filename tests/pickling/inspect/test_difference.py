"""What changed between two pickled-entity files: real captures of a notebook and of its edited copies."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from archives import Canary, change_metadata, write

from autocontainer_nb.errors import ArchiveCorruptError, MemberMismatchError
from autocontainer_nb.pickling.inspect.difference import diff_archives, diff_text
from autocontainer_nb.pickling.inspect.source_difference import Named, source_changes

NOTEBOOK = """
import numpy as np
from autocontainer_nb.core.capture.pickled_file import dump_pickled_entity, pickled_entity_of
from autocontainer_nb.core.tasks.task import task
import beside

threshold = 0.5
weights = np.arange(5000)

def clean(x):
    return x if x > threshold else 0

@task
def train(epochs: int) -> float:
    return clean(epochs) + float(weights.sum()) + beside.FACTOR

@task
def pick(x: float) -> str:
    return str(x)

tasks = [train, pick]
dump_pickled_entity(pickled_entity_of(*tasks), "entities.pkl")
"""


@pytest.fixture(scope="module")
def capture(tmp_path_factory):
    """Capture the notebook after replacing texts in it, or in the module beside it; returns the file."""
    folder = tmp_path_factory.mktemp("notebooks")
    made: dict[tuple, Path] = {}

    def captured(*edits: tuple[str, str]) -> str:
        if edits not in made:
            place = folder / str(len(made))
            place.mkdir()
            texts = {"notebook.py": NOTEBOOK, "beside.py": "FACTOR = 2\n"}
            for old, new in edits:
                assert any(old in text for text in texts.values())
                texts = {name: text.replace(old, new) for name, text in texts.items()}
            for name, text in texts.items():
                (place / name).write_text(text)
            done = subprocess.run(
                [sys.executable, "notebook.py"], cwd=place, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr
            made[edits] = place / "entities.pkl"
        return str(made[edits])

    return captured


def told(before: str, after: str) -> dict[str, list[str]]:
    data = diff_archives(before, after)
    json.dumps(data)
    found: dict[str, list[str]] = {}
    for one in data["differences"]:
        found.setdefault(one["section"], []).append(one["text"])
    return found


def test_a_file_is_the_same_as_itself_and_as_its_copy(capture, tmp_path):
    copy = tmp_path / "copy.pkl"
    shutil.copy(capture(), copy)
    data = diff_archives(capture(), str(copy))
    assert (data["same"], data["differences"]) == (True, [])
    assert data["a"]["version"] == data["b"]["version"]
    assert "the same" in diff_text(data)


EDITS = {
    "a value": (("threshold = 0.5", "threshold = 0.7"), "code and data", "threshold 0.5 ► 0.7"),
    "a helper": (("else 0", "else 1"), "code and data", "clean(): 1 line"),
    "an input": (("epochs: int)", "epochs: float)"), "interface", "input epochs int ► float"),
    "one more input": (("epochs: int)", "epochs: int, rate: float = 1.0)"), "interface", "input rate float is new"),
    "an output": (("-> str", "-> object"), "interface", "output o0 str ►"),
    "a task less": (("[train, pick]", "[train]"), "entities", "pick is gone"),
    "a package": (("return str(x)", "import yaml; return str(x)"), "packages", "PyYAML"),
    "large data": (("arange(5000)", "arange(5001)"), "buffers", "weights"),
}


@pytest.mark.parametrize(("edit", "section", "words"), EDITS.values(), ids=EDITS)
def test_an_edit_is_told_in_the_users_words(capture, edit, section, words):
    """Each edit of meaning makes the files different, and is told where it belongs."""
    before, after = capture(), capture(edit)
    assert diff_archives(before, after)["same"] is False
    assert any(words in text for text in told(before, after)[section]), told(before, after)
    assert words in diff_text(diff_archives(before, after))


def test_what_is_new_one_way_is_gone_the_other_way(capture):
    one = capture(("[train, pick]", "[train]"))
    assert any("pick is new" in text for text in told(one, capture())["entities"])


def test_sources_are_told_as_a_unified_diff(capture):
    """The cell's text with the lines that changed; a local module's, too."""
    data = diff_archives(capture(), capture(("else 0", "else 1"), ("FACTOR = 2", "FACTOR = 3")))
    diffs = {one["name"]: one["diff"] for one in data["differences"] if one["section"] == "sources"}
    assert "-    return x if x > threshold else 0\n+    return x if x > threshold else 1" in diffs["notebook.py"]
    assert "-FACTOR = 2\n+FACTOR = 3" in diffs["beside"]


def test_a_comment_changes_the_source_and_not_the_meaning(capture):
    data = diff_archives(capture(), capture(("def clean(x):", "# a remark\ndef clean(x):")))
    assert data["same"] is True
    assert {one["section"] for one in data["differences"]} == {"sources"}
    assert "the same meaning" in diff_text(data)


def test_another_python_is_told(capture, tmp_path):
    """Who made a file is told, and nothing of it is unpickled: another minor version's file is compared as well."""
    copy = tmp_path / "copy.pkl"
    shutil.copy(capture(), copy)
    change_metadata(copy, python_version="3.9.1")
    assert any("3.9.1" in text for text in told(capture(), str(copy))["made by"])


def test_nothing_is_executed(tmp_path):
    trace = tmp_path / "executed"
    for name in ("a.pkl", "b.pkl"):
        write(Canary(trace), tmp_path / name)
    diff_archives(str(tmp_path / "a.pkl"), str(tmp_path / "b.pkl"))
    assert not trace.exists()


def test_only_sound_pickled_entity_files_are_compared(capture, tmp_path):
    other = tmp_path / "other"
    other.write_bytes(b"\x80\x04N.")
    with pytest.raises(ArchiveCorruptError, match=r"isn't a pickled-entity file.*autocontainer-nb inspect"):
        diff_archives(capture(), str(other))
    altered = tmp_path / "altered.pkl"
    altered.write_bytes(Path(capture()).read_bytes().replace(b"threshold", b"thresHold"))
    with pytest.raises(MemberMismatchError):
        diff_archives(str(altered), capture())


def test_texts_without_names_are_paired_by_likeness():
    """Cells that were renumbered are found again; what has no likeness is new or gone."""
    body = "".join(f"line {number}\n" for number in range(20))
    old = [Named("", "Cell In[1]", body), Named("", "Cell In[2]", "old\n")]
    new = [Named("", "Cell In[7]", body + "more\n"), Named("", "Cell In[9]", "quite\nanother\n")]
    found = {label: sentence for label, sentence, _ in source_changes(old, new)}
    assert found == {
        "Cell In[7]": "Cell In[1] ► Cell In[7] changed",
        "Cell In[2]": "Cell In[2] is gone",
        "Cell In[9]": "Cell In[9] is new",
    }
