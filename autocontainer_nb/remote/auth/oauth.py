"""OAuth 2 token requests over HTTP: client credentials (RFC 6749, section 4.4) and the device grant (RFC 8628).

No message here carries a secret: the server's `error` and `error_description` are quoted, what was sent never is.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from autocontainer_nb.errors import ConfigError, UnauthenticatedError, UnavailableError
from autocontainer_nb.remote import http
from autocontainer_nb.remote.config.endpoint import parse_address
from autocontainer_nb.remote.config.network import Network

_TIMEOUT_S = 8.0
_OK = range(200, 300)
_REDIRECTS = range(300, 400)


@dataclass(frozen=True)
class AuthServer:
    """The identity provider of a control plane, according to its AuthMetadataService."""

    token_endpoint: str = ""
    device_endpoint: str = ""
    header_key: str = ""
    client_id: str = ""
    scopes: tuple[str, ...] = ()
    audience: str = ""


@dataclass(frozen=True)
class Grant:
    """A token, its lifetime, and the refresh token that renews it."""

    token: str = field(repr=False)
    expires_in_s: float = 3600.0
    refresh_token: str = field(default="", repr=False)


class PendingError(Exception):
    """The user hasn't confirmed the device yet; with `slow_down`, longer pauses are requested."""

    def __init__(self, *, slow_down: bool) -> None:
        super().__init__("authorization pending")
        self.slow_down = slow_down


def basic_header(client_id: str, client_secret: str) -> str:
    """Return the Authorization header of a client: both parts form-encoded first (RFC 6749, 2.3.1)."""
    pair = f"{quote(client_id, safe='')}:{quote(client_secret, safe='')}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


def post_form(url: str, form: Mapping[str, str], *, authorization: str = "", http_proxy: str = "") -> dict[str, Any]:
    """Send a form, and return the JSON object in the answer.

    Raises:
        PendingError: the device grant isn't confirmed yet.
        UnauthenticatedError: the server refuses, in its own words.
        UnavailableError: the server can't be reached.
        ConfigError: the URL would send a secret over the network in clear text.
    """
    _require_private(url)
    headers = {"Accept": "application/json"}
    if authorization:
        headers["Authorization"] = authorization
    try:
        response = http.post_form(url, form, headers, timeout_s=_TIMEOUT_S, network=Network(proxy=http_proxy))
    except http.NoAnswerError as error:
        raise UnavailableError(
            f"The identity provider's {url} can't be reached: {error}. Check the network and admin.httpProxyURL.",
            endpoint=url,
            status="UNAVAILABLE",
            details=str(error),
        ) from None
    if response.status in _REDIRECTS:
        raise UnauthenticatedError(
            f"The identity provider's {url} points to another address (HTTP {response.status}), where no credentials "
            f"are sent: {response.headers.get('Location', 'it names none')}. Is it the token endpoint's real URL?",
            endpoint=url,
            status="UNAUTHENTICATED",
        )
    if response.status not in _OK:
        raise _refusal(url, response.status, response.body)
    try:
        answer = json.loads(response.body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise UnauthenticatedError(
            f"The identity provider's {url} answered with something other than a JSON object. Is it a token endpoint?",
            endpoint=url,
            status="UNAUTHENTICATED",
        )
    return answer


def grant_of(url: str, answer: Mapping[str, Any]) -> Grant:
    """Return the token in a token endpoint's answer."""
    token = answer.get("access_token")
    if not isinstance(token, str) or not token:
        raise UnauthenticatedError(
            f"The identity provider's {url} answered without an access_token, only with: {', '.join(sorted(answer))}.",
            endpoint=url,
            status="UNAUTHENTICATED",
        )
    return Grant(token, float(answer.get("expires_in") or 3600.0), str(answer.get("refresh_token") or ""))


def _refusal(url: str, code: int, body: bytes) -> Exception:
    try:
        answer = json.loads(body)
    except ValueError:
        answer = {}
    if not isinstance(answer, dict):
        answer = {}
    error, description = str(answer.get("error", "")), str(answer.get("error_description", ""))
    if error in ("authorization_pending", "slow_down"):
        return PendingError(slow_down=error == "slow_down")
    words = ": ".join(word for word in (error, description) if word) or "no reason given"
    return UnauthenticatedError(
        f"The identity provider's {url} refused the token request (HTTP {code}): {words}. Check client id, secret, "
        "scopes and audience in the Flyte configuration.",
        endpoint=url,
        status="UNAUTHENTICATED",
        details=words,
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _require_private(url: str) -> None:
    scheme = urlsplit(url).scheme
    if scheme == "https" or (scheme == "http" and parse_address(_origin(url)).is_loopback):
        return
    raise ConfigError(f"The identity provider's {url!r} isn't https, so no credentials are sent there.")
