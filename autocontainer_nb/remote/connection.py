"""How the control plane is reached. Declares the slot `control_plane`, by which the sandbox is found or started.

The slot holds a callable `(home: str | None) -> address`; the address has `endpoint` ("127.0.0.1:PORT"), `token`,
`insecure` and `default_image`. The callable starts what isn't running; called again after the sandbox died, it starts
it again, maybe at another port with another token: `Connection.renewed` asks for that.
"""

from dataclasses import dataclass, field
from typing import Final, Protocol

from autocontainer_nb.remote.endpoint import Endpoint, parse_endpoint
from autocontainer_nb.slots import filled

CONTROL_PLANE_SLOT: Final = "control_plane"
SANDBOX_NAME: Final = "sandbox"  # as an endpoint: the sandbox, whatever the environment and the files say


class ControlPlaneAddress(Protocol):
    """What fills the slot answers with."""

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
    """How this client proves who it is. Nothing secret is part of its repr."""

    mode: str = ""  # as in the configuration file: ClientSecret, ExternalCommand, DeviceFlow, Pkce
    token: str = field(default="", repr=False)
    command: tuple[str, ...] = field(default=(), repr=False)  # arguments may hold secrets
    proxy_command: tuple[str, ...] = field(default=(), repr=False)
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    client_secret_file: str = ""
    scopes: tuple[str, ...] = ()
    audience: str = ""
    http_proxy: str = field(default="", repr=False)  # may hold a password


@dataclass(frozen=True, kw_only=True)
class Connection:
    """Everything that opening a channel needs."""

    endpoint: Endpoint
    insecure: bool = False
    insecure_skip_verify: bool = False
    ca_cert_file: str = ""
    auth: AuthSettings = field(default_factory=AuthSettings)
    is_sandbox: bool = False
    home: str | None = None  # of the sandbox
    default_image: str = ""  # of the sandbox

    def renewed(self) -> "Connection | None":
        """Return the connection to the sandbox as it is now, started again if need be; None for any other server."""
        return sandbox_connection(self.home, token=None) if self.is_sandbox else None


def sandbox_connection(home: str | None, *, token: str | None) -> Connection:
    """Return the connection to the sandbox of `home`, started if it isn't running."""
    address: ControlPlaneAddress = filled(CONTROL_PLANE_SLOT)(home)
    return Connection(
        endpoint=parse_endpoint(address.endpoint),
        insecure=address.insecure,
        auth=AuthSettings(token=token or address.token),
        is_sandbox=True,
        home=home,
        default_image=address.default_image,
    )
