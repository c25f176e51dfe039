"""The sources of tokens: a command, a client's secret, a person who signs in."""

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from autocontainer_nb.errors import ConfigError
from autocontainer_nb.remote.auth.oauth import AuthServer, Grant, Provider, basic_header, expiry_of, grant_of
from autocontainer_nb.remote.auth.sign_in import SignIn
from autocontainer_nb.remote.config.endpoint import AuthSettings
from autocontainer_nb.remote.config.hidden import Hidden

if TYPE_CHECKING:
    from collections.abc import Callable

SUPPORTED_MODES: Final = "Pkce, DeviceFlow, ClientSecret, ExternalCommand"
_COMMAND_TIMEOUT_S = 60.0
_FOR_PEOPLE: Final = frozenset({"offline", "offline_access"})  # refresh tokens, which no client of its own has
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
    """A source of tokens, for when the server requires one. `is_personal`: somebody signs in, so the token is kept."""

    is_personal: bool

    def is_offered(self, server: AuthServer) -> bool:
        """Whether there is a source at all; the control plane may say that there is none."""

    def silently(self, server: AuthServer, provider: Provider, refresh_token: str) -> Grant | None:
        """Return a new token without asking anybody; None where that isn't possible."""

    def fetch(self, server: AuthServer, provider: Provider) -> Grant:
        """Return a new token."""


def token_source(settings: AuthSettings) -> TokenSource | None:
    """Return the source of tokens for `settings.mode`; None if a fixed token is all there is.

    Raises:
        ConfigError: the mode is unknown, or what it needs is missing.
    """
    mode = settings.mode.replace("-", "_").lower()
    if mode not in _MODES:
        raise ConfigError(f"Unknown admin.authType {settings.mode!r}: expected one of {SUPPORTED_MODES}.")
    if settings.token:
        return None
    known = _MODES[mode]
    if not known and (settings.client_secret or settings.client_secret_file):
        known = "ClientSecret"
    if not known and settings.command:
        known = "ExternalCommand"
    sources: dict[str, Callable[[AuthSettings], TokenSource]] = {
        "ClientSecret": ClientSecret,
        "ExternalCommand": lambda given: Command(given.command, "admin.command"),
    }
    return sources[known](settings) if known in sources else SignIn(settings, known)


class Command:
    """A command of the user that prints a token."""

    is_personal = False

    def __init__(self, command: tuple[str, ...], option: str) -> None:
        self._command = command
        self._option = option
        if not command:
            raise ConfigError(f"admin.authType ExternalCommand needs {option}, a list that starts with the program.")

    def is_offered(self, server: AuthServer) -> bool:
        """It is configured."""
        del server
        return True

    def silently(self, server: AuthServer, provider: Provider, refresh_token: str) -> Grant | None:
        """Run the command: it asks its own questions."""
        del refresh_token
        return self.fetch(server, provider)

    def fetch(self, server: AuthServer, provider: Provider) -> Grant:
        """Run the command, without a request to the server."""
        del server, provider
        token = run_command(self._command, self._option)
        return Grant(token, expiry_of(token))


class ClientSecret:
    """Client credentials: an id and a secret, exchanged for a token at the identity provider (RFC 6749, 4.4)."""

    is_personal = False

    def __init__(self, settings: AuthSettings) -> None:
        self._settings = settings
        if not settings.client_id:
            raise ConfigError("admin.authType ClientSecret needs admin.clientId (or FLYTE_CREDENTIALS_CLIENT_ID).")
        if not settings.client_secret and not settings.client_secret_file:
            named = f", which {settings.secret_origin} doesn't give" if settings.secret_origin else ""
            raise ConfigError(
                f"admin.authType ClientSecret needs the secret{named}: admin.clientSecretLocation (a file), "
                "admin.clientSecretEnvVar (a variable's name) or the variable FLYTE_CREDENTIALS_CLIENT_SECRET."
            )

    def is_offered(self, server: AuthServer) -> bool:
        """It is configured."""
        del server
        return True

    def silently(self, server: AuthServer, provider: Provider, refresh_token: str) -> Grant | None:
        """Ask the token endpoint: nobody needs to sign in."""
        del refresh_token
        return self.fetch(server, provider)

    def fetch(self, server: AuthServer, provider: Provider) -> Grant:
        """Ask the token endpoint of the control plane."""
        url = token_endpoint(server)
        scopes = self._settings.scopes or tuple(each for each in server.scopes if each not in _FOR_PEOPLE)
        form = {
            "grant_type": "client_credentials",
            "scope": " ".join(scopes),
            "audience": self._settings.audience or server.audience,
        }
        header = basic_header(self._settings.client_id, self._secret())
        form = {name: text for name, text in form.items() if text}
        return grant_of(url, provider.post(url, form, authorization=header, client_id=self._settings.client_id))

    def _secret(self) -> str:
        path = self._settings.client_secret_file
        if not path:
            return self._settings.client_secret
        try:
            secret = Hidden(Path(path).expanduser().read_text("utf-8").strip())
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"The client secret file {path!r} (admin.clientSecretLocation) can't be "
                f"read: {getattr(error, 'strerror', None) or 'not text'}."
            ) from None
        if not secret:
            raise ConfigError(f"The client secret file {path!r} (admin.clientSecretLocation) is empty.")
        return secret


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
    token, status = Hidden(done.stdout.strip()), done.returncode
    words = done.stderr.strip().splitlines()[-1:] or ["nothing on stderr"]
    del done  # a traceback may show it
    if status or not token:
        raise ConfigError(f"{option} ({program}) printed no token and exited with status {status}: {words[0]}")
    if len(token.split()) > 1:
        raise ConfigError(f"{option} ({program}) printed {len(token.split())} words: expected only the token.")
    return token
