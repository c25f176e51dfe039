"""What is wrong with an endpoint: a look at it by sockets and TLS, by the network that its channel would take."""

import socket
import ssl
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from autocontainer_nb.errors import UnavailableError
from autocontainer_nb.remote.certificates import certificate_trouble
from autocontainer_nb.remote.config.endpoint import Endpoint
from autocontainer_nb.remote.connections import basic_proxy_header, proxy_for

_TIMEOUT_S: Final = 2.0


@dataclass(frozen=True)
class ServerCertificate:
    """The certificate that a server shows, and a name in it; `name` is empty where it has none."""

    pem: bytes
    name: str


def proxy_of(endpoint: Endpoint) -> str:
    """Return the proxy that gRPC goes through; empty for a direct connection. It makes a tunnel, whatever is in it."""
    return proxy_for(f"https://{endpoint.address.text}", endpoint.network.proxy)


def diagnose(endpoint: Endpoint) -> str:
    """Return a sentence that says what is wrong with the connection and what to do; empty if it looks fine.

    Takes at most a few seconds. Sends no credentials, but for those of the proxy to the proxy.
    """
    address, port = endpoint.address, endpoint.address.port_for(insecure=endpoint.insecure)
    way = proxy_of(endpoint)
    try:
        with _connected(endpoint):
            pass
    except socket.gaierror as error:
        host = urlsplit(way).hostname if way else address.host
        return f"The host name {host!r} can't be resolved ({error.strerror}): check its spelling and the network."
    except TimeoutError:
        return (
            f"Nothing answers at port {port} of {address.host!r} within {_TIMEOUT_S:.0f} s: check the port, and "
            "whether a firewall or a VPN is in between."
        )
    except OSError as error:
        if way:
            return (
                f"The proxy {urlsplit(way).hostname} doesn't lead there ({error.strerror or error}): check "
                "admin.httpProxyURL and HTTPS_PROXY, or name the host in NO_PROXY if it needs no proxy."
            )
        return (
            f"Nothing listens at port {port} of {address.host!r} ({error.strerror}): check the port, and "
            "that the control plane is running. Without an endpoint, the sandbox is used."
        )
    return _diagnose_plain(endpoint) if endpoint.insecure else _diagnose_tls(endpoint)


def _connected(endpoint: Endpoint) -> socket.socket:
    host, port = endpoint.address.host, endpoint.address.port_for(insecure=endpoint.insecure)
    way = proxy_of(endpoint)
    if not way:
        return socket.create_connection((host, port), _TIMEOUT_S)
    parts = urlsplit(way)
    tunnel = HTTPConnection(parts.hostname or "", parts.port or 80, timeout=_TIMEOUT_S)
    user = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else ""
    tunnel.set_tunnel(host, port, basic_proxy_header(user))
    tunnel.connect()
    found: socket.socket = tunnel.sock
    return found


def _diagnose_plain(endpoint: Endpoint) -> str:
    context = _unverifying_context()
    try:
        with (
            _connected(endpoint) as plain,
            context.wrap_socket(plain, server_hostname=endpoint.address.host),
        ):
            return "The server speaks TLS, but this connection is plain text: remove `insecure` (insecure: false)."
    except OSError:
        return ""


def _diagnose_tls(endpoint: Endpoint) -> str:
    try:
        context = _verifying_context(endpoint)
        with (
            _connected(endpoint) as plain,
            context.wrap_socket(plain, server_hostname=endpoint.address.host),
        ):
            return ""
    except ssl.SSLCertVerificationError as error:
        if endpoint.insecure_skip_verify:
            return (
                f"The server's certificate isn't usable even if it is trusted ({error.verify_message}), and gRPC can't "
                "skip that, in spite of admin.insecureSkipVerify: it has to be renewed there."
            )
        said = certificate_trouble(error, endpoint.address.host, endpoint.network)
        return said[:1].upper() + said[1:]
    except (ssl.SSLError, ConnectionError):
        # A plain HTTP/2 server answers a TLS hello with its own frames, or hangs up.
        return (
            "The server doesn't speak TLS: connect in plain text with FlyteRemote(insecure=True), --insecure of the "
            "commands and of %flyte connect, or insecure: true below admin in the file."
        )
    except OSError:
        return ""


def _verifying_context(endpoint: Endpoint) -> ssl.SSLContext:
    """What gRPC would verify by."""
    if endpoint.insecure_skip_verify:
        return _trusting_context(fetch_server_certificate(endpoint).pem.decode())
    path = str(Path(endpoint.ca_cert_file).expanduser()) if endpoint.ca_cert_file else None
    context = ssl.create_default_context(cafile=path)
    context.set_alpn_protocols(["h2"])
    return context


def fetch_server_certificate(endpoint: Endpoint) -> ServerCertificate:
    """Return the certificate that the server shows, without verifying it.

    Raises:
        UnavailableError: the server can't be reached, or doesn't speak TLS.
    """
    try:
        with (
            _connected(endpoint) as plain,
            _unverifying_context().wrap_socket(plain, server_hostname=endpoint.address.host) as wrapped,
        ):
            pem = ssl.DER_cert_to_PEM_cert(wrapped.getpeercert(binary_form=True) or b"")
    except OSError as error:
        where = endpoint.address.text
        raise UnavailableError(
            f"{where} shows no certificate ({error}), which insecureSkipVerify needs. "
            + diagnose(replace(endpoint, insecure_skip_verify=False)),
            endpoint=where,
            status="UNAVAILABLE",
            details=str(error),
        ) from None
    return ServerCertificate(pem.encode(), _name_in(pem, endpoint))


def _name_in(pem: str, endpoint: Endpoint) -> str:
    """Python parses a certificate only when it trusts it: so trust exactly this one, and look."""
    try:
        with (
            _connected(endpoint) as plain,
            _trusting_context(pem).wrap_socket(plain, server_hostname=endpoint.address.host) as wrapped,
        ):
            found: Any = wrapped.getpeercert() or {}
    except OSError:
        return ""
    names = [name for kind, name in found.get("subjectAltName", ()) if kind == "DNS"]
    names += [name for kind, name in found.get("subjectAltName", ()) if kind == "IP Address"]
    names += [value for part in found.get("subject", ()) for key, value in part if key == "commonName"]
    return next((str(name).replace("*", "any", 1) for name in names), "")


def _trusting_context(pem: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(cadata=pem)
    context.set_alpn_protocols(["h2"])
    return context


def _unverifying_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    return context
