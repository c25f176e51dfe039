"""Reading by http(s) URLs, against a real HTTP server on loopback."""

import socket
import threading
from http import server as http_server

import pytest

from autocontainer_nb.errors import StorageError
from autocontainer_nb.storage import http
from autocontainer_nb.storage.access import download, exists, read_bytes, write_bytes


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    monkeypatch.setattr(http, "FIRST_PAUSE_S", 0.001)


def url_of(server, path):
    return f"http://127.0.0.1:{server.server_address[1]}/{path}"


def put(server, path, content):
    """Let the server have something."""
    server.RequestHandlerClass.contents["/" + path] = content


def test_files_are_streamed(blob_server, tmp_path):
    """A file comes as it is, also an empty one."""
    for name, content in (("big", b"0123456789" * 300_000), ("empty", b"")):
        put(blob_server, name, content)
        http.fetch_file(url_of(blob_server, name), str(tmp_path / "back" / name))
        assert (tmp_path / "back" / name).read_bytes() == content


def test_server_failures_are_retried(blob_server):
    """A cut connection, 429 and 5xx are tried again."""
    put(blob_server, "f", b"content")
    blob_server.RequestHandlerClass.failures.extend([503, 0, 429])
    assert http.get(url_of(blob_server, "f")) == b"content"
    assert len(blob_server.RequestHandlerClass.requests) == 4


def test_lasting_failures_end(blob_server, monkeypatch):
    """When the time is over, the server's status and words are in the error."""
    passed = [0.0]
    monkeypatch.setattr(http.time, "sleep", lambda seconds: passed.append(passed[-1] + seconds))
    monkeypatch.setattr(http.time, "monotonic", lambda: passed[-1])
    blob_server.RequestHandlerClass.failures.extend([503] * 99)
    with pytest.raises(StorageError, match=r"the server answers 503 .*<Error>the server's own words</Error>\. .*later"):
        http.get(url_of(blob_server, "f"))
    assert http.RETRY_FOR_S / 2 < passed[-1] <= http.RETRY_FOR_S


def test_the_server_says_how_long_to_wait(blob_server, monkeypatch):
    """Retry-After is kept to."""
    paused = []
    monkeypatch.setattr(http.time, "sleep", paused.append)
    put(blob_server, "f", b"content")
    blob_server.RequestHandlerClass.failures.append((429, {"Retry_After": "7"}))
    assert http.get(url_of(blob_server, "f")) == b"content"
    assert paused == [7.0]


@pytest.mark.parametrize(
    ("status", "advice"), [(401, "token"), (403, "ask for a new URL"), (413, "size"), (400, "Check")]
)
def test_refusals_are_final(blob_server, status, advice):
    """A refusal isn't repeated; the signature in the URL isn't shown."""
    blob_server.RequestHandlerClass.failures.append(status)
    with pytest.raises(StorageError, match=f"answers {status} .*own words.*{advice}") as caught:
        http.get(url_of(blob_server, "f?X-Amz-Signature=secret"))
    assert len(blob_server.RequestHandlerClass.requests) == 1
    assert "secret" not in str(caught.value)
    assert "/f?…" in str(caught.value)


def test_nobody_listens():
    """An address that refuses connections is named, with the reason."""
    with socket.socket() as held:  # bound, but not listening
        held.bind(("127.0.0.1", 0))
        with pytest.raises(StorageError, match=r"Can't read 'http://127.*Connection refused.*after 4 attempts"):
            http.get(f"http://127.0.0.1:{held.getsockname()[1]}/x")


def test_silence_times_out(monkeypatch):
    """A server that never answers costs no more than the time limit for each attempt."""
    monkeypatch.setattr(http, "RETRY_FOR_S", 0.0)
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(StorageError, match="timed out, after 1 attempts"),
    ):
        http.get(f"http://127.0.0.1:{silent.getsockname()[1]}/x", timeout_s=0.05)


def test_loopback_goes_past_proxies(blob_server, monkeypatch):
    """Whatever proxy the environment names, this machine is asked directly."""
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    put(blob_server, "f", b"x")
    assert http.get(f"http://localhost:{blob_server.server_address[1]}/f") == b"x"


def test_a_look_reads_nothing_of_the_content():
    """Whether a large file is there is known once the server begins to answer."""
    asked, ended = [], threading.Event()

    class Slow(http_server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(10**12))
            self.end_headers()
            self.wfile.write(b"begin")
            ended.wait(30)

        def log_message(self, *_):
            pass

    server = http_server.ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        assert exists(f"http://127.0.0.1:{server.server_address[1]}/f")
        assert not ended.is_set()
        assert asked == ["/f"]
    finally:
        ended.set()
        server.shutdown()
        thread.join()
        server.server_close()


def test_other_schemes_are_refused():
    """A file:// URL isn't opened by this module."""
    with pytest.raises(StorageError, match="expected an http:// or https:// URL"):
        http.get("file:///etc/hostname")


def test_urls_are_readable_stores(blob_server, tmp_path):
    """read_bytes and download take http URLs; writing and listing are refused in words."""
    url = url_of(blob_server, "f")
    put(blob_server, "f", b"x")
    assert read_bytes(url) == b"x"
    download(url, tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == b"x"
    assert exists(url)
    assert not exists(url_of(blob_server, "other"))
    with pytest.raises(StorageError, match=r"404 .*no such blob.*check that it was written"):
        read_bytes(url_of(blob_server, "other"))
    for action in (lambda: write_bytes(url, b"x"), lambda: download(url + "/", tmp_path / "d")):
        with pytest.raises(StorageError, match="for reading single files"):
            action()
