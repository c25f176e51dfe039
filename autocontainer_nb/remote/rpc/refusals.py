"""What a user is told of a refused call: the control plane, the call, the status, the server's words, a next step."""

from typing import Final

from autocontainer_nb.errors import BY_GRPC_STATUS, RemoteError, UnknownError
from autocontainer_nb.remote.rpc.troubles import Trouble, is_of_a_gateway, trouble_of

_NEXT_STEPS: Final = {
    "UNAUTHENTICATED": "Pass a valid token with FlyteRemote(token=...), or configure admin.authType (Pkce, DeviceFlow, "
    "ClientSecret, ExternalCommand) in ~/.flyte/config.yaml; in a container, the variables FLYTE_CREDENTIALS_*.",
    "PERMISSION_DENIED": "Ask an administrator of the control plane for this right.",
    "NOT_FOUND": "Check the name, the project and the domain.",
    "UNIMPLEMENTED": "The control plane doesn't support this call: it is too old or too simple, or the "
    "address belongs to another service.",
    "RESOURCE_EXHAUSTED": "It has too many calls, or a quota is used up: try again later, or ask an administrator of "
    "the control plane for its limits.",
    "UNAVAILABLE": "The server there doesn't answer like a control plane: check the port, or try again later.",
    "DEADLINE_EXCEEDED": "No answer came in time: check the address and the network, or try again later.",
}
_TOO_LARGE: Final = (
    "The message is too large for it. Pass large inputs as a DataFrame, an array or a FlyteFile, which are uploaded "
    "separately; split a large workflow into several."
)
_MISSING_SCOPE: Final = (
    "The sign-in is good, and lacks a scope that the control plane requires: set admin.scopes: [all] "
    "(FLYTE_CREDENTIALS_SCOPES), or let the identity provider allow that scope to this client."
)
_TOO_MANY_NODES: Final = (
    "Call some of the tasks in workflows of their own and call those, use map_task, or call them in a @dynamic task. "
    "The limit is set in the control plane's configuration."
)


def refused(status: str, details: str, *, endpoint: str, method: str, next_step: str = "") -> RemoteError:
    """Return the error to raise where the server at `endpoint` answered `method` with a gRPC status other than OK.

    `status` is its name, `details` are the server's words. `next_step` is what to do, where more is known about it
    than the status tells.
    """
    kind = BY_GRPC_STATUS.get(status, UnknownError)
    trouble = trouble_of(status, details)
    if not next_step or trouble is Trouble.TOO_LARGE:
        next_step = _next_step(status, details, trouble)
    said = details or "the server gave no reason"
    verb = "didn't answer" if status in ("UNAVAILABLE", "DEADLINE_EXCEEDED") else "refused"
    error = kind(
        f"Control plane {endpoint} {verb} {method}: {status}: {said}"
        + (f"{'' if said.endswith(('.', '!', '?')) else '.'} {next_step}" if next_step else ""),
        endpoint=endpoint,
        method=method,
        status=status,
        details=details,
    )
    error.retryable = trouble.passes
    error.may_have_worked = trouble.is_open
    return error


def lacks_scope(details: str) -> bool:
    """Return whether a token was good, and lacks a scope: another token of the same sign-in lacks it as well.

    Flyte says so with UNAUTHENTICATED (BlanketAuthorization of flyteadmin's package auth).
    """
    return "required scope" in details


def _next_step(status: str, details: str, trouble: Trouble) -> str:
    if trouble is Trouble.TOO_LARGE:
        return _TOO_LARGE
    if trouble is Trouble.AWAY and is_of_a_gateway(details):
        return "A proxy answers there, and the control plane behind it is away: try again later."
    if status == "UNAUTHENTICATED" and lacks_scope(details):
        return _MISSING_SCOPE
    return _TOO_MANY_NODES if "number of nodes in workflow" in details else _NEXT_STEPS.get(status, "")
