"""OAuth 2 authorization code with PKCE (RFC 7636), for native clients (RFC 8252): a person signs in in a browser.

Where the kernel's machine has a browser, it opens, and its redirect comes to a page on loopback. Anywhere else
(JupyterHub, SSH) the address is shown: the person opens it in the browser at hand, whose last page can't load, since
its address is one of the person's own machine. That address has the code, and is pasted here.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode, urlsplit

from autocontainer_nb.errors import ConfigError, UnauthenticatedError
from autocontainer_nb.remote import environment
from autocontainer_nb.remote.auth import prompt
from autocontainer_nb.remote.auth.loopback import Answer, answer_in, listening
from autocontainer_nb.remote.auth.oauth import AuthServer, Grant, Provider, basic_header, grant_of, require_private
from autocontainer_nb.remote.config.endpoint import AuthSettings
from autocontainer_nb.remote.config.hidden import Hidden
from autocontainer_nb.remote.config.network import is_loopback

TIME_LIMIT_S: Final = 300.0  # for a password, a second factor and a consent
_VERIFIER_DIGITS: Final = 96  # RFC 7636, 4.1: 43 to 128 characters
_STATE_DIGITS: Final = 32
_ATTEMPTS: Final = 3
_DEFAULT_REDIRECT: Final = "http://127.0.0.1/callback"


@dataclass(frozen=True)
class _Request:
    """One authorization request: what only this process knows, and what goes into the address."""

    server: AuthServer
    settings: AuthSettings
    verifier: str = field(default_factory=lambda: Hidden(environment.random_hex(_VERIFIER_DIGITS)), repr=False)
    state: str = field(default_factory=lambda: Hidden(environment.random_hex(_STATE_DIGITS)), repr=False)

    @property
    def client_id(self) -> str:
        return self.settings.client_id or self.server.client_id

    def address(self, redirect_uri: str) -> str:
        """Return the address for the browser (RFC 6749, 4.1.1; RFC 7636, 4.3)."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(self.settings.scopes or self.server.scopes),
            "audience": self.settings.audience or self.server.audience,
            "state": self.state,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        endpoint = self.server.authorization_endpoint
        query = urlencode({name: text for name, text in asked.items() if text})
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{query}"

    def is_ours(self, answer: Answer) -> bool:
        """Whether the answer belongs to this request, and was sent by nobody else (RFC 6749, 10.12)."""
        return hmac.compare_digest(answer.get("state", "").encode(), self.state.encode())


def pkce_grant(server: AuthServer, settings: AuthSettings, provider: Provider) -> Grant:
    """Return the token that a person gets by signing in.

    Raises:
        ConfigError: the control plane names no authorization endpoint, or an unusable one.
        UnauthenticatedError: the person or the provider refused, nobody signed in, or nobody can be asked.
    """
    if not server.authorization_endpoint or not server.token_endpoint:
        raise ConfigError(
            "admin.authType Pkce: this control plane has no authorization endpoint. Use "
            + ("DeviceFlow, which it offers, " if server.device_endpoint else "")
            + "ClientSecret or ExternalCommand, or FlyteRemote(token=...)."
        )
    require_private(server.authorization_endpoint)
    request = _Request(server, settings)
    redirect_uri, answer = _answer(request)
    if "code" not in answer:
        words = ": ".join(text for text in (answer.get("error"), answer.get("error_description")) if text)
        raise UnauthenticatedError(
            f"Not signed in: {words or 'the identity provider gave no code'}. Call again to sign in as somebody who "
            "may use the control plane; if the client or its scopes are refused, see admin.clientId and admin.scopes.",
            endpoint=server.authorization_endpoint,
            status="UNAUTHENTICATED",
            details=words,
        )
    form = {
        "grant_type": "authorization_code",
        "code": answer["code"],
        "redirect_uri": redirect_uri,
        "client_id": request.client_id,
        "code_verifier": request.verifier,
    }
    # Some providers give native clients a secret, which isn't one.
    header = basic_header(request.client_id, settings.client_secret) if settings.client_secret else ""
    return grant_of(server.token_endpoint, provider.post(server.token_endpoint, form, authorization=header))


def _answer(request: _Request) -> tuple[str, Answer]:
    """Return the redirect's URI and what it brought."""
    redirect_uri = request.server.redirect_uri or _DEFAULT_REDIRECT
    is_here = urlsplit(redirect_uri).scheme == "http" and is_loopback(urlsplit(redirect_uri).hostname or "")
    if is_here and prompt.has_browser(environment.variables()):
        try:
            with listening(redirect_uri, request.is_ours) as page:
                uri = _with_port(redirect_uri, page.port)
                if prompt.open_page(request.address(uri)):
                    prompt.announce(
                        "Sign in in the browser window that has opened. If none has, open this address on this machine:"
                        f"\n{request.address(uri)}"
                    )
                    return uri, _in_time(page.wait)
        except OSError as error:
            prompt.announce(f"{redirect_uri} can't be listened at ({error.strerror}), so sign in by hand.")
    # A port that nobody listens at: the page can't load, and its address is all that is needed.
    uri = _with_port(redirect_uri, 53593) if is_here else redirect_uri
    return uri, _pasted(request, uri)


def _in_time(wait: Callable[[float], Answer | None]) -> Answer:
    answer = wait(TIME_LIMIT_S)
    if answer is None:
        raise UnauthenticatedError(
            f"Nobody signed in within {TIME_LIMIT_S / 60:.0f} minutes. Call again to get a new address. If your "
            "browser runs on another machine than this kernel, unset BROWSER and DISPLAY, and paste its last "
            "address instead.",
            status="UNAUTHENTICATED",
        )
    return answer


def _with_port(redirect_uri: str, port: int) -> str:
    parts = urlsplit(redirect_uri)
    if parts.port:
        return redirect_uri
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return parts._replace(netloc=f"{host}:{port}").geturl()


def _pasted(request: _Request, redirect_uri: str) -> Answer:
    if not prompt.is_main_thread():
        raise prompt.WrongThreadError
    prompt.announce(
        f"To sign in, open this address in your browser:\n{request.address(redirect_uri)}\n"
        f"Afterwards it goes to a page at {redirect_uri}, which may not load. Copy the whole address of that page and "
        "paste it here:"
    )
    for _ in range(_ATTEMPTS):
        try:
            text = prompt.ask().strip()
        except (EOFError, OSError, RuntimeError) as error:  # no terminal, or a kernel whose frontend takes no input
            raise UnauthenticatedError(
                prompt.NOBODY,
                status="UNAUTHENTICATED",
                details=type(error).__name__,
            ) from None
        query = urlsplit(text).query or text.partition("?")[2] or text
        answer = answer_in(query)
        if request.is_ours(answer):
            return answer
        prompt.announce(
            "That address has no answer to this sign-in: it contains code= and state=. Copy it from the address bar "
            "after signing in, and paste it here:"
        )
    raise UnauthenticatedError(
        f"What was pasted wasn't the address that the sign-in ends at ({redirect_uri}?code=...&state=...). Call again "
        "to get a new one.",
        status="UNAUTHENTICATED",
    )
