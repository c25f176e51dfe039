"""The error for a failed gRPC call: what the server said, and what a look at the endpoint adds."""

import re
from typing import Final

import grpc

from autocontainer_nb.errors import RemoteError
from autocontainer_nb.remote.config.endpoint import Endpoint
from autocontainer_nb.remote.rpc.diagnosis import diagnose
from autocontainer_nb.remote.rpc.refusals import refused

# A JSON Web Token, which begins with `{"` in base64, and whatever follows its scheme (RFC 6750, 2.1).
_TOKENS: Final = re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*|(?<=Bearer )[\w.~+/-]{16,}=*", re.IGNORECASE)
_NOT_GRPC: Final = ("http2 header with status", "content-type", "stream removed", "RST_STREAM")


def status_of(error: grpc.RpcError) -> str:
    """Return the gRPC status by name."""
    code = error.code() if isinstance(error, grpc.Call) else None
    return code.name if code is not None else "UNKNOWN"


def details_of(error: grpc.RpcError) -> str:
    """Return the server's own words, without a token that it may have quoted."""
    said = (error.details() or "").strip() if isinstance(error, grpc.Call) else str(error)
    return _TOKENS.sub("…", said)


def refusal(error: grpc.RpcError, endpoint: Endpoint, method: str) -> RemoteError:
    """Return the error to raise for a failed call. If nothing answered, the endpoint is examined once more."""
    status, details = status_of(error), details_of(error)
    next_step = ""
    if status in ("UNAVAILABLE", "DEADLINE_EXCEEDED"):
        next_step = diagnose(endpoint)
    elif status in ("UNKNOWN", "INTERNAL", "UNIMPLEMENTED") and any(words in details for words in _NOT_GRPC):
        next_step = "The server there doesn't seem to speak gRPC: check the port (it isn't that of the console)."
    return refused(status, details, endpoint=endpoint.address.text, method=method, next_step=next_step)
