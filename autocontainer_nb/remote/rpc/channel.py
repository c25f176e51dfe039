"""The gRPC channel, and the diagnosis of an endpoint where it fails."""

import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import grpc

from autocontainer_nb.errors import ConfigError, UnavailableError
from autocontainer_nb.remote.config.endpoint import Address, Endpoint
from autocontainer_nb.wire import PACKAGE_NAME, PACKAGE_VERSION

_TIMEOUT_S: Final = 2.0
_UNLIMITED: Final = -1
Option = tuple[str, int | str]
OPTIONS: Final[tuple[Option, ...]] = (
    ("grpc.primary_user_agent", f"{PACKAGE_NAME}/{PACKAGE_VERSION}"),
    ("grpc.max_send_message_length", _UNLIMITED),  # the server has its own limit, and its own words for it
    ("grpc.max_receive_message_length", _UNLIMITED),
    # grpc-go closes connections that ping more often than every 5 minutes (keepalive.EnforcementPolicy.MinTime).
    ("grpc.keepalive_time_ms", 300_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    # A restarted sandbox is to be found at once: gRPC's own backoff begins at a second and grows to two minutes.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 5_000),  # in spite of its name: the time that one attempt to connect may take
    ("grpc.max_reconnect_backoff_ms", 1_000),
    ("grpc.use_local_subchannel_pool", 1),  # a new channel is a new connection: the old one may lead nowhere
    ("grpc.enable_retries", 0),  # retries are decided in `calls`, where the status is known
)


@dataclass(frozen=True)
class ServerCertificate:
    """The certificate that a server shows, and a name in it; `name` is empty where it has none."""

    pem: bytes
    name: str


def diagnose(address: Address, *, insecure: bool) -> str:
    """Return a sentence that says what is wrong with the connection and what to do; empty if it looks fine.

    Takes at most a few seconds. Sends no credentials.
    """
    peer = (address.host, address.port_for(insecure=insecure))
    try:
        with socket.create_connection(peer, _TIMEOUT_S):
            pass
    except socket.gaierror as error:
        return (
            f"The host name {address.host!r} can't be resolved ({error.strerror}): check its spelling and the network."
        )
    except TimeoutError:
        return (
            f"Nothing answers at port {peer[1]} of {address.host!r} within {_TIMEOUT_S:.0f} s: check the port, and "
            "whether a firewall or a VPN is in between."
        )
    except OSError as error:
        return (
            f"Nothing listens at port {peer[1]} of {address.host!r} ({error.strerror}): check the port, and "
            "that the control plane is running. Without an endpoint, the sandbox is used."
        )
    return _diagnose_plain(address, peer) if insecure else _diagnose_tls(address, peer)


def _diagnose_plain(address: Address, peer: tuple[str, int]) -> str:
    context = _unverifying_context()
    try:
        with (
            socket.create_connection(peer, _TIMEOUT_S) as plain,
            context.wrap_socket(plain, server_hostname=address.host),
        ):
            return "The server speaks TLS, but this connection is plain text: remove `insecure` (insecure: false)."
    except OSError:
        return ""


def _diagnose_tls(address: Address, peer: tuple[str, int]) -> str:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["h2"])
    try:
        with (
            socket.create_connection(peer, _TIMEOUT_S) as plain,
            context.wrap_socket(plain, server_hostname=address.host),
        ):
            return ""
    except ssl.SSLCertVerificationError as error:
        return (
            f"The server's certificate isn't trusted here ({error.verify_message}): set its authority with "
            "admin.caCertFilePath, or, in a network of your own, set admin.insecureSkipVerify: true."
        )
    except (ssl.SSLError, ConnectionError):
        # A plain HTTP/2 server answers a TLS hello with its own frames, or hangs up.
        return "The server doesn't speak TLS: connect in plain text with FlyteRemote(insecure=True) (insecure: true)."
    except OSError:
        return ""


def fetch_server_certificate(address: Address) -> ServerCertificate:
    """Return the certificate that the server shows, without verifying it.

    Raises:
        UnavailableError: the server can't be reached, or doesn't speak TLS.
    """
    peer = (address.host, address.port_for(insecure=False))
    try:
        pem = ssl.get_server_certificate(peer, timeout=_TIMEOUT_S)
    except OSError as error:
        raise UnavailableError(
            f"{address.text} shows no certificate ({error}), which insecureSkipVerify needs. "
            + diagnose(address, insecure=False),
            endpoint=address.text,
            status="UNAVAILABLE",
            details=str(error),
        ) from None
    return ServerCertificate(pem.encode(), _name_in(pem, address, peer))


def _name_in(pem: str, address: Address, peer: tuple[str, int]) -> str:
    """Python parses a certificate only when it trusts it: so trust exactly this one, and look."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(cadata=pem)
    try:
        with (
            socket.create_connection(peer, _TIMEOUT_S) as plain,
            context.wrap_socket(plain, server_hostname=address.host) as wrapped,
        ):
            found: Any = wrapped.getpeercert() or {}
    except OSError:
        return ""
    names = [name for kind, name in found.get("subjectAltName", ()) if kind == "DNS"]
    names += [value for part in found.get("subject", ()) for key, value in part if key == "commonName"]
    return next((str(name).replace("*", "any", 1) for name in names), "")


def _unverifying_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    return context


def open_channel(endpoint: Endpoint) -> grpc.Channel:
    """Return a channel; nothing is sent before the first call.

    Raises:
        ConfigError: the certificate file can't be read.
        UnavailableError: with insecure_skip_verify, the server's certificate can't be fetched.
    """
    options: list[Option] = list(OPTIONS)
    if endpoint.address.is_loopback:
        options.append(("grpc.enable_http_proxy", 0))  # a proxy can't reach this machine's loopback
    target = endpoint.address.target(insecure=endpoint.insecure)
    if endpoint.insecure:
        return grpc.insecure_channel(target, options)
    roots: bytes | None = None
    if endpoint.insecure_skip_verify:
        # gRPC can't skip the verification: the certificate that the server shows now is what is trusted then.
        certificate = fetch_server_certificate(endpoint.address)
        roots = certificate.pem
        if certificate.name:
            options.append(("grpc.ssl_target_name_override", certificate.name))
    elif endpoint.ca_cert_file:
        try:
            roots = Path(endpoint.ca_cert_file).expanduser().read_bytes()
        except OSError as error:
            raise ConfigError(
                f"admin.caCertFilePath {endpoint.ca_cert_file!r} can't be read: {error.strerror}."
            ) from None
    return grpc.secure_channel(target, grpc.ssl_channel_credentials(roots), options)
