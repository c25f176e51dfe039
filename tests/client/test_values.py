"""A value of each type goes into a container, comes out of it, and is the same: what was sent, seen from both sides."""

from pathlib import Path
from typing import Any

import pytest
from client_values import INPUTS, VALUES, Same, same, stored

from autocontainer_nb import FlyteFile

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(170)]


@pytest.mark.parametrize("name", VALUES._fields)
def test_a_value_comes_back_as_it_went(once: Any, name: str) -> None:
    """Equal, and of the same class."""
    result = once(same, **INPUTS).result(timeout_s=150)
    assert isinstance(result, Same)
    got, sent = getattr(result, name), INPUTS[name]
    assert got == sent
    assert type(got) is type(sent)


@pytest.mark.parametrize("name", VALUES._fields)
def test_what_was_sent_can_be_looked_at(once: Any, name: str) -> None:
    """The execution's inputs, as the control plane keeps them, are what the launch was given."""
    assert once(same, **INPUTS).wait(timeout_s=150).inputs[name] == INPUTS[name]


@pytest.mark.parametrize(
    ("name", "guessed"),
    [
        ("whole", 7),
        ("real", 0.1),
        ("text", "plain"),
        ("truth", True),
        ("numbers", [3, 1, 2]),
        ("maps", {"a": {"b": [1, 2]}, "empty": {}}),
        ("moment", VALUES.moment),
        ("span", VALUES.span),
        ("mode", "slow"),
        ("missing", None),
        ("text_of_either", "4"),
    ],
)
def test_a_stranger_sees_plain_values(once: Any, remote: Any, name: str, guessed: Any) -> None:
    """Another kernel, which has no task to tell the types, gets those that fit the registered interface."""
    run = once(same, **INPUTS).wait(timeout_s=150)
    assert remote.execution(run.id).outputs[name] == guessed


@pytest.fixture(scope="module")
def written(remote: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The execution of `stored`."""
    folder = tmp_path_factory.mktemp("sent")
    (folder / "one.txt").write_text("one")
    (folder / "three.txt").write_text("three")
    first, second = folder / "one.txt", folder / "three.txt"
    return remote.launch(stored, path=first, file=FlyteFile(str(second)), files=[FlyteFile(str(first))])


def test_files_that_were_sent_are_read_there(written: Any) -> None:
    """Each under its own content, and those of a list too."""
    assert written.result(timeout_s=150).lengths == {"path": 3, "file": 5, "files": 1}


def test_a_path_comes_back(written: Any) -> None:
    """With what was written there."""
    assert written.result(timeout_s=150).path.read_text() == "ONE"


def test_a_files_bytes_come_back(written: Any) -> None:
    """More than a megabyte, byte by byte."""
    assert Path(written.result(timeout_s=150).file).read_bytes() == bytes(range(256)) * 5000


def test_a_folder_comes_back_whole(written: Any) -> None:
    """With what is deeper inside."""
    there = Path(written.result(timeout_s=150).folder)
    assert (there / "deep" / "leaf.txt").read_text() == "leaf"
    assert (there / "top.txt").read_text() == "top"


def test_files_of_a_list_come_back_in_order(written: Any) -> None:
    """Each is the one at its place."""
    first, second = written.result(timeout_s=150).files
    assert (Path(first).read_text(), len(Path(second).read_bytes())) == ("ONE", 1_280_000)


def test_a_sent_file_can_be_looked_at(written: Any) -> None:
    """The execution's input is a file that is fetched."""
    assert Path(written.inputs["file"]).read_text() == "three"


def test_frames_and_arrays_come_back(remote: Any) -> None:
    """A DataFrame with its columns and classes, an array with its shape and class."""
    pandas, numpy = pytest.importorskip("pandas"), pytest.importorskip("numpy")

    from client_frames import tables

    frame = pandas.DataFrame({"a": [1, 2], "b": [0.5, 1.5], "s": ["x", "y"]})
    got, turned = remote.launch(tables, frame=frame, array=numpy.arange(6, dtype="int16").reshape(2, 3)).result(150)
    assert got["total"].tolist() == [1.5, 3.5]
    assert got["s"].tolist() == ["x", "y"]
    assert (turned.shape, turned.dtype.name, turned[2].tolist()) == ((3, 2), "int16", [2, 5])
