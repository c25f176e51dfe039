"""A private certificate authority holds on every kind of connection: gRPC, token endpoint, signed URLs, logs."""

import base64
import select
import socket
import socketserver
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest
import trustme
from flask import Flask, request
from flyteidl.admin import project_pb2
from flyteidl.service import dataproxy_pb2
from werkzeug.serving import make_server

from autocontainer_nb.errors import ConfigError, StorageError, UnavailableError
from autocontainer_nb.remote.auth.oauth import Provider
from autocontainer_nb.remote.config.endpoint import AuthSettings, Endpoint, parse_address
from autocontainer_nb.remote.config.network import Network
from autocontainer_nb.remote.connections import pool
from autocontainer_nb.remote.files import RemoteFiles
from autocontainer_nb.remote.logs.links import fetch_text
from autocontainer_nb.remote.rpc import methods

sys.path.insert(0, str(Path(__file__).parent))  # pytest's importlib mode adds nothing

import openid_provider
import people

REQUEST = project_pb2.ProjectGetRequest(id="x")
ROBOT = AuthSettings(mode="ClientSecret", client_id="robot", client_secret="s3cret/+")


@dataclass
class Authority:
    """A private authority on disk, and a certificate of it for this machine."""

    path: str
    ca: trustme.CA
    cert: trustme.LeafCert
    context: ssl.SSLContext = field(init=False)

    def __post_init__(self):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.cert.configure_cert(self.context)


def _authority(folder: Path, name: str, *names: str) -> Authority:
    ca = trustme.CA(organization_name=name)
    path = folder / f"{name}.pem"
    ca.cert_pem.write_to_path(path)
    return Authority(str(path), ca, ca.issue_cert(*names))


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    return _authority(tmp_path_factory.mktemp("authority"), "ours", "localhost", "127.0.0.1")


@pytest.fixture(scope="module")
def misnamed(tmp_path_factory) -> Authority:
    return _authority(tmp_path_factory.mktemp("misnamed"), "misnamed", "flyte.example.org")


@pytest.fixture
def cluster(control_plane, request, authority):
    """A control plane, an identity provider and a store, all behind certificates of one authority."""
    used = request.getfixturevalue(getattr(request, "param", "authority"))
    with ExitStack() as stack:
        provider = stack.enter_context(openid_provider.serving(used.context))
        people.registered(provider)
        store = stack.enter_context(_serving_store(used.context))
        people.guard(control_plane, provider)
        control_plane.answers |= {
            "CreateUploadLocation": lambda asked: dataproxy_pb2.CreateUploadLocationResponse(
                signed_url=f"{store}/{asked.filename}?signed", native_url=f"s3://bucket/{asked.filename}"
            ),
            "CreateDownloadLocation": lambda asked: dataproxy_pb2.CreateDownloadLocationResponse(
                signed_url=f"{store}/{asked.native_url.rpartition('/')[2]}?signed"
            ),
        }
        control_plane.stop()
        leaf = used.cert
        credentials = people.grpc_credentials(
            leaf.private_key_pem.bytes(), b"".join(p.bytes() for p in leaf.cert_chain_pems)
        )
        control_plane.start(credentials=credentials)
        yield SimpleNamespace(plane=control_plane, provider=provider, store=store, authority=used)


@contextmanager
def _serving_store(context: ssl.SSLContext) -> Iterator[str]:
    """Serve a store whose URLs take PUT and GET."""
    kept = {}
    app = Flask("store")

    @app.put("/<name>")
    def put(name):
        kept[name] = request.get_data()
        return ""

    @app.get("/<name>")
    def get(name):
        return (kept[name], {"Content-Type": "text/plain"}) if name in kept else ("", 404)

    server = make_server(
        "127.0.0.1", 0, app, threaded=True, ssl_context=context, request_handler=openid_provider._Quiet
    )
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def use_everything(cluster, calls, tmp_path, **trust) -> None:
    """Sign in, call, put and get a file, and read a log."""
    shared = calls(insecure=False, auth=ROBOT, **trust)
    assert shared.call(methods.GET_PROJECT, REQUEST).id == "x"
    files = RemoteFiles(shared, "p", "d", str(tmp_path / "scratch"))
    uri = files.put_bytes(b"line\n", "log.txt")
    assert files.get_bytes(uri) == b"line\n"
    assert fetch_text(f"{cluster.store}/log.txt", network=shared.endpoint.network) == "line\n"


def test_a_private_authority_is_trusted_everywhere(cluster, calls, tmp_path):
    """One setting, admin.caCertFilePath, is all that is needed for gRPC, the token endpoint, signed URLs and logs."""
    use_everything(cluster, calls, tmp_path, ca_cert_file=cluster.authority.path)


@pytest.fixture(scope="module")
def readdressed(tmp_path_factory) -> Authority:
    return _authority(tmp_path_factory.mktemp("readdressed"), "readdressed", "192.0.2.7")


@pytest.mark.parametrize("cluster", ["authority", "misnamed", "readdressed"], indirect=True)
def test_skipping_the_verification_holds_everywhere(cluster, calls, tmp_path):
    """insecureSkipVerify, also where the name is another one: no warning either (they are errors in this suite)."""
    use_everything(cluster, calls, tmp_path, insecure_skip_verify=True)


def test_the_environments_authority_holds_everywhere(cluster, calls, tmp_path, monkeypatch):
    """SSL_CERT_FILE, which gRPC doesn't read by itself."""
    monkeypatch.setenv("SSL_CERT_FILE", cluster.authority.path)
    pool.cache_clear()
    use_everything(cluster, calls, tmp_path)
    pool.cache_clear()


def test_each_connection_says_that_it_trusts_nobody(cluster, calls, tmp_path):
    """Without any setting: gRPC, token endpoint and signed URLs name the setting that helps."""
    with pytest.raises(UnavailableError, match=r"certificate isn't trusted here.*admin\.caCertFilePath"):
        calls(insecure=False, auth=ROBOT).call(methods.GET_PROJECT, REQUEST)
    with pytest.raises(UnavailableError, match=r"Can't sign in at .*/token.*isn't trusted here.*admin\.caCertFilePath"):
        Provider().post(f"{cluster.provider.url}/token", {"a": "b"})
    assert fetch_text(f"{cluster.store}/log.txt") is None


def test_another_authority_is_told_as_the_wrong_file(cluster, calls, misnamed):
    """The file was named already, so the message doesn't say to name one: it says that it is another's."""
    words = rf"isn't signed by an authority in admin\.caCertFilePath '{misnamed.path}'"
    with pytest.raises(UnavailableError, match=words):
        calls(insecure=False, ca_cert_file=misnamed.path).call(methods.GET_PROJECT, REQUEST)
    with pytest.raises(UnavailableError, match=words):
        Provider(network=Network(ca_cert_file=misnamed.path)).post(f"{cluster.provider.url}/token", {"a": "b"})


@pytest.mark.parametrize("cluster", ["misnamed"], indirect=True)
def test_another_name_is_told_as_the_name(cluster, calls):
    """The authority is right, and the certificate is for another host."""
    trusted = cluster.authority.path
    with pytest.raises(UnavailableError, match=r"certificate isn't for '127\.0\.0\.1'"):
        calls(insecure=False, ca_cert_file=trusted).call(methods.GET_PROJECT, REQUEST)
    with pytest.raises(UnavailableError, match=r"certificate isn't for '127\.0\.0\.1'"):
        Provider(network=Network(ca_cert_file=trusted)).post(f"{cluster.provider.url}/token", {"a": "b"})


@contextmanager
def serving_proxy() -> Iterator[SimpleNamespace]:
    """A proxy that makes tunnels for those who know the password; every name leads to this machine."""
    seen = SimpleNamespace(url="", hosts=[], refused=0)
    wanted = "Basic " + base64.b64encode(b"me:pass word").decode()

    class Tunnel(socketserver.StreamRequestHandler):
        def handle(self):
            method, target, _ = self.rfile.readline().decode().split()
            headers = dict(line.split(": ", 1) for line in iter(lambda: self.rfile.readline().decode().strip(), ""))
            if method != "CONNECT" or {k.lower(): v for k, v in headers.items()}.get("proxy-authorization") != wanted:
                seen.refused += 1
                self.wfile.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                return
            seen.hosts.append(target)
            with socket.create_connection(("127.0.0.1", int(target.rpartition(":")[2]))) as there:
                self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
                ends = {self.connection: there, there: self.connection}
                while True:
                    for end in select.select(list(ends), [], [])[0]:
                        data = end.recv(65536)
                        if not data:
                            return
                        ends[end].sendall(data)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Tunnel) as server:
        server.daemon_threads = True
        seen.url = f"http://me:pass%20word@127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield seen
        finally:
            pool.cache_clear()
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("cluster", ["misnamed"], indirect=True)
@pytest.mark.parametrize("is_skipped", [False, True], ids=["verified", "unverified"])
def test_the_configured_proxy_is_used_everywhere(cluster, calls, tmp_path, monkeypatch, is_skipped):
    """One setting, admin.httpProxyURL, leads gRPC, token endpoint, signed URLs and logs to names that only it knows."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "grpc_proxy", "no_grpc_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)

    def elsewhere(url):
        return url.replace("127.0.0.1", "flyte.example.org")

    cluster.store, cluster.provider.url = elsewhere(cluster.store), elsewhere(cluster.provider.url)
    people.guard(cluster.plane, cluster.provider)
    for name in ("CreateUploadLocation", "CreateDownloadLocation"):
        signed = cluster.plane.answers[name]

        def moved(asked, signed=signed):
            answer = signed(asked)
            answer.signed_url = elsewhere(answer.signed_url)
            return answer

        cluster.plane.answers[name] = moved
    trust = {"insecure_skip_verify": True} if is_skipped else {"ca_cert_file": cluster.authority.path}
    with serving_proxy() as proxy:
        address = parse_address(f"flyte.example.org:{cluster.plane.port}")
        use_everything(cluster, calls, tmp_path, address=address, http_proxy=proxy.url, **trust)
    ports = {cluster.plane.port, *(int(url.rpartition(":")[2]) for url in (cluster.store, cluster.provider.url))}
    assert {f"flyte.example.org:{port}" for port in ports} <= set(proxy.hosts)
    assert not proxy.refused


def test_a_proxy_that_refuses_is_told_without_its_password(calls, monkeypatch):
    """A wrong password for the proxy isn't one for the control plane."""
    with serving_proxy() as proxy:
        endpoint = Endpoint(
            address=parse_address("flyte.example.org:443"), http_proxy=proxy.url.replace("pass%20word", "hunter2")
        )
        with pytest.raises(UnavailableError, match=r"The proxy 127\.0\.0\.1 doesn't lead there.*407") as caught:
            calls(endpoint=endpoint).call(methods.GET_PROJECT, REQUEST, patience_s=0.3)
    assert "hunter2" not in str(caught.value)


def test_a_file_without_a_certificate_is_told(cluster, calls, tmp_path):
    """A key, or a text, instead of a certificate."""
    (tmp_path / "no.pem").write_text("hello")
    with pytest.raises(ConfigError, match=r"admin\.caCertFilePath .*no\.pem.*no certificate in PEM form"):
        calls(insecure=False, ca_cert_file=str(tmp_path / "no.pem")).call(methods.GET_PROJECT, REQUEST)


def test_a_store_of_another_authority_is_told(cluster, calls, tmp_path, misnamed):
    """A signed URL whose server isn't trusted: the reason is in the message."""
    shared = calls(insecure=False, auth=ROBOT, ca_cert_file=cluster.authority.path)
    with _serving_store(misnamed.context) as elsewhere:
        cluster.plane.answers["CreateUploadLocation"] = dataproxy_pb2.CreateUploadLocationResponse(
            signed_url=f"{elsewhere}/x", native_url="s3://bucket/x"
        )
        with pytest.raises(StorageError, match="certificate verify failed"):
            RemoteFiles(shared, "p", "d", str(tmp_path)).put_bytes(b"x", "x")
