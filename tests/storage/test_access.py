"""Bytes at a URI, on this machine and in memory: files, directory trees, and what goes wrong."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from autocontainer_nb.errors import StorageError
from autocontainer_nb.storage import memory
from autocontainer_nb.storage.access import PrefixAccess, download, exists, list_files, read_bytes, upload, write_bytes
from autocontainer_nb.storage.uris import file_uri, join


@pytest.fixture(params=["path", "file", "memory"])
def prefix(request, tmp_path):
    """The same promises hold for each of the stores."""
    memory.clear()
    places = {
        "path": str(tmp_path / "store ü%20"),
        "file": file_uri(str(tmp_path / "store ü%20")),
        "memory": f"memory://{tmp_path.name}",
    }
    yield places[request.param]
    memory.clear()


@pytest.fixture
def tree(tmp_path):
    root = tmp_path / "tree"
    (root / "sub" / "deeper").mkdir(parents=True)
    (root / "a.txt").write_bytes(b"a")
    (root / "sub" / "b c%20.bin").write_bytes(bytes(range(256)))
    (root / "sub" / "deeper" / "empty").write_bytes(b"")
    return root


def files_below(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_bytes_there_and_back(prefix):
    """What was written is read; writing again replaces it; missing folders are made."""
    uri = join(prefix, "x", "y%.bin")
    assert not exists(uri)
    write_bytes(uri, b"one")
    write_bytes(uri, b"two")
    assert read_bytes(uri) == b"two"
    assert exists(uri)
    assert exists(join(prefix, "x"))


def test_a_file_up_and_down(prefix, tmp_path):
    """A file comes back under another name, into folders that weren't there."""
    (tmp_path / "one").write_bytes(b"content")
    upload(tmp_path / "one", join(prefix, "f"))
    download(join(prefix, "f"), tmp_path / "new" / "two")
    assert (tmp_path / "new" / "two").read_bytes() == b"content"


@pytest.mark.parametrize("end", ["", "/"])
def test_a_tree_up_and_down(prefix, tree, tmp_path, end):
    """A directory comes back with the same files, with and without a slash at the URI's end."""
    upload(tree, join(prefix, "t"))
    download(join(prefix, "t") + end, tmp_path / "back")
    assert files_below(tmp_path / "back") == files_below(tree)


def test_what_is_missing_is_named(prefix, tmp_path):
    """The URI, the reason and the next step are in the message."""
    uri = join(prefix, "nothing")
    for action in (
        read_bytes,
        lambda place: download(place, tmp_path / "x"),
        lambda place: download(place + "/", tmp_path),
    ):
        with pytest.raises(
            StorageError, match=r"Can't read '.*nothing/?': (no such file|nothing was written|there is no file)"
        ):
            action(uri)
    assert not (tmp_path / "x").exists()
    with pytest.raises(StorageError, match=r"Can't upload '.*gone' to '.*nothing': no such file"):
        upload(tmp_path / "gone", uri)


def test_an_empty_directory_is_refused(prefix, tmp_path):
    """Object stores keep no empty directories, so none is uploaded anywhere."""
    (tmp_path / "empty" / "sub").mkdir(parents=True)
    with pytest.raises(StorageError, match="the directory has no files"):
        upload(tmp_path / "empty", join(prefix, "e"))


def test_local_reasons(tmp_path):
    """A directory for a file, a file for a directory, and a forbidden place are told apart."""
    with pytest.raises(StorageError, match=r"it is a directory\. Name a file in it"):
        read_bytes(str(tmp_path))
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match=r"Can't write '.*file/below': (Not a directory|File exists)"):
        write_bytes(str(tmp_path / "file" / "below"), b"")
    if os.geteuid() != 0:
        (tmp_path / "file").chmod(0)
        with pytest.raises(StorageError, match=r"Permission denied\. Give this process's user access"):
            read_bytes(str(tmp_path / "file"))


def test_writing_is_all_or_nothing(tmp_path):
    """Readers see the old content or the new while others write, and no partial file stays behind."""
    path = tmp_path / "f"
    contents = {bytes([letter]) * 200_000 for letter in b"abc"}
    write_bytes(str(path), next(iter(contents)))
    writers = [
        threading.Thread(target=write_bytes, args=(str(path), content)) for content in contents for _ in range(5)
    ]
    for writer in writers:
        writer.start()
    for _ in range(50):
        assert read_bytes(str(path)) in contents
    for writer in writers:
        writer.join()
    assert [each.name for each in tmp_path.iterdir()] == ["f"]


def test_a_failed_write_leaves_the_old_content(tmp_path):
    """What can't be written replaces nothing."""
    path = tmp_path / "f"
    write_bytes(str(path), b"old")
    with pytest.raises(TypeError):
        write_bytes(str(path), "text")
    assert read_bytes(str(path)) == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["f"]


def test_a_file_onto_itself(tmp_path):
    """Uploading a file to where it is changes nothing."""
    (tmp_path / "f").write_bytes(b"x")
    upload(tmp_path / "f", file_uri(str(tmp_path / "f")))
    assert (tmp_path / "f").read_bytes() == b"x"


def test_a_name_that_leaves_the_directory(tmp_path):
    """A name below the URI can't write outside of the target."""
    memory.clear()
    write_bytes("memory://d/../../escape", b"x")
    with pytest.raises(StorageError, match="points outside the directory"):
        download("memory://d", tmp_path / "a" / "b")
    memory.clear()


def test_unknown_schemes():
    with pytest.raises(StorageError, match=r"expected a plain path or one of the schemes file, memory, s3.*got ftp://"):
        read_bytes("ftp://host/x")


def test_memory_is_the_process_s_own():
    """What another process wrote isn't there, and the message says why."""
    with pytest.raises(StorageError, match="isn't shared between processes"):
        read_bytes("memory://never/written")


def test_what_importing_costs(tmp_path):
    """Local bytes need neither pathlib nor urllib, tempfile or obstore."""
    code = (
        "from autocontainer_nb.storage.access import read_bytes, write_bytes\nimport sys\n"
        "write_bytes(sys.argv[1], b'x'); assert read_bytes('file://' + sys.argv[1]) == b'x'\n"
        "print([m for m in ('pathlib', 'urllib.parse', 'tempfile', 'obstore', 'shutil', 'http') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, str(tmp_path / "x")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_prefix_access(tmp_path, tree, prefix):
    """Equal names never meet; content comes back by URI; local files are used where they are."""
    files = PrefixAccess(prefix, tmp_path / "scratch")
    first, second = files.put_bytes(b"1", "same"), files.put_bytes(b"2", "same")
    assert first != second
    assert first.startswith(prefix)
    assert (files.get_bytes(first), files.get_bytes(second)) == (b"1", b"2")
    uri = files.put(str(tree / "a.txt"), "a.txt")
    path = files.get(uri)
    assert Path(path).name == "a.txt"
    assert read_bytes(path) == b"a"
    assert files.get(uri) == path
    folder = files.get(files.put(str(tree), "tree"))
    assert sorted(each.name for each in Path(folder).iterdir()) == ["a.txt", "sub"]
    with pytest.raises(StorageError):
        files.get(join(prefix, "nothing"))


def test_two_accesses_with_one_prefix(tmp_path):
    """A retry of the same attempt, or another process, writes beside what is there."""
    uris = {PrefixAccess(str(tmp_path), tmp_path).put_bytes(b"x", "n") for _ in range(5)}
    assert len(uris) == 5
    assert PrefixAccess(str(tmp_path), tmp_path, tag="t").put_bytes(b"x", "n").endswith("/t-0/n")


def test_links_to_folders_are_followed_and_never_in_a_circle(tmp_path):
    """What a link leads to is part of the tree: it goes up, and comes back as a folder."""
    tree, other = tmp_path / "tree", tmp_path / "other"
    (tree / "sub").mkdir(parents=True)
    (tree / "sub" / "a").write_bytes(b"a")
    other.mkdir()
    (other / "b").write_bytes(b"b")
    for place, target in (("latest", tree / "sub"), ("sub/other", other), ("sub/up", tree), ("above", tmp_path)):
        (tree / place).symlink_to(target)
    (other / "back").symlink_to(tree / "sub")
    upload(tree, "memory://linked/tree")
    found = {name: read_bytes(f"memory://linked/tree/{name}") for name in list_files("memory://linked/tree")}
    assert found == {
        "latest/a": b"a", "latest/other/b": b"b", "sub/a": b"a", "sub/other/b": b"b",
    }  # fmt: skip
