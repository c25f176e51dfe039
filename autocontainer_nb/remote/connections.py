"""Pooled HTTP connections: through which proxy they go, and which certificates they trust."""

import base64
import os
import ssl
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from autocontainer_nb.errors import ConfigError
from autocontainer_nb.remote.config.network import is_loopback

if TYPE_CHECKING:  # loaded with the first request
    import urllib3


@lru_cache(maxsize=8)
def pool(proxy: str, ca_cert_file: str, skip_verify: bool, *, is_tls: bool) -> "urllib3.PoolManager":
    """Return the pool of connections through this proxy, or of direct ones. It can be shared by threads."""
    import urllib3

    options: dict[str, Any] = {
        "maxsize": 8,  # as many as there are uploads at once
    }
    if is_tls:
        # It takes milliseconds, which plain HTTP saves.
        options["ssl_context"] = tls_context(ca_cert_file, skip_verify=skip_verify)
    if not proxy:
        made = urllib3.PoolManager(**options)
    else:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        user = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else ""
        address = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        made = urllib3.ProxyManager(address, proxy_headers=basic_proxy_header(user) or None, **options)
    if skip_verify:
        made.pool_classes_by_scheme = {**made.pool_classes_by_scheme, "https": _unverified_pool()}
    return made


os.register_at_fork(after_in_child=pool.cache_clear)  # two processes can't share a connection


def basic_proxy_header(user: str) -> dict[str, str]:
    """Return the header for a proxy that wants `user`, a name and a password with a colon between; none if empty."""
    if not user:
        return {}
    return {"proxy-authorization": "Basic " + base64.b64encode(user.encode()).decode()}


def _unverified_pool() -> "type[urllib3.HTTPSConnectionPool]":
    """Return the pool of connections that verify no certificate, without urllib3's warning at each of them."""
    from urllib3 import HTTPSConnectionPool
    from urllib3.connection import HTTPSConnection

    class Unverified(HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            self.is_verified = True  # as configured: what the warning asks for has been decided

    class UnverifiedPool(HTTPSConnectionPool):
        ConnectionCls = Unverified

    return UnverifiedPool


def tls_context(ca_cert_file: str = "", *, skip_verify: bool = False) -> ssl.SSLContext:
    """Return the TLS settings of an HTTPS request of the client.

    Raises:
        ConfigError: the certificate file can't be read, or has no certificate.
    """
    context = ssl.create_default_context()
    if ca_cert_file:
        path = str(Path(ca_cert_file).expanduser())
        try:
            context.load_verify_locations(path)
        except OSError as error:  # ssl's own errors are such, too
            reason = "it has no certificate in PEM form" if isinstance(error, ssl.SSLError) else error.strerror
            raise ConfigError(f"admin.caCertFilePath {ca_cert_file!r} can't be used: {reason}.") from None
    if skip_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def proxy_for(url: str, configured: str) -> str:
    """Return the proxy for the URL: the configured one, else the environment's; empty for a direct connection."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if is_loopback(host):
        return ""
    if proxy_bypass(parts.netloc.rpartition("@")[2]):
        return ""
    if configured:
        return configured
    known = getproxies()
    return known.get(parts.scheme) or known.get("all") or ""
