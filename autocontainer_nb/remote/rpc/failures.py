"""The error for a failed call: with the endpoint, the call, the status, the server's own words, and a next step."""

from typing import Final

import grpc

from autocontainer_nb.errors import BY_GRPC_STATUS, RemoteError, UnknownError
from autocontainer_nb.remote.config.endpoint import Endpoint
from autocontainer_nb.remote.rpc.channel import diagnose

_NEXT_STEPS: Final = {
    "UNAUTHENTICATED": "Pass a valid token with FlyteRemote(token=...), or configure admin.authType (ClientSecret, "
    "DeviceFlow, ExternalCommand) in ~/.flyte/config.yaml.",
    "PERMISSION_DENIED": "Ask an administrator of the control plane for this right.",
    "NOT_FOUND": "Check the name, the project and the domain.",
    "UNIMPLEMENTED": "The control plane doesn't support this call: it is too old or too simple, or the "
    "address belongs to another service.",
    "RESOURCE_EXHAUSTED": "A message is too large, or a quota is exceeded. Pass large inputs as a DataFrame, an array "
    "or a file, which are uploaded separately.",
    "UNAVAILABLE": "The server there doesn't answer like a control plane: check the port, or try again later.",
    "DEADLINE_EXCEEDED": "No answer came in time: check the address and the network, or try again later.",
}
_TOO_MANY_NODES: Final = (
    "Call some of the tasks in workflows of their own and call those, use map_task, or call them in a @dynamic task. "
    "The limit is set in the control plane's configuration."
)
_NOT_GRPC: Final = ("http2 header with status", "content-type", "stream removed", "RST_STREAM")


def status_of(error: grpc.RpcError) -> str:
    """Return the gRPC status by name."""
    code = error.code() if isinstance(error, grpc.Call) else None
    return code.name if code is not None else "UNKNOWN"


def details_of(error: grpc.RpcError) -> str:
    """Return the server's own words."""
    return (error.details() or "").strip() if isinstance(error, grpc.Call) else str(error)


def refusal(error: grpc.RpcError, endpoint: Endpoint, method: str) -> RemoteError:
    """Return the error to raise for a failed call. If nothing answered, the endpoint is examined once more."""
    status, details = status_of(error), details_of(error)
    kind = BY_GRPC_STATUS.get(status, UnknownError)
    next_step = _NEXT_STEPS.get(status, "")
    if status in ("UNAVAILABLE", "DEADLINE_EXCEEDED"):
        next_step = diagnose(endpoint.address, insecure=endpoint.insecure) or next_step
    elif status in ("UNKNOWN", "INTERNAL", "UNIMPLEMENTED") and any(words in details for words in _NOT_GRPC):
        next_step = "The server there doesn't seem to speak gRPC: check the port (it isn't that of the console)."
    elif "number of nodes in workflow" in details:
        next_step = _TOO_MANY_NODES
    said = details or "the server gave no reason"
    verb = "didn't answer" if status in ("UNAVAILABLE", "DEADLINE_EXCEEDED") else "refused"
    return kind(
        f"Control plane {endpoint.address.text} {verb} {method}: {status}: {said}"
        + (f"{'' if said.endswith(('.', '!', '?')) else '.'} {next_step}" if next_step else ""),
        endpoint=endpoint.address.text,
        method=method,
        status=status,
        details=details,
    )
