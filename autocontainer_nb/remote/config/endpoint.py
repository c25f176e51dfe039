"""An address taken apart, and what is needed to reach it.

The slot holds a callable `(home: str | None) -> answer`; the answer has `endpoint` ("127.0.0.1:PORT"), `token`,
`insecure` and `default_image`. The callable starts what isn't running; called again after the sandbox died, it starts
it again, maybe at another port with another token: `Endpoint.renewed` asks for that.
"""

from dataclasses import dataclass, field
from typing import Final, Protocol
from urllib.parse import urlsplit

from autocontainer_nb.errors import ConfigError
from autocontainer_nb.remote.config.hidden import Hidden
from autocontainer_nb.remote.config.network import Network, is_loopback
from autocontainer_nb.slots import filled

_FORMS = "'host', 'host:port', 'dns:///host:port' or 'http(s)://host:port'"
_IPV6_COLONS = 2  # at least; `host:port` has one
CONTROL_PLANE_SLOT: Final = "control_plane"
SANDBOX_NAME: Final = "sandbox"  # as an endpoint: the sandbox, whatever the environment and the files say


@dataclass(frozen=True)
class Address:
    """A host and a port; `insecure` is what the form itself says about TLS, None where it says nothing."""

    host: str
    port: int | None = None
    insecure: bool | None = None

    @property
    def text(self) -> str:
        """The form for people: `host:port`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}" if self.port else host

    @property
    def is_loopback(self) -> bool:
        """Whether this machine itself is meant."""
        return is_loopback(self.host)

    def port_for(self, *, insecure: bool) -> int:
        """Return the port, or the protocol's own where none was written."""
        return self.port or (80 if insecure else 443)

    def target(self, *, insecure: bool) -> str:
        """Return the form for gRPC."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"dns:///{host}:{self.port_for(insecure=insecure)}"


def parse_address(text: str) -> Address:
    """Return the address in `text`.

    Raises:
        ConfigError: the text has none of the known forms.
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
        raise ConfigError(f"Invalid endpoint {text!r} ({error}): expected {_FORMS}.") from error
    if parts.username or parts.password:
        raise ConfigError(
            "The endpoint contains a user name or password. Remove it, and configure admin.authType instead."
        )
    if (
        not host
        or rest.endswith(":")
        or parts.path
        or parts.query
        or parts.fragment
        or "://" in rest
        or any(sign.isspace() for sign in host)
    ):
        raise ConfigError(f"Invalid endpoint {text!r}: expected {_FORMS}, without a path.")
    return Address(host, port, insecure)


class ControlPlaneAddress(Protocol):
    """The answer of the function in the slot."""

    @property
    def endpoint(self) -> str:
        """`host:port` of the gRPC services."""

    @property
    def token(self) -> str:
        """The bearer token for all calls."""

    @property
    def insecure(self) -> bool:
        """Whether it speaks without TLS."""

    @property
    def default_image(self) -> str:
        """The image of tasks that name none."""


@dataclass(frozen=True, kw_only=True)
class AuthSettings:
    """The credentials of this client, and how to get them. Its repr contains no secret."""

    mode: str = ""  # as in the configuration file: Pkce, DeviceFlow, ClientSecret, ExternalCommand
    token: str = field(default="", repr=False)
    command: tuple[str, ...] = field(default=(), repr=False)  # arguments may be secret
    proxy_command: tuple[str, ...] = field(default=(), repr=False)
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    client_secret_file: str = ""
    secret_origin: str = ""  # where the secret comes from, for messages
    scopes: tuple[str, ...] = ()
    audience: str = ""
    token_url: str = ""  # instead of the one that the control plane names
    unused: str = field(default="", compare=False)  # a sentence: credentials that belong to another endpoint
    header_key: str = ""  # of the metadata with the token, instead of the one that the control plane names


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """An address and what is needed to reach it: all that opening a channel takes."""

    address: Address
    insecure: bool = False
    insecure_said: bool = False  # by more than an address that begins with http://
    http_proxy: str = field(default="", repr=False)  # may hold a password
    insecure_skip_verify: bool = False
    ca_cert_file: str = ""
    auth: AuthSettings = field(default_factory=AuthSettings)
    is_sandbox: bool = False
    home: str | None = None  # of the sandbox
    default_image: str = ""  # of the sandbox

    @property
    def network(self) -> Network:
        """Certificates and proxy of all connections that this control plane leads to."""
        return Network(ca_cert_file=self.ca_cert_file, skip_verify=self.insecure_skip_verify, proxy=self.http_proxy)

    def require_private(self) -> None:
        """Make sure that no credentials go over the network in clear text, unless somebody has said that they may.

        Raises:
            ConfigError: they would.
        """
        if self.insecure and not self.insecure_said and not self.address.is_loopback:
            raise ConfigError(
                f"http://{self.address.text} would send the credentials over the network in clear text. Use https://, "
                "or, in a network that you trust, say so: FlyteRemote(insecure=True) or admin.insecure: true."
            )

    def renewed(self) -> "Endpoint | None":
        """Return the endpoint of the sandbox as it is now, started again if need be; None for any other server."""
        return sandbox_endpoint(self.home, token=None) if self.is_sandbox else None


def sandbox_endpoint(home: str | None, *, token: str | None) -> Endpoint:
    """Return the endpoint of the sandbox of `home`, started if it isn't running."""
    found: ControlPlaneAddress = filled(CONTROL_PLANE_SLOT)(home)
    return Endpoint(
        address=parse_address(found.endpoint),
        insecure=found.insecure,
        auth=AuthSettings(token=Hidden(token or found.token)),
        is_sandbox=True,
        home=home,
        default_image=found.default_image,
    )
