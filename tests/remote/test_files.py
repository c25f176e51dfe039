"""Files of inputs and results by signed URLs."""

import threading

import pytest
from flyteidl.service import dataproxy_pb2

from autocontainer_nb.errors import RemoteError, StorageError
from autocontainer_nb.remote.config.endpoint import parse_address
from autocontainer_nb.storage.folder_index import sizes_in


@pytest.fixture
def proxied(control_plane, blobs):
    """A control plane that signs `s3://bucket/...` as the HTTP server's paths."""
    control_plane.answers |= {
        "CreateUploadLocation": lambda request: dataproxy_pb2.CreateUploadLocationResponse(
            signed_url=f"{blobs.url}/{request.filename_root}/{request.filename}",
            native_url=f"s3://bucket/{request.filename_root}/{request.filename}",
        ),
        "CreateDownloadLocation": lambda request: dataproxy_pb2.CreateDownloadLocationResponse(
            signed_url=blobs.url + request.native_url.removeprefix("s3://bucket").removeprefix("file://")
        ),
    }
    return control_plane


def test_bytes_and_files_come_back_as_they_went(proxied, tmp_path):
    """What put and put_bytes store, get and get_bytes read; the same content goes to the same place."""
    files = proxied.scope().files(str(tmp_path / "scratch"))
    source = tmp_path / "data.csv"
    source.write_bytes(b"a,b\n1,2\n")
    uri = files.put(str(source), "data.csv")
    assert uri.startswith("s3://bucket/")
    assert uri.endswith("/data.csv")
    assert files.put_bytes(source.read_bytes(), "data.csv") == uri
    assert files.get_bytes(uri) == b"a,b\n1,2\n"
    assert files.get(uri).endswith("/data.csv")
    assert proxied.counts["CreateDownloadLocation"] == 1


def test_a_directory_goes_up_as_its_files(proxied, blobs, tmp_path):
    """All files below one URI, with their relative names."""
    folder = tmp_path / "model"
    (folder / "weights").mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "weights" / "w.bin").write_bytes(b"\0" * 10)
    uri = proxied.scope().files(str(tmp_path / "scratch")).put(str(folder), "model")
    root = uri.removeprefix("s3://bucket")
    assert uri.endswith("/model")
    index = f"{root.removesuffix('/model')}.index/model"
    assert set(blobs.content) == {f"{root}/config.json", f"{root}/weights/w.bin", index}
    assert sizes_in(blobs.content[index], index) == {"config.json": 2, "weights/w.bin": 10}


def test_a_directory_goes_up_several_files_at_a_time(proxied, blobs, tmp_path):
    """Four files wait for each other at the store, and forty take no more than eight connections."""
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(40):
        (folder / f"{number}.bin").write_bytes(b"%d" % number)
    together, answer = threading.Barrier(4, timeout=30), proxied.answers["CreateUploadLocation"]
    proxied.answers["CreateUploadLocation"] = lambda request: (
        ("index" in request.filename_root or together.wait() is not None) and answer(request)
    )
    uri = proxied.scope().files(str(tmp_path / "scratch")).put(str(folder), "many")
    root = uri.removeprefix("s3://bucket")
    below = {name: content for name, content in blobs.content.items() if name.startswith(f"{root}/")}
    assert below == {f"{root}/{number}.bin": b"%d" % number for number in range(40)}
    assert len(blobs.connections) <= 8


def test_a_file_of_a_directory_that_fails_ends_it(proxied, tmp_path, refuse):
    """The first failure is told, and the rest isn't begun."""
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(200):
        (folder / f"{number}.bin").write_bytes(b"%d" % number)
    proxied.answers["CreateUploadLocation"] = refuse("PERMISSION_DENIED", "not yours")
    with pytest.raises(RemoteError, match="not yours"):
        proxied.scope().files(str(tmp_path / "scratch")).put(str(folder), "many")
    assert proxied.counts["CreateUploadLocation"] < 100


def test_a_local_uri_of_this_machines_control_plane_is_read_where_it_is(proxied, tmp_path):
    """The sandbox's files aren't downloaded: they are here."""
    path = tmp_path / "out.bin"
    path.write_bytes(b"here")
    files = proxied.scope().files(str(tmp_path / "scratch"))
    assert files.get(path.as_uri()) == str(path)
    assert files.get_bytes(path.as_uri()) == b"here"
    assert not proxied.requests


def test_a_local_uri_of_another_machine_is_not_read_here(proxied, blobs, tmp_path):
    """`file:///x` of a remote control plane is asked for there, even where a file of that name is here."""
    path = tmp_path / "out.bin"
    path.write_bytes(b"mine")
    blobs.content[str(path)] = b"theirs"
    scope = proxied.scope()
    files = scope.files(str(tmp_path / "scratch"))
    object.__setattr__(scope.calls.endpoint, "address", parse_address(f"cluster.example.org:{proxied.port}"))
    scope.calls.close()
    with pytest.raises(StorageError, match="a path on the machine of the control plane"):
        files.get_bytes(path.as_uri())


def test_what_cannot_be_had_tells_both_reasons(proxied, tmp_path, refuse):
    """The control plane refuses and the store isn't reachable: both say why."""
    proxied.answers["CreateDownloadLocation"] = refuse("UNIMPLEMENTED", "not here")
    files = proxied.scope().files(str(tmp_path / "scratch"))
    with pytest.raises(StorageError, match=r"got ftp://.*The control plane doesn't provide it either.*not here"):
        files.get("ftp://host/x")


def test_an_empty_directory_and_a_missing_file_are_refused(proxied, tmp_path):
    """Nothing to upload is a mistake that names the path."""
    files = proxied.scope().files(str(tmp_path / "scratch"))
    with pytest.raises(StorageError, match="contains no files"):
        files.put(str(tmp_path), "x")
    with pytest.raises(StorageError, match=r"nowhere.*No such file"):
        files.put(str(tmp_path / "nowhere"), "x")
    assert not proxied.requests


def test_what_links_in_a_directory_lead_to_goes_up(proxied, blobs, tmp_path):
    """A link to a folder is a folder of the upload; one that leads nowhere isn't there."""
    folder, other = tmp_path / "model", tmp_path / "other"
    folder.mkdir()
    other.mkdir()
    (other / "w").write_bytes(b"w")
    (folder / "weights").symlink_to(other)
    (folder / "gone").symlink_to(tmp_path / "nothing")
    uri = proxied.scope().files(str(tmp_path / "scratch")).put(str(folder), "model")
    root = uri.removeprefix("s3://bucket")
    assert {name for name in blobs.content if name.startswith(f"{root}/")} == {f"{root}/weights/w"}
