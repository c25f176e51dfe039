"""The gRPC channel: plain text or TLS, with limits and keepalive that suit a notebook."""

from pathlib import Path
from typing import Final

import grpc

from autocontainer_nb.errors import ConfigError
from autocontainer_nb.remote.connection import Connection
from autocontainer_nb.remote.tls import fetch_server_certificate
from autocontainer_nb.wire import PACKAGE_NAME, PACKAGE_VERSION

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
    ("grpc.enable_retries", 0),  # retries are decided in `calls`, where the status is known
)


def open_channel(connection: Connection) -> grpc.Channel:
    """Return a channel; nothing is sent before the first call.

    Raises:
        ConfigError: the certificate file can't be read.
        UnavailableError: with insecure_skip_verify, the server's certificate can't be fetched.
    """
    options: list[Option] = list(OPTIONS)
    if connection.endpoint.is_loopback:
        options.append(("grpc.enable_http_proxy", 0))  # a proxy can't reach this machine's loopback
    target = connection.endpoint.target(insecure=connection.insecure)
    if connection.insecure:
        return grpc.insecure_channel(target, options)
    roots: bytes | None = None
    if connection.insecure_skip_verify:
        # gRPC can't skip the verification: the certificate that the server shows now is what is trusted then.
        certificate = fetch_server_certificate(connection.endpoint)
        roots = certificate.pem
        if certificate.name:
            options.append(("grpc.ssl_target_name_override", certificate.name))
    elif connection.ca_cert_file:
        try:
            roots = Path(connection.ca_cert_file).expanduser().read_bytes()
        except OSError as error:
            raise ConfigError(
                f"admin.caCertFilePath {connection.ca_cert_file!r} can't be read: {error.strerror}."
            ) from None
    return grpc.secure_channel(target, grpc.ssl_channel_credentials(roots), options)
