"""OAuth 2 token requests over HTTP, and what went wrong with one: in which part, and what to do.

No message here carries a secret: the server's `error` and `error_description` are quoted (RFC 6749, 5.2), without what
was sent to it.
"""

import base64
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlsplit

from autocontainer_nb.errors import ConfigError, RemoteError, UnauthenticatedError, UnavailableError
from autocontainer_nb.remote import environment, http
from autocontainer_nb.remote.certificates import certificate_trouble
from autocontainer_nb.remote.config.hidden import Hidden, without
from autocontainer_nb.remote.config.network import THIS_MACHINES, Network, is_loopback

_TIMEOUT_S: Final = 30.0  # providers that hash passwords slowly, or wake up, take 10 s and more
_OK: Final = range(200, 300)
_REDIRECTS: Final = range(300, 400)
_TROUBLES: Final = frozenset({408, 429, *range(500, 600)})  # the provider's own, whatever was asked
# fosite, of which Flyte's own server is made, answers 500 and `error` to what it has no code for (its errors.go).
_TROUBLE_CODES: Final = frozenset({"", "server_error", "temporarily_unavailable"})
_SECRET_FIELDS: Final = ("client_secret", "code", "code_verifier", "device_code", "refresh_token")
_SECRET_ANSWERS: Final = ("access_token", "device_code", "id_token", "refresh_token")
_PROXY_HEADER: Final = "Proxy-Authorization"


@dataclass(frozen=True)
class AuthServer:
    """The identity provider of a control plane, according to its AuthMetadataService."""

    token_endpoint: str = ""
    device_endpoint: str = ""
    header_key: str = ""
    client_id: str = ""
    scopes: tuple[str, ...] = ()
    audience: str = ""
    authorization_endpoint: str = ""
    redirect_uri: str = ""


@dataclass(frozen=True)
class Grant:
    """A token, when it expires (seconds since 1970, None if nobody says), and the refresh token that renews it."""

    token: str = field(repr=False)
    expires_at_s: float | None = None
    refresh_token: str = field(default="", repr=False)


class PendingError(Exception):
    """The user hasn't confirmed the device yet; with `slow_down`, longer pauses are requested."""

    def __init__(self, *, slow_down: bool) -> None:
        super().__init__("authorization pending")
        self.slow_down = slow_down


@dataclass(frozen=True, kw_only=True)
class Provider:
    """How to speak to an identity provider: by which network, and which proxy's token goes to which host.

    `proxy_authorization` is for the proxy in front of the control plane, whose host is `proxied_host`: a provider
    elsewhere doesn't get it. `secret_origin` says where the client's secret comes from, for messages.
    """

    network: Network = THIS_MACHINES
    proxy_authorization: str = field(default="", repr=False)
    proxied_host: str = ""
    secret_origin: str = ""

    def post(
        self, url: str, form: Mapping[str, str], *, authorization: str = "", client_id: str = ""
    ) -> dict[str, Any]:
        """Send a form, and return the JSON object in the answer. `client_id` is for messages, if the form has none.

        Raises:
            PendingError: the device grant isn't confirmed yet.
            UnauthenticatedError: the server refuses, in its own words (`code_of` has OAuth's code), or the answer isn't
                one of a token endpoint.
            UnavailableError: the server can't be reached, or has trouble of its own.
            ConfigError: the URL would send a secret over the network in clear text, or a certificate file is unusable.
        """
        require_private(url)
        headers = {"Accept": "application/json"}
        if authorization:
            headers["Authorization"] = Hidden(authorization)
        if self.proxy_authorization and urlsplit(url).hostname == self.proxied_host:
            headers[_PROXY_HEADER] = Hidden(self.proxy_authorization)
        try:
            response = http.post_form(url, form, headers, timeout_s=_TIMEOUT_S, network=self.network)
        except http.NoAnswerError as error:
            raise self._unreachable(url, error) from None
        if response.status in _OK:
            return _json_of(url, response.body)
        raise self._refusal(url, response, form, client_id or form.get("client_id", ""))

    def _unreachable(self, url: str, error: http.NoAnswerError) -> RemoteError:
        said = certificate_trouble(error, urlsplit(url).hostname or "", self.network)
        if not said:
            said = f"it can't be reached: {error}. Check the network" + (
                f", and the proxy of admin.httpProxyURL, {_host_of(self.network.proxy)}."
                if self.network.proxy
                else ", and whether a proxy is needed (HTTPS_PROXY, admin.httpProxyURL)."
            )
            if str(error).endswith("timed out"):
                said = f"it didn't answer within {_TIMEOUT_S:.0f} s. Try again later, or check the network."
        return UnavailableError(
            f"Can't sign in at the identity provider's {url}: {said}",
            endpoint=url,
            status="UNAVAILABLE",
            details=str(error),
        )

    def _refusal(self, url: str, response: http.Answer, form: Mapping[str, str], client_id: str) -> Exception:
        if response.status in _REDIRECTS:
            return UnauthenticatedError(
                f"The identity provider's {url} points to another address (HTTP {response.status}), where no "
                f"credentials are sent: {response.headers.get('Location', 'it names none')}. Is it the token "
                "endpoint's real URL?",
                endpoint=url,
                status="UNAUTHENTICATED",
            )
        code, words = _error_of(response.body, form)
        if code in ("authorization_pending", "slow_down"):
            return PendingError(slow_down=code == "slow_down")
        if response.status in _TROUBLES and code in _TROUBLE_CODES:
            return UnavailableError(
                f"The identity provider's {url} has trouble of its own (HTTP {response.status}): {words}. Try again "
                "later: the configuration isn't the reason.",
                endpoint=url,
                status="UNAVAILABLE",
                details=words,
            )
        return UnauthenticatedError(
            f"The identity provider's {url} refused the token request (HTTP {response.status}): {words}. "
            + self._next_step(code, response.status, form, client_id),
            endpoint=url,
            status="UNAUTHENTICATED",
            details=words,
        )

    def _next_step(self, code: str, status: int, form: Mapping[str, str], client_id: str) -> str:
        """RFC 6749, 5.2 has the codes; RFC 8707, 2 that of a wrong audience."""
        client = f"client {client_id!r}" if client_id else "the client"
        asked = form.get("scope", "")
        if code == "invalid_scope":
            return f"Asked for: {asked or 'no scope'}. Set admin.scopes to what the provider has for {client}."
        if code in ("unauthorized_client", "unsupported_grant_type", "unsupported_response_type"):
            flow = form.get("grant_type", "the device flow").rpartition(":")[2]
            return (
                f"There, {client} may not sign in by {flow}: allow it at the provider, or set another admin.authType."
            )
        if code == "invalid_target":
            return f"Asked for audience {form.get('audience', 'none')!r}: set admin.audience to what it should be."
        if code == "invalid_client" or status == _UNAUTHORIZED:
            secret = f" and its secret, from {self.secret_origin}" if self.secret_origin else ""
            return f"Check {client} (admin.clientId){secret}."
        if code == "access_denied":
            return "Sign in as somebody who may use the control plane, or ask an administrator."
        scopes = f" ({asked})" if asked else ""
        return f"Check {client} (admin.clientId), admin.scopes{scopes} and admin.audience."


_UNAUTHORIZED: Final = 401


def code_of(refusal: UnauthenticatedError) -> str:
    """Return OAuth's code for a refusal by the provider, as `invalid_grant`; something else if it gave none."""
    return refusal.details.partition(":")[0]


def basic_header(client_id: str, client_secret: str) -> str:
    """Return the Authorization header of a client: both parts form-encoded first (RFC 6749, 2.3.1)."""
    pair = f"{quote(client_id, safe='')}:{quote(client_secret, safe='')}"
    return Hidden("Basic " + base64.b64encode(pair.encode()).decode())


def grant_of(url: str, answer: dict[str, Any]) -> Grant:
    """Return the token in a token endpoint's answer."""
    token = answer.get("access_token")
    if not token:
        names = ", ".join(sorted(answer)) or "nothing"
        raise UnauthenticatedError(
            f"The identity provider's {url} answered without an access_token, only with: {names}.",
            endpoint=url,
            status="UNAUTHENTICATED",
        )
    expires_at_s = expiry_of(token)
    with suppress(KeyError, TypeError, ValueError):  # it is only recommended (RFC 6749, 5.1)
        expires_at_s = environment.now_s() + float(answer["expires_in"])
    return Grant(Hidden(token), expires_at_s, Hidden(answer.get("refresh_token") or ""))


def expiry_of(token: str) -> float | None:
    """Return when a JSON Web Token expires (RFC 7519, 4.1.4), which is a hint; None if it is none or doesn't say."""
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - header, claims, signature
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return float(claims["exp"])
    except (ValueError, KeyError, TypeError):
        return None


def require_private(url: str) -> None:
    """Refuse an address that would get secrets in clear text; this machine's own may.

    Raises:
        ConfigError: it is neither https nor on this machine.
    """
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        return
    raise ConfigError(f"The identity provider's {url!r} isn't https, so no credentials are sent there.")


def _json_of(url: str, body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise UnauthenticatedError(
            f"The identity provider's {url} answered with something other than a JSON object. Is it a token endpoint?",
            endpoint=url,
            status="UNAUTHENTICATED",
        )
    return {
        name: Hidden(each) if name in _SECRET_ANSWERS and isinstance(each, str) else each
        for name, each in answer.items()
    }


def _error_of(body: bytes, form: Mapping[str, str]) -> tuple[str, str]:
    try:
        answer = json.loads(body)
    except ValueError:
        answer = {}
    if not isinstance(answer, dict):
        answer = {}
    code, description = str(answer.get("error") or ""), str(answer.get("error_description") or "")
    words = ": ".join(word for word in (code, description.rstrip(".")) if word) or "no reason given"
    return code, without(words, [form.get(name, "") for name in _SECRET_FIELDS])


def _host_of(proxy: str) -> str:
    return urlsplit(proxy if "://" in proxy else f"http://{proxy}").hostname or "which has no host"
