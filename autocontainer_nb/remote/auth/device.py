"""OAuth 2 device authorization (RFC 8628): show an address and a code, and wait until the user confirms it."""

import sys
from collections.abc import Callable
from typing import Final

from autocontainer_nb.errors import ConfigError, RemoteError, UnauthenticatedError
from autocontainer_nb.remote import environment
from autocontainer_nb.remote.auth.oauth import AuthServer, Grant, PendingError, grant_of, post_form
from autocontainer_nb.remote.config.endpoint import AuthSettings

_GRANT_TYPE: Final = "urn:ietf:params:oauth:grant-type:device_code"
_SLOWER_S: Final = 5.0  # RFC 8628, 3.5


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


announce: Callable[[str], None] = _say  # shows the user where to confirm; a notebook may set another


def device_grant(server: AuthServer, settings: AuthSettings) -> Grant:
    """Return the token that the user confirms in a browser.

    Raises:
        ConfigError: the identity provider offers no device flow.
        UnauthenticatedError: the user refused, or didn't confirm in time.
    """
    if not server.device_endpoint or not server.token_endpoint:
        raise ConfigError(
            "admin.authType DeviceFlow: this control plane has no device authorization endpoint. Use ClientSecret or "
            "ExternalCommand, or FlyteRemote(token=...)."
        )
    client_id = settings.client_id or server.client_id
    form = {"client_id": client_id, "scope": " ".join(settings.scopes or server.scopes)}
    form = {name: text for name, text in form.items() if text} | _audience(server, settings)
    answer = post_form(server.device_endpoint, form, http_proxy=settings.http_proxy)
    if not answer.get("device_code"):
        raise UnauthenticatedError(
            f"The answer of {server.device_endpoint} has no device_code.", status="UNAUTHENTICATED"
        )
    address = (
        answer.get("verification_uri_complete") or answer.get("verification_uri") or answer.get("verification_url")
    )
    announce(f"To sign in, open {address} and confirm the code {answer.get('user_code', '')}")
    interval_s = float(answer.get("interval") or 5.0)
    deadline_s = environment.monotonic_s() + float(answer.get("expires_in") or 600.0)
    form = {"grant_type": _GRANT_TYPE, "device_code": str(answer["device_code"]), "client_id": client_id}
    while environment.monotonic_s() < deadline_s:
        environment.pause(interval_s)
        try:
            return grant_of(
                server.token_endpoint, post_form(server.token_endpoint, form, http_proxy=settings.http_proxy)
            )
        except PendingError as pending:
            interval_s += _SLOWER_S if pending.slow_down else 0.0
    raise UnauthenticatedError(
        f"The code wasn't confirmed at {address} in time. Call again to get a new one.", status="UNAUTHENTICATED"
    )


def refreshed_grant(server: AuthServer, settings: AuthSettings, refresh_token: str) -> Grant | None:
    """Return a new token for a refresh token; None if the identity provider no longer accepts it."""
    form = {
        "grant_type": "refresh_token",
        "refresh_token": refresh_token,
        "client_id": settings.client_id or server.client_id,
    }
    try:
        return grant_of(server.token_endpoint, post_form(server.token_endpoint, form, http_proxy=settings.http_proxy))
    except RemoteError:
        return None


def _audience(server: AuthServer, settings: AuthSettings) -> dict[str, str]:
    audience = settings.audience or server.audience
    return {"audience": audience} if audience else {}
