"""Object stores, by a real HTTP server that speaks S3 and checks every signature."""

import json

import numpy as np
import pytest

from autocontainer_nb.errors import MemberMismatchError, StorageError
from autocontainer_nb.pickling.archive.zip_writer import add_member
from autocontainer_nb.pickling.code.cells import CellBook
from autocontainer_nb.pickling.reader import open_verified
from autocontainer_nb.pickling.writer import EntityDescription, write_archive
from autocontainer_nb.storage import environment, objects
from autocontainer_nb.storage.access import PrefixAccess, blocks, download, exists, read_bytes, upload, write_bytes
from autocontainer_nb.storage.environment import azure_settings, s3_settings


def test_objects_there_and_back(s3):
    """An object is written, read and found under exactly its key."""
    write_bytes("s3://bucket/a b/c%20d ü", b"content")
    assert s3.RequestHandlerClass.objects == {"a b/c%20d ü": b"content"}
    assert read_bytes("s3://bucket/a b/c%20d ü") == b"content"
    assert exists("s3://bucket/a b")
    assert exists("s3://bucket/a b/c%20d ü")
    assert not exists("s3://bucket/a")


def test_trees_and_large_files(s3, tmp_path):
    """A directory goes up and down; a large file goes in parts."""
    (tmp_path / "tree" / "sub").mkdir(parents=True)
    large = bytes(range(256)) * 50_000  # above the size of one part
    (tmp_path / "tree" / "large").write_bytes(large)
    for number in range(20):
        (tmp_path / "tree" / "sub" / str(number)).write_text(str(number))
    upload(tmp_path / "tree", "s3://bucket/t")
    assert len(s3.RequestHandlerClass.objects) == 21
    assert not s3.RequestHandlerClass.uploads
    download("s3://bucket/t", tmp_path / "back")
    assert (tmp_path / "back" / "large").read_bytes() == large
    assert sorted(int(path.name) for path in (tmp_path / "back" / "sub").iterdir()) == list(range(20))
    write_bytes("s3://bucket/t-other/x", b"not below t")
    download("s3://bucket/t/", tmp_path / "again")
    assert sorted(path.name for path in (tmp_path / "again").iterdir()) == ["large", "sub"]


def test_prefix_access_downloads_once(s3, tmp_path):
    """What a container gets from the store is kept in its scratch directory under its name."""
    files = PrefixAccess("s3://bucket/raw", tmp_path / "scratch")
    uri = files.put_bytes(b"x", "model.bin")
    path = files.get(uri)
    assert path.startswith(str(tmp_path / "scratch"))
    assert path.endswith("/model.bin")
    s3.RequestHandlerClass.objects.clear()
    assert files.get(uri) == path


def test_refusals_say_what_to_check(s3, monkeypatch, tmp_path):
    """A missing object or bucket, and wrong credentials, each give the reason, the store's words and the variables."""
    with pytest.raises(StorageError, match=r"Can't read 's3://bucket/no': no such object.*NoSuchKey"):
        read_bytes("s3://bucket/no")
    with pytest.raises(StorageError, match=r"Can't read 's3://bucket/no': no such object"):
        download("s3://bucket/no", tmp_path / "x")
    with pytest.raises(StorageError, match=r"Can't read 's3://bucket/no/': there is no file below it"):
        download("s3://bucket/no/", tmp_path / "x")
    with pytest.raises(StorageError, match=r"Can't write 's3://other/no': .*NoSuchBucket"):
        write_bytes("s3://other/no", b"")
    with pytest.raises(StorageError, match=r"Expected .*://BUCKET/KEY, got .* without a bucket"):
        write_bytes("s3:///no", b"")
    monkeypatch.setenv("FLYTE_AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(
        StorageError, match=r"credentials were refused. Check the variables FLYTE_AWS_ENDPOINT.*Signature"
    ):
        read_bytes("s3://bucket/no")
    assert not (tmp_path / "x").exists()


def test_nobody_at_the_endpoint(s3, monkeypatch):
    """An endpoint that nobody listens at is named, within the store's few retries."""
    monkeypatch.setenv("FLYTE_AWS_ENDPOINT", "http://127.0.0.1:1")
    with pytest.raises(StorageError, match=r"Can't read 's3://bucket/x': .*127\.0\.0\.1:1/.*Check the address"):
        read_bytes("s3://bucket/x")


def test_s3_settings():
    """Flyte's variables come before the AWS ones; empty ones count as unset; the region has a default."""
    assert s3_settings({}) == {"region": "us-east-1"}
    assert s3_settings({"AWS_ENDPOINT_URL": "http://a", "FLYTE_AWS_ENDPOINT": ""})["endpoint"] == "http://a"
    assert s3_settings(
        {
            "AWS_ENDPOINT_URL": "http://a",
            "FLYTE_AWS_ENDPOINT": "http://b",
            "FLYTE_AWS_ACCESS_KEY_ID": "k",
            "FLYTE_AWS_SECRET_ACCESS_KEY": "s",
            "FLYTE_AWS_ADDRESSING_STYLE": "virtual",
            "AWS_DEFAULT_REGION": "eu-west-1",
        }
    ) == {
        "endpoint": "http://b",
        "access_key_id": "k",
        "secret_access_key": "s",
        "region": "eu-west-1",
        "virtual_hosted_style_request": "true",
    }


def test_azure_settings():
    """Flyte's variables for Azure, by obstore's names."""
    assert azure_settings({"FLYTE_AZURE_STORAGE_ACCOUNT_NAME": "a", "FLYTE_AZURE_TENANT_ID": ""}) == {
        "account_name": "a"
    }


@pytest.mark.parametrize("uri", ["abfs://box/key", "abfss://box@other.dfs.core.windows.net/key", "az://box/key"])
def test_azure_uris(uri, monkeypatch):
    """Both forms of Azure's URIs lead to the container, with the account in the URI or in the environment."""
    from autocontainer_nb.storage import objects

    monkeypatch.setenv("FLYTE_AZURE_STORAGE_ACCOUNT_NAME", "mine")
    monkeypatch.setenv("FLYTE_AZURE_STORAGE_ACCOUNT_KEY", "c2VjcmV0")
    store, key = objects._open(uri)
    assert key == "key"
    assert store.config["container_name"] == "box"
    assert store.config["account_name"] == ("other" if "@" in uri else "mine")


def test_google_uris(tmp_path):
    """gs:// names a bucket of Google's store, whose credentials come from its own variable."""
    from autocontainer_nb.storage import objects

    store, key = objects._open("gs://box/a/b")
    assert (store.config["bucket"], key) == ("box", "a/b")


def test_large_objects_are_read_in_blocks_side_by_side(s3):
    """The blocks come in order, each by a request of its own; a larger object than expected isn't fetched at all."""
    content = b"".join(number.to_bytes(4, "big") for number in range(10_000_000 // 4))
    write_bytes("s3://bucket/large", content)
    assert b"".join(blocks("s3://bucket/large", len(content))) == content
    assert len(s3.RequestHandlerClass.ranges) == 3
    with pytest.raises(StorageError, match=r"expected at most 9999999 bytes, got 10000000"):
        list(blocks("s3://bucket/large", len(content) - 1))
    assert len(s3.RequestHandlerClass.ranges) == 3
    with pytest.raises(StorageError, match="no such object"):
        list(blocks("s3://bucket/missing", 10))


def test_large_data_of_a_task_is_fetched_from_the_store(s3, tmp_path):
    """What was captured apart is fetched by ranges, verified, and can be written to; an altered object is refused."""
    value = [np.arange(2_000_000), bytes(range(256)) * 8000]
    path = str(tmp_path / "file")
    written = write_archive(path, value, [EntityDescription(name="nb.train")], CellBook(), apart=True)
    uris = {each.sha256: f"s3://bucket/data/{each.sha256}" for each in written.objects}
    for each in written.objects:
        write_bytes(uris[each.sha256], bytes(each.content))
    add_member(path, "locations.json", json.dumps(uris).encode())
    array, text = open_verified(path, written.digest).unpickle()
    array += 1
    assert array[-1] == 2_000_000
    assert text == value[1]
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
    write_bytes(uris[written.objects[0].sha256], bytes(16_000_000))
    with pytest.raises(MemberMismatchError, match=r"Data of 16\.0 MB of .* was altered: the object 's3://bucket/data/"):
        open_verified(path, written.digest).unpickle()


def test_a_process_without_credentials_is_told_so(monkeypatch):
    """Not that an address of the cloud's machines doesn't answer, which is asked where nothing else is known."""

    def fail(_store, _key):
        raise OSError("Generic S3 error: Error performing PUT http://169.254.169.254/latest/api/token in 1.2s")

    with pytest.raises(StorageError, match=r"this process has no credentials of the store\. Set .*FLYTE_AWS") as caught:
        objects._attempt("read", "s3://bucket/key", fail)
    assert "169.254" not in str(caught.value)


@pytest.mark.parametrize(
    ("scheme", "variables", "known"),
    [
        ("s3", {}, False),
        ("s3", {"AWS_REGION": "eu-west-1", "FLYTE_AWS_ENDPOINT": "http://x"}, False),
        ("s3", {"FLYTE_AWS_ACCESS_KEY_ID": "k"}, True),
        ("s3", {"AWS_WEB_IDENTITY_TOKEN_FILE": "/t"}, True),
        ("gs", {"AWS_ACCESS_KEY_ID": "k"}, False),
        ("gs", {"GOOGLE_APPLICATION_CREDENTIALS": "/f"}, True),
        ("abfs", {"AZURE_STORAGE_ACCOUNT_NAME": "a", "FLYTE_AZURE_STORAGE_ACCOUNT_NAME": "a"}, False),
        ("abfs", {"AZURE_STORAGE_ACCOUNT_KEY": "k"}, True),
        ("abfs", {"FLYTE_AZURE_CLIENT_SECRET": "s"}, True),
    ],
)
def test_whether_there_are_credentials(monkeypatch, tmp_path, scheme, variables, known):
    """By the variables; a machine of a cloud may have others."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(environment, "_has_metadata_server", lambda: False)
    assert environment.has_credentials(scheme, variables) is known
    monkeypatch.setattr(environment, "_has_metadata_server", lambda: True)
    assert environment.has_credentials(scheme, variables)
