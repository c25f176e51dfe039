"""The calls to the control plane, with credentials, deadline, retries, and errors with a next step.

A call is retried only if the status says that it may help: UNAVAILABLE, a few times within the call's own time
limit; UNAUTHENTICATED, once, and only with other credentials than the refused ones. All calls of this package may be
repeated: what they create has a name that the client chose.
"""

from functools import partial
from threading import Lock
from typing import Any, Final

import grpc

from autocontainer_nb.errors import UnimplementedError
from autocontainer_nb.remote import environment
from autocontainer_nb.remote.auth.credentials import Credentials, Metadata
from autocontainer_nb.remote.auth.oauth import AuthServer
from autocontainer_nb.remote.config.endpoint import Endpoint
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.rpc.channel import open_channel
from autocontainer_nb.remote.rpc.failures import refusal, status_of
from autocontainer_nb.remote.rpc.forks import calls_under_way
from autocontainer_nb.remote.rpc.methods import Answer, Request, Rpc

MAX_ATTEMPTS: Final = 3
FIRST_PAUSE_S: Final = 0.2


class _OpenChannel:
    """An open channel with its credentials. Retired, it closes as soon as the last call by it has ended.

    Nothing refers back to it: a channel that only the garbage collector closes is closed in whatever thread that runs
    in, and gRPC's lock may be taken there already.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.channel = open_channel(endpoint)
        self.generation = calls_under_way.generation
        self.credentials = Credentials(endpoint.auth, partial(discover, self.channel, endpoint))
        self._lock = Lock()
        self._calls_in_flight = 0
        self._retired = False

    def begin(self) -> None:
        """Record the start of a call; `end` has to follow."""
        with self._lock:
            self._calls_in_flight += 1

    def end(self) -> None:
        """Note that a call has ended; the last one of a retired channel closes it."""
        with calls_under_way:
            with self._lock:
                self._calls_in_flight -= 1
                is_last = self._retired and not self._calls_in_flight
            if is_last:
                self.channel.close()

    def retire(self) -> None:
        """Close the channel, now or after the calls that are under way in other threads."""
        with calls_under_way:
            with self._lock:
                self._retired = True
                is_idle = not self._calls_in_flight
            if is_idle:
                self.channel.close()


def send(
    channel: grpc.Channel, rpc: Rpc[Request, Answer], request: Request, metadata: Metadata, timeout_s: float
) -> Answer:
    """Make one attempt by the channel; gRPC's own error comes through."""
    with calls_under_way:
        method: Any = channel.unary_unary(
            rpc.path, request_serializer=rpc.request.SerializeToString, response_deserializer=rpc.answer.FromString
        )
        answer: Answer = method(request, timeout=max(timeout_s, 0.001), metadata=metadata)
    return answer


def discover(channel: grpc.Channel, endpoint: Endpoint, proxy: Metadata) -> AuthServer:
    """Ask the control plane for its identity provider; both calls need no credentials."""
    client, provider = methods.GET_PUBLIC_CLIENT_CONFIG, methods.GET_OAUTH2_METADATA
    try:
        public = send(channel, client, client.request(), proxy, methods.QUICK_S)
        oauth2 = send(channel, provider, provider.request(), proxy, methods.QUICK_S)
    except grpc.RpcError as error:
        found = refusal(error, endpoint, "AuthMetadataService")
        if isinstance(found, UnimplementedError):
            return AuthServer()
        raise found from None
    return AuthServer(
        token_endpoint=oauth2.token_endpoint,
        device_endpoint=oauth2.device_authorization_endpoint,
        header_key=public.authorization_metadata_key,
        client_id=public.client_id,
        scopes=tuple(public.scopes),
        audience=public.audience,
    )


class Calls:
    """Calls to one control plane. Threads may share it; the channel opens at the first call."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._opened: _OpenChannel | None = None
        self._of_parents: list[_OpenChannel] = []  # never closed here: that would be their connections
        self._lock = Lock()

    def close(self) -> None:
        """Close the channel; the next call opens another."""
        with calls_under_way, self._lock:
            opened, self._opened = self._own(), None
        if opened:
            opened.retire()

    def call(
        self,
        rpc: Rpc[Request, Answer],
        request: Request,
        *,
        timeout_s: float | None = None,
        patience_s: float | None = None,  # noqa: ARG002 - see `control_plane`
        may_restart: bool = True,
    ) -> Answer:
        """Return the server's answer. A sandbox that is gone is started again, unless `may_restart` is False.

        Raises:
            RemoteError: the subclass of the gRPC status, told within the time limit and a few seconds.
        """
        timeout_s = rpc.timeout_s if timeout_s is None else timeout_s
        deadline_s = environment.monotonic_s() + timeout_s
        attempt, credentials_renewed = 0, False
        while True:
            attempt += 1
            opened = self._begin()
            metadata: Metadata = ()
            try:
                metadata = opened.credentials.metadata()
                return send(opened.channel, rpc, request, metadata, deadline_s - environment.monotonic_s())
            except grpc.RpcError as error:
                status = status_of(error)
                if status == "UNAUTHENTICATED" and not credentials_renewed:
                    credentials_renewed = True
                    if (may_restart and self._move(opened)) or opened.credentials.refresh(metadata):
                        deadline_s = environment.monotonic_s() + timeout_s  # a person may have signed in meanwhile
                        continue
                pause_s = FIRST_PAUSE_S * 2 ** (attempt - 1) * environment.jitter()
                has_time = environment.monotonic_s() + pause_s < deadline_s
                if status != "UNAVAILABLE" or attempt >= MAX_ATTEMPTS or not has_time:
                    raise refusal(error, opened.endpoint, rpc.name) from None
                if not may_restart or not self._move(opened):
                    environment.pause(pause_s)
            finally:
                opened.end()

    def _begin(self) -> _OpenChannel:
        """Return the channel for one attempt. Under the lock, so that it can't be retired before the attempt counts."""
        with calls_under_way, self._lock:
            opened = self._opened = self._own() or _OpenChannel(self.endpoint)
            opened.begin()
            return opened

    def _own(self) -> _OpenChannel | None:
        """Return the open channel, unless it is that of the process that this one was forked from."""
        if self._opened is not None and self._opened.generation != calls_under_way.generation:
            self._of_parents.append(self._opened)
            self._opened = None
        return self._opened

    def _move(self, failed: _OpenChannel) -> bool:
        """Go where the sandbox is now, if it is the sandbox that failed and it has moved."""
        renewed = failed.endpoint.renewed()
        if renewed is None or renewed == failed.endpoint:
            return False
        with calls_under_way, self._lock:
            if self._opened is failed:
                self.endpoint, self._opened = renewed, None
        failed.retire()
        return True
