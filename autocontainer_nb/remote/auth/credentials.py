"""The metadata sent with each call, and the renewal of tokens."""

from collections.abc import Callable
from threading import Lock
from typing import Final

from autocontainer_nb.errors import AutocontainerError
from autocontainer_nb.remote.auth.oauth import AuthServer
from autocontainer_nb.remote.auth.token_sources import TokenSource, run_command, token_source
from autocontainer_nb.remote.config.endpoint import AuthSettings
from autocontainer_nb.wire import AUTHORIZATION_METADATA_KEY

Metadata = tuple[tuple[str, str], ...]
Discover = Callable[[Metadata], AuthServer]
PROXY_METADATA_KEY: Final = "proxy-authorization"


class Credentials:
    """The metadata sent with every call, and its renewal. It can be shared by threads."""

    def __init__(self, settings: AuthSettings, discover: Discover) -> None:
        self._settings = settings
        self._discover = discover
        self._token = settings.token
        self._header_key = AUTHORIZATION_METADATA_KEY
        self._source = None if settings.token else token_source(settings)
        self._proxy_token = ""
        self._lock = Lock()
        self._refreshing = Lock()  # calls go out several at a time: one person is asked once
        self._refreshed = 0
        self._failure: Exception | None = None

    def __repr__(self) -> str:
        """Show the kind of credentials, never the token."""
        return f"Credentials({self._settings!r})"

    def proxy_metadata(self) -> Metadata:
        """Return the metadata for a proxy in front of the control plane; empty without admin.proxyCommand."""
        if not self._settings.proxy_command:
            return ()
        with self._lock:
            if not self._proxy_token:
                self._proxy_token = run_command(self._settings.proxy_command, "admin.proxyCommand")
        return ((PROXY_METADATA_KEY, f"Bearer {self._proxy_token}"),)

    def metadata(self) -> Metadata:
        """Return the metadata of the next call."""
        proxy = self.proxy_metadata()
        with self._lock:
            return (*proxy, (self._header_key, f"Bearer {self._token}")) if self._token else proxy

    def refresh(self, refused: Metadata) -> bool:
        """Get credentials other than the `refused` ones; False if there are none.

        Raises:
            ConfigError: the configured authentication mode isn't supported.
            UnauthenticatedError: the identity provider refuses.
        """
        if self._source is None and not self._settings.proxy_command:
            return False
        before = self._refreshed
        with self._refreshing:
            if self._refreshed != before and self._failure is not None:
                raise self._failure  # somebody was asked meanwhile, and isn't asked again for the same launch
            try:
                self._failure = None
                return self._refresh(self._source, refused)
            except AutocontainerError as error:
                self._failure = error
                raise
            finally:
                self._refreshed += 1

    def _refresh(self, source: "TokenSource | None", refused: Metadata) -> bool:
        with self._lock:
            if self._settings.proxy_command:
                self._proxy_token = ""
            if source is None:
                return True
            current = (self._header_key, f"Bearer {self._token}")
            if self._token and current not in refused:
                return True  # another thread was faster
        server = self._discover(self.proxy_metadata())
        grant = source.fetch(server)
        with self._lock:
            self._token = grant.token
            self._header_key = (server.header_key or AUTHORIZATION_METADATA_KEY).lower()
        return True
