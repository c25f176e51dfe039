"""The control plane's address in the forms that people write, taken apart."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from autocontainer_nb.errors import ConfigError

_FORMS = "'host', 'host:port', 'dns:///host:port' or 'http(s)://host:port'"
_IPV6_COLONS = 2  # at least; `host:port` has one
_LOOPBACK = ("localhost", "127.", "::1")


@dataclass(frozen=True)
class Endpoint:
    """A host and a port; `insecure` is what the form itself says about TLS, None where it says nothing."""

    host: str
    port: int | None = None
    insecure: bool | None = None

    @property
    def address(self) -> str:
        """The form for people: `host:port`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}" if self.port else host

    @property
    def is_loopback(self) -> bool:
        """Whether this machine itself is meant."""
        return self.host.startswith(_LOOPBACK)

    def port_for(self, *, insecure: bool) -> int:
        """Return the port, or the protocol's own where none was written."""
        return self.port or (80 if insecure else 443)

    def target(self, *, insecure: bool) -> str:
        """Return the form for gRPC."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"dns:///{host}:{self.port_for(insecure=insecure)}"


def parse_endpoint(text: str) -> Endpoint:
    """Return the address that `text` writes.

    Raises:
        ConfigError: the text isn't one of the known forms.
    """
    rest, insecure = text.strip(), None
    for prefix, says in (("dns:///", None), ("https://", False), ("http://", True)):
        if rest.lower().startswith(prefix):
            rest, insecure = rest[len(prefix) :], says
            break
    rest = rest.removesuffix("/")
    try:
        parts = urlsplit(f"//{rest}" if rest.count(":") < _IPV6_COLONS or "[" in rest else f"//[{rest}]")
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ConfigError(f"Endpoint {text!r} can't be read ({error}): expected {_FORMS}.") from error
    if parts.username or parts.password:
        raise ConfigError("The endpoint carries a user name or password: take it out, and configure admin.authType.")
    if (
        not host
        or rest.endswith(":")
        or parts.path
        or parts.query
        or "://" in rest
        or any(sign.isspace() for sign in host)
    ):
        raise ConfigError(f"Endpoint {text!r} isn't an address: expected {_FORMS}, without a path.")
    return Endpoint(host, port, insecure)
