"""Uploads, downloads and flyte:// URLs, over gRPC and the blob server."""

import base64
import hashlib
import http.client
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import grpc
import pytest
from flyteidl.core import types_pb2
from flyteidl.service import dataproxy_pb2
from google.protobuf.duration_pb2 import Duration

pytestmark = pytest.mark.sandbox
INVALID = grpc.StatusCode.INVALID_ARGUMENT
TEXT = types_pb2.LiteralType(simple=types_pb2.STRING)
DATA = b"a pickled entity" * 1000
MD5 = hashlib.md5(DATA).digest()


def _location(sandbox, **fields):
    fields = {"project": "flytesnacks", "domain": "development", "content_md5": MD5, **fields}
    return sandbox.data.CreateUploadLocation(dataproxy_pb2.CreateUploadLocationRequest(**fields))


def _request(url, method="GET", data=None, headers=None):
    """Return status, body and headers; whatever the status."""
    request = urllib.request.Request(url, data=data, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(), error.headers


def test_an_upload_lies_where_the_native_url_says(sandbox):
    """The shape of the location is flyteadmin's: project, domain, base32 of the MD5, file name."""
    location = _location(sandbox, filename="entities.pkl")
    prefix = base64.b32encode(MD5).decode()
    assert location.native_url.endswith(f"/blobs/flytesnacks/development/{prefix}/entities.pkl")
    assert _request(location.signed_url, "PUT", DATA, dict(location.headers))[0] == 200
    assert Path(location.native_url.removeprefix("file://")).read_bytes() == DATA
    download = sandbox.data.CreateDownloadLocation(
        dataproxy_pb2.CreateDownloadLocationRequest(native_url=location.native_url)
    )
    assert _request(download.signed_url)[1] == DATA


def test_a_root_takes_the_place_of_the_checksum_and_a_name_is_made_up(sandbox):
    location = _location(sandbox, content_md5=b"", filename_root="some/root")
    directory, _, name = location.native_url.rpartition("/")
    assert directory.endswith("/flytesnacks/development/some/root")
    assert len(name) == 20
    assert _request(location.signed_url, "PUT", b"anything")[0] == 200


def test_a_known_place_is_not_overwritten_with_something_else(sandbox, refused):
    """As with flyteadmin: the same content may come again, other content is ALREADY_EXISTS."""
    fields = {"filename": "model.bin", "filename_root": "known"}
    first = _location(sandbox, **fields)
    assert _request(first.signed_url, "PUT", DATA)[0] == 200
    assert _location(sandbox, **fields).native_url == first.native_url
    for md5 in (b"", hashlib.md5(b"other").digest()):
        details = refused(grpc.StatusCode.ALREADY_EXISTS, lambda md5=md5: _location(sandbox, **fields, content_md5=md5))
        assert first.native_url in details


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"project": ""}, "project"),
        ({"project": "unknown"}, "flytesnacks"),
        ({"domain": "nowhere"}, "development"),
        ({"content_md5": b""}, "filename_root"),
        ({"content_md5": b"short"}, "16 bytes"),
        ({"filename": "../../../../etc/passwd"}, "'..'"),
        ({"filename": "/etc/passwd"}, "leading slash"),
        ({"filename": "a//b"}, "single slashes"),
        ({"filename_root": ".."}, "'..'"),
        ({"filename_root": "a\\b", "filename": "x"}, "backslashes"),
        ({"expires_in": Duration(seconds=3601)}, "3600"),
        ({"expires_in": Duration(seconds=-1)}, "-1"),
    ],
)
def test_a_location_that_cannot_be_is_refused_by_its_reason(sandbox, refused, fields, word):
    assert word in refused(INVALID, lambda: _location(sandbox, **fields))


@pytest.mark.parametrize("uri", ["file:///etc/passwd", "s3://bucket/key", "file://{root}/../state.sqlite", ""])
def test_only_files_of_the_store_can_be_downloaded(sandbox, refused, uri):
    native = uri.format(root=f"{sandbox.address.home}/sandbox/blobs")
    request = dataproxy_pb2.CreateDownloadLocationRequest(native_url=native)
    refused(INVALID, lambda: sandbox.data.CreateDownloadLocation(request))


@pytest.mark.parametrize(
    ("body", "headers", "word"),
    [
        (b"other content", {}, "MD5"),
        (DATA, {"Content-MD5": base64.b64encode(b"0" * 16).decode()}, "MD5"),
    ],
)
def test_an_upload_of_other_content_is_refused_and_leaves_nothing(sandbox, body, headers, word):
    """Neither the announced nor the signed checksum may be wrong; no part of the file stays."""
    location = _location(sandbox, filename=f"refused-{len(headers)}")
    status, answer, _ = _request(location.signed_url, "PUT", body, headers)
    assert status == 400
    assert word in answer.decode()
    path = Path(location.native_url.removeprefix("file://"))
    assert not path.exists()
    assert not list(path.parent.glob(".writing-*"))


def test_an_upload_that_breaks_off_leaves_nothing(sandbox):
    """A connection that ends before Content-Length bytes came isn't a file."""
    location = _location(sandbox, filename="broken-off")
    parts = urlsplit(location.signed_url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    connection.putrequest("PUT", f"{parts.path}?{parts.query}")
    connection.putheader("Content-Length", str(len(DATA)))
    connection.endheaders(DATA[:100])
    connection.sock.shutdown(1)
    answer = connection.getresponse()
    assert answer.status == 400
    assert b"got 100" in answer.read()
    connection.close()
    assert not Path(location.native_url.removeprefix("file://")).exists()


def test_a_length_is_required(sandbox):
    location = _location(sandbox, filename="no-length")
    parts = urlsplit(location.signed_url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    connection.putrequest("PUT", f"{parts.path}?{parts.query}")
    connection.endheaders()
    assert connection.getresponse().status == 411
    connection.close()


@pytest.mark.parametrize(
    "change",
    [
        lambda url: url.replace("signature=", "signature=0"),
        lambda url: url.replace("expires=", "expires=9"),
        lambda url: url.replace("/signed", "/other"),
        lambda url: url.partition("?")[0],
        lambda url: url.partition("&md5=")[0] + "&signature=" + url.partition("signature=")[2],
    ],
)
def test_a_link_is_good_for_what_was_signed_only(sandbox, change):
    """Another path, expiry, checksum or no signature at all is 403, and the answer says to ask again."""
    location = _location(sandbox, filename="signed")
    status, answer, _ = _request(change(location.signed_url), "PUT", DATA)
    assert status == 403
    assert b"Ask for" in answer
    assert _request(location.signed_url, "GET")[0] == 403


def test_a_link_expires(sandbox):
    """The answer says since when."""
    location = _location(sandbox, filename="late", expires_in=Duration(seconds=0))
    from autocontainer_nb.sandbox.blobs.signed_links import Signer
    from autocontainer_nb.sandbox.home_paths import Layout

    layout = Layout(home=Path(sandbox.address.home))
    signer = Signer(layout.signing_key_file.read_text().strip().encode())
    path = urlsplit(location.signed_url).path.replace("%3D", "=")
    old = signer.url(sandbox.address.http_endpoint, "PUT", path, expires_at_s=1_000_000)
    status, answer, _ = _request(old, "PUT", DATA)
    assert status == 403
    assert b"expired" in answer


def test_the_token_opens_what_a_link_opens(sandbox):
    """Blobs and logs, for clients that have the token; a wrong one opens nothing."""
    location = _location(sandbox, filename="with-token")
    plain = location.signed_url.partition("?")[0]
    token = {"Authorization": f"Bearer {sandbox.address.token}"}
    assert _request(plain, "PUT", DATA, token)[0] == 200
    assert _request(plain, "GET", headers=token)[1] == DATA
    assert _request(plain, "GET", headers={"Authorization": "Bearer wrong"})[0] == 403
    head = _request(plain, "HEAD", headers=token)
    assert (head[0], head[1], head[2]["Content-Length"]) == (200, b"", str(len(DATA)))


@pytest.mark.parametrize(
    "path",
    [
        "/blobs/../server.json",
        "/blobs/%2e%2e/token",
        "/blobs//etc/passwd",
        "/logs/../token",
        "/blobs/a%00b",
        "/token",
        "/",
    ],
)
def test_no_path_leads_out_of_the_store(sandbox, path):
    """Not with dots, encoded or plain, not with a NUL, not even with the token."""
    token = {"Authorization": f"Bearer {sandbox.address.token}"}
    parts = urlsplit(sandbox.address.http_endpoint)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    connection.request("GET", path, headers=token)
    answer = connection.getresponse()
    assert answer.status in (400, 404)
    assert sandbox.address.token.encode() not in answer.read()
    connection.close()


def test_no_link_leads_out_of_the_store(sandbox, tmp_path):
    """A container can make symbolic links; the blob server doesn't follow them outside."""
    (tmp_path / "secret").write_text("secret")
    link = Path(sandbox.address.home, "sandbox/blobs/flytesnacks/link")
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(tmp_path)
    token = {"Authorization": f"Bearer {sandbox.address.token}"}
    url = f"{sandbox.address.http_endpoint}/blobs/flytesnacks/link/secret"
    assert _request(url, headers=token)[0] == 403
    assert _request(url, "PUT", b"x", token)[0] == 403
    assert (tmp_path / "secret").read_text() == "secret"


@pytest.mark.parametrize(
    ("asked", "expected"),
    [("bytes=0-3", b"0123"), ("bytes=-2", b"89"), ("bytes=7-", b"789"), ("bytes=8-100", b"89")],
)
def test_a_part_of_a_file_can_be_had(sandbox, asked, expected):
    """What a live display needs: the end of a log, without all that came before."""
    location = _location(sandbox, content_md5=b"", filename_root="parts", filename=f"digits-{asked[6:]}")
    _request(location.signed_url, "PUT", b"0123456789")
    download = sandbox.data.CreateDownloadLocation(
        dataproxy_pb2.CreateDownloadLocationRequest(native_url=location.native_url)
    )
    status, body, _ = _request(download.signed_url, headers={"Range": asked})
    assert (status, body) == (206, expected)


@pytest.mark.parametrize(
    ("asked", "status", "range_told"),
    [("bytes=10-", 416, "bytes */10"), ("bytes=99-100", 416, "bytes */10"), ("bytes=-0", 416, "bytes */10"),
     ("bytes=5-2", 200, None), ("bytes=²-3", 200, None), ("bytes=0-9", 200, None),
     (f"bytes=0-{'9' * 5000}", 200, None)],
    ids=lambda asked: str(asked)[:20],
)  # fmt: skip
def test_a_part_that_is_not_there_is_told(sandbox, asked, status, range_told):
    """What lies behind the end is 416 with the file's length; what is no range counts as none."""
    location = _location(sandbox, content_md5=b"", filename_root="no-parts", filename=f"digits-{status}-{asked[6:30]}")
    _request(location.signed_url, "PUT", b"0123456789")
    token = {"Authorization": f"Bearer {sandbox.address.token}", "Range": asked.encode().decode("latin-1")}
    found, body, headers = _request(location.signed_url.partition("?")[0], headers=token)
    assert (found, headers.get("Content-Range")) == (status, range_told)
    assert (body == b"0123456789") is (status == 200)


def test_the_end_of_an_empty_file_is_empty(sandbox):
    """A live display asks for the end of a log in which nothing is yet."""
    location = _location(sandbox, content_md5=b"", filename_root="no-parts", filename="empty")
    _request(location.signed_url, "PUT", b"")
    token = {"Authorization": f"Bearer {sandbox.address.token}", "Range": "bytes=-4096"}
    assert _request(location.signed_url.partition("?")[0], headers=token)[:2] == (200, b"")


def test_a_mistake_of_the_client_is_no_failure_of_the_server(sandbox):
    """A blob in the place of a folder is 409, and a length in other digits is none: neither is worth a retry."""
    token = {"Authorization": f"Bearer {sandbox.address.token}"}
    url = f"{sandbox.address.http_endpoint}/blobs/flytesnacks/in-the-way"
    assert _request(f"{url}/folder/blob", "PUT", b"x", token)[0] == 200
    assert _request(f"{url}/folder", "PUT", b"x", token)[0] == 409
    assert _request(f"{url}/folder/blob/below", "PUT", b"x", token)[0] == 409
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    connection.putrequest("PUT", f"{parts.path}/length")
    connection.putheader("Authorization", token["Authorization"])
    connection.putheader("Content-Length", b"\xb2")
    connection.endheaders()
    assert connection.getresponse().status == 411
    connection.close()


def test_flyte_urls_name_inputs_outputs_and_decks(sandbox, refused):
    """As with flyteadmin: of the node, of an attempt, of one literal, or the deck's link."""
    execution = sandbox.run(
        "(out / 'deck.html').write_text('<p>deck</p>'); succeed(o0=text('word'))", {"word": "w"}, outputs={"o0": TEXT}
    )
    base = f"flyte://v1/flytesnacks/development/{execution.id.name}/notebooktask"

    def get(rest):
        return sandbox.data.GetData(dataproxy_pb2.GetDataRequest(flyte_url=f"{base}{rest}"))

    assert get("/i").literal_map.literals["word"].scalar.primitive.string_value == "w"
    assert get("/o/o0").literal.scalar.primitive.string_value == "w"
    assert get("/0/o/o0").literal.scalar.primitive.string_value == "w"
    status, body, headers = _request(get("/d").pre_signed_urls.signed_url[0])
    assert (status, body) == (200, b"<p>deck</p>")
    assert headers["Content-Type"].startswith("text/html")
    assert headers["Content-Security-Policy"].startswith("sandbox")
    assert "'o1'" in refused(INVALID, lambda: get("/o/o1"))
    assert "leave out the attempt" in refused(INVALID, lambda: get("/0/d"))
    assert "expected flyte://v1" in refused(INVALID, lambda: get("/x"))
    refused(grpc.StatusCode.NOT_FOUND, lambda: get("/7/o"))


def test_a_download_link_is_for_decks_that_there_are(sandbox, refused):
    execution = sandbox.run("pass")
    node = sandbox.nodes(execution.id)[1].id
    deck = dataproxy_pb2.ARTIFACT_TYPE_DECK
    request = dataproxy_pb2.CreateDownloadLinkRequest(artifact_type=deck, node_execution_id=node)
    assert "has no deck" in refused(grpc.StatusCode.NOT_FOUND, lambda: sandbox.data.CreateDownloadLink(request))
    nothing = dataproxy_pb2.CreateDownloadLinkRequest(artifact_type=deck)
    assert "node_execution_id" in refused(INVALID, lambda: sandbox.data.CreateDownloadLink(nothing))
    untyped = dataproxy_pb2.CreateDownloadLinkRequest(node_execution_id=node)
    assert "ARTIFACT_TYPE_DECK" in refused(INVALID, lambda: sandbox.data.CreateDownloadLink(untyped))


def test_a_large_body_that_is_refused_still_hears_why(sandbox):
    """The answer reaches a client that is still sending: no broken pipe, but the server's own words."""
    location = _location(sandbox, filename="entities.pkl")
    status, body, _ = _request(location.signed_url.replace("signature=", "signature=x"), "PUT", bytes(20 << 20))
    assert status == 403, body
    assert body
