"""FlyteDirectory: a tree goes and comes whole, or is listed where it is."""

import os
from pathlib import Path

import pytest
from golden_cases import A_FILE
from golden_names import FlyteDirectory, FlyteFile

from autocontainer_nb.errors import ConversionError, InputError
from autocontainer_nb.storage.access import read_bytes, write_bytes
from autocontainer_nb.type_engine.engine import type_engine

TREE = {"a.txt": "1", "sub/b.txt": "2", "sub/deep/c.txt": "3"}


@pytest.fixture
def remote(request):
    uri = f"memory://{request.node.name}/tree"
    for name, text in TREE.items():
        write_bytes(f"{uri}/{name}", text.encode())
    return uri


@pytest.fixture
def local(tmp_path):
    for name, text in TREE.items():
        path = tmp_path / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "tree"


def content(folder):
    root = Path(folder)
    return {str(path.relative_to(root)): path.read_text() for path in root.rglob("*") if path.is_file()}


def sent(value, python_type, files):
    return type_engine.from_literal(type_engine.to_literal(value, python_type, files=files), python_type, files=files)


def test_a_local_directory_is_uploaded_whole(local, files):
    """Text, path and FlyteDirectory alike."""
    for value in (str(local), local, FlyteDirectory(local), FlyteDirectory(f"{local}/")):
        back = sent(value, FlyteDirectory, files)
        assert content(back) == TREE
        assert Path(back).name == "tree"
        assert Path(back).is_relative_to(files.prefix)


def test_a_remote_directory_comes_when_its_path_is_needed(remote, files):
    """It is passed on by its URI; `os.listdir` brings it here."""
    back = sent(FlyteDirectory(remote), FlyteDirectory, files)
    assert (back.remote_source, back.downloaded) == (remote, False)
    assert sorted(os.listdir(back)) == ["a.txt", "sub"]  # noqa: PTH208 - it is about `listdir`
    assert content(back) == TREE
    assert (back / "sub").is_dir()


@pytest.mark.parametrize("where", ["remote", "local"])
def test_listing_downloads_nothing(where, request):
    """`listdir` gives files and directories one level down, `crawl` all files, in order."""
    place = request.getfixturevalue(where)
    folder = FlyteDirectory(str(place))
    file, sub = FlyteDirectory.listdir(folder)
    assert (type(file), type(sub)) == (FlyteFile, FlyteDirectory)
    assert [str(file), str(sub)] == [f"{place}/a.txt", f"{place}/sub"]
    assert [each.downloaded for each in (folder, file, sub)] == [False] * 3
    assert Path(file).read_text() == "1"
    assert [name for _, name in folder.crawl()] == sorted(TREE)
    assert [name for _, name in folder.crawl(maxdepth=1)] == ["a.txt"]


def test_filling_a_new_directory(files, request):
    """Files are written below it; with `alt` they go to the store one by one."""
    made = FlyteDirectory.new_remote("out")
    with made.new_dir("sub").new_file("b.txt").open("w") as opened:
        opened.write("2")
    assert content(sent(made, FlyteDirectory, files)) == {"sub/b.txt": "2"}
    elsewhere = FlyteDirectory.new_remote(alt=f"memory://{request.node.name}")
    with elsewhere.new_file("a.txt").open("w") as opened:
        opened.write("1")
    assert read_bytes(f"{elsewhere.path}/a.txt") == b"1"
    assert Path(FlyteDirectory.new("inner")).is_dir()
    with pytest.raises(InputError, match="Expected a relative path, got '/abs'"):
        FlyteDirectory.new("/abs")


def test_remote_directory_says_where_it_goes(local, files, request):
    """A URI is the place itself; False leaves the directory where it is."""
    place = f"memory://{request.node.name}/there"
    assert sent(FlyteDirectory(local, remote_directory=place), FlyteDirectory, files).remote_source == place
    assert read_bytes(f"{place}/sub/b.txt") == b"2"
    assert sent(FlyteDirectory(local, remote_directory=False), FlyteDirectory, files).path == str(local)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (str(A_FILE), "p: expected a directory, got the file"),
        ("/no/such", "p: expected an existing directory, got '/no/such', which doesn't exist"),
        (FlyteFile(A_FILE), "p: expected a FlyteDirectory, got the FlyteFile /"),
        (3, "p: expected a FlyteDirectory, got 3"),
    ],
    ids=str,
)
def test_refused(value, message, files):
    """What isn't a directory is refused."""
    with pytest.raises(ConversionError) as caught:
        type_engine.to_literal(value, FlyteDirectory, files=files, path="p")
    assert str(caught.value).startswith(message)
