"""The client's HTTP, against real servers and a real proxy on loopback."""

import base64
import hashlib
import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from autocontainer_nb.errors import StorageError, UnauthenticatedError
from autocontainer_nb.remote import downloads, environment, http
from autocontainer_nb.remote.auth.oauth import Provider
from autocontainer_nb.remote.config.network import Network
from autocontainer_nb.remote.connections import pool


@dataclass
class Server:
    """What an HTTP/1.1 server has seen, and what it is to answer first: (status, headers), or 0 to cut off."""

    url: str = ""
    contents: dict[str, bytes] = field(default_factory=dict)
    requests: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    clients: list[tuple[str, int]] = field(default_factory=list)


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 5

        def log_message(self, *args):
            """Say nothing."""

        def answer(self, status, content=b"", **headers):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def handle_any(self):
            server.clients.append(self.client_address)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            server.requests.append((self.command, self.path, dict(self.headers), body))
            if server.answers:
                status, headers = server.answers.pop(0)
                if status == 0:
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                else:
                    self.answer(status, b"<Error>the server's\nown words</Error>", **headers)
            elif self.command == "PUT":
                server.contents[self.path] = body
                self.answer(200)
            elif self.command == "POST":
                self.answer(200, b'{"access_token": "t"}', Content_Type="application/json")
            elif self.path in server.contents:
                self.answer(200, server.contents[self.path], Content_Type="text/plain; charset=utf-8")
            else:
                self.answer(404, b"no such blob")

        do_GET = do_PUT = do_POST = handle_any  # noqa: N815 - the base class's names

    return Handler


@contextmanager
def serving() -> Iterator[Server]:
    """Serve on a free port of this machine."""
    served = Server()
    listening = ThreadingHTTPServer(("127.0.0.1", 0), _handler(served))
    listening.daemon_threads = True
    served.url = f"http://127.0.0.1:{listening.server_port}"
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield served
    finally:
        pool.cache_clear()
        listening.shutdown()
        listening.server_close()
        thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as served:
        yield served


@pytest.fixture(autouse=True)
def pauses(monkeypatch) -> list[float]:
    """What is paused for, without the waiting; nothing of the machine's own proxies is seen."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    told: list[float] = []
    monkeypatch.setattr(environment, "pause", told.append)
    return told


def refusals(*statuses: int) -> list[tuple[int, dict[str, str]]]:
    return [(status, {}) for status in statuses]


def test_bytes_with_headers(server):
    """The body and the caller's headers arrive as given, and come back by get."""
    content_md5 = base64.b64encode(hashlib.md5(b"body").digest()).decode()
    url = f"{server.url}/a?X-Signature=secret"
    http.put(url, b"body", {"Content-MD5": content_md5, "Content-Type": "application/zip", "content-length": "24"}, 5)
    (command, path, headers, body) = server.requests[0]
    assert (command, path, body) == ("PUT", "/a?X-Signature=secret", b"body")
    assert headers["Content-MD5"] == content_md5
    assert headers["Content-Type"] == "application/zip"
    assert headers["User-Agent"].startswith("autocontainer_nb/")
    assert http.get(url, None, 5) == b"body"


@pytest.mark.parametrize("name", ["n" * 300, "taken/below"])
def test_a_file_that_can_not_be_written_is_named(server, tmp_path, name):
    """A full disk, a name that is too long, a file in the way: the path, what the system says, and what to do."""
    server.contents["/x"] = b"content"
    (tmp_path / "taken").write_bytes(b"")
    with pytest.raises(StorageError, match=f"Can't write '.*{name}'.*: File .*TMPDIR"):
        downloads.fetch_file(f"{server.url}/x", str(tmp_path / name))
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_files_are_streamed(server, tmp_path):
    """A file goes with its length and no chunked encoding, which S3 refuses; also an empty one."""
    for name, content in (("big", b"0123456789" * 300_000), ("empty", b"")):
        (tmp_path / name).write_bytes(content)
        http.put(f"{server.url}/{name}", tmp_path / name)
        headers = server.requests[-1][2]
        assert headers["Content-Length"] == str(len(content))
        assert "Transfer-Encoding" not in headers
        assert headers["Content-Type"] == "application/octet-stream"
        downloads.fetch_file(f"{server.url}/{name}", str(tmp_path / "back" / name))
        assert (tmp_path / "back" / name).read_bytes() == content
    http.put(f"{server.url}/nothing", b"")
    assert server.contents["/nothing"] == b""


def test_memory_is_streamed_and_counted(server):
    """A memoryview goes with its length, uncopied; the count of what was sent is right also after a failed attempt."""
    content = np.arange(500_000, dtype=np.int64)
    counted = []
    server.answers.extend(refusals(503))
    http.put(f"{server.url}/m", memoryview(content), on_sent=counted.append)
    assert server.contents["/m"] == content.tobytes()
    assert server.requests[-1][2]["Content-Length"] == str(content.nbytes)
    assert sum(counted) == content.nbytes
    assert min(counted) == -content.nbytes


def test_an_upload_can_be_stopped(server):
    """What the counting function raises ends the upload; the rest isn't sent."""

    def stop(size_bytes):
        if size_bytes > 0:
            raise StorageError("stopped")

    with pytest.raises(StorageError, match="stopped"):
        http.put(f"{server.url}/s", memoryview(bytes(5_000_000)), on_sent=stop)
    assert len(server.contents.get("/s", b"")) < 5_000_000


def test_connections_are_kept(server):
    """A hundred small transfers from one thread take one connection."""
    for number in range(100):
        http.put(f"{server.url}/{number}", b"x")
        assert http.get(f"{server.url}/{number}") == b"x"
    assert len(set(server.clients)) == 1


def test_what_may_pass_is_tried_again(server, tmp_path, pauses):
    """A cut connection, 408, 429 and 5xx are tried again, with the whole body each time and growing pauses."""
    (tmp_path / "f").write_bytes(b"content")
    server.answers.extend(refusals(503, 0, 500, 408, 429))
    http.put(f"{server.url}/f", tmp_path / "f")
    assert [request[3] for request in server.requests] == [b"content"] * 6
    assert server.contents == {"/f": b"content"}
    assert len(pauses) == 5
    assert pauses[-1] > pauses[0]


def test_the_server_says_how_long_to_wait(server, pauses):
    """Retry-After is kept to; one that is longer than anybody would wait ends it at once."""
    server.contents["/f"] = b"x"
    server.answers.extend([(429, {"Retry_After": "7"})])
    assert http.get(f"{server.url}/f") == b"x"
    assert pauses == [7.0]
    server.answers.extend([(503, {"Retry_After": "3600"})])
    with pytest.raises(StorageError, match=r"answers 503 .*own words"):
        http.get(f"{server.url}/f")
    assert pauses == [7.0]


def test_lasting_failures_end(server, monkeypatch):
    """After half a minute of pauses the server's status and words are in the error."""
    passed = [0.0]
    monkeypatch.setattr(environment, "pause", lambda seconds: passed.append(passed[-1] + seconds))
    monkeypatch.setattr(environment, "monotonic_s", lambda: passed[-1])
    server.answers.extend(refusals(*[503] * 99))
    with pytest.raises(StorageError, match=r"the server answers 503 .*<Error>the server's own words</Error>\. .*later"):
        http.get(f"{server.url}/f")
    assert http.RETRY_FOR_S / 2 < passed[-1] <= http.RETRY_FOR_S


@pytest.mark.parametrize(
    ("status", "advice"),
    [(401, "token"), (403, "ask for a new URL"), (413, "size"), (400, "Check"), (507, "try again later")],
)
def test_refusals_are_final(server, status, advice):
    """A refusal isn't repeated; the signature in the URL isn't shown."""
    server.answers.extend(refusals(status))
    with pytest.raises(StorageError, match=f"answers {status} .*own words.*{advice}") as caught:
        http.put(f"{server.url}/f?X-Amz-Signature=secret", b"x")
    assert len(server.requests) == 1
    assert "secret" not in str(caught.value)
    assert "/f?…" in str(caught.value)


def test_nobody_listens(pauses):
    """An address that refuses connections is named, with the reason, after a second or two."""
    with socket.socket() as held:  # bound, but not listening
        held.bind(("127.0.0.1", 0))
        with pytest.raises(StorageError, match=r"Can't read 'http://127.*Connection refused.*after 4 attempts"):
            http.get(f"http://127.0.0.1:{held.getsockname()[1]}/x")
    assert sum(pauses) < 2


def test_silence_times_out(monkeypatch):
    """A server that never answers costs no more than the time limit for each attempt, and half a minute of those."""
    monkeypatch.setattr(http, "RETRY_FOR_S", 0.0)
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(StorageError, match="timed out, after 1 attempts"),
    ):
        http.get(f"http://127.0.0.1:{silent.getsockname()[1]}/x", timeout_s=0.05)


def test_a_file_that_ends_early_is_fetched_again(tmp_path):
    """What the length promises must come: half a file is no file."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/x"

        def answer():
            for content in (b"hal", b"half"):
                connection, _ = listening.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\n" + content)

        thread = threading.Thread(target=answer)
        thread.start()
        downloads.fetch_file(url, str(tmp_path / "x"))
        thread.join()
    assert (tmp_path / "x").read_bytes() == b"half"
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_only_reading_follows_redirects(server):
    """A GET goes where it is sent; an upload, and whatever carries credentials, doesn't."""
    with serving() as other:
        other.contents["/there"] = b"x"
        there = {"Location": f"{other.url}/there"}
        server.answers.extend([(307, there)])
        assert http.get(f"{server.url}/here") == b"x"
        other.requests.clear()
        server.answers.extend([(307, there)])
        with pytest.raises(StorageError, match="answers 307"):
            http.put(f"{server.url}/here", b"x")
        for status in (302, 307, 308):
            server.answers.extend([(status, there)])
            with pytest.raises(UnauthenticatedError, match=f"points to another address .*{other.url}/there"):
                Provider().post(f"{server.url}/token", {"secret": "s"}, authorization="Basic aWQ6c2VjcmV0")
        assert not other.requests


def test_redirects_without_end_end(server):
    server.answers.extend([(302, {"Location": "/again"})] * 99)
    with pytest.raises(StorageError, match="answers 302"):
        http.get(f"{server.url}/here")
    assert len(server.requests) == 6


def test_a_form_that_may_have_arrived_is_not_sent_again(server, pauses):
    """A refresh token may be good once only: a cut connection is told, a refusal that may pass is tried again."""
    server.answers.extend(refusals(0))
    with pytest.raises(http.NoAnswerError):
        http.post_form(f"{server.url}/token", {"a": "b"}, {}, timeout_s=5)
    assert len(server.requests) == 1
    server.answers.extend(refusals(429))
    assert http.post_form(f"{server.url}/token", {"a": "b c"}, {}, timeout_s=5).status == 200
    assert server.requests[-1][3] == b"a=b+c"
    assert len(pauses) == 1


def test_loopback_goes_past_proxies(server, monkeypatch):
    """Whatever proxy the environment names, this machine is asked directly."""
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    http.put(f"{server.url}/f", b"x")
    assert http.get(f"{server.url.replace('127.0.0.1', 'localhost')}/f") == b"x"


@pytest.mark.parametrize("variable", ["http_proxy", "all_proxy"])
def test_other_machines_are_asked_by_the_environments_proxy(server, monkeypatch, variable):
    """The proxy gets the whole URL, and the user and password that its own URL has; `no_proxy` is kept to."""
    monkeypatch.setenv(variable, server.url.replace("//", "//me:s3cret%2F@"))
    server.contents["http://store.invalid/f"] = b"x"
    assert http.get("http://store.invalid/f") == b"x"
    [(_, path, headers, _)] = server.requests
    assert path == "http://store.invalid/f"
    assert base64.b64decode(headers["proxy-authorization"].removeprefix("Basic ")) == b"me:s3cret/"
    monkeypatch.setenv("no_proxy", "store.invalid")
    with pytest.raises(StorageError):
        http.get("http://store.invalid/f")
    assert len(server.requests) == 1


def test_the_configured_proxy_goes_ahead_of_the_environments(server, monkeypatch):
    """admin.httpProxyURL is for the identity provider; a dead one is told as the proxy, without its password."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    answer = http.post_form("http://id.invalid/token", {"a": "b"}, {}, timeout_s=5, network=Network(proxy=server.url))
    assert answer.status == 200
    with pytest.raises(http.NoAnswerError, match=r"the proxy: .*refused") as told:
        http.post_form(
            "http://id.invalid/token",
            {"a": "b"},
            {},
            timeout_s=5,
            network=Network(proxy="http://me:s3cret@127.0.0.1:1"),
        )
    assert "s3cret" not in str(told.value)


def test_a_certificate_that_nobody_trusts_is_told_at_once(self_signed, pauses):
    """Waiting doesn't make it trusted."""
    with pytest.raises(StorageError, match=r"certificate verify failed.*after 1 attempts"):
        http.get(f"https://localhost:{self_signed}/x")
    assert not pauses


@pytest.fixture
def self_signed(certificate) -> Iterator[int]:
    """The port of a TLS server with a certificate of its own."""
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.cert, certificate.key)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def shake():
            connection, _ = listening.accept()
            with connection:
                try:
                    context.wrap_socket(connection, server_side=True).close()
                except OSError:
                    return

        thread = threading.Thread(target=shake)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(timeout=10)


def test_other_schemes_are_refused():
    """A file:// URL isn't opened by this module."""
    with pytest.raises(StorageError, match="expected an http:// or https:// URL"):
        http.get("file:///etc/hostname")


def test_a_missing_file(server, tmp_path):
    with pytest.raises(StorageError, match=r"Can't upload '.*gone' to .*: No such file or directory"):
        http.put(f"{server.url}/f", tmp_path / "gone")
    assert not server.requests


def test_a_look_is_cut_and_made_once(server, pauses):
    """The end of a log is worth no second attempt, and no more memory than was said."""
    server.contents["/log"] = b"0123456789"
    assert http.look(f"{server.url}/log", {}, 5, 4).body == b"0123"
    server.answers.extend(refusals(503))
    assert http.look(f"{server.url}/log", {}, 5, 4).status == 503
    assert not pauses


@pytest.mark.skipif(sys.platform == "win32", reason="fork is Unix's")
def test_a_forked_process_has_connections_of_its_own(server):
    """Two processes that talk by one connection would read each other's answers."""
    server.contents["/f"] = b"x"
    http.get(f"{server.url}/f")
    child = os.fork()
    if not child:
        os._exit(0 if http.get(f"{server.url}/f") == b"x" else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(set(server.clients)) == 2
