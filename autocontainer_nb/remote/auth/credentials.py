"""The metadata sent with each call: the token, and that for a proxy in front of the control plane."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from autocontainer_nb.remote.auth.oauth import AuthServer, Provider
from autocontainer_nb.remote.auth.token_sources import Command, token_source
from autocontainer_nb.remote.auth.token_store import TokenStore
from autocontainer_nb.remote.auth.tokens import Token, Tokens, shared_tokens
from autocontainer_nb.remote.config.endpoint import Endpoint
from autocontainer_nb.remote.config.hidden import Hidden
from autocontainer_nb.wire import AUTHORIZATION_METADATA_KEY

Metadata = tuple[tuple[str, str], ...]
Discover = Callable[[Metadata], AuthServer]
PROXY_METADATA_KEY: Final = "proxy-authorization"
_NO_PROVIDER: Final = AuthServer()


class Credentials:
    """The metadata sent with every call, and its renewal. It can be shared by threads."""

    def __init__(self, endpoint: Endpoint, discover: Discover) -> None:
        self._endpoint = endpoint
        self._settings = settings = endpoint.auth
        self._ask = discover
        self._header_key = (settings.header_key or AUTHORIZATION_METADATA_KEY).lower()
        source = token_source(settings)
        self._tokens = (
            None
            if source is None
            else shared_tokens(endpoint, lambda: Tokens(source, self._store(), settings.header_key))
        )
        command = settings.proxy_command
        self._proxy_tokens = (
            shared_tokens(
                (endpoint.address, command),
                lambda: Tokens(Command(command, "admin.proxyCommand"), None, PROXY_METADATA_KEY),
            )
            if command
            else None
        )

    def __repr__(self) -> str:
        """Show the kind of credentials, never the token."""
        return f"Credentials({self._settings!r})"

    def metadata(self) -> Metadata:
        """Return the metadata of the next call.

        Raises:
            ConfigError: it would go over the network in clear text, and nobody has said that it may; or
                admin.proxyCommand gives no token.
        """
        found = self.proxy_metadata()
        if self._settings.token:
            found = (*found, _header(self._header_key, self._settings.token))
        elif self._tokens is not None:
            token = self._tokens.current(self._discover, self._provider)
            if token is not None:
                found = (*found, _header(token.header_key, token.value))
        if found:
            self._endpoint.require_private()
        return found

    def proxy_metadata(self) -> Metadata:
        """Return the metadata for a proxy in front of the control plane; empty without admin.proxyCommand."""
        token = self._proxy_token()
        return () if token is None else (_header(token.header_key, token.value),)

    def refresh(self, refused: Metadata) -> bool:
        """Get credentials other than the `refused` ones; False if there are none.

        Raises:
            ConfigError: what is configured isn't offered, or lacks something.
            UnauthenticatedError: the person or the identity provider refuses, or nobody can be asked.
            UnavailableError: the identity provider can't be reached.
        """
        if self._tokens is not None or self._proxy_tokens is not None:
            self._endpoint.require_private()
        sent = dict(refused)
        is_new = False
        if self._proxy_tokens is not None:
            is_new = self._proxy_tokens.renew(_value(sent.pop(PROXY_METADATA_KEY, "")), _no_provider, Provider)
        if self._tokens is not None:
            value = next((_value(text) for text in sent.values()), "")
            is_new = self._tokens.renew(value, self._discover, self._provider) or is_new
        return is_new

    def _proxy_token(self) -> Token | None:
        if self._proxy_tokens is None:
            return None
        token = self._proxy_tokens.current(_no_provider, Provider)
        if token is None:
            self._proxy_tokens.renew("", _no_provider, Provider)
            token = self._proxy_tokens.current(_no_provider, Provider)
        return token

    def _discover(self) -> AuthServer:
        server = self._ask(self.proxy_metadata())
        return replace(server, token_endpoint=self._settings.token_url or server.token_endpoint)

    def _provider(self) -> Provider:
        token = self._proxy_token()
        return Provider(
            network=self._endpoint.network,
            proxy_authorization=Hidden(f"Bearer {token.value}") if token else "",
            proxied_host=self._endpoint.address.host,
            secret_origin=self._settings.secret_origin,
        )

    def _store(self) -> TokenStore:
        settings = self._settings
        asked = (settings.mode.lower(), settings.client_id, " ".join(settings.scopes), settings.audience)
        return TokenStore(self._endpoint.address.text, asked)


def _header(key: str, token: str) -> tuple[str, str]:
    return key, Hidden(f"Bearer {token}")


def _value(header: str) -> str:
    return Hidden(header.removeprefix("Bearer "))


def _no_provider() -> AuthServer:
    return _NO_PROVIDER
