"""gRPC services built from their descriptors; RPCs without an implementation answer UNIMPLEMENTED with their name.

An implementation takes the request and returns the response. To refuse, it raises one of the RemoteError classes, which
becomes the status that `errors.BY_GRPC_STATUS` has for it.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from autocontainer_nb.errors import BY_GRPC_STATUS, RemoteError

Implementation = Callable[[Any], Message]
STATUS_BY_ERROR: Final[dict[type[RemoteError], grpc.StatusCode]] = {
    error: grpc.StatusCode[status] for status, error in BY_GRPC_STATUS.items()
}
_log = logging.getLogger(__name__)


def unimplemented(method: str) -> str:
    """Return the details for an UNIMPLEMENTED answer."""
    return (
        f"The sandbox doesn't serve {method}: it only runs single tasks on this machine. "
        "Connect to a Flyte cluster for everything else."
    )


def _unary(
    name: str, function: Implementation | None, request_class: type[Message]
) -> "grpc.RpcMethodHandler[Any, Any]":
    def answer(request: Message, context: grpc.ServicerContext) -> Message:
        if function is None:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, unimplemented(name))
        try:
            return function(request)
        except RemoteError as error:
            context.abort(STATUS_BY_ERROR.get(type(error), grpc.StatusCode.UNKNOWN), str(error))
        except Exception as error:  # noqa: BLE001 - the edge of the process: one bad call must not look like a dead server
            _log.exception("%s failed", name)
            context.abort(
                grpc.StatusCode.INTERNAL, f"{name} failed inside the sandbox: {type(error).__name__}: {error}"
            )

    return grpc.unary_unary_rpc_method_handler(
        answer, request_deserializer=request_class.FromString, response_serializer=_serialize
    )


def _serialize(message: Message) -> bytes:
    return message.SerializeToString()


def _method_handler(method: MethodDescriptor, function: Implementation | None) -> "grpc.RpcMethodHandler[Any, Any]":
    name = f"{method.containing_service.name}.{method.name}"
    return _unary(name, function, GetMessageClass(method.input_type))


def service_handler(
    service: ServiceDescriptor, implementations: Mapping[str, Implementation]
) -> "grpc.GenericRpcHandler[Any, Any]":
    """Return the handler of a whole service; the keys of `implementations` are bare RPC names.

    Raises:
        ValueError: the service has no RPC of such a name.
    """
    unknown = set(implementations) - set(service.methods_by_name)
    if unknown:
        raise ValueError(f"{service.full_name} has no RPC named {', '.join(sorted(unknown))}")
    handlers = {
        name: _method_handler(method, implementations.get(name)) for name, method in service.methods_by_name.items()
    }
    return grpc.method_handlers_generic_handler(service.full_name, handlers)
