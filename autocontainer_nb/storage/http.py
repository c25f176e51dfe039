"""Reading from `http(s)://` URIs, in containers too: on the standard library, which is light.

The client has a module that can do more, `remote/http.py`, on urllib3, which images don't need. Broken connections and
answers of 408, 429 and 5xx are retried, after the pause that the server asks for or growing ones, for up to
`RETRY_FOR_S`; all other refusals are final. This machine is never reached through a proxy.
"""

import time
from collections.abc import Callable, Mapping
from http.client import HTTPException, HTTPResponse
from socket import gaierror
from ssl import SSLError
from typing import Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import OpenerDirector, ProxyHandler, Request, build_opener

from autocontainer_nb.errors import StorageError

RETRY_FOR_S: Final = 60.0  # since the first failure
CONNECT_ATTEMPTS: Final = 4  # where nothing listens, which rarely changes soon
FIRST_PAUSE_S: Final = 0.2  # doubled after each further attempt
_LONGEST_PAUSE_S: Final = 5.0
_LOOK_TIMEOUT_S = 60.0
_WORDS_BYTES = 2000
_WORDS_CHARS = 300
_SERVER_ERRORS = range(500, 600)
_MAY_PASS = frozenset({408, 429, *_SERVER_ERRORS})


def get(url: str, headers: Mapping[str, str] | None = None, timeout_s: float = 60.0) -> bytes:
    """Return the content at the URL.

    Raises:
        StorageError: refused, with the server's own words, or unreachable for a minute.
    """

    def action() -> bytes:
        with _open(Request(url, headers=dict(headers or {})), timeout_s) as answer:  # noqa: S310 - _open checks the scheme
            return answer.read()

    return _retrying("read", url, action)


def fetch_file(url: str, path: str, headers: Mapping[str, str] | None = None, timeout_s: float = 60.0) -> None:
    """Stream the content at the URL to the local file `path`.

    Raises:
        StorageError: refused, with the server's own words, or unreachable for a minute.
    """
    from shutil import copyfileobj

    from autocontainer_nb.storage.local import replacing

    def action() -> None:
        with (
            _open(Request(url, headers=dict(headers or {})), timeout_s) as answer,  # noqa: S310 - _open checks the scheme
            replacing(path) as partial,
            open(partial, "xb") as file,
        ):
            copyfileobj(answer, file)
            if answer.length:  # copyfileobj ends at a broken connection as at the end
                raise ConnectionResetError(f"the connection ended {answer.length} bytes early")

    _retrying("read", url, action)


def _open(request: Request, timeout_s: float) -> HTTPResponse:
    if request.type not in ("http", "https"):
        raise StorageError(f"Can't use {shown_url(request.full_url)}: expected an http:// or https:// URL.")
    answer = _opener(request.host).open(request, timeout=timeout_s)
    assert isinstance(answer, HTTPResponse)  # noqa: S101 - what http and https openers return
    return answer


def _opener(host: str) -> OpenerDirector:
    name = urlsplit(f"//{host}").hostname or ""
    if name in {"localhost", "::1"} or name.startswith("127."):
        return build_opener(ProxyHandler({}))
    return build_opener()


def _retrying(verb: str, url: str, action: Callable[[], object]) -> bytes:
    attempt, deadline_s = 0, 0.0
    while True:
        attempt += 1
        pause_s = min(FIRST_PAUSE_S * 2 ** (attempt - 1), _LONGEST_PAUSE_S)
        is_hopeless = False
        try:
            result = action()
        except HTTPError as error:
            failure = refusal(verb, url, error.code, error.reason, error.read(_WORDS_BYTES))
            cause: Exception = error
            is_hopeless = error.code not in _MAY_PASS
            told = error.headers.get("Retry-After", "")  # in seconds; as a date, it isn't worth a parser here
            pause_s = float(told) if told.isascii() and told.isdigit() else pause_s
        except (URLError, HTTPException, ConnectionError, TimeoutError, SSLError) as error:
            reason = error.reason if isinstance(error, URLError) else error
            failure = StorageError(
                f"Can't {verb} {shown_url(url)}: {reason}, after {attempt} attempts. Check that the server runs "
                "and can be reached from here."
            )
            cause = error
            is_hopeless = isinstance(reason, ConnectionRefusedError | gaierror) and attempt >= CONNECT_ATTEMPTS
        else:
            return result if isinstance(result, bytes) else b""
        now_s = time.monotonic()
        deadline_s = deadline_s or now_s + RETRY_FOR_S
        if is_hopeless or now_s + pause_s > deadline_s:
            raise failure from cause
        time.sleep(pause_s)


def refusal(verb: str, url: str, status: int, reason: str, body: bytes) -> StorageError:
    """Return the error for an answer that isn't what was asked for, with the server's own words and a next step."""
    words = " ".join(body[:_WORDS_BYTES].decode("utf-8", "replace").split())
    if len(words) > _WORDS_CHARS:
        words = words[: _WORDS_CHARS - 1] + "…"
    advice = {
        401: "The signature or token was not accepted: ask for a new URL.",
        403: "The signature was not accepted, or has run out: ask for a new URL.",
        404: "Nothing is there: check that it was written.",
        408: "The server timed out: try again later.",
        413: "The server takes no content of this size.",
        429: "The server gets too many requests: try again later.",
    }.get(status, "The server failed: try again later." if status in _SERVER_ERRORS else "Check the request.")
    said = f", and says: {words}" if words else ""
    return StorageError(f"Can't {verb} {shown_url(url)}: the server answers {status} {reason}{said}. {advice}")


def shown_url(url: str) -> str:
    """Return the URL for people: the query of a signed one is a credential."""
    head, mark, _ = url.partition("?")
    return repr(head + "?…" if mark else head)


def _refuse(verb: str, uri: str) -> StorageError:
    return StorageError(f"Can't {verb} {uri!r}: http(s) URIs are for reading single files. Use an object store's URI.")


def read(uri: str) -> bytes:
    """Return the content at the URL."""
    return get(uri)


def write(uri: str, data: bytes) -> None:
    """Refuse: a URL without a signature can't be written."""
    raise _refuse(f"write {len(data)} bytes to", uri)


def store_file(path: str, uri: str) -> None:
    """Refuse: a URL without a signature can't be written."""
    raise _refuse(f"upload {path!r} to", uri)


def exists(uri: str) -> bool:
    """Whether the server gives the file."""

    def action() -> None:
        with _open(Request(uri), _LOOK_TIMEOUT_S):  # noqa: S310 - _open checks the scheme; GET: a signed URL takes no HEAD
            pass  # what is in it isn't read

    try:
        _retrying("read", uri, action)
    except StorageError:
        return False
    return True


def is_file(uri: str) -> bool:
    """Say yes: a URL names one file until it is read."""
    return not uri.endswith("/")


def list_files(uri: str) -> list[str]:
    """Refuse: HTTP has no listing."""
    raise _refuse("list", uri)
