"""The client's HTTP: token endpoints, signed URLs, logs. Connections are pooled, and use the environment's proxies.

Temporary failures are retried: broken connections, and answers of 408, 429 and 5xx, after the pause that the server
asks for or growing ones, for up to `RETRY_FOR_S`. Only GET follows redirects, and it carries no credentials besides its
URL: what is posted or put goes to the named server and no other. This machine is never reached through a proxy.
`network` is what the control plane's configuration says about certificates and the proxy (`config/network.py`).
Containers don't load this module, and images don't need urllib3: they read over HTTP by `storage/http.py`.
"""

import os
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final
from urllib.parse import urlencode, urljoin, urlsplit

from autocontainer_nb.errors import StorageError
from autocontainer_nb.remote import environment
from autocontainer_nb.remote.config.network import THIS_MACHINES, Network
from autocontainer_nb.remote.connections import pool, proxy_for
from autocontainer_nb.storage.http import refusal, shown_url
from autocontainer_nb.wire import PACKAGE_NAME, PACKAGE_VERSION

RETRY_FOR_S: Final = 60.0  # since the first failure without progress; a transfer itself has no limit
_RETRY_FORM_FOR_S: Final = 8.0  # somebody waits for a token
CONNECT_ATTEMPTS: Final = 4  # where nothing listens, which rarely changes soon
FIRST_PAUSE_S: Final = 0.2  # doubled after each further attempt
_LONGEST_PAUSE_S: Final = 5.0
_MAY_PASS: Final = frozenset({408, 429, 500, 502, 503, 504})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS: Final = 5
_OK: Final = range(200, 300)
BLOCK_BYTES: Final = 1 << 20
_WORDS_BYTES: Final = 1 << 20  # of the body of a refusal
_OWN_HEADERS: Final = {"User-Agent": f"{PACKAGE_NAME}/{PACKAGE_VERSION}"}
_FRAMING_HEADERS: Final = frozenset({"content-length", "transfer-encoding"})
Block = bytes | memoryview

if TYPE_CHECKING:  # loaded with the first request: a launch of an unchanged task makes none
    import urllib3


@dataclass(frozen=True)
class Answer:
    """The answer of a server, whatever its status."""

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)  # that of a token endpoint is secret

    @property
    def retry_after_s(self) -> float | None:
        """The pause that the server asks for; None if it doesn't."""
        from urllib3 import Retry
        from urllib3.exceptions import InvalidHeader

        told = self.headers.get("Retry-After")
        try:
            return None if told is None else max(0.0, float(Retry().parse_retry_after(told)))
        except InvalidHeader:
            return None


class NoAnswerError(Exception):
    """No answer came: the reason in words, and the number of attempts."""

    def __init__(self, error: Exception) -> None:
        from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ProxyError, SSLError

        super().__init__(_reason(error))
        self.attempts = 1
        self.was_connected = not isinstance(error, NewConnectionError | ConnectTimeoutError | ProxyError | SSLError)
        self.is_final = isinstance(error, SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error)


def put(
    url: str,
    source: bytes | memoryview | str | os.PathLike[str],
    headers: Mapping[str, str] | None = None,
    timeout_s: float = 60.0,
    *,
    on_sent: Callable[[int], None] | None = None,
    network: Network = THIS_MACHINES,
) -> Answer:
    """Upload bytes, or the file at a path, by one PUT, and return the answer; it is streamed, never copied whole.

    `on_sent` is called with the number of bytes sent since the last call; with a negative number when an attempt has
    failed and starts again. An exception that it raises ends the upload.

    `headers` (Content-MD5 for example) are sent as given, except those that say where the body ends: its length is
    known here, whatever a server has asked for. `timeout_s` limits each wait for the network, not their sum.

    Raises:
        StorageError: refused, with the server's own words, or unreachable.
    """
    given = {name: text for name, text in (headers or {}).items() if name.lower() not in _FRAMING_HEADERS}
    if not any(name.lower() == "content-type" for name in given):
        given["Content-Type"] = "application/octet-stream"

    def upload(blocks: Callable[[], Iterator[Block]], size_bytes: int) -> Answer:
        # With a length the body is sent as it is; without, it would go in chunks, which S3 refuses.
        framed = {**given, "Content-Length": str(size_bytes)}
        return done("upload to", url, lambda: _put_once(url, blocks, framed, timeout_s, on_sent, network))

    if isinstance(source, bytes | memoryview):
        view = memoryview(source) if isinstance(source, bytes) else source.cast("B")
        return upload(partial(_view_blocks, view), view.nbytes)
    path = os.fspath(source)
    try:
        with Path(path).open("rb") as file:
            return upload(partial(_file_blocks, file), os.fstat(file.fileno()).st_size)
    except OSError as error:
        raise StorageError(
            f"Can't upload {path!r} to {shown_url(url)}: {error.strerror or error}. Check the path."
        ) from error


def get(
    url: str, headers: Mapping[str, str] | None = None, timeout_s: float = 60.0, *, network: Network = THIS_MACHINES
) -> bytes:
    """Return the content at the URL.

    Raises:
        StorageError: refused, with the server's own words, or unreachable.
    """
    return done("read", url, lambda: get_once(url, headers, timeout_s, network)).body


def look(
    url: str, headers: Mapping[str, str], timeout_s: float, limit_bytes: int, *, network: Network = THIS_MACHINES
) -> Answer:
    """Return the answer to one GET, without retries; its body ends at `limit_bytes`.

    Raises:
        NoAnswerError: no answer came.
    """
    return get_once(url, headers, timeout_s, network, lambda answer: answer.read(limit_bytes, decode_content=False))


def post_form(
    url: str,
    form: Mapping[str, str],
    headers: Mapping[str, str],
    *,
    timeout_s: float,
    network: Network = THIS_MACHINES,
) -> Answer:
    """Send a form and return the answer.

    Raises:
        NoAnswerError: no answer came. A form that may have arrived isn't sent again.
    """
    sent = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode(form).encode()
    return _repeated(
        lambda: _exchange("POST", url, sent, timeout_s, network, body=body),
        within_s=_RETRY_FORM_FOR_S,
        after_silence=False,
    )


class _StatusError(Exception):
    """The cause of a refusal, with HTTP's status."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP status {status}")
        self.status = status


def status_of(error: StorageError) -> int | None:
    """Return the status that the server has answered with; None where no answer came."""
    return error.__cause__.status if isinstance(error.__cause__, _StatusError) else None


def done(
    verb: str,
    url: str,
    once: Callable[[], Answer],
    *,
    progress: Callable[[], int] = lambda: 0,
    also: Container[int] = (),
) -> Answer:
    """Return the answer of the attempt that succeeds, or has one of the statuses `also`."""
    if urlsplit(url).scheme not in ("http", "https"):
        raise StorageError(f"Can't use {shown_url(url)}: expected an http:// or https:// URL.")
    try:
        answer = _repeated(once, within_s=RETRY_FOR_S, progress=progress)
    except NoAnswerError as error:
        raise StorageError(
            f"Can't {verb} {shown_url(url)}: {error}, after {error.attempts} attempts. Check that the server runs "
            "and can be reached from here."
        ) from error
    if answer.status not in _OK and answer.status not in also:
        raise refusal(verb, url, answer.status, answer.reason, answer.body) from _StatusError(answer.status)
    return answer


def _repeated(
    once: Callable[[], Answer],
    *,
    within_s: float,
    after_silence: bool = True,
    progress: Callable[[], int] = lambda: 0,
) -> Answer:
    """Return the first answer that isn't a temporary failure, or the last one within the time.

    The time begins again whenever an attempt has brought more than those before: `progress` tells how much.
    """
    attempt, deadline_s, most = 0, None, 0
    while True:
        attempt += 1
        answer, failure = None, None
        try:
            answer = once()
        except NoAnswerError as error:
            failure = error
            failure.attempts = attempt
            if failure.is_final or not (after_silence or not failure.was_connected):
                raise
        if answer is not None and answer.status not in _MAY_PASS:
            return answer
        now_s = environment.monotonic_s()
        if progress() > most:
            attempt, deadline_s, most = 1, None, progress()
        deadline_s = now_s + within_s if deadline_s is None else deadline_s
        pause_s = min(FIRST_PAUSE_S * 2 ** (attempt - 1), _LONGEST_PAUSE_S) * environment.jitter()
        if answer is not None and answer.retry_after_s is not None:
            pause_s = answer.retry_after_s
        if failure is not None and not failure.was_connected and attempt >= CONNECT_ATTEMPTS:
            raise failure
        if now_s + pause_s > deadline_s:
            if answer is not None:
                return answer
            raise failure or AssertionError
        environment.pause(pause_s)


def _put_once(
    url: str,
    blocks: Callable[[], Iterator[Block]],
    headers: Mapping[str, str],
    timeout_s: float,
    on_sent: Callable[[int], None] | None,
    network: Network,
) -> Answer:
    sent_bytes = 0

    def counted() -> Iterator[Block]:
        nonlocal sent_bytes
        for block in blocks():
            yield block
            sent_bytes += len(block)
            if on_sent is not None:
                on_sent(len(block))

    is_stored = False
    try:
        answer = _exchange("PUT", url, headers, timeout_s, network, body=counted())
        is_stored = answer.status in _OK
        return answer
    finally:
        if not is_stored and on_sent is not None:
            on_sent(-sent_bytes)


def get_once(
    url: str,
    headers: Mapping[str, str] | None,
    timeout_s: float,
    network: Network,
    keep: "Callable[[urllib3.BaseHTTPResponse], bytes] | None" = None,
) -> Answer:
    """Return the answer to one GET and the redirects after it. `keep` is as in `_exchange`."""
    answer = _exchange("GET", url, headers or {}, timeout_s, network, keep=keep)
    for _ in range(_MAX_REDIRECTS):
        there = urljoin(url, answer.headers.get("Location", ""))
        is_safe = urlsplit(there).scheme in ("https", urlsplit(url).scheme)  # never from https to http
        if answer.status not in _REDIRECTS or not is_safe:
            break
        url = there
        answer = _exchange("GET", url, headers or {}, timeout_s, network, keep=keep)
    return answer


def _exchange(
    method: str,
    url: str,
    headers: Mapping[str, str],
    timeout_s: float,
    network: Network,
    *,
    body: Any = None,
    keep: "Callable[[urllib3.BaseHTTPResponse], bytes] | None" = None,
) -> Answer:
    """Return the answer to one request. `keep` reads the body of a successful one, and returns what to keep of it."""
    from urllib3.exceptions import HTTPError

    try:
        way = proxy_for(url, network.proxy)
        is_tls = any(each.lower().startswith("https:") for each in (url, way))
        response = pool(way, network.ca_cert_file, network.skip_verify, is_tls=is_tls).request(
            method, url, body, headers={**_OWN_HEADERS, **headers}, timeout=timeout_s, retries=False, redirect=False,
            preload_content=False,
        )  # fmt: skip
        try:
            is_done = response.status in _OK
            whole = keep or (lambda answer: answer.read(decode_content=False))
            content = whole(response) if is_done else response.read(_WORDS_BYTES, decode_content=False)
            return Answer(response.status, response.reason or "", response.headers, content)
        finally:
            response.close()  # a body that was read to its end has released its connection already
    except HTTPError as error:
        raise NoAnswerError(error) from error


def _reason(error: BaseException) -> str:
    """Return the reason that the system gave, without the error that urllib3 wraps around it."""
    from urllib3.exceptions import HTTPError, NewConnectionError, ProxyError
    from urllib3.exceptions import TimeoutError as TimedOutError

    prefix = "the proxy: " if isinstance(error, ProxyError) else ""
    if isinstance(error, TimedOutError) and not isinstance(error, NewConnectionError):
        return f"{prefix}timed out"
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, OSError) and not isinstance(inner, HTTPError):
            return f"{prefix}{inner}"
        held = [each for each in inner.args if isinstance(each, BaseException)]
        inner = held[0] if held else inner.__cause__ or inner.__context__
    return f"{prefix}{error}"


def _view_blocks(view: memoryview) -> Iterator[Block]:
    for start in range(0, view.nbytes, BLOCK_BYTES):
        yield view[start : start + BLOCK_BYTES]


def _file_blocks(file: BinaryIO) -> Iterator[Block]:
    file.seek(0)
    while block := file.read(BLOCK_BYTES):
        yield block
