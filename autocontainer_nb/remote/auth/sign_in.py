"""A person's sign-in: by a browser (PKCE), by a code (device flow), or silently by the refresh token of an earlier one.

Which of them, if the configuration doesn't say, is the control plane's to decide: by the endpoints that it names.
"""

from typing import Final

from autocontainer_nb.errors import UnauthenticatedError
from autocontainer_nb.remote import environment
from autocontainer_nb.remote.auth import prompt
from autocontainer_nb.remote.auth.oauth import (
    AuthServer,
    Grant,
    Provider,
    basic_header,
    code_of,
    grant_of,
)
from autocontainer_nb.remote.config.endpoint import AuthSettings
from autocontainer_nb.remote.config.hidden import Hidden
from autocontainer_nb.wire import ENV_EXECUTION_ID

_MISTAKES: Final = frozenset({"invalid_client", "unauthorized_client", "unsupported_grant_type"})


class SignIn:
    """The flow that `mode` names: Pkce, DeviceFlow, or, where it is empty, what the control plane offers."""

    is_personal = True

    def __init__(self, settings: AuthSettings, mode: str) -> None:
        self._settings = settings
        self._mode = mode

    def is_offered(self, server: AuthServer) -> bool:
        """Whether a flow is configured, or the control plane names one."""
        return bool(self._mode or self._offered(server))

    def silently(self, server: AuthServer, provider: Provider, refresh_token: str) -> Grant | None:
        """Return a new token for a refresh token (RFC 6749, 6); None if there is none, or it isn't accepted any more.

        Raises:
            UnavailableError: the provider can't be reached, which says nothing about the refresh token.
            UnauthenticatedError: the client itself is refused.
        """
        if not refresh_token or not server.token_endpoint:
            return None
        client_id = self._settings.client_id or server.client_id
        form = {"grant_type": "refresh_token", "refresh_token": Hidden(refresh_token), "client_id": client_id}
        secret = self._settings.client_secret
        try:
            answer = provider.post(
                server.token_endpoint, form, authorization=basic_header(client_id, secret) if secret else ""
            )
        except UnauthenticatedError as error:
            if code_of(error) in _MISTAKES:
                raise
            return None
        grant = grant_of(server.token_endpoint, answer)
        # A provider that doesn't rotate refresh tokens sends none: the old one stays.
        return Grant(grant.token, grant.expires_at_s, grant.refresh_token or Hidden(refresh_token))

    def fetch(self, server: AuthServer, provider: Provider) -> Grant:
        """Ask the person.

        Raises:
            ConfigError: the control plane doesn't offer this flow.
            UnauthenticatedError: the person or the provider refused, nobody signed in, or nobody can be asked.
        """
        mode = self._mode or self._offered(server)
        if self._settings.unused:
            prompt.announce(self._settings.unused)
        if environment.variables().get(ENV_EXECUTION_ID):
            raise UnauthenticatedError(
                "The control plane requires credentials, and nobody can be asked to sign in in a container. Set the "
                "variables FLYTE_CREDENTIALS_CLIENT_ID and FLYTE_CREDENTIALS_CLIENT_SECRET (by secret_requests) or "
                "FLYTE_CREDENTIALS_COMMAND there, beside FLYTE_PLATFORM_URL.",
                status="UNAUTHENTICATED",
            )
        if not self._mode and not prompt.is_attended():
            raise UnauthenticatedError(prompt.NOBODY, status="UNAUTHENTICATED")  # a job at night isn't to wait
        if mode == "DeviceFlow":
            from autocontainer_nb.remote.auth.device import device_grant

            return device_grant(server, self._settings, provider)
        from autocontainer_nb.remote.auth.pkce import pkce_grant

        return pkce_grant(server, self._settings, provider)

    @staticmethod
    def _offered(server: AuthServer) -> str:
        if server.device_endpoint and not prompt.has_browser(environment.variables()):
            return "DeviceFlow"  # a code is less to copy than an address
        if server.authorization_endpoint:
            return "Pkce"
        return "DeviceFlow" if server.device_endpoint else ""
