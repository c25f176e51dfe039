"""What can't be captured is named: path, cell, kind, and what to do about it."""

import threading
from pathlib import Path

import pytest
from archives import write

from autocontainer_nb.errors import CaptureError
from autocontainer_nb.pickling.cells import Cell, CellBook


class Cache:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.entries = {}


loaders = {"train": [Cache()]}
log_file = None
generator = (n for n in range(3))
fine = 3


def uses_lock() -> int:
    return len(loaders) + fine


def uses_helper() -> int:
    return uses_lock()


def uses_generator_and_lock() -> int:
    return sum(generator) + len(loaders)


def test_the_path_leads_to_the_innermost_object(tmp_path: Path) -> None:
    """`uses_lock ► loaders ► ['train'] ► [0] ► _lock`, and a fix that fits a lock."""
    with pytest.raises(CaptureError) as caught:
        write(uses_lock, tmp_path / "e.pkl", uses_lock)
    message = str(caught.value)
    assert "`entity ► loaders ► ['train'] ► [0] ► _lock` is a lock or thread (_thread.lock)" in message
    assert "create it inside the task" in message
    assert "fine" not in message


def test_helpers_are_part_of_the_path(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="entity ► uses_lock ► loaders ►"):
        write(uses_helper, tmp_path / "e.pkl", uses_helper)


def test_all_culprits_are_named(tmp_path: Path) -> None:
    """Two things that can't be pickled are told in one message."""
    with pytest.raises(CaptureError, match="for 2 reasons") as caught:
        write(uses_generator_and_lock, tmp_path / "e.pkl", uses_generator_and_lock)
    assert "`entity ► generator` is a generator" in str(caught.value)
    assert "_lock` is a lock" in str(caught.value)


def test_the_cell_that_made_the_object_is_named(tmp_path: Path) -> None:
    source = "import threading\nguard = threading.Lock()\n"
    namespace = {"__name__": "__main__"}
    exec(compile(source + "def f():\n    return guard.locked()\n", "cell-3", "exec"), namespace)
    book = CellBook()
    book.record(Cell("cell-3", source, "id3", 3))
    with pytest.raises(CaptureError, match=r"`entity ► guard` is a lock.*, made in Cell In\[3\]:"):
        write(namespace["f"], tmp_path / "e.pkl", namespace["f"], book)


def test_an_open_file_gets_its_own_advice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def uses_file() -> str:
        return log_file.name

    with (tmp_path / "log").open("w") as file:
        monkeypatch.setitem(globals(), "log_file", file)
        with pytest.raises(CaptureError, match=r"is an open file.*pass its path"):
            write(uses_file, tmp_path / "e.pkl", uses_file)


def test_a_cycle_ends(tmp_path: Path) -> None:
    """An object that holds itself and a lock is searched once."""
    ring: dict = {"lock": threading.Lock()}
    ring["self"] = ring
    with pytest.raises(CaptureError, match=r"\['lock'\]"):
        write(lambda: ring, tmp_path / "e.pkl", lambda: ring)
