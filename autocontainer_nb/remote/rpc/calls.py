"""The calls to the control plane, with credentials, deadline, retries, and errors with a next step.

A call is made again only if the failure says that it may help (`repetition`): a server that is away, slow or has too
many calls is asked for as long as the procedure's patience; UNAUTHENTICATED, once, and only with other credentials
than the refused ones. All calls of this package may be repeated: what they create has a name that the client chose.
"""

import logging
import weakref
from functools import partial
from threading import Lock
from typing import Any, Final

import grpc

from autocontainer_nb.errors import RemoteError, UnimplementedError
from autocontainer_nb.remote import environment
from autocontainer_nb.remote.auth.credentials import Credentials, Metadata
from autocontainer_nb.remote.auth.oauth import AuthServer
from autocontainer_nb.remote.config.endpoint import Endpoint
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.rpc.channel import open_channel
from autocontainer_nb.remote.rpc.failures import details_of, refusal, status_of
from autocontainer_nb.remote.rpc.forks import calls_under_way
from autocontainer_nb.remote.rpc.methods import Answer, Request, Rpc
from autocontainer_nb.remote.rpc.refusals import lacks_scope
from autocontainer_nb.remote.rpc.repetition import TOLD_AFTER_S, Repetition
from autocontainer_nb.remote.rpc.troubles import is_answer

_log = logging.getLogger("autocontainer_nb")
AT_REST_PATIENCE_S: Final = 1.0  # of a display, which mustn't start a sandbox and will ask again


class _OpenChannel:
    """An open channel with its credentials. Retired, it closes as soon as the last call by it has ended.

    Nothing refers back to it: a channel that only the garbage collector closes is closed in whatever thread that runs
    in, and gRPC's lock may be taken there already.
    """

    def __init__(self, endpoint: Endpoint, credentials: Credentials) -> None:
        self.endpoint = endpoint
        self.channel = open_channel(endpoint)
        self.generation = calls_under_way.generation
        self.credentials = credentials
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
        authorization_endpoint=oauth2.authorization_endpoint,
        redirect_uri=public.redirect_uri,
    )


def _discover_by(calls: "weakref.ref[Calls]", proxy: Metadata) -> AuthServer:
    """Ask by the channel that is open now. Credentials outlive channels, and must hold none of them open."""
    asking = calls()
    if asking is None:
        return AuthServer()
    opened = asking._begin()  # noqa: SLF001 - of this module's own class
    try:
        return discover(opened.channel, opened.endpoint, proxy)
    finally:
        opened.end()


class Calls:
    """Calls to one control plane by gRPC: a `ControlPlane`. The channel opens at the first call."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._opened: _OpenChannel | None = None
        self._of_parents: list[_OpenChannel] = []  # never closed here: that would be their connections
        self._has_answered = False  # at this endpoint
        self._silent_until_s = 0.0  # about calls that take long
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
        patience_s: float | None = None,
        may_restart: bool = True,
    ) -> Answer:
        """Return the server's answer. A sandbox that is gone is started again, unless `may_restart` is False.

        Raises:
            RemoteError: the subclass of the gRPC status. Where the server has never answered, within 10 s, as long as
                the call itself takes no longer.
        """
        patience_s = rpc.patience_s if patience_s is None else patience_s
        attempts = Repetition(
            rpc.timeout_s if timeout_s is None else timeout_s,
            patience_s if may_restart else min(patience_s, AT_REST_PATIENCE_S),
        )
        credentials_renewed = False
        while True:
            opened = self._begin()
            metadata: Metadata = ()
            try:
                metadata = opened.credentials.metadata()
                answer = send(opened.channel, rpc, request, metadata, attempts.timeout_s)
            except grpc.RpcError as error:
                status, details = status_of(error), details_of(error)
                if status == "UNAUTHENTICATED" and not credentials_renewed and not lacks_scope(details):
                    credentials_renewed = True
                    if (may_restart and self._move(opened)) or opened.credentials.refresh(metadata):
                        attempts.restart()
                        continue
                self._has_answered = self._has_answered or is_answer(status, details)
                pause_s = attempts.pause_s(status, details, has_answered=self._has_answered)
                if status == "DEADLINE_EXCEEDED":
                    self._reconnect(opened)
                has_moved = status == "UNAVAILABLE" and may_restart and self._move(opened)
                if pause_s is None and not (has_moved and attempts.failures <= 1):
                    failed = refusal(error, opened.endpoint, rpc.name)
                    failed.may_have_worked = attempts.is_open
                    raise failed from None
                if not has_moved:
                    self._tell(opened, attempts, f"{status}: {details}")
                    environment.pause(pause_s or 0.0)
            else:
                self._has_answered = True
                return answer
            finally:
                opened.end()

    def _begin(self) -> _OpenChannel:
        """Return the channel for one attempt. Under the lock, so that it can't be retired before the attempt counts."""
        with calls_under_way, self._lock:
            opened = self._opened = self._own() or self._open()
            opened.begin()
            return opened

    def _open(self) -> _OpenChannel:
        credentials = Credentials(self.endpoint, partial(_discover_by, weakref.ref(self)))
        return _OpenChannel(self.endpoint, credentials)

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

    def _reconnect(self, silent: _OpenChannel) -> None:
        """Let the next attempt, or call, have a new connection: nobody would notice that this one leads nowhere."""
        with calls_under_way, self._lock:
            if self._opened is silent:
                try:
                    self._opened = _OpenChannel(silent.endpoint, silent.credentials)
                except RemoteError:  # nor does the server show its certificate now: the next attempt tells
                    return
        silent.retire()

    def _tell(self, opened: _OpenChannel, attempts: Repetition, words: str) -> None:
        """Say in the log that a call takes long, and why: once for all calls of a minute."""
        now_s = environment.monotonic_s()
        if attempts.lasted_s > TOLD_AFTER_S and now_s > self._silent_until_s:
            self._silent_until_s = now_s + methods.PATIENCE_S
            _log.warning("Control plane %s: %s. Trying again.", opened.endpoint.address.text, words)
