"""One sign-in's tokens, shared by all clients of this process that are configured alike, and renewed for all of them.

A token is renewed a little ahead of its expiry by the call that comes next; the others go on with the old one. After a
refusal, or once it has expired, one thread gets a new one and the others wait for it. Other processes do the same by
`token_store`. Nobody is asked twice for what somebody else has just been asked for.
"""

import os
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from threading import Lock
from typing import Final
from weakref import WeakValueDictionary

from autocontainer_nb.errors import AutocontainerError, UnauthenticatedError
from autocontainer_nb.remote import environment
from autocontainer_nb.remote.auth import prompt
from autocontainer_nb.remote.auth.oauth import AuthServer, Grant, Provider
from autocontainer_nb.remote.auth.token_sources import TokenSource
from autocontainer_nb.remote.auth.token_store import Kept, TokenStore
from autocontainer_nb.remote.config.hidden import Hidden
from autocontainer_nb.wire import AUTHORIZATION_METADATA_KEY

Discover = Callable[[], AuthServer]
Ask = Callable[[], Provider]  # how to speak to the identity provider
_AHEAD_S: Final = 60.0  # at most, and ...
_AHEAD_PART: Final = 0.3  # ... of the token's life
_MAIN_THREAD_S: Final = 5.0
_LOOK_S: Final = 0.05
_ASK_IN_A_CELL: Final = (
    "The control plane requires a new sign-in: run any call to it in a cell, such as FlyteRemote().check()."
)
_INTERRUPTED: Final = "The sign-in was interrupted. Call again to sign in."
_RETRY_S: Final = 10.0  # after a renewal ahead of time has failed


@dataclass(frozen=True)
class Token:
    """A token in use. It is due for renewal some time before it expires."""

    value: str = field(repr=False)
    header_key: str
    expires_at_s: float | None = None
    due_at_s: float | None = None
    refresh_token: str = field(default="", repr=False)

    @classmethod
    def of(cls, kept: Kept) -> "Token":
        """Return a token that somebody has kept."""
        due_at_s = None
        if kept.expires_at_s is not None:
            life_s = max(0.0, kept.expires_at_s - environment.now_s())
            due_at_s = kept.expires_at_s - min(_AHEAD_S, life_s * _AHEAD_PART)
        return cls(kept.token, kept.header_key, kept.expires_at_s, due_at_s, kept.refresh_token)


class Tokens:
    """The tokens from one source. `store` is where a person's sign-in is kept, None where nothing is."""

    def __init__(self, source: TokenSource, store: TokenStore | None, header_key: str = "") -> None:
        self._source = source
        self._store = store if source.is_personal else None
        self._header_key = header_key.lower()
        self._token: Token | None = None
        self._loaded = False
        self._server: AuthServer | None = None
        self._turn = Lock()  # held by who gets a token, while others wait
        self._rounds = 0
        self._failure: AutocontainerError | None = None  # a copy: a traceback would hold what was closed long ago
        self._failed_at_s = 0.0
        self._retry_at_s = 0.0

    def current(self, discover: Discover, provider: Ask) -> Token | None:
        """Return the token for the next call, renewed if it is due; None if there is none yet. Raises nothing."""
        if not self._loaded:
            self._load()
        token = self._token
        now_s = environment.now_s()
        if token is None or token.due_at_s is None or now_s < max(token.due_at_s, self._retry_at_s):
            return token
        has_expired = token.expires_at_s is not None and now_s >= token.expires_at_s
        if not self._turn.acquire(blocking=has_expired):
            return token  # somebody is at it, and this one will do
        try:
            if self._token is token and environment.now_s() >= self._retry_at_s:
                self._renew_ahead(token, discover, provider)
        finally:
            self._turn.release()
        return self._token

    def renew(self, refused: str, discover: Discover, provider: Ask) -> bool:
        """Get a token other than the `refused` one (empty if none was sent); False if there is no source after all.

        Raises:
            ConfigError: the configured mode isn't offered, or lacks something.
            UnauthenticatedError: the person or the identity provider refuses, or nobody can be asked.
            UnavailableError: the identity provider can't be reached.
        """
        before = self._rounds
        try:
            return self._renew_in_turn(before, refused, discover, provider)
        except prompt.WrongThreadError:
            pass
        # The main thread, which can ask, is about to be refused as well, or is asking already.
        deadline_s = environment.monotonic_s() + _MAIN_THREAD_S
        while environment.monotonic_s() < deadline_s or self._turn.locked():
            environment.pause(_LOOK_S)
            if self._has_other_than(refused):
                return True
            if self._rounds != before and self._failure is not None:
                raise copy(self._failure)
        raise UnauthenticatedError(_ASK_IN_A_CELL, status="UNAUTHENTICATED")

    def _renew_in_turn(self, before: int, refused: str, discover: Discover, provider: Ask) -> bool:
        with self._turn:
            if self._has_other_than(refused):
                return True  # another thread was faster
            failure, self._failure = self._failure, None
            if self._rounds != before and failure is not None:
                self._failure = failure
                raise copy(failure)  # somebody was asked meanwhile, and isn't asked again for the same launch
            # If nobody came, a display that looks again by itself isn't to ask again; nor is a provider that has just
            # refused, which may lock the client out.
            unasked = failure if isinstance(failure, UnauthenticatedError) and not prompt.is_main_thread() else None
            if unasked is not None and environment.monotonic_s() < self._failed_at_s + _RETRY_S:
                self._failure = failure
                raise copy(unasked)
            try:
                found = self._replace(refused, discover, provider, unasked)
            except prompt.WrongThreadError:
                raise
            except BaseException as error:  # an interrupt, too: the threads that wait must learn of it
                interrupted = UnauthenticatedError(_INTERRUPTED, status="UNAUTHENTICATED")
                self._failure = copy(error) if isinstance(error, AutocontainerError) else interrupted
                self._rounds += 1
                self._failed_at_s = environment.monotonic_s()
                raise
            self._rounds += 1
            return found

    def _has_other_than(self, refused: str) -> bool:
        return self._token is not None and self._token.value != refused

    def _load(self) -> None:
        with self._turn:
            kept = self._store.load() if self._store and not self._loaded else None
            if kept is not None and self._token is None:
                self._token = Token.of(kept)
            self._loaded = True

    def _replace(self, refused: str, discover: Discover, provider: Ask, unasked: UnauthenticatedError | None) -> bool:
        """`unasked` is raised instead of asking a person."""
        server = self._discovered(discover)
        if not self._source.is_offered(server):
            return False
        if self._store is None:
            return self._take(self._source.fetch(server, provider()), server)
        with self._store.locked():
            kept = self._store.load()
            if kept is not None and kept.token != refused and not _has_expired(kept):
                self._token = Token.of(kept)  # another process was faster
                return True
            refresh_token = kept.refresh_token if kept else self._token.refresh_token if self._token else ""
            grant = self._source.silently(server, provider(), refresh_token)
            if grant is None and refresh_token:
                self._store.forget()
                self._token = None
            if grant is None and unasked is not None:
                raise copy(unasked)
            return self._take(grant or self._source.fetch(server, provider()), server)

    def _renew_ahead(self, token: Token, discover: Discover, provider: Ask) -> None:
        """Whatever goes wrong: the old token is used as long as the server takes it, and its refusal tells more."""
        self._retry_at_s = environment.now_s() + _RETRY_S
        try:
            if self._store is None:
                server = self._discovered(discover)
                self._take(self._source.silently(server, provider(), token.refresh_token), server)
                return
            with self._store.locked():
                kept = self._store.load()
                if kept is not None and kept.token != token.value and not _has_expired(kept):
                    self._token, self._retry_at_s = Token.of(kept), 0.0
                    return
                server = self._discovered(discover)
                refresh_token = kept.refresh_token if kept else token.refresh_token
                self._take(self._source.silently(server, provider(), refresh_token), server)
        except AutocontainerError:
            return

    def _discovered(self, discover: Discover) -> AuthServer:
        if self._server is None:
            self._server = discover()
        return self._server

    def _take(self, grant: Grant | None, server: AuthServer) -> bool:
        if grant is None:
            return False
        header_key = self._header_key or (server.header_key or AUTHORIZATION_METADATA_KEY).lower()
        expires_at_s = grant.expires_at_s
        if expires_at_s is not None and expires_at_s <= environment.now_s():
            expires_at_s = None  # the clocks differ: only the control plane can tell
        kept = Kept(
            token=Hidden(grant.token),
            header_key=header_key,
            expires_at_s=expires_at_s,
            refresh_token=Hidden(grant.refresh_token),
        )
        self._token, self._retry_at_s = Token.of(kept), 0.0
        if self._store is not None:
            self._store.save(kept)
        return True


def _has_expired(kept: Kept) -> bool:
    return kept.expires_at_s is not None and environment.now_s() >= kept.expires_at_s


_shared: "WeakValueDictionary[object, Tokens]" = WeakValueDictionary()
_sharing = Lock()


def shared_tokens(key: object, make: Callable[[], Tokens]) -> Tokens:
    """Return the tokens that all clients with this key share, made by the first of them."""
    with _sharing:
        found = _shared.get(key)
        if found is None:
            found = _shared[key] = make()
        return found


def _begin_anew() -> None:
    global _sharing  # noqa: PLW0603 - another thread may have held it at the fork
    _sharing = Lock()
    _shared.clear()


os.register_at_fork(after_in_child=_begin_anew)
