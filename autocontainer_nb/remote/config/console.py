"""Where Flyte's console is, for links to it."""

from typing import Final

from autocontainer_nb.remote.config.endpoint import Address, Endpoint

_HTTP_PORTS: Final = {8089: 8088}  # of flyteadmin itself: `server.grpc.port` ► `server.httpPort`


def console_site(configured: str, endpoint: Endpoint) -> str:
    """Return the beginning of its pages' addresses, such as `https://flyte.example.org`.

    That is `console.endpoint` as it is `configured`, else the control plane's own host: most clusters have one for
    both. A flyteadmin without a proxy in front of it has two ports.
    """
    site = configured.strip().rstrip("/").removesuffix("/console")
    if "://" in site:
        return site
    scheme = "http" if endpoint.insecure else "https"
    if site:
        return f"{scheme}://{site}"
    host, port = endpoint.address.host, endpoint.address.port
    port = _HTTP_PORTS.get(port or 0, port)
    is_usual = port == Address(host).port_for(insecure=endpoint.insecure)
    return f"{scheme}://{Address(host, None if is_usual else port).text}"
