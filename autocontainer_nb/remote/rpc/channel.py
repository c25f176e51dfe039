"""The gRPC channel: its options, whom it trusts, and the proxy that it goes through."""

from pathlib import Path
from typing import Final

import grpc

from autocontainer_nb.remote import environment
from autocontainer_nb.remote.config.endpoint import Endpoint
from autocontainer_nb.remote.connections import tls_context
from autocontainer_nb.remote.rpc.diagnosis import fetch_server_certificate, proxy_of
from autocontainer_nb.wire import PACKAGE_NAME, PACKAGE_VERSION

_UNLIMITED: Final = -1
Option = tuple[str, int | str]
OPTIONS: Final[tuple[Option, ...]] = (
    ("grpc.primary_user_agent", f"{PACKAGE_NAME}/{PACKAGE_VERSION}"),
    ("grpc.max_send_message_length", _UNLIMITED),  # the server has its own limit, and its own words for it
    ("grpc.max_receive_message_length", _UNLIMITED),
    # Words beyond 8 KiB, such as how a workflow differs from the registered one, would be lost: they are metadata.
    ("grpc.max_metadata_size", 1 << 20),
    ("grpc.absolute_max_metadata_size", 1 << 20),
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


def open_channel(endpoint: Endpoint) -> grpc.Channel:
    """Return a channel; nothing is sent before the first call.

    Raises:
        ConfigError: the certificate file can't be read, or has no certificate.
        UnavailableError: with insecure_skip_verify, the server's certificate can't be fetched.
    """
    options: list[Option] = list(OPTIONS)
    if endpoint.address.is_loopback:
        options.append(("grpc.enable_http_proxy", 0))  # a proxy can't reach this machine's loopback
    elif endpoint.http_proxy and (way := proxy_of(endpoint)):
        options.append(("grpc.http_proxy", way if "://" in way else f"http://{way}"))  # else gRPC reads the environment
    target = endpoint.address.target(insecure=endpoint.insecure)
    if endpoint.insecure:
        return grpc.insecure_channel(target, options)
    roots: bytes | None = None
    if endpoint.insecure_skip_verify:
        # gRPC can't skip the verification: the certificate that the server shows now is what is trusted then.
        certificate = fetch_server_certificate(endpoint)
        roots = certificate.pem
        if certificate.name:
            options.append(("grpc.ssl_target_name_override", certificate.name))
    else:
        roots = _roots(endpoint)
    return grpc.secure_channel(target, grpc.ssl_channel_credentials(roots), options)


def _roots(endpoint: Endpoint) -> bytes | None:
    """Return the authorities to trust; None for gRPC's own, which are neither the system's nor Python's.

    SSL_CERT_FILE counts as it does for Python's connections: one variable for all four kinds of them.
    """
    if endpoint.ca_cert_file:
        tls_context(endpoint.ca_cert_file)  # gRPC's own words for an unusable file are those of a broken connection
        return Path(endpoint.ca_cert_file).expanduser().read_bytes()
    named = environment.variables().get("SSL_CERT_FILE", "")
    return Path(named).read_bytes() if named and Path(named).is_file() else None
