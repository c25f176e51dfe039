"""The check of the token before every RPC, and the two services that tell clients about it."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import grpc
from flyteidl.service import auth_pb2, identity_pb2

from autocontainer_nb.sandbox.api.rpc import Implementation, unimplemented
from autocontainer_nb.sandbox.blobs.signed_links import same_token, token_of
from autocontainer_nb.wire import AUTHORIZATION_METADATA_KEY

# A real cluster answers these without a token: they say how to log in.
OPEN_SERVICES: Final = ("/flyteidl.service.AuthMetadataService/",)
CLIENT_ID: Final = "autocontainer-nb"


class TokenGuard(grpc.ServerInterceptor):  # type: ignore[type-arg] # generic in the stubs only
    """Lets calls with the token pass, and names every RPC that isn't served."""

    def __init__(self, token: str, token_file: str) -> None:
        self._token = token
        self._token_file = token_file

    def intercept_service(
        self, continuation: Callable[[grpc.HandlerCallDetails], Any], handler_call_details: grpc.HandlerCallDetails
    ) -> Any:
        """Return the handler of the RPC, or one that refuses the call."""
        method = handler_call_details.method
        if not method.startswith(OPEN_SERVICES):
            problem = self._problem(handler_call_details)
            if problem:
                return _refusal(grpc.StatusCode.UNAUTHENTICATED, f"{method}: {problem}")
        handler = continuation(handler_call_details)
        if handler is None:
            return _refusal(grpc.StatusCode.UNIMPLEMENTED, unimplemented(method.lstrip("/")))
        return handler

    def _problem(self, details: grpc.HandlerCallDetails) -> str:
        metadata: Mapping[str, Any] = dict(details.invocation_metadata or ())
        header = metadata.get(AUTHORIZATION_METADATA_KEY)
        help_text = f"The sandbox's token is in {self._token_file}; `autocontainer-nb sandbox config` prints a "
        help_text += "configuration file that uses it."
        if header is None:
            return f"missing token: expected metadata '{AUTHORIZATION_METADATA_KEY}: Bearer TOKEN'. {help_text}"
        token = token_of(str(header))
        if not token:
            return f"expected metadata '{AUTHORIZATION_METADATA_KEY}: Bearer TOKEN', got another scheme. {help_text}"
        return "" if same_token(token, self._token) else f"the token isn't valid for this sandbox. {help_text}"


def _refusal(status: grpc.StatusCode, details: str) -> Any:
    def refuse(_request: bytes, context: grpc.ServicerContext) -> None:
        context.abort(status, details)

    return grpc.unary_unary_rpc_method_handler(refuse)


def auth_metadata_methods(http_endpoint: str) -> dict[str, Implementation]:
    """Return AuthMetadataService: there is no login, only the token, sent as `authorization`."""

    def get_oauth2_metadata(_request: auth_pb2.OAuth2MetadataRequest) -> auth_pb2.OAuth2MetadataResponse:
        return auth_pb2.OAuth2MetadataResponse(issuer=http_endpoint)

    def get_public_client_config(
        _request: auth_pb2.PublicClientAuthConfigRequest,
    ) -> auth_pb2.PublicClientAuthConfigResponse:
        return auth_pb2.PublicClientAuthConfigResponse(
            client_id=CLIENT_ID,
            authorization_metadata_key=AUTHORIZATION_METADATA_KEY,
            service_http_endpoint=http_endpoint,
        )

    return {"GetOAuth2Metadata": get_oauth2_metadata, "GetPublicClientConfig": get_public_client_config}


def identity_methods(user: str) -> dict[str, Implementation]:
    """Return IdentityService: a caller with the token counts as the person who started the sandbox."""

    def user_info(_request: identity_pb2.UserInfoRequest) -> identity_pb2.UserInfoResponse:
        return identity_pb2.UserInfoResponse(subject=user, name=user, preferred_username=user)

    return {"UserInfo": user_info}
