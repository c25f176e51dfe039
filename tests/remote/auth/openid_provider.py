"""An OpenID provider by Authlib: flows, checks and errors are Authlib's, what is kept is here, in memory.

People are signed in already and consent by following the address: a test's browser is a GET.
"""

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock, Thread
from types import SimpleNamespace
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, OAuth2Error, TokenMixin, grants, scope_to_list
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc8628 import DeviceAuthorizationEndpoint, DeviceCodeGrant
from authlib.oidc.core import OpenIDCode, UserInfo
from flask import Flask, request
from joserfc.jwk import OctKey
from werkzeug.serving import WSGIRequestHandler, make_server

PERSON = SimpleNamespace(id="ada")


@dataclass
class Client(ClientMixin):
    """A registered client; without a secret it is a public one."""

    client_id: str
    secret: str = ""
    scopes: tuple[str, ...] = ("openid", "all", "offline")
    redirect_uris: tuple[str, ...] = ()
    grant_types: tuple[str, ...] = ("authorization_code", "refresh_token", DeviceCodeGrant.GRANT_TYPE)

    def get_client_id(self):
        return self.client_id

    def get_default_redirect_uri(self):
        return self.redirect_uris[0]

    def get_allowed_scope(self, scope):
        return " ".join(each for each in scope_to_list(scope) or () if each in self.scopes)

    def check_redirect_uri(self, redirect_uri):
        return redirect_uri in self.redirect_uris

    def check_client_secret(self, client_secret):
        return self.secret == client_secret

    def check_endpoint_auth_method(self, method, endpoint):
        return method == ("client_secret_basic" if self.secret else "none")

    def check_response_type(self, response_type):
        return response_type == "code"

    def check_grant_type(self, grant_type):
        return grant_type in self.grant_types


@dataclass
class IssuedToken(TokenMixin):
    """A token with its refresh token."""

    access_token: str
    refresh_token: str
    client: Client
    scope: str
    expires_at: float
    refresh_expires_at: float
    is_revoked_now: bool = False

    def check_client(self, client):
        return client is self.client

    def get_scope(self):
        return self.scope

    def get_expires_in(self):
        return int(self.expires_at - time.time())

    def is_expired(self):
        return time.time() >= self.expires_at

    def is_revoked(self):
        return self.is_revoked_now

    def get_user(self):
        return PERSON

    def get_client(self):
        return self.client


@dataclass
class OpenIdProvider:
    """What the provider knows, and how it is to behave."""

    url: str = ""
    lifetime_s: float = 60
    refresh_lifetime_s: float = 60
    delay_s: float = 0  # of the token endpoint
    clients: dict[str, Client] = field(default_factory=dict)
    tokens: dict[str, IssuedToken] = field(default_factory=dict)
    refresh_tokens: dict[str, IssuedToken] = field(default_factory=dict)
    codes: dict[str, Any] = field(default_factory=dict)
    devices: dict[str, Any] = field(default_factory=dict)
    approvals: dict[str, bool] = field(default_factory=dict)  # by the code that a person types
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)  # (path or grant type, form or query)
    headers: list[dict[str, str]] = field(default_factory=list)
    answers: list[tuple[int, str]] = field(default_factory=list)  # instead of its own, first come first served
    refusals: int = 0  # of its tokens by who takes them
    reused: list[str] = field(default_factory=list)  # refresh tokens that came a second time
    lock: Any = field(default_factory=Lock)

    def asked(self, kind: str) -> list[dict[str, str]]:
        """Return the forms of a grant type, or the queries of a path."""
        return [form for name, form in self.requests if name.endswith(kind)]

    def trouble(self, header: str, scope: str = "all") -> str:
        """Return what a resource server says to an Authorization header; empty if it lets it in."""
        words = self._trouble(self.tokens.get(header.removeprefix("Bearer ")), scope)
        self.refusals += bool(words)
        return words

    def _trouble(self, token, scope):
        if token is None or token.is_revoked():
            return "token is invalid"
        if token.is_expired():
            return "token is expired"
        return "" if scope in token.scope.split() else "authenticated user doesn't have required scope"

    def secrets(self) -> set[str]:
        """Return all that no message may contain."""
        kept = {*self.tokens, *self.refresh_tokens, *(client.secret for client in self.clients.values())}
        sent = {
            form[name] for _, form in self.requests for name in ("code", "code_verifier", "device_code") if name in form
        }
        return {each for each in kept | sent if each}


class _CodeGrant(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["none", "client_secret_basic"]  # noqa: RUF012 - Authlib's own form

    def save_authorization_code(self, code, request):
        data = request.payload.data
        kept = SimpleNamespace(
            client_id=request.client.client_id,
            redirect_uri=request.payload.redirect_uri,
            scope=request.payload.scope,
            code_challenge=data.get("code_challenge"),
            code_challenge_method=data.get("code_challenge_method"),
        )
        kept.get_redirect_uri, kept.get_scope = (lambda: kept.redirect_uri), (lambda: kept.scope)
        kept.get_nonce = kept.get_auth_time = kept.get_acr = kept.get_amr = lambda: None
        self.server.provider.codes[code] = kept

    def query_authorization_code(self, code, client):
        found = self.server.provider.codes.get(code)
        return found if found and found.client_id == client.client_id else None

    def delete_authorization_code(self, authorization_code):
        codes = self.server.provider.codes
        for code in [code for code, kept in codes.items() if kept is authorization_code]:
            del codes[code]

    def authenticate_user(self, authorization_code):
        return PERSON


class _RefreshGrant(grants.RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["none", "client_secret_basic"]  # noqa: RUF012 - Authlib's own form
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token):
        provider = self.server.provider
        found = provider.refresh_tokens.get(refresh_token)
        if found is not None and found.is_revoked_now:
            provider.reused.append(refresh_token)
        good = found is not None and not found.is_revoked_now and time.time() < found.refresh_expires_at
        return found if good else None

    def authenticate_user(self, refresh_token):
        return PERSON

    def revoke_old_credential(self, refresh_token):
        refresh_token.is_revoked_now = True


class _DeviceGrant(DeviceCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["none"]  # noqa: RUF012 - Authlib's own form

    def query_device_credential(self, device_code):
        return self.server.provider.devices.get(device_code)

    def query_user_grant(self, user_code):
        approved = self.server.provider.approvals.get(user_code)
        return None if approved is None else (PERSON, approved)

    def should_slow_down(self, credential):
        return False


class _DeviceEndpoint(DeviceAuthorizationEndpoint):
    EXPIRES_IN = 5
    INTERVAL = 0.05

    def get_verification_uri(self):
        return f"{self.server.provider.url}/activate"

    def save_device_credential(self, client_id, scope, data):
        end = time.time() + self.EXPIRES_IN
        self.server.provider.devices[data["device_code"]] = SimpleNamespace(
            get_client_id=lambda: client_id,
            get_scope=lambda: scope,
            get_user_code=lambda: data["user_code"],
            is_expired=lambda: time.time() > end,
        )


class _OpenId(OpenIDCode):
    KEY = OctKey.generate_key(256)

    def exists_nonce(self, nonce, request):
        return False

    def resolve_client_private_key(self, client):
        return self.KEY

    def get_client_algorithm(self, client):
        return "HS256"

    def get_client_claims(self, client):
        return {"iss": "authlib"}

    def generate_user_info(self, user, scope):
        return UserInfo(sub=user.id)


def _server(provider: OpenIdProvider, app: Flask) -> AuthorizationServer:
    def save_token(token, request):
        now = time.time()
        issued = IssuedToken(
            token["access_token"],
            token.get("refresh_token", ""),
            request.client,
            token.get("scope") or "",
            now + token["expires_in"],
            now + provider.refresh_lifetime_s,
        )
        provider.tokens[issued.access_token] = issued
        if issued.refresh_token:
            provider.refresh_tokens[issued.refresh_token] = issued

    app.config["OAUTH2_REFRESH_TOKEN_GENERATOR"] = True
    server = AuthorizationServer(app, provider.clients.get, save_token)
    server.scopes_supported = ["openid", "all", "offline", "admin"]
    server.provider = provider
    generator = server._token_generators["default"]
    generator.expires_generator = lambda client, grant_type: provider.lifetime_s
    server.register_grant(_CodeGrant, [CodeChallenge(required=True), _OpenId(require_nonce=False)])
    server.register_grant(_RefreshGrant)
    server.register_grant(_DeviceGrant)
    server.register_grant(grants.ClientCredentialsGrant)
    server.register_endpoint(_DeviceEndpoint(server))
    return server


def application(provider: OpenIdProvider) -> Flask:
    """Return the provider as a WSGI application."""
    app = Flask("provider")
    server = _server(provider, app)

    @app.before_request
    def note():
        form = request.form.to_dict() or request.args.to_dict()
        provider.requests.append((form.get("grant_type") or request.path, form))
        provider.headers.append(dict(request.headers))
        if provider.answers and request.method == "POST":
            status, body = provider.answers.pop(0)
            return body, status
        return None

    @app.get("/authorize")
    def authorize():
        try:
            grant = server.get_consent_grant(end_user=PERSON)
        except OAuth2Error as error:
            return server.handle_error_response(server.create_oauth2_request(None), error)
        return server.create_authorization_response(grant=grant, grant_user=PERSON)

    @app.post("/token")
    def token():
        time.sleep(provider.delay_s)
        with provider.lock:
            return server.create_token_response()

    @app.post("/device")
    def device():
        return server.create_endpoint_response("device_authorization")

    @app.get("/activate")
    def activate():
        provider.approvals[request.args["user_code"]] = True
        return "confirmed"

    return app


class _Quiet(WSGIRequestHandler):
    def log(self, type, message, *args):  # noqa: A002 - the base class's name
        """Say nothing."""


@contextmanager
def serving(tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Iterator[OpenIdProvider]:
    """Serve a provider on a free port of this machine."""
    provider = OpenIdProvider()
    server = make_server("127.0.0.1", 0, application(provider), threaded=True, request_handler=_Quiet, ssl_context=tls)
    server.daemon_threads = True
    provider.url = f"{'https' if tls else 'http'}://{host}:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
