"""Uploads to a control plane with the real one's habits, and a store that takes nothing that doesn't fit."""

import hashlib

import numpy as np
import pytest

from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.errors import StorageError
from autocontainer_nb.remote.executions.submit import submit


def _content(store, ending):
    return store.objects[store.only(ending)].body


def test_every_upload_has_its_own_length_and_md5(control_plane, flyteadmin, tmp_path):
    """Code, large objects, files, bytes, directories: whole, though the server asks for `Content-Length: 24`."""
    table = np.random.default_rng(31).integers(0, 255, 2_000_000, dtype=np.uint8)

    @task
    def reads(x: int) -> int:
        return int(table[x])

    scope = control_plane.scope()
    submit(scope, reads, (3,), {})
    files = scope.files(str(tmp_path / "scratch"))
    (tmp_path / "tree" / "sub").mkdir(parents=True)
    (tmp_path / "tree" / "sub" / "a.csv").write_bytes(b"a" * 100)
    (tmp_path / "tree" / "b.csv").write_bytes(b"")
    assert files.put(str(tmp_path / "tree"), "tree").endswith("/tree")
    files.put(str(tmp_path / "tree" / "sub" / "a.csv"), "file.csv")
    files.put_bytes(b"some bytes", "bytes.bin")
    store = flyteadmin.store
    assert store.refused == []
    assert _content(store, "/tree/sub/a.csv") == _content(store, "/file.csv") == b"a" * 100
    assert _content(store, "/tree/b.csv") == b""
    assert _content(store, "/bytes.bin") == b"some bytes"
    assert _content(store, "/content") == table.tobytes()
    assert _content(store, "/entities.pkl")[:2] == b"PK"
    assert len(store.puts) == 7  # one is the directory's index


@pytest.mark.parametrize("name", ["Content-Length", "content-length", "CONTENT-LENGTH", "transfer-encoding"])
@pytest.mark.parametrize("kind", ["bytes", "view", "file"])
def test_what_the_server_says_of_length_and_md5_is_not_believed(flyteadmin, control_plane, tmp_path, name, kind):
    """In whatever case the names come, each header goes once, with our own value; the server's others are passed on."""
    body = b"0123456789" * 10
    (tmp_path / "file").write_bytes(body)
    source = {"bytes": body, "view": memoryview(body), "file": tmp_path / "file"}[kind]
    place = control_plane.scope().files(str(tmp_path))._place("root", "f.bin")
    md5 = hashlib.md5(body).digest()
    location = place.location(md5)
    del location.headers["Content-Length"], location.headers["Content-MD5"]
    location.headers.update({name: "24", "content-md5": "bm90aGluZw==", "X-Other": "kept"})
    place.put(location, source, md5)
    assert flyteadmin.store.refused == []
    ((_, headers),) = flyteadmin.store.puts
    sent = {key.lower(): text for key, text in headers}
    assert (sent["content-length"], sent["x-other"]) == ("100", "kept")
    assert "transfer-encoding" not in sent


def test_the_store_of_these_tests_refuses_what_does_not_fit(flyteadmin, control_plane, tmp_path):
    """A wrong MD5 is turned away with the store's words: the tests above couldn't succeed by themselves."""
    place = control_plane.scope().files(str(tmp_path))._place("root", "f.bin")
    with pytest.raises(StorageError, match="BadDigest"):
        place.put(place.location(b"x" * 16), b"body", b"x" * 16)
    assert flyteadmin.store.objects == {}


def test_a_damaged_input_file_goes_to_another_place(flyteadmin, control_plane, tmp_path):
    """Where an input's place holds other bytes, which nobody may overwrite, the input is put beside it, and whole."""
    files = control_plane.scope().files(str(tmp_path / "scratch"))
    (tmp_path / "tree").mkdir()
    for name in ("a", "b"):
        (tmp_path / "tree" / name).write_bytes(name.encode())
    uris = [files.put_bytes(b"data", "d.bin"), files.put(str(tmp_path / "tree"), "tree")]
    store = flyteadmin.store
    for uri in (uris[0], f"{uris[1]}/b"):
        store.objects[uri].body, store.objects[uri].claimed_md5 = b"", ""
    again = [files.put_bytes(b"data", "d.bin"), files.put(str(tmp_path / "tree"), "tree")]
    assert not set(uris) & set(again)
    assert store.objects[again[0]].body == b"data"
    assert {name: store.objects[f"{again[1]}/{name}"].body for name in "ab"} == {"a": b"a", "b": b"b"}
