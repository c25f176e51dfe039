"""Results without credentials of the store, from a control plane that signs single files only, as Flyte's does."""

import io
import os
import socket
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from quirky_flyteadmin import BUCKET, StoredObject

from autocontainer_nb.errors import StorageError
from autocontainer_nb.remote import downloads, environment, observers, transfers
from autocontainer_nb.storage import environment as store_environment
from autocontainer_nb.storage.folder_index import index_of, index_uri
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.type_engine.values.flyte_directory import FlyteDirectory
from autocontainer_nb.type_engine.values.flyte_file import FlyteFile
from autocontainer_nb.type_engine.values.structured_dataset import StructuredDataset

ODD_NAMES = ["a b.txt", "#1?x=y&z.txt", "100%.txt", "%25", "größe é", "[a]{b}*", "a;b,c+d=e@f!$"]


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch):
    """Nothing here opens the store itself."""
    for name in os.environ:
        if name.startswith(("AWS_", "FLYTE_AWS_")):
            monkeypatch.delenv(name)
    monkeypatch.setattr(store_environment, "_has_metadata_server", lambda: False)
    monkeypatch.setattr(environment, "pause", lambda _: None)


@pytest.fixture
def store(flyteadmin):
    return flyteadmin.store


@pytest.fixture
def files(flyteadmin, control_plane, tmp_path):
    return control_plane.scope().files(str(tmp_path / "scratch"))


def stored_by_a_container(store, sizes, *, place="data/t-0/out", indexed=True):
    """Return the URI of a directory as a container leaves it."""
    uri = f"s3://{BUCKET}/{place}"
    contents = {name: os.urandom(size) for name, size in sizes.items()}
    for name, content in contents.items():
        store.objects[f"{uri}/{name}"] = StoredObject(content)
    if indexed:
        store.objects[index_uri(uri)] = StoredObject(index_of(sizes))
    return uri, contents


def tree(path):
    return {each.relative_to(path).as_posix(): each.read_bytes() for each in Path(path).rglob("*") if each.is_file()}


def frame_at(store, place, rows):
    held = io.BytesIO()
    pd.DataFrame({"a": range(rows)}).to_parquet(held)
    store.objects[f"s3://{BUCKET}/{place}/00000"] = StoredObject(held.getvalue())
    return f"s3://{BUCKET}/{place}"


def dataset_literal(uri):
    literal = type_engine.to_literal(StructuredDataset(uri=uri), StructuredDataset, files=None)
    literal.scalar.structured_dataset.metadata.structured_dataset_type.format = "parquet"
    return literal


def test_a_frame_comes_by_the_one_file_it_is_in(store, files):
    """It takes one signed URL, and no look at what else could be there."""
    uri = frame_at(store, "data/t-0/frame", 3)
    found = type_engine.from_literal(dataset_literal(uri), pd.DataFrame, files=files)
    assert list(found["a"]) == [0, 1, 2]
    assert store.gets == [f"{uri}/00000"]
    dataset = type_engine.from_literal(dataset_literal(uri), StructuredDataset, files=files)
    assert list(dataset.open(pd.DataFrame).all()["a"]) == [0, 1, 2]


def test_a_frame_that_is_one_file_comes_as_well(store, files):
    """Other writers store a table as a file without a folder."""
    inner = frame_at(store, "data/t-0/frame", 3) + "/00000"
    found = type_engine.from_literal(dataset_literal(inner), pd.DataFrame, files=files)
    assert list(found["a"]) == [0, 1, 2]


def test_frames_of_a_list_come_together(store, files, control_plane):
    """Four of them wait for each other, and each is asked for once."""
    uris = [frame_at(store, f"data/t-{number}/frame", number) for number in range(4)]
    together, answer = threading.Barrier(4, timeout=30), control_plane.answers["CreateDownloadLocation"]
    control_plane.answers["CreateDownloadLocation"] = lambda request: together.wait() is not None and answer(request)
    literal = type_engine.to_literal([StructuredDataset(uri=uri) for uri in uris], list[StructuredDataset], files=None)
    found = type_engine.from_literal(literal, list[pd.DataFrame], files=files)
    assert [len(each) for each in found] == [0, 1, 2, 3]
    assert sorted(store.gets) == sorted(f"{uri}/00000" for uri in uris)


def test_arrays_of_a_list_come_together(store, files, control_plane):
    """What a library reads from a file is fetched ahead, too: two arrays wait for each other."""
    written = type_engine.to_literal([np.arange(3), np.arange(4)], list[np.ndarray], files=files)
    together, answer = threading.Barrier(2, timeout=30), control_plane.answers["CreateDownloadLocation"]
    control_plane.answers["CreateDownloadLocation"] = lambda request: together.wait() is not None and answer(request)
    found = type_engine.from_literal(written, list[np.ndarray], files=files)
    assert [each.tolist() for each in found] == [[0, 1, 2], [0, 1, 2, 3]]


@pytest.mark.parametrize("kind", ["arrays", "frames", "files", "paths", "directories", "datasets"])
def test_values_of_a_list_go_together(store, files, control_plane, tmp_path, kind):
    """Four wait for each other at the control plane, and come back as they were, in their order."""
    for number in range(4):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / f"{number}.txt").write_text(str(number))
    paths = [tmp_path / str(number) / f"{number}.txt" for number in range(4)]
    frames = [pd.DataFrame({"a": range(number)}) for number in range(4)]
    values, python_type, shown = {
        "arrays": ([np.arange(number) for number in range(4)], np.ndarray, len),
        "frames": (frames, pd.DataFrame, len),
        "files": ([FlyteFile(path) for path in paths], FlyteFile, lambda file: int(Path(file).read_text())),
        "paths": (paths, Path, lambda path: int(path.stem)),
        "directories": (
            [FlyteDirectory(path.parent) for path in paths],
            FlyteDirectory,
            lambda folder: int(next(Path(folder).iterdir()).stem),
        ),
        "datasets": (
            [StructuredDataset(frame) for frame in frames],
            StructuredDataset,
            lambda dataset: len(dataset.open(pd.DataFrame).all()),
        ),
    }[kind]
    together, answer = threading.Barrier(4, timeout=30), control_plane.answers["CreateUploadLocation"]
    control_plane.answers["CreateUploadLocation"] = lambda request: (
        (request.filename_root.endswith(".index") or together.wait() is not None) and answer(request)
    )
    literal = type_engine.to_literal(values, list[python_type], files=files)
    found = type_engine.from_literal(literal, list[python_type], files=files)
    assert [shown(each) for each in found] == [0, 1, 2, 3]
    assert not any("to-be-stored" in uri for uri in store.objects)


def test_a_directory_comes_by_its_index(store, files):
    """All files, by their own names, several at a time; nothing but the index and them is asked for."""
    uri, contents = stored_by_a_container(store, {**dict.fromkeys(ODD_NAMES, 5), "sub/deep/x": 7, "empty": 0})
    found = FlyteDirectory.of(uri, files)
    assert tree(found) == contents
    assert sorted(store.gets) == sorted([index_uri(uri), *(f"{uri}/{name}" for name in contents)])
    assert tree(FlyteDirectory.of(uri, files)) == contents


def test_what_is_in_a_directory_is_listed_and_fetched_one_by_one(store, files):
    """`listdir` and `crawl` need the index only; an entry is fetched when it is opened, a folder by the same index."""
    uri, contents = stored_by_a_container(store, {"a.txt": 3, "sub/b.txt": 4, "sub/c/d.txt": 5})
    directory = FlyteDirectory.of(uri, files)
    assert list(FlyteDirectory.crawl(directory)) == [(uri, name) for name in contents]
    first, folder = FlyteDirectory.listdir(directory)
    assert store.gets == [index_uri(uri)]
    assert Path(first).read_bytes() == contents["a.txt"]
    assert tree(folder) == {"b.txt": contents["sub/b.txt"], "c/d.txt": contents["sub/c/d.txt"]}
    assert store.gets.count(index_uri(uri)) == 1


def test_a_folder_of_a_directory_comes_by_the_index_above(store, files):
    """A task may return a part of what it was given."""
    uri, contents = stored_by_a_container(store, {"a.txt": 3, "sub/b.txt": 4})
    assert tree(FlyteDirectory.of(f"{uri}/sub", files)) == {"b.txt": contents["sub/b.txt"]}


@dataclass
class Report:
    """What a task returns."""

    folder: FlyteDirectory
    table: StructuredDataset


def test_a_dataclass_of_them_comes(store, files):
    """Directories and tables inside a dataclass are fetched when they are used."""
    uri, contents = stored_by_a_container(store, {"a": 3})
    report = Report(FlyteDirectory.from_source(uri), StructuredDataset(uri=frame_at(store, "data/t-1/frame", 2)))
    found = type_engine.from_literal(type_engine.to_literal(report, Report, files=files), Report, files=files)
    assert tree(found.folder) == contents
    assert len(found.table.open(pd.DataFrame).all()) == 2


def test_what_the_notebook_puts_comes_back(files, store, tmp_path):
    """A directory of inputs has an index as well; names that a URL would read otherwise stay what they are."""
    for number, name in enumerate([*ODD_NAMES, "sub/x"]):
        (tmp_path / "in put" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in put" / name).write_bytes(b"x" * number)
    uri = files.put(str(tmp_path / "in put"), "in put")
    assert {f"{uri}/{name}" for name in [*ODD_NAMES, "sub/x"]} | {index_uri(uri)} == set(store.objects)
    assert tree(FlyteDirectory.of(uri, files)) == tree(tmp_path / "in put")
    for name in ODD_NAMES:
        single = files.put(str(tmp_path / "in put" / name), name)
        assert single.endswith(f"/{name}")
        assert Path(files.own(single)).name == name


def test_a_directory_without_an_index_tells_what_is_missing(store, files):
    """One sentence, and no word of addresses that nobody knows."""
    uri, _ = stored_by_a_container(store, {"a": 3}, indexed=False)
    for action in (
        lambda: os.fspath(FlyteDirectory.of(uri, files)),
        lambda: files.get(uri),
        lambda: files.list_files(uri),
    ):
        with pytest.raises(StorageError) as caught:
            action()
        told = str(caught.value)
        assert f"{uri!r}: no " in told
        assert "no index of its files is beside it" in told
        assert told.endswith("FLYTE_AWS_SECRET_ACCESS_KEY (or AWS_*).")
        assert ". " not in told
        assert "169.254" not in told


def test_a_refusal_of_the_control_plane_is_what_is_told(files, control_plane, refuse):
    """Without credentials of the store, its own words are the whole reason."""
    control_plane.answers["CreateDownloadLocation"] = refuse("PERMISSION_DENIED", "not for you")
    with pytest.raises(Exception, match="not for you") as caught:
        files.get(f"s3://{BUCKET}/x")
    assert "credentials of the store" not in str(caught.value)


def test_a_file_that_isnt_what_was_stored_is_told(store, files):
    """The index has the size of each file."""
    uri, _ = stored_by_a_container(store, {"a": 3, "b": 4})
    store.objects[f"{uri}/b"].body = b"short"[:2]
    with pytest.raises(StorageError, match=r"/b' has 2 bytes, but had 4"):
        os.fspath(FlyteDirectory.of(uri, files))


def test_an_index_that_leads_elsewhere_is_refused(store, files, tmp_path):
    """Nothing is written outside of the directory."""
    uri, _ = stored_by_a_container(store, {"a": 3})
    store.objects[index_uri(uri)].body = store.objects[index_uri(uri)].body.replace(b'"a"', b'"../../../a"')
    with pytest.raises(StorageError, match="no file of a directory"):
        os.fspath(FlyteDirectory.of(uri, files))


@pytest.fixture
def told(monkeypatch):
    """The states of all transfers, told often."""
    seen = []
    monkeypatch.setattr(transfers, "TELL_EVERY_S", 0.001)
    monkeypatch.setattr(transfers, "_QUIET_S", 0.0)
    observers.on_upload.append(seen.append)
    yield seen
    observers.on_upload.remove(seen.append)


def slowly(control_plane, procedure):
    """Let the last call of the procedure wait until somebody lets it go on."""
    go_on, answer = threading.Event(), control_plane.answers[procedure]
    control_plane.answers[procedure] = lambda request: (
        (not request.SerializeToString().count(b"slow") or go_on.wait(30)) and answer(request)
    )
    return go_on


def test_a_download_tells_its_progress(store, files, control_plane, told):
    """What has come of what, in one transfer for a directory; the last state is the whole."""
    uri, _ = stored_by_a_container(store, {"a": 3000, "slow": 1000})
    go_on = slowly(control_plane, "CreateDownloadLocation")
    observers.on_upload.append(lambda state: state.sent_bytes == 3000 and go_on.set())
    try:
        os.fspath(FlyteDirectory.of(uri, files))
    finally:
        observers.on_upload.pop()
    assert told[-1].is_done
    assert {(each.what, each.total_bytes, each.is_download) for each in told} == {("out", 4000, True)}
    assert {3000, 4000} <= {each.sent_bytes for each in told}
    assert told[-1].sent_bytes == 4000
    assert told[-1].rate_bytes_s > 0


def test_an_upload_tells_its_progress(files, control_plane, told, tmp_path):
    """The same for the files of inputs."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a").write_bytes(b"x" * 3000)
    (tmp_path / "data" / "slow").write_bytes(b"x" * 1000)
    go_on = slowly(control_plane, "CreateUploadLocation")
    observers.on_upload.append(lambda state: state.sent_bytes == 3000 and go_on.set())
    try:
        files.put(str(tmp_path / "data"), "data")
    finally:
        observers.on_upload.pop()
    assert told[-1].is_done
    assert {(each.what, each.total_bytes, each.is_download) for each in told} == {("data", 4000, False)}
    assert {3000, 4000} <= {each.sent_bytes for each in told}
    assert told[-1].sent_bytes == 4000


def test_a_list_tells_one_progress(files, told):
    """That of all of its values together."""
    type_engine.to_literal([np.arange(1000), np.arange(2000), np.arange(3000)], list[np.ndarray], files=files)
    assert {each.what for each in told} == {"3 values"}
    assert told[-1].is_done
    assert told[-1].sent_bytes == told[-1].total_bytes == 3 * 128 + 8 * 6000


def test_what_is_short_is_told_to_nobody(store, files):
    """A display of every small file would only flicker."""
    seen = []
    observers.on_upload.append(seen.append)
    try:
        files.get(files.put_bytes(b"x", "x"))
    finally:
        observers.on_upload.remove(seen.append)
    assert seen == []


def test_a_broken_download_goes_on_where_it_ended(tmp_path):
    """The rest is asked for by its first byte and the content's tag; what was there stays."""
    content = os.urandom(3_000_000)
    asked = []

    def answer(listening):
        for _ in range(2):
            connection, _ = listening.accept()
            with connection:
                head = connection.recv(65536).decode()
                asked.append({line.partition(": ")[0]: line.partition(": ")[2] for line in head.splitlines()})
                first = int(asked[-1].get("Range", "bytes=0-")[6:-1])
                status = f"206 Partial Content\r\nContent-Range: bytes {first}-2999999/3000000" if first else "200 OK"
                length = f"Content-Length: {len(content) - first}"
                connection.sendall(f'HTTP/1.1 {status}\r\nETag: "t"\r\n{length}\r\n\r\n'.encode())
                connection.sendall(content[first:] if first else content[:2_000_000])

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=answer, args=(listening,))
        thread.start()
        got = []
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/x"
        assert downloads.fetch_file(url, str(tmp_path / "x"), on_got=got.append) == len(content)
        thread.join()
    assert (tmp_path / "x").read_bytes() == content
    assert asked[1]["If-Match"] == '"t"'
    assert 0 < int(asked[1]["Range"][6:-1]) <= 2_000_000
    assert sum(got) == len(content)
    assert min(got) > 0


def test_a_download_of_something_that_has_changed_begins_anew(tmp_path):
    """412 is S3's answer to another tag; what has come of the old content is dropped."""
    asked = []
    answers = [
        b'HTTP/1.1 200 OK\r\nETag: "old"\r\nContent-Length: 8\r\n\r\nolder',
        b"HTTP/1.1 412 Precondition Failed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        b'HTTP/1.1 200 OK\r\nETag: "new"\r\nContent-Length: 3\r\n\r\nnew',
    ]

    def answer(listening):
        for each in answers:
            connection, _ = listening.accept()
            with connection:
                asked.append(connection.recv(65536))
                connection.sendall(each)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=answer, args=(listening,))
        thread.start()
        downloads.fetch_file(f"http://127.0.0.1:{listening.getsockname()[1]}/x", str(tmp_path / "x"))
        thread.join()
    assert (tmp_path / "x").read_bytes() == b"new"
    assert b"Range" in asked[1]
    assert b"Range" not in asked[2]


def test_a_size_is_asked_for_by_one_byte(store, files, flyteadmin):
    """Of a large object one byte comes; an empty one has no first byte, and a missing one no size."""
    for name, size in (("big", 5_000_000), ("one", 1), ("empty", 0)):
        store.objects[f"s3://{BUCKET}/{name}"] = StoredObject(b"x" * size)
        assert downloads.size_bytes_at(store.sign(f"s3://{BUCKET}/{name}", {})) == size
    with pytest.raises(StorageError, match="404"):
        downloads.size_bytes_at(store.sign(f"s3://{BUCKET}/none", {}))


def test_an_upload_is_looked_at_where_the_store_doesnt_confirm_it(store, files):
    """An encrypted bucket's tags aren't MD5s: then the size is looked at, and only then."""
    files.put_bytes(b"abc", "x")
    assert store.gets == []
    store.is_encrypted = True
    uri = files.put_bytes(b"other", "x")
    assert store.gets == [uri]


def test_what_did_not_arrive_whole_is_sent_again(store, files):
    """A store that says yes and keeps half is found out; if it stays so, nothing refers to that half."""
    store.loses = 1
    uri = files.put_bytes(b"abcdef", "x")
    assert store.objects[uri].body == b"abcdef"
    assert len(store.puts) == 2
    store.loses = 99
    with pytest.raises(StorageError, match=r"of 6 bytes that were sent 3 times, 3 are there"):
        files.put_bytes(b"ghijkl", "x")


def test_what_is_there_is_not_sent_again(store, files, tmp_path):
    """After a failure in the middle, a directory goes on with its large files that are missing."""
    (tmp_path / "data").mkdir()
    for name in "ab":
        (tmp_path / "data" / name).write_bytes(name.encode() * (1 << 20))
    uri = files.put(str(tmp_path / "data"), "data")
    del store.objects[f"{uri}/b"]
    store.puts.clear()
    assert files.put(str(tmp_path / "data"), "data") == uri
    assert f"{uri}/b" in [each for each, _ in store.puts]
    assert f"{uri}/a" not in [each for each, _ in store.puts]


def test_a_display_that_fails_ends_no_transfer(told, caplog):
    """It is told in the log at the end, and the values are there."""
    asked = threading.Event()

    def fail(state):
        asked.set()
        raise OSError("the terminal has gone")

    def move():
        transfer.moved(3)
        assert asked.wait(10)
        return 1

    observers.on_upload.append(fail)
    try:
        transfer = transfers.Transfer("model", 3)
        assert transfer.run([move]) == [1]
    finally:
        observers.on_upload.remove(fail)
    assert told[-1].is_done
    assert caplog.text.count("An observer of the transfer of model failed") == 1


def test_a_directory_beside_a_file_is_told_done_once(store, files, control_plane, told):
    """At the end of all, and not where the file is there and the directory's files are known only."""
    uri, contents = stored_by_a_container(store, {"a": 3_000, "b": 4_000}, place="data/t-0/slow")
    store.objects[f"s3://{BUCKET}/data/file"] = StoredObject(b"x" * 1_000)
    go_on = slowly(control_plane, "CreateDownloadLocation")
    observers.on_upload.append(lambda state: state.sent_bytes == 1_000 and go_on.set())
    try:
        files.fetch_ahead({uri: (), f"s3://{BUCKET}/data/file": None})
    finally:
        observers.on_upload.pop()
    assert tree(files.get(uri)) == contents
    assert [each.sent_bytes for each in told if each.is_done] == [8_000]
