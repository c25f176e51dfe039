"""Bytes over HTTP: signed URLs, and `http(s)://` as a place to read from.

Connections that break and answers of 5xx are tried again; all other refusals are final. Addresses of this machine
are never asked through a proxy.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from http.client import HTTPException, HTTPResponse
from typing import Any, BinaryIO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import OpenerDirector, ProxyHandler, Request, build_opener

from autocontainer_nb.errors import StorageError

Block = bytes | memoryview
ATTEMPTS = 4
FIRST_PAUSE_S = 0.2  # doubled after each further attempt
_BLOCK_BYTES = 1 << 20
_WORDS_BYTES = 2000
_WORDS_CHARS = 300
_SERVER_ERRORS = range(500, 600)
_FRAMING_HEADERS = frozenset({"content-length", "transfer-encoding"})


def put(
    url: str,
    source: bytes | memoryview | str | os.PathLike[str],
    headers: Mapping[str, str] | None = None,
    timeout_s: float = 60.0,
    *,
    on_sent: Callable[[int], None] | None = None,
) -> None:
    """Upload bytes, or the file at a path, by one PUT; a file and a memoryview are streamed, never copied whole.

    `on_sent` is called with the number of bytes that have gone to the network since the last call; negative where an
    attempt has failed and begins again. What it raises ends the upload.

    `headers` (Content-MD5 for example) are sent as given, but for those that say where the body ends: its length is
    known here, whatever a server has asked for. `timeout_s` is for each wait on the network, not for all.

    Raises:
        StorageError: refused, with the server's own words, or unreachable after four attempts.
    """
    given = {name: text for name, text in (headers or {}).items() if name.lower() not in _FRAMING_HEADERS}

    def headers_of(size_bytes: int) -> dict[str, str]:
        # With a length the body is sent as it is; without, urllib would send chunks, which S3 refuses.
        return {**given, "Content-Length": str(size_bytes)}

    if isinstance(source, bytes):
        body = source
        _retrying("upload to", url, lambda: _send_bytes(url, body, headers_of(len(body)), timeout_s))
        return
    if isinstance(source, memoryview):
        view = source.cast("B")
        body_of = partial(_view_blocks, view)
        _retrying("upload to", url, lambda: _send_blocks(url, body_of, headers_of(view.nbytes), timeout_s, on_sent))
        return
    path = os.fspath(source)
    try:
        with open(path, "rb") as file:
            complete, blocks = headers_of(os.fstat(file.fileno()).st_size), partial(_file_blocks, file)
            _retrying("upload to", url, lambda: _send_blocks(url, blocks, complete, timeout_s, on_sent))
    except OSError as error:
        raise StorageError(
            f"Can't upload {path!r} to {_shown(url)}: {error.strerror or error}. Check the path."
        ) from error


def get(url: str, headers: Mapping[str, str] | None = None, timeout_s: float = 60.0) -> bytes:
    """Return the content at the URL.

    Raises:
        StorageError: refused, with the server's own words, or unreachable after four attempts.
    """

    def action() -> bytes:
        with _open(Request(url, headers=dict(headers or {})), timeout_s) as answer:  # noqa: S310 - _open checks the scheme
            return answer.read()

    return _retrying("read", url, action)


def fetch_file(url: str, path: str, headers: Mapping[str, str] | None = None, timeout_s: float = 60.0) -> None:
    """Stream the content at the URL to the local file `path`.

    Raises:
        StorageError: refused, with the server's own words, or unreachable after four attempts.
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


def _send_bytes(url: str, body: bytes, headers: Mapping[str, str], timeout_s: float) -> None:
    request = Request(url, data=body, headers=dict(headers), method="PUT")  # noqa: S310 - _open checks the scheme
    with _open(request, timeout_s) as answer:
        answer.read()


def _send_blocks(
    url: str,
    blocks: Callable[[], Iterator[Block]],
    headers: dict[str, str],
    timeout_s: float,
    on_sent: Callable[[int], None] | None,
) -> None:
    sent_bytes = 0

    def counted() -> Iterator[Block]:
        nonlocal sent_bytes
        for block in blocks():
            yield block
            sent_bytes += len(block)
            if on_sent is not None:
                on_sent(len(block))

    body: Any = counted()  # typeshed knows of bytes only, http.client sends whatever shows its bytes
    request = Request(url, data=body, headers=headers, method="PUT")  # noqa: S310 - _open checks the scheme
    try:
        with _open(request, timeout_s) as answer:
            answer.read()
    except BaseException:
        if on_sent is not None:
            on_sent(-sent_bytes)
        raise


def _view_blocks(view: memoryview) -> Iterator[Block]:
    for start in range(0, view.nbytes, _BLOCK_BYTES):
        yield view[start : start + _BLOCK_BYTES]


def _file_blocks(file: BinaryIO) -> Iterator[Block]:
    file.seek(0)
    while block := file.read(_BLOCK_BYTES):
        yield block


def _open(request: Request, timeout_s: float) -> HTTPResponse:
    if request.type not in ("http", "https"):
        raise StorageError(f"Can't use {_shown(request.full_url)}: expected an http:// or https:// URL.")
    if request.data is not None and not request.has_header("Content-type"):
        # urllib would add a form's content type, which isn't in the signature.
        request.add_unredirected_header("Content-Type", "application/octet-stream")
    answer = _opener(request.host).open(request, timeout=timeout_s)
    assert isinstance(answer, HTTPResponse)  # noqa: S101 - what http and https openers return
    return answer


def _opener(host: str) -> OpenerDirector:
    name = urlsplit(f"//{host}").hostname or ""
    if name in {"localhost", "::1"} or name.startswith("127."):
        return build_opener(ProxyHandler({}))
    return build_opener()


def _retrying(verb: str, url: str, action: Callable[[], object]) -> bytes:
    pause_s = FIRST_PAUSE_S
    for attempt in range(1, ATTEMPTS + 1):
        try:
            result = action()
        except HTTPError as error:
            failure = _refusal(verb, url, error)
            if error.code not in _SERVER_ERRORS:
                raise failure from error
            cause: Exception = error
        except (URLError, HTTPException, ConnectionError, TimeoutError) as error:
            reason = error.reason if isinstance(error, URLError) else error
            failure = StorageError(
                f"Can't {verb} {_shown(url)}: {reason}, after {attempt} attempts. Check that the server runs "
                "and can be reached from here."
            )
            cause = error
        else:
            return result if isinstance(result, bytes) else b""
        if attempt == ATTEMPTS:
            raise failure from cause
        time.sleep(pause_s)
        pause_s *= 2
    raise AssertionError  # unreachable: the last attempt returns or raises


def _refusal(verb: str, url: str, error: HTTPError) -> StorageError:
    words = " ".join(error.read(_WORDS_BYTES).decode("utf-8", "replace").split())
    if len(words) > _WORDS_CHARS:
        words = words[: _WORDS_CHARS - 1] + "…"
    advice = {
        401: "The signature or token was not accepted: ask for a new URL.",
        403: "The signature was not accepted, or has run out: ask for a new URL.",
        404: "Nothing is there: check that it was written.",
        413: "The server takes no content of this size.",
    }.get(error.code, "The server failed: try again later." if error.code in _SERVER_ERRORS else "Check the request.")
    said = f", and says: {words}" if words else ""
    return StorageError(f"Can't {verb} {_shown(url)}: the server answers {error.code} {error.reason}{said}. {advice}")


def _shown(url: str) -> str:
    # The query of a signed URL is a credential.
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
    try:
        get(uri)
    except StorageError:
        return False
    return True


def is_file(uri: str) -> bool:
    """Say yes: a URL names one file until it is read."""
    return not uri.endswith("/")


def list_files(uri: str) -> list[str]:
    """Refuse: HTTP has no listing."""
    raise _refuse("list", uri)
