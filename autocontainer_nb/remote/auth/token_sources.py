"""The sources of tokens: command, client secret, device.

A token is requested when the server refuses a call without a valid one, once per call. So a configuration with
credentials also works with a server without authentication, and an expired token is replaced automatically.
"""

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from autocontainer_nb.errors import ConfigError
from autocontainer_nb.remote.auth.device import device_grant, refreshed_grant
from autocontainer_nb.remote.auth.oauth import AuthServer, Grant, basic_header, grant_of, post_form
from autocontainer_nb.remote.config.endpoint import AuthSettings

if TYPE_CHECKING:
    from collections.abc import Callable

SUPPORTED_MODES: Final = "ClientSecret, DeviceFlow, ExternalCommand"
_COMMAND_TIMEOUT_S = 60.0
_MODES: Final = {  # flytectl's names and flytekit's older ones
    "clientsecret": "ClientSecret",
    "client_credentials": "ClientSecret",
    "basic": "ClientSecret",
    "externalcommand": "ExternalCommand",
    "external_process": "ExternalCommand",
    "deviceflow": "DeviceFlow",
    "pkce": "Pkce",
    "standard": "Pkce",
    "": "",
}


class TokenSource(Protocol):
    """A source of tokens, for when the server requires one."""

    def fetch(self, server: AuthServer) -> Grant:
        """Return a new token."""


def token_source(settings: AuthSettings) -> TokenSource | None:
    """Return the source of tokens for `settings.mode`; None if nothing is configured."""
    mode = settings.mode.replace("-", "_").lower()
    if mode not in _MODES:
        raise ConfigError(f"Unknown admin.authType {settings.mode!r}: expected one of {SUPPORTED_MODES}.")
    known = _MODES[mode]
    if not known and (settings.client_secret or settings.client_secret_file):
        known = "ClientSecret"
    if not known and settings.command:
        known = "ExternalCommand"
    if not known:
        return None
    sources: dict[str, Callable[[AuthSettings], TokenSource]] = {
        "ClientSecret": ClientSecret,
        "ExternalCommand": Command,
        "DeviceFlow": Device,
        "Pkce": Unsupported,
    }
    return sources[known](settings)


class Command:
    """A command of the user that prints a token."""

    def __init__(self, settings: AuthSettings) -> None:
        self._command = settings.command
        if not self._command:
            raise ConfigError(
                "admin.authType ExternalCommand needs admin.command, a list that starts with the program."
            )

    def fetch(self, server: AuthServer) -> Grant:
        """Run the command, without a request to the server."""
        del server
        return Grant(run_command(self._command, "admin.command"))


class ClientSecret:
    """Client credentials: an id and a secret, exchanged for a token at the identity provider."""

    def __init__(self, settings: AuthSettings) -> None:
        self._settings = settings
        if not settings.client_id:
            raise ConfigError("admin.authType ClientSecret needs admin.clientId (or FLYTE_CREDENTIALS_CLIENT_ID).")
        if not settings.client_secret and not settings.client_secret_file:
            raise ConfigError(
                "admin.authType ClientSecret needs the secret: admin.clientSecretLocation (a file), "
                "admin.clientSecretEnvVar (a variable's name) or the variable FLYTE_CREDENTIALS_CLIENT_SECRET."
            )

    def fetch(self, server: AuthServer) -> Grant:
        """Ask the token endpoint of the control plane."""
        url = token_endpoint(server)
        form = {"grant_type": "client_credentials", "scope": " ".join(self._settings.scopes or server.scopes)}
        if audience := self._settings.audience or server.audience:
            form["audience"] = audience
        header = basic_header(self._settings.client_id, self._secret())
        form = {name: text for name, text in form.items() if text}
        return grant_of(url, post_form(url, form, authorization=header, http_proxy=self._settings.http_proxy))

    def _secret(self) -> str:
        if not self._settings.client_secret_file:
            return self._settings.client_secret
        try:
            return Path(self._settings.client_secret_file).expanduser().read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"The client secret file {self._settings.client_secret_file!r} (admin.clientSecretLocation) can't be "
                f"read: {getattr(error, 'strerror', None) or 'not text'}."
            ) from None


class Device:
    """Device flow: the user confirms a code in a browser, on this machine or another."""

    def __init__(self, settings: AuthSettings) -> None:
        self._settings = settings
        self._refresh_token = ""

    def fetch(self, server: AuthServer) -> Grant:
        """Renew silently if possible; else show the address and the code, and wait for the user."""
        grant = refreshed_grant(server, self._settings, self._refresh_token) if self._refresh_token else None
        grant = grant or device_grant(server, self._settings)
        self._refresh_token = grant.refresh_token or self._refresh_token
        return grant


class Unsupported:
    """An unsupported mode; reported only when the server asks for credentials."""

    def __init__(self, settings: AuthSettings) -> None:
        self._mode = settings.mode

    def fetch(self, server: AuthServer) -> Grant:
        """Raise the error: the machine of the kernel may have no browser."""
        raise ConfigError(
            f"The control plane requires credentials, but admin.authType {self._mode!r} isn't supported: it needs a "
            f"browser on the kernel's machine. Use one of {SUPPORTED_MODES}"
            + (". This server offers DeviceFlow." if server.device_endpoint else ".")
        )


def token_endpoint(server: AuthServer) -> str:
    """Return the token endpoint's URL."""
    if not server.token_endpoint:
        raise ConfigError(
            "The control plane requires credentials, but its AuthMetadataService has no token endpoint. Pass a token "
            "with FlyteRemote(token=...), or use admin.authType ExternalCommand."
        )
    return server.token_endpoint


def run_command(command: tuple[str, ...], option: str) -> str:
    """Return the output of the command. Its arguments appear in no message: they may be secret."""
    program = command[0]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_COMMAND_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        raise ConfigError(f"{option} ({program}) printed no token within {_COMMAND_TIMEOUT_S:.0f} s.") from None
    except OSError as error:
        raise ConfigError(f"{option} ({program}) can't be started: {error.strerror}.") from None
    token = done.stdout.strip()
    if done.returncode or not token:
        words = done.stderr.strip().splitlines()[-1:] or ["nothing on stderr"]
        raise ConfigError(f"{option} ({program}) printed no token and exited with status {done.returncode}: {words[0]}")
    if len(token.split()) > 1:
        raise ConfigError(f"{option} ({program}) printed {len(token.split())} words: expected only the token.")
    return token
