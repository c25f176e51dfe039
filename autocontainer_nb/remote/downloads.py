"""Files by signed URLs, streamed to disk: what was begun is gone on with, and a size is asked for."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from autocontainer_nb.errors import StorageError
from autocontainer_nb.remote.config.network import THIS_MACHINES, Network
from autocontainer_nb.remote.http import BLOCK_BYTES, Answer, done, get_once
from autocontainer_nb.storage.local import replacing

if TYPE_CHECKING:
    import urllib3

_WHOLE: Final = 200
_PARTIAL: Final = 206
_CHANGED: Final = 412
_NO_SUCH_RANGE: Final = 416


def fetch_file(
    url: str,
    path: str,
    headers: Mapping[str, str] | None = None,
    timeout_s: float = 60.0,
    *,
    on_got: Callable[[int], None] | None = None,
    on_size: Callable[[int], None] | None = None,
    network: Network = THIS_MACHINES,
) -> int:
    """Stream the content at the URL to the local file `path`, and return its size in bytes.

    Where a connection breaks, the rest is asked for, if the server knows that it is the rest of the same content.
    `on_got` is called as `on_sent` of `put`, `on_size` once with the whole size, where the server tells it first. An
    exception that one of them raises ends the download.

    Raises:
        StorageError: refused, with the server's own words and its `status_of`, or unreachable; or it can't be written.
    """

    def go_on() -> Answer:
        return begun.go_on(url, headers or {}, timeout_s, network)

    try:
        with replacing(path) as part, Path(part).open("xb") as file:
            begun = _Begun(file, on_got or _ignore, on_size or _ignore)
            done("read", url, go_on, progress=lambda: begun.size_bytes)
    except OSError as error:
        raise StorageError(
            f"Can't write {path!r}: {error.strerror or error}. Check the disk's free space; TMPDIR names another place."
        ) from error
    return begun.size_bytes


def _ignore(_: int) -> None:
    """Do nothing."""


class _Begun:
    """A file that is being downloaded: what has come stays, and the next attempt asks for what is missing."""

    def __init__(self, file: BinaryIO, on_got: Callable[[int], None], on_size: Callable[[int], None]) -> None:
        self.size_bytes = 0
        self._file = file
        self._on_got = on_got
        self._on_size: Callable[[int], None] | None = on_size
        self._tag = ""  # the content's entity tag; a weak one says nothing of bytes

    def go_on(self, url: str, headers: Mapping[str, str], timeout_s: float, network: Network) -> Answer:
        """Return the answer to an attempt; what it brings is in the file, after what was there."""
        if not self._tag:
            self._start_again()
        rest = {"Range": f"bytes={self.size_bytes}-", "If-Match": self._tag} if self.size_bytes else {}
        answer = get_once(url, {**headers, **rest}, timeout_s, network, self._keep)
        if rest and answer.status in {_CHANGED, _NO_SUCH_RANGE}:
            self._start_again()
            answer = get_once(url, headers, timeout_s, network, self._keep)
        return answer

    def _keep(self, answer: "urllib3.BaseHTTPResponse") -> bytes:
        tag = answer.headers.get("ETag", "")
        begins = f"bytes {self.size_bytes}-"
        if (
            answer.status != _PARTIAL
            or tag != self._tag
            or not answer.headers.get("Content-Range", "").startswith(begins)
        ):
            self._start_again()
            if answer.status == _PARTIAL:
                raise StorageError("The server has sent a part of a file that isn't the one asked for. Fetch it again.")
        self._tag = "" if tag.startswith("W/") else tag
        length = answer.headers.get("Content-Length", "")
        if self._on_size is not None and length.isascii() and length.isdigit():
            self._on_size(self.size_bytes + int(length))
            self._on_size = None
        for block in answer.stream(BLOCK_BYTES, decode_content=False):
            self._file.write(block)
            self.size_bytes += len(block)
            self._on_got(len(block))
        return b""

    def _start_again(self) -> None:
        if self.size_bytes:
            self._on_got(-self.size_bytes)
        self._file.seek(0)
        self._file.truncate()
        self.size_bytes = 0


def size_bytes_at(url: str, timeout_s: float = 60.0, *, network: Network = THIS_MACHINES) -> int | None:
    """Return the size of the content at the URL, by a request for its first byte: a URL signed for GET takes no HEAD.

    None where the server doesn't tell.

    Raises:
        StorageError: refused (by status 404 where nothing is there), or unreachable.
    """
    first = {"Range": "bytes=0-0"}
    answer = done("read", url, lambda: get_once(url, first, timeout_s, network, lambda _: b""), also={_NO_SUCH_RANGE})
    told = answer.headers.get("Content-Range", "").rpartition("/")[2]
    if answer.status == _WHOLE:
        told = answer.headers.get("Content-Length", "")
    return int(told) if told.isascii() and told.isdigit() else None
