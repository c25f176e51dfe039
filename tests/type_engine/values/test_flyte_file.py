"""FlyteFile: where the content is, when it moves, and what a user reads where it can't."""

import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Annotated, TypeVar

import cloudpickle
import pytest
from golden_cases import A_FILE, Plain
from golden_names import FlyteDirectory, FlyteFile

from autocontainer_nb.errors import ConversionError, InputError, StorageError
from autocontainer_nb.storage.access import exists, read_bytes, write_bytes
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.type_engine.values import flyte_file
from autocontainer_nb.type_engine.values.flyte_file import FileExt


@pytest.fixture
def remote(request):
    """A file in a store that isn't this machine's disk."""
    uri = f"memory://{request.node.name}/deep/data.csv"
    write_bytes(uri, b"a,b\n1,2\n")
    return uri


def sent(value, python_type, files):
    return type_engine.from_literal(type_engine.to_literal(value, python_type, files=files), python_type, files=files)


def test_a_remote_file_stays_where_it_is_until_it_is_opened(remote, files):
    """It is passed on by its URI alone; the first use brings it here, once, under its own name."""
    file = sent(FlyteFile(remote), FlyteFile, files)
    assert (file.remote_source, file.downloaded, repr(file)) == (remote, False, remote)
    assert sent(file, FlyteFile, files).remote_source == remote
    assert not Path(files.prefix).exists()
    assert not file.downloaded
    with open(file) as opened:  # noqa: PTH123 - it is about `open`
        assert opened.read() == "a,b\n1,2\n"
    assert file.downloaded
    assert Path(file).name == "data.csv"
    assert os.fspath(file) == file.path == file.download()
    assert Path(file.path).is_relative_to(files.scratch)


def test_a_file_made_from_a_uri_comes_by_itself(remote):
    """Without a conversion there is a temporary folder of the process; `path` is what was given."""
    for file in (FlyteFile(remote), FlyteFile.from_source(remote)):
        assert file.remote_source == remote
        assert Path(file).read_bytes() == b"a,b\n1,2\n"
    assert FlyteFile(remote).path == remote
    assert FlyteFile.from_source(A_FILE).path == str(A_FILE)


def test_what_is_missing_is_told_when_it_is_opened(files):
    """A URI with nothing at it is taken, and refused by the store's words when it is needed."""
    file = sent("memory://nowhere/x.csv", FlyteFile, files)
    with pytest.raises(StorageError, match="nothing was written there"):
        file.download()


def test_a_local_file_is_uploaded_under_its_name(tmp_path, files):
    """Text, path and FlyteFile alike; its metadata travels along."""
    path = tmp_path / "a.csv"
    path.write_text("1")
    for value in (str(path), path, FlyteFile(path), path.as_uri(), FlyteFile(path.as_uri())):
        back = sent(value, FlyteFile["csv"], files)
        assert Path(back.path).parent.parent == Path(files.prefix)
        assert (Path(back).name, Path(back).read_text(), back.remote_source) == ("a.csv", "1", None)
    assert sent(FlyteFile(path, metadata={"k": "v"}), FlyteFile, files).metadata == {"k": "v"}
    assert sent(path, FlyteFile, files).metadata is None


def test_remote_path_says_where_a_file_goes(tmp_path, files, request):
    """A URI is the place itself; False leaves the file where it is."""
    path = tmp_path / "a.csv"
    path.write_text("1")
    place = f"memory://{request.node.name}/there.csv"
    assert sent(FlyteFile(path, remote_path=place), FlyteFile, files).remote_source == place
    assert read_bytes(place) == b"1"
    assert sent(FlyteFile(path, remote_path=False), FlyteFile, files).path == str(path)


def test_writing_a_new_file(files):
    """A new file is written by `open`, and goes to the outputs when it is returned."""
    for made in (FlyteFile.new_remote_file("out.txt"), FlyteFile.new("sub/out.txt")):
        with made.open("w") as opened:
            opened.write("done")
        back = sent(made, FlyteFile, files)
        assert (Path(back).name, Path(back).read_text()) == ("out.txt", "done")
    with pytest.raises(InputError, match="Expected a relative path, got '/abs'"):
        FlyteFile.new("/abs")


def test_writing_to_a_store(request):
    """What is written to a remote file is there after the block, and nothing if the block fails."""
    made = FlyteFile.new_remote_file("out.txt", alt=f"memory://{request.node.name}")
    with pytest.raises(ZeroDivisionError), made.open("wb"):
        1 / 0  # noqa: B018 - to fail
    assert not exists(made.path)
    with made.open("wb") as opened:
        opened.write(b"one")
    with made.open("ab") as opened:
        opened.write(b" two")
    assert read_bytes(made.path) == b"one two"
    with made.open("rb") as opened:
        assert opened.read() == b"one two"


def test_a_downloader_of_one_s_own(tmp_path):
    """It runs once, when the path is needed."""
    calls = []

    def bring():
        calls.append(1)
        (tmp_path / "x").write_text("brought")

    file = FlyteFile(tmp_path / "x", downloader=bring)
    assert calls == []
    assert [Path(file).read_text(), Path(file).read_text()] == ["brought", "brought"]
    assert calls == [1]


def test_formats():
    """A format is a class, the same one each time, however it is written."""
    for written in (".csv", TypeVar("csv"), Annotated[str, FileExt("csv")]):
        assert FlyteFile[written] is FlyteFile["csv"]
    assert FlyteFile["csv"] is not FlyteFile["tar.gz"]
    assert FlyteFile["csv"]["svg"] is FlyteFile["svg"]
    assert FlyteFile[""] is FlyteFile[None] is FlyteFile
    assert issubclass(FlyteFile["csv"], FlyteFile)
    assert FlyteFile["tar.gz"].extension() == "tar.gz"
    assert flyte_file.CSVFile is FlyteFile["csv"]
    assert flyte_file.TFRecordFile.extension() == "tfrecord"
    assert FlyteFile(A_FILE) == FlyteFile(A_FILE) == str(A_FILE)
    assert FlyteFile["csv"](A_FILE) != FlyteFile(A_FILE)
    assert FlyteDirectory("/x") != FlyteFile("/x")
    assert len({FlyteFile(A_FILE), FlyteFile(A_FILE)}) == 1


@pytest.mark.parametrize("dumps", [pickle.dumps, cloudpickle.dumps])
def test_pickles_name_the_class(dumps, remote):
    """Class and object come back in another process by name; what only this process has stays behind."""
    file = FlyteFile["tar.gz"].of(remote, None)
    file.download()
    assert pickle.loads(dumps(FlyteFile["tar.gz"])) is FlyteFile["tar.gz"]
    assert pickle.loads(dumps(FlyteDirectory["a-b"])) is FlyteDirectory["a-b"]
    back = pickle.loads(dumps(file))
    assert (back, back.downloaded) == (file, False)
    code = f"import pickle; file = pickle.loads({dumps(file)!r}); print(type(file).extension(), file)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["tar.gz", remote]
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        sys.modules[FlyteFile.__module__].Nothing  # noqa: B018 - to fail


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (3, "p: expected a FlyteFile, got 3"),
        (FlyteDirectory("/tmp"), "p: expected a FlyteFile, got the FlyteDirectory /tmp"),
        ("/no/such.csv", "p: expected an existing file, got '/no/such.csv', which doesn't exist"),
        (str(A_FILE.parent), f"p: expected a file, got the directory '{A_FILE.parent}'. Name one file, or declare"),
        (None, "p: expected a FlyteFile, got None"),
    ],
    ids=str,
)
def test_refused(value, message, files):
    """What isn't a file is refused before anything is stored."""
    with pytest.raises(ConversionError) as checked:
        type_engine.check(value, FlyteFile, "p")
    with pytest.raises(ConversionError) as converted:
        type_engine.to_literal(value, FlyteFile, files=files, path="p")
    assert str(checked.value) == str(converted.value)
    assert str(checked.value).startswith(message)
    assert not Path(files.prefix).exists()


def test_misread(files):
    """A directory's blob, another family's, and a local file that is gone are no file."""
    folder = type_engine.to_literal("s3://b/tree", FlyteDirectory, files=files)
    with pytest.raises(ConversionError, match="o0: expected a FlyteFile, got the blob of a directory at s3://b/tree"):
        type_engine.from_literal(folder, FlyteFile, files=files, path="o0")
    pickled = type_engine.to_literal(Plain(1), Plain, files=files)
    with pytest.raises(ConversionError, match="o0: expected a FlyteFile, got a blob of format PythonPickle"):
        type_engine.from_literal(pickled, FlyteFile, files=files, path="o0")
    gone = type_engine.to_literal(A_FILE, FlyteFile, files=files)
    gone.scalar.blob.uri = "/no/such.csv"
    with pytest.raises(ConversionError, match=r"got '/no/such\.csv', where there is no file"):
        type_engine.from_literal(gone, FlyteFile, files=files)
