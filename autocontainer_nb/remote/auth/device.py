"""OAuth 2 device authorization (RFC 8628): show an address and a code, and wait until the user confirms it."""

from typing import Final

from autocontainer_nb.errors import ConfigError, UnauthenticatedError
from autocontainer_nb.remote import environment
from autocontainer_nb.remote.auth import prompt
from autocontainer_nb.remote.auth.oauth import AuthServer, Grant, PendingError, Provider, grant_of
from autocontainer_nb.remote.config.endpoint import AuthSettings
from autocontainer_nb.remote.config.hidden import Hidden

_GRANT_TYPE: Final = "urn:ietf:params:oauth:grant-type:device_code"
_SLOWER_S: Final = 5.0  # RFC 8628, 3.5
_INTERVAL_S: Final = 5.0  # RFC 8628, 3.2
_EXPIRES_S: Final = 600.0  # as flytectl waits


def device_grant(server: AuthServer, settings: AuthSettings, provider: Provider) -> Grant:
    """Return the token that the user confirms in a browser.

    Raises:
        ConfigError: the identity provider offers no device flow.
        UnauthenticatedError: the user refused, or didn't confirm in time.
    """
    if not server.device_endpoint or not server.token_endpoint:
        raise ConfigError(
            "admin.authType DeviceFlow: this control plane has no device authorization endpoint. Use "
            + ("Pkce, which it offers, " if server.authorization_endpoint else "")
            + "ClientSecret or ExternalCommand, or FlyteRemote(token=...)."
        )
    client_id = settings.client_id or server.client_id
    form = {
        "client_id": client_id,
        "scope": " ".join(settings.scopes or server.scopes),
        "audience": settings.audience or server.audience,
    }
    answer = provider.post(server.device_endpoint, {name: text for name, text in form.items() if text})
    if not answer.get("device_code"):
        raise UnauthenticatedError(
            f"The answer of {server.device_endpoint} has no device_code.", status="UNAUTHENTICATED"
        )
    address = (
        answer.get("verification_uri_complete") or answer.get("verification_uri") or answer.get("verification_url")
    )
    prompt.announce(f"To sign in, open {address} and confirm the code {answer.get('user_code', '')}")
    interval_s = float(answer.get("interval") or _INTERVAL_S)
    deadline_s = environment.monotonic_s() + float(answer.get("expires_in") or _EXPIRES_S)
    form = {"grant_type": _GRANT_TYPE, "device_code": Hidden(answer["device_code"]), "client_id": client_id}
    while environment.monotonic_s() < deadline_s:
        environment.pause(interval_s)
        try:
            return grant_of(server.token_endpoint, provider.post(server.token_endpoint, form))
        except PendingError as pending:
            interval_s += _SLOWER_S if pending.slow_down else 0.0
    raise UnauthenticatedError(
        f"The code wasn't confirmed at {address} in time. Call again to get a new one.", status="UNAUTHENTICATED"
    )
