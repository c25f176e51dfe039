"""The storage's tests: servers on loopback, each with its own port, stopped at the end."""

import sys
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import http_servers


@pytest.fixture(autouse=True)
def _no_cloud(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the machine's own cloud configuration, proxies or metadata services is seen."""
    import os

    for name in os.environ:
        if name.startswith(("AWS_", "FLYTE_", "GOOGLE_", "AZURE_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


def _serving(handler: type) -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(timeout=10)
    assert not thread.is_alive()


@pytest.fixture
def blob_server() -> Iterator[ThreadingHTTPServer]:
    """A server that keeps what is PUT, and can be told to fail."""
    yield from _serving(http_servers.blob_handler())


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadingHTTPServer]:
    """A server that speaks S3 and checks signatures, and the variables that Flyte sets for it."""
    for server in _serving(http_servers.s3_handler()):
        monkeypatch.setenv("FLYTE_AWS_ENDPOINT", f"http://127.0.0.1:{server.server_address[1]}")
        monkeypatch.setenv("FLYTE_AWS_ACCESS_KEY_ID", http_servers.ACCESS_KEY)
        monkeypatch.setenv("FLYTE_AWS_SECRET_ACCESS_KEY", http_servers.SECRET_KEY)
        yield server
