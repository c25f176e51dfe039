"""A control plane of a few lines: a real gRPC server whose answers a test writes, and a real HTTP server for bytes."""

import hashlib
import shutil
import ssl
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import grpc
import pytest

from autocontainer_nb.remote.config.endpoint import AuthSettings, Endpoint, parse_address
from autocontainer_nb.remote.config.settings import Settings
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.rpc.calls import Calls
from autocontainer_nb.remote.scope import Scope

sys.path.insert(0, str(Path(__file__).parent))  # pytest's importlib mode adds nothing

import quirky_flyteadmin

RPCS = {rpc.path: rpc for rpc in vars(methods).values() if isinstance(rpc, methods.Rpc)}


@dataclass
class Refuse:
    """An answer that is a status."""

    status: str
    details: str = ""


class ControlPlane(grpc.GenericRpcHandler):
    """Serves what `answers` holds by the procedure's name: a message, a Refuse, or a function of the request."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.requests: list[tuple[str, Any]] = []
        self.metadata: list[dict[str, str]] = []
        self.token: str | None = None
        self.trouble: Callable[[dict[str, str]], str] | None = None  # of metadata that isn't let in
        self.port = 0
        self._server: grpc.Server | None = None

    @property
    def counts(self) -> Counter[str]:
        """How often each procedure was called."""
        return Counter(name for name, _ in self.requests)

    def last(self, name: str) -> Any:
        """The last request of a procedure."""
        return next(request for called, request in reversed(self.requests) if called == name)

    def service(self, handler_call_details):
        rpc = RPCS.get(handler_call_details.method)
        if rpc is None or rpc.name not in self.answers:
            return None

        def answer(request, context):
            sent = dict(context.invocation_metadata())
            self.requests.append((rpc.name, request))
            self.metadata.append(sent)
            if self.token and rpc.service != "AuthMetadataService" and f"Bearer {self.token}" not in sent.values():
                context.abort(grpc.StatusCode.UNAUTHENTICATED, "token is wrong")
            if self.trouble and rpc.service != "AuthMetadataService" and (words := self.trouble(sent)):
                context.abort(grpc.StatusCode.UNAUTHENTICATED, words)
            found = self.answers[rpc.name]
            if callable(found):
                found = found(request)
            if isinstance(found, Refuse):
                context.abort(grpc.StatusCode[found.status], found.details)
            return found

        return grpc.unary_unary_rpc_method_handler(answer, rpc.request.FromString, rpc.answer.SerializeToString)

    def start(self, port: int = 0, credentials: grpc.ServerCredentials | None = None) -> "ControlPlane":
        """Listen, at a free port unless one is given."""
        self._server = grpc.server(ThreadPoolExecutor(8), options=[("grpc.so_reuseport", 0)])
        self._server.add_generic_rpc_handlers((self,))
        address = f"127.0.0.1:{port}"
        add = self._server.add_insecure_port
        self.port = self._server.add_secure_port(address, credentials) if credentials else add(address)
        self._server.start()
        return self

    def stop(self) -> None:
        """Stop listening, at once."""
        if self._server:
            self._server.stop(0).wait()
            self._server = None

    def endpoint(self, **changes: Any) -> Endpoint:
        """How to reach it."""
        token = changes.pop("token", "")
        values = {
            "address": parse_address(f"127.0.0.1:{self.port}"),
            "insecure": True,
            "auth": AuthSettings(token=token),
        }
        return Endpoint(**{**values, **changes})

    def scope(self, **changes: Any) -> Scope:
        """A scope in the default project."""
        settings = Settings(
            project="flytesnacks",
            domain="development",
            images={},
            default_image="ghcr.io/me/image:v1",
            endpoint=self.endpoint(**changes),
        )
        scope = Scope(settings)
        self.scopes.append(scope)
        return scope

    scopes: list[Scope] = []  # noqa: RUF012 - closed by the fixture


@pytest.fixture
def refuse() -> type[Refuse]:
    """The answer that is a status."""
    return Refuse


@pytest.fixture
def control_plane() -> Iterator[ControlPlane]:
    """A running control plane without TLS."""
    plane = ControlPlane()
    plane.scopes = []
    plane.start()
    yield plane
    for scope in plane.scopes:
        scope.close()
    plane.stop()


@pytest.fixture
def calls(control_plane) -> Iterator[Callable[..., Calls]]:
    """Makes Calls to the control plane, and closes them."""
    made: list[Calls] = []

    def make(**changes: Any) -> Calls:
        endpoint = changes.pop("endpoint", None) or control_plane.endpoint(**changes)
        made.append(Calls(endpoint))
        return made[-1]

    yield make
    for each in made:
        each.close()


@dataclass
class Blobs:
    """An HTTP server: keeps what is PUT, gives it by GET, answers POST by a function of path, headers and form."""

    content: dict[str, bytes] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    post: Callable[[str, dict[str, str], str], tuple[int, bytes]] | None = None
    posts: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    connections: set[tuple[str, int]] = field(default_factory=set)  # that something was PUT by
    url: str = ""


@contextmanager
def serving_blobs() -> Iterator[Blobs]:
    """Serve on a free port."""
    blobs = Blobs()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # which keeps connections

        def log_message(self, format, *args):  # noqa: A002 - the base class's name
            """Keep quiet."""

        def _send(self, status, body, kind="application/octet-stream", tag=""):
            self.send_response(status)
            if tag:  # as S3 does
                self.send_header("ETag", f'"{tag}"')
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_PUT(self):
            blobs.connections.add(self.client_address)
            blobs.content[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
            blobs.headers[self.path] = dict(self.headers)
            self._send(200, b"", tag=hashlib.md5(blobs.content[self.path]).hexdigest())

        def do_GET(self):
            if self.path not in blobs.content:
                self._send(404, b"nothing here")
                return
            self._send(200, blobs.content[self.path], blobs.types.get(self.path, "application/octet-stream"))

        def do_POST(self):
            form = self.rfile.read(int(self.headers["Content-Length"])).decode()
            blobs.posts.append((self.path, dict(self.headers), form))
            status, body = blobs.post(self.path, dict(self.headers), form)
            self._send(status, body, "application/json")

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    blobs.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield blobs
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def blobs() -> Iterator[Blobs]:
    """A running HTTP server."""
    with serving_blobs() as served:
        yield served


@pytest.fixture
def flyteadmin(control_plane) -> "Iterator[quirky_flyteadmin.QuirkyFlyteadmin]":
    """The running control plane with the habits of Flyte v1.16.8, and a store as strict as S3 behind it."""
    with quirky_flyteadmin.serving_store() as store:
        served = quirky_flyteadmin.QuirkyFlyteadmin(store, Refuse)
        control_plane.answers |= served.answers
        yield served


@dataclass
class Certificate:
    """A self-signed certificate on disk."""

    cert: Path
    key: Path

    def server_credentials(self) -> grpc.ServerCredentials:
        """What a gRPC server takes."""
        return grpc.ssl_server_credentials([(self.key.read_bytes(), self.cert.read_bytes())])


@pytest.fixture(scope="session")
def certificate(tmp_path_factory) -> Certificate:
    """A certificate for localhost and 127.0.0.1, made by openssl."""
    if not shutil.which("openssl"):
        pytest.skip("openssl isn't installed")
    folder = tmp_path_factory.mktemp("certificate")
    made = Certificate(folder / "cert.pem", folder / "key.pem")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=flyte.test"]
    command += ["-addext", "subjectAltName=DNS:flyte.test", "-keyout", str(made.key), "-out", str(made.cert)]
    subprocess.run(command, check=True, capture_output=True)
    assert ssl.create_default_context(cafile=str(made.cert))
    return made


@pytest.fixture
def python_command() -> Callable[[str], tuple[str, ...]]:
    """The command that runs Python code, for commands that print tokens."""
    return lambda code: (sys.executable, "-c", code)
