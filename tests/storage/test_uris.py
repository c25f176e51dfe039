"""Addresses: what is a URI, what is local, how parts are joined."""

import pytest

from autocontainer_nb.errors import StorageError
from autocontainer_nb.storage.uris import (
    base_name,
    file_uri,
    is_local,
    is_uri,
    join,
    local_path,
    scheme_of,
    split_bucket,
)


@pytest.mark.parametrize(
    ("text", "scheme"),
    [
        ("/a/b", ""),
        ("a/b", ""),
        ("", ""),
        ("://x", ""),
        ("a b://x", ""),
        ("S3://bucket", "s3"),
        ("file:///a", "file"),
        ("git+ssh://h", "git+ssh"),
    ],
)
def test_scheme(text, scheme):
    assert scheme_of(text) == scheme
    assert is_uri(text) == bool(scheme)
    assert is_local(text) == (scheme in ("", "file"))


@pytest.mark.parametrize(
    ("prefix", "parts", "joined"),
    [
        ("s3://b/k", ("x",), "s3://b/k/x"),
        ("s3://b/k/", ("/x/", "y"), "s3://b/k/x/y"),
        ("s3://b", ("x", "", "y"), "s3://b/x/y"),
        ("/a", ("b%20c",), "/a/b%20c"),
        ("file:///a", ("b%20c",), "file:///a/b%2520c"),
        ("s3://b/k", (), "s3://b/k"),
    ],
)
def test_join(prefix, parts, joined):
    assert join(prefix, *parts) == joined


def test_local_paths():
    """file:// URIs are percent-decoded, plain paths are taken as they are; other machines are refused."""
    assert local_path("/a%20b") == "/a%20b"
    assert local_path("file:///a%20b/%25") == "/a b/%"
    assert local_path("file://localhost/a") == "/a"
    assert local_path(join("file:///a", "x%20y")) == "/a/x%20y"
    with pytest.raises(StorageError, match=r"names the host 'other'.*Write file:///other/"):
        local_path("file://other/a")
    with pytest.raises(StorageError, match="Expected a plain path or a file:// URI of this machine, got"):
        local_path("s3://b/k")


def test_file_uris(tmp_path):
    """A path's URI leads back to the path, whatever its characters."""
    path = str(tmp_path / "a b%c?ü#")
    assert local_path(file_uri(path)) == path


def test_names_and_buckets():
    assert base_name("s3://b/k/file.csv") == "file.csv"
    assert base_name("https://h/file.csv?signature=1") == "file.csv"
    assert base_name("file:///a/b%20c/") == "b c"
    assert split_bucket("s3://b/k/l") == ("s3", "b", "k/l")
    with pytest.raises(StorageError, match="Expected s3://BUCKET/KEY, got 's3:///k' without a bucket"):
        split_bucket("s3:///k")
