"""The index of a stored directory: where it is, what it says, and that nobody takes it for content."""

import json

import numpy as np
import pytest

from autocontainer_nb.core.data_persistence import FileAccessProvider
from autocontainer_nb.errors import StorageError
from autocontainer_nb.storage.access import PrefixAccess, download, list_files, read_bytes
from autocontainer_nb.storage.folder_index import index_of, index_uri, sizes_below, sizes_in
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.type_engine.values.flyte_file import FlyteFile
from autocontainer_nb.wire import INDEX_FORMAT


@pytest.mark.parametrize(
    ("uri", "index"),
    [
        ("s3://b/data/t-0/out", "s3://b/data/t-0.index/out"),
        ("s3://b/data/t-0/out/", "s3://b/data/t-0.index/out"),
        ("gs://b/a/.index", "gs://b/a.index/.index"),
        ("s3://b/out", ""),
        ("s3://b", ""),
    ],
)
def test_it_is_beside_the_folder_that_holds_the_directory(uri, index):
    """Its name never begins with the directory's: some readers take all keys that do. A bucket itself holds none."""
    assert index_uri(uri) == index
    assert not index.startswith(uri.rstrip("/"))


def test_it_says_what_is_in_the_directory(tmp_path):
    """Names and sizes, also of empty files and of names that other formats have to escape."""
    names = ["a", "sub/b b.txt", "ö#?%\n.bin", "-"]
    for number, name in enumerate(names):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x" * number)
    sizes = sizes_below(str(tmp_path))
    assert sizes == {name: number for number, name in enumerate(names)}
    assert sizes_in(index_of(sizes), "u") == sizes


@pytest.mark.parametrize(
    "files",
    [{"../a": 1}, {"/a": 1}, {"a//b": 1}, {"": 1}, {"a/./b": 1}, {"a": -1}, {"a": "1"}, {"a": True}, {"a\0": 1}, ["a"]],
)
def test_what_leads_out_of_the_directory_is_refused(files):
    """An index comes from a store that others can write to."""
    with pytest.raises(StorageError, match=r"s3://b/t\.index/out"):
        sizes_in(json.dumps({"format": INDEX_FORMAT, "files": files}).encode(), "s3://b/t.index/out")


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b'{"format": "other", "files": {}}'])
def test_something_else_is_no_index(content):
    """A file of that name may be anybody's."""
    with pytest.raises(StorageError, match="no index of a directory"):
        sizes_in(content, "u")


def test_a_directory_is_stored_with_its_index_and_without_it_inside(s3, tmp_path):
    """Who lists the directory, by its key or by all keys that begin with it, sees its own files only."""
    (tmp_path / "out" / "sub").mkdir(parents=True)
    (tmp_path / "out" / "a.txt").write_text("abc")
    (tmp_path / "out" / "sub" / "b").write_text("")
    files = PrefixAccess("s3://bucket/raw", tmp_path / "scratch", tag="t")
    uri = files.put(str(tmp_path / "out"), "out")
    assert list_files(uri) == files.list_files(uri) == ["a.txt", "sub/b"]
    below = {key for key in s3.RequestHandlerClass.objects if key.startswith("raw/t-0/out")}
    assert below == {"raw/t-0/out/a.txt", "raw/t-0/out/sub/b"}
    assert sizes_in(read_bytes(index_uri(uri)), uri) == {"a.txt": 3, "sub/b": 0}
    download(uri, tmp_path / "back")
    assert sorted(each.name for each in (tmp_path / "back").rglob("*")) == ["a.txt", "b", "sub"]


def test_a_table_and_a_file_have_none(s3, tmp_path):
    """A frame's one file has a name that readers know, and a file is what its URI says."""
    (tmp_path / "frame").mkdir()
    (tmp_path / "frame" / "00000").write_text("x")
    files = PrefixAccess("s3://bucket/raw", tmp_path / "scratch", tag="t")
    files.put(str(tmp_path / "frame"), "frame", indexed=False)
    files.put(str(tmp_path / "frame" / "00000"), "file")
    assert set(s3.RequestHandlerClass.objects) == {"raw/t-0/frame/00000", "raw/t-1/file"}


def test_what_is_needed_soon_is_fetched_together(s3, tmp_path):
    """Each is there when it is asked for, and is fetched once; what is missing is told when it is asked for."""
    files = PrefixAccess("s3://bucket/raw", tmp_path / "scratch", tag="t")
    uris = [files.put_bytes(b"%d" % number, "f") for number in range(20)]
    missing = "s3://bucket/raw/nowhere"
    files.fetch_ahead(dict.fromkeys([*uris, missing]))
    s3.RequestHandlerClass.objects.clear()
    assert [files.get_bytes(uri) for uri in uris[:10]] == [b"%d" % number for number in range(10)]
    assert [read_bytes(files.get(uri)) for uri in uris[5:15]] == [b"%d" % number for number in range(5, 15)]
    assert [read_bytes(files.own(uri)) for uri in uris[15:]] == [b"%d" % number for number in range(15, 20)]
    with pytest.raises(StorageError, match="nowhere"):
        files.get(missing)


def test_what_a_users_own_transformer_stores_has_one_as_well(s3, tmp_path):
    """Below the run's own prefix; at a place that a user has chosen nothing is added."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a").write_text("abc")
    access = FileAccessProvider(tmp_path / "local", "s3://bucket/raw")
    uri = access.put_data(str(tmp_path / "out"), access.get_random_remote_directory(), is_multipart=True)
    assert uri.startswith("s3://bucket/raw/")
    assert sizes_in(read_bytes(index_uri(uri)), uri) == {"a": 3}
    access.put_data(str(tmp_path / "out"), "s3://bucket/my/own/place")
    assert list_files("s3://bucket/my") == ["own/place/a"]


def test_a_containers_list_is_stored_together(s3, tmp_path):
    """Each value has its own URI, in the order of the list; a folder that is gone after `put` was kept until then."""
    files = PrefixAccess("s3://bucket/raw", tmp_path / "scratch", tag="t")
    values = [np.arange(number) for number in range(40)]
    literal = type_engine.to_literal(values, list[np.ndarray], files=files)
    assert len({each.scalar.blob.uri for each in literal.collection.literals}) == 40
    assert set(s3.RequestHandlerClass.objects) == {
        each.scalar.blob.uri.removeprefix("s3://bucket/") for each in literal.collection.literals
    }
    found = type_engine.from_literal(literal, list[np.ndarray], files=files)
    assert [len(each) for each in found] == list(range(40))


def test_what_is_stored_already_is_passed_on(s3, tmp_path):
    """A list of files that a task has got: nothing is to be stored, or one of them only."""
    files = PrefixAccess("s3://bucket/raw", tmp_path / "scratch", tag="t")
    there = [FlyteFile.from_source(files.put_bytes(b"x", f"{number}.txt")) for number in range(3)]
    literal = type_engine.to_literal(there, list[FlyteFile], files=files)
    assert [each.scalar.blob.uri for each in literal.collection.literals] == [each.remote_source for each in there]
    (tmp_path / "new.txt").write_text("new")
    literal = type_engine.to_literal([*there, FlyteFile(tmp_path / "new.txt")], list[FlyteFile], files=files)
    assert read_bytes(literal.collection.literals[3].scalar.blob.uri) == b"new"
    assert files.put_many([]) == []
