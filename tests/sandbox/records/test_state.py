"""The state file: whole changes or none, also when it is full, foreign or from another version."""

import errno
import sqlite3
import threading

import pytest

from autocontainer_nb.errors import SandboxError
from autocontainer_nb.sandbox.records.state import open_state
from autocontainer_nb.sandbox.run.verdict import storage_failed

INSERT = "INSERT INTO projects VALUES (?, 'n', 0, 0, ?)"


@pytest.fixture
def state(tmp_path):
    opened = open_state(tmp_path / "state.sqlite")
    yield opened
    opened.close()


def _names(state):
    return [row["identifier"] for row in state.rows("SELECT identifier FROM projects ORDER BY identifier")]


def test_a_change_that_fails_leaves_nothing(state):
    def change():
        with state.change() as connection:
            connection.execute(INSERT, ("half", b""))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        change()
    assert _names(state) == []
    with state.change() as connection:
        connection.execute(INSERT, ("whole", b""))
    assert _names(state) == ["whole"]


def test_a_change_inside_a_change_is_part_of_it(state):
    def change():
        with state.change() as outer:
            outer.execute(INSERT, ("outer", b""))
            with state.change() as inner:
                inner.execute(INSERT, ("inner", b""))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        change()
    assert _names(state) == []


def test_a_full_file_refuses_the_change_and_works_again_when_there_is_room(state):
    """SQLite's own limit stands for the disk's: the change fails whole, and the next one finds its way."""
    pages = state.rows("PRAGMA page_count")[0][0]
    state.rows(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(sqlite3.OperationalError, match="full"), state.change() as connection:
        connection.execute(INSERT, ("big", b"x" * 1_000_000))
    assert _names(state) == []
    state.rows(f"PRAGMA max_page_count = {pages + 1000}")
    with state.change() as connection:
        connection.execute(INSERT, ("big", b"x" * 1_000_000))
    assert _names(state) == ["big"]


def test_many_threads_write_one_after_another(state):
    def write(thread):
        for number in range(50):
            with state.change() as connection:
                connection.execute(INSERT, (f"{thread}-{number}", b""))

    threads = [threading.Thread(target=write, args=(thread,)) for thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(_names(state)) == 400


def test_it_is_all_there_after_opening_again(tmp_path):
    first = open_state(tmp_path / "state.sqlite")
    with first.change() as connection:
        connection.execute(INSERT, ("kept", b""))
    second = open_state(tmp_path / "state.sqlite")  # the first one is still open, as after a kill
    assert _names(second) == ["kept"]
    second.close()
    first.close()


def test_a_later_version_is_refused_by_its_number(tmp_path):
    path = tmp_path / "state.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(SandboxError, match="version 99"):
        open_state(path)


def test_a_full_disk_is_told_as_such():
    """The failure that an execution gets names the reason and the place."""
    ended = storage_failed(OSError(errno.ENOSPC, "No space left on device", "/there"))
    assert "disk is full" in ended.error.message
    assert "/there" in ended.error.message
    assert not ended.recoverable
    assert "disk is full" not in storage_failed(OSError(errno.EACCES, "Permission denied")).error.message
