"""The blob server: PUT and GET of blobs, GET of logs, by signed URL or with the token; loopback only.

Our own handlers on the standard library's server: a framework would bring a loop and a router for three routes, and
what takes care here, ranges, digests of streamed bodies and refusals before a body is read, would be left to write.
"""

import base64
import hashlib
import logging
import re
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import unquote, urlsplit

from autocontainer_nb.errors import InvalidArgumentError, NotFoundError, PermissionDeniedError, RemoteError
from autocontainer_nb.sandbox.blobs.signed_links import BLOBS_PATH, LOGS_PATH, Grant, Signer, same_token, token_of
from autocontainer_nb.sandbox.blobs.store import BlobStore, safe_segments
from autocontainer_nb.sandbox.environment import now_ns
from autocontainer_nb.sandbox.home_paths import Layout

_CHUNK_BYTES: Final = 1 << 20
_NANOSECONDS: Final = 1_000_000_000
_TEXT: Final = "text/plain; charset=utf-8"
_CONTENT_TYPES: Final = {".html": "text/html; charset=utf-8", ".log": _TEXT, ".json": "application/json"}
_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
_STATUS_BY_ERROR: Final[dict[type[RemoteError], HTTPStatus]] = {
    InvalidArgumentError: HTTPStatus.BAD_REQUEST,
    PermissionDeniedError: HTTPStatus.FORBIDDEN,
    NotFoundError: HTTPStatus.NOT_FOUND,
}
_MAX_DIGITS: Final = 18  # of a length or a position; Python refuses to read numbers of thousands
_MAX_DRAINED_BYTES: Final = 256 << 20
_log = logging.getLogger(__name__)


class BlobHandler(BaseHTTPRequestHandler):
    """Handles one connection; `blob_server` makes a subclass for each sandbox."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # header and body go in two writes; waiting for an ACK between them costs 40 ms
    timeout = 60  # seconds without a byte
    signer: Signer
    token: str
    blobs: BlobStore
    layout: Layout
    _unread = 0  # unread bytes of the request's body

    def do_PUT(self) -> None:
        """Store a whole blob, or nothing."""
        self._unread = self._length() or 0
        try:
            grant = self._grant("PUT")
            self._store(self._blob_path(grant.path), grant)
        except RemoteError as error:
            self._refuse(_STATUS_BY_ERROR[type(error)], str(error))
        except (FileExistsError, IsADirectoryError, NotADirectoryError):
            self._refuse(HTTPStatus.CONFLICT, "The blob can't be stored: another one has its place, or is in its way.")
        except OSError as error:
            _log.exception("PUT %s failed", self.path)
            self._refuse(HTTPStatus.INSUFFICIENT_STORAGE, f"The blob can't be stored: {error}.")

    def do_GET(self) -> None:
        """Send a blob or a log, or a part of it."""
        try:
            grant = self._grant("GET")
            path = self._log_path(grant.path) if grant.path.startswith(LOGS_PATH) else self._blob_path(grant.path)
            if not path.is_file():
                raise NotFoundError(f"There is no file {grant.path}.")
            with path.open("rb") as file:
                self._send(file, path.suffix)
        except RemoteError as error:
            self._refuse(_STATUS_BY_ERROR[type(error)], str(error))
        except PermissionError as error:
            self._refuse(HTTPStatus.FORBIDDEN, f"The file can't be read: {error.strerror}.")

    do_HEAD = do_GET  # noqa: N815 - the name that http.server calls

    def _grant(self, method: str) -> Grant:
        path = unquote(urlsplit(self.path).path)
        given = token_of(self.headers.get("Authorization", ""))
        if given and same_token(given, self.token):
            return Grant(path=path, content_md5="")
        return self.signer.verify(method, self.path, path, now_ns() / _NANOSECONDS)

    def _blob_path(self, path: str) -> Path:
        if not path.startswith(BLOBS_PATH):
            raise NotFoundError(f"Invalid path {path}: expected one below {BLOBS_PATH} or {LOGS_PATH}.")
        found = self.blobs.path(path.removeprefix(BLOBS_PATH))
        if not self.blobs.contains(found):
            raise PermissionDeniedError(f"Invalid path {path}: a symbolic link leads out of the blob store.")
        return found

    def _log_path(self, path: str) -> Path:
        return self.layout.logs.joinpath(*safe_segments(path.removeprefix(LOGS_PATH)))

    def _length(self) -> int | None:
        text = self.headers.get("Content-Length", "")
        return int(text) if text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS else None

    def _store(self, path: Path, grant: Grant) -> None:
        length = self._length()
        if length is None:
            self._refuse(HTTPStatus.LENGTH_REQUIRED, "PUT: missing the Content-Length header.")
            return
        expected = {md5 for md5 in (grant.content_md5, self.headers.get("Content-MD5", "")) if md5}
        checksum = hashlib.md5(usedforsecurity=False)
        received = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        with self.blobs.temporary(path.parent) as temporary:
            with temporary.open("wb") as file:
                for chunk in self._body(length):
                    checksum.update(chunk)
                    received += file.write(chunk)
            found = base64.b64encode(checksum.digest()).decode()
            if received != length:
                raise InvalidArgumentError(f"PUT: expected {length} bytes (Content-Length), got {received}.")
            if expected - {found}:
                raise InvalidArgumentError(
                    f"PUT: expected content with the MD5 {' and '.join(sorted(expected))} (Content-MD5 and content_md5 "
                    f"of CreateUploadLocation), got {found}."
                )
            temporary.replace(path)
        self._answer(HTTPStatus.OK, b"", {"ETag": f'"{checksum.hexdigest()}"'})

    def _body(self, length: int) -> Iterator[bytes]:
        left = length
        while left and (chunk := self.rfile.read(min(left, _CHUNK_BYTES))):
            left -= len(chunk)
            self._unread -= len(chunk)
            yield chunk

    def _send(self, file: BinaryIO, suffix: str) -> None:
        size = file.seek(0, 2)
        wanted = _range(self.headers.get("Range", ""), size)
        if wanted is None:
            headers = {"Content-Range": f"bytes */{size}", "Content-Type": _TEXT}
            self._answer(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, b"The file isn't that long.\n", headers)
            return
        first, last = wanted
        partial = (first, last) != (0, size)
        self.send_response(HTTPStatus.PARTIAL_CONTENT if partial else HTTPStatus.OK)
        self.send_header("Content-Type", _CONTENT_TYPES.get(suffix, "application/octet-stream"))
        self.send_header("Content-Length", str(last - first))
        if partial:
            self.send_header("Content-Range", f"bytes {first}-{last - 1}/{size}")
        self.send_header(
            "Content-Security-Policy", "sandbox allow-scripts"
        )  # a deck is a page of the user, not of this server
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if self.command == "HEAD":
            return
        file.seek(first)
        left = last - first
        while left and (chunk := file.read(min(left, _CHUNK_BYTES))):
            self.wfile.write(chunk)
            left -= len(chunk)
        self.close_connection = self.close_connection or left > 0  # a log that has been shortened meanwhile

    def _refuse(self, status: HTTPStatus, message: str) -> None:
        # A client that is still sending would see a broken pipe, not the answer: the rest is read, up to a limit.
        for _ in self._body(min(self._unread, _MAX_DRAINED_BYTES)):
            pass
        self.close_connection = True
        self._answer(status, f"{message}\n".encode(), {"Content-Type": _TEXT, "Connection": "close"})

    def _answer(self, status: HTTPStatus, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that http.server gives it
        """Write to the server's log without the query, which is as good as a token."""
        _log.debug("%s %s", urlsplit(self.path).path if hasattr(self, "path") else "", args[1:] and format)


def _range(header: str, size: int) -> tuple[int, int] | None:
    """Return the first byte and one past the last byte of a Range header; the whole file without a usable one.

    None for a range that lies behind the file's end (RFC 9110, section 14.1.2). The end of an empty file is all of it.
    """
    match = _RANGE.fullmatch(header.strip())
    if match is None or not any(match.groups()):
        return 0, size
    first, last = match.groups()
    if not first:
        return (max(0, size - int(last)), size) if int(last) else None
    if last and int(last) < int(first):
        return 0, size  # no range at all
    return (int(first), min(size, int(last) + 1) if last else size) if int(first) < size else None


def blob_server(address: tuple[str, int], *, token: str, signer: Signer, layout: Layout) -> ThreadingHTTPServer:
    """Return a server that is listening; `serve_forever` answers. An OSError means that the port is taken."""
    handler = type(
        "BoundBlobHandler",
        (BlobHandler,),
        {"token": token, "signer": signer, "blobs": BlobStore(layout.blobs), "layout": layout},
    )
    server = ThreadingHTTPServer(address, handler)
    server.daemon_threads = True
    return server
