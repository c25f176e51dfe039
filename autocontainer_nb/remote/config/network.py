"""How connections leave this machine: which certificates are trusted, and through which proxy.

One control plane's settings hold for everything that it leads to: its gRPC, the identity provider's token endpoint, the
signed URLs of its store, the links of its logs.
"""

import ipaddress
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Network:
    """Certificates and proxy of one control plane; the default is what this machine does anyway.

    `ca_cert_file` is trusted beside this machine's authorities (by gRPC instead of them, as flytectl does it);
    `skip_verify` verifies no certificate at all. `proxy` goes ahead of the environment's.
    """

    ca_cert_file: str = ""
    skip_verify: bool = False
    proxy: str = field(default="", repr=False)  # may hold a password


THIS_MACHINES = Network()


def is_loopback(host: str) -> bool:
    """Return whether the host is this machine itself; a name that only begins like its address isn't."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
