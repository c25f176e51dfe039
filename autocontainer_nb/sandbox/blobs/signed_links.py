"""Signed URLs and their verification, and the comparison of tokens.

Our own, since a URL is all that is signed: HMAC-SHA256 of the standard library over method, path, time limit and the
MD5 that the body must have, which a general library for signed texts would only wrap.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from flyteidl.admin import common_pb2

from autocontainer_nb.errors import PermissionDeniedError
from autocontainer_nb.sandbox.blobs.store import BlobStore
from autocontainer_nb.sandbox.environment import now_ns
from autocontainer_nb.sandbox.home_paths import Layout

BEARER: Final = "Bearer "
_EXPIRES: Final = "expires"
_MD5: Final = "md5"
_SIGNATURE: Final = "signature"
BLOBS_PATH: Final = "/blobs/"
LOGS_PATH: Final = "/logs/"
# flyteadmin's defaults (pkg/config/config.go: dataProxy.upload.maxExpiresIn, dataProxy.download.maxExpiresIn).
MAX_EXPIRES_IN_S: Final = 3600
_NANOSECONDS: Final = 1_000_000_000
_MAX_DIGITS: Final = 18  # of a time; Python refuses to read numbers of thousands


def token_of(header: str) -> str:
    """Return the token in the value of an authorization header; "" if there is none."""
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == BEARER.strip().lower() else ""


def same_token(given: str, expected: str) -> bool:
    """Compare two tokens in constant time."""
    return hmac.compare_digest(given.encode(), expected.encode())


@dataclass(frozen=True, kw_only=True)
class Grant:
    """The rights of a verified URL: the unquoted path, and the base64 MD5 that an upload must have ("" for any)."""

    path: str
    content_md5: str


class Signer:
    """Signs and verifies URLs with one key (HMAC-SHA256 over method, path, MD5 and expiry)."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def _signature(self, method: str, path: str, content_md5: str, expires_at_s: int) -> str:
        text = json.dumps([method, path, content_md5, expires_at_s])  # unambiguous, whatever a name has in it
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()

    def url(self, base: str, method: str, path: str, *, expires_at_s: int, content_md5: str = "") -> str:
        """Return `base` + `path` with the query that allows `method` until `expires_at_s`."""
        query = {_EXPIRES: str(expires_at_s)}
        if content_md5:
            query[_MD5] = content_md5
        query[_SIGNATURE] = self._signature(method, path, content_md5, expires_at_s)
        return f"{base}{quote(path)}?{urlencode(query)}"

    def verify(self, method: str, target: str, path: str, now_s: float) -> Grant:
        """Return the rights that the request target gives.

        Raises:
            PermissionDeniedError: the signature is missing, was made for something else, or has expired.
        """
        query = parse_qs(urlsplit(target).query)
        expires = query.get(_EXPIRES, [""])[0]
        content_md5 = query.get(_MD5, [""])[0]
        given = query.get(_SIGNATURE, [""])[0]
        if not given or not expires.isascii() or not expires.isdigit() or len(expires) > _MAX_DIGITS:
            raise PermissionDeniedError(f"{method} {path}: the URL has no signature. Ask for a signed one.")
        expected = self._signature(method, path, content_md5, int(expires))
        if not hmac.compare_digest(expected.encode(), given.encode()):
            raise PermissionDeniedError(
                f"{method} {path}: the URL was signed for another method, path, checksum or sandbox. Ask for a new one."
            )
        if int(expires) < now_s:
            raise PermissionDeniedError(
                f"{method} {path}: the URL expired {now_s - int(expires):.0f} seconds ago. Ask for a new one."
            )
        return Grant(path=path, content_md5=content_md5)


class Links:
    """Makes URLs that the HTTP server accepts."""

    def __init__(self, base_url: str, signer: Signer, blobs: BlobStore, layout: Layout) -> None:
        self._base_url = base_url
        self._signer = signer
        self._blobs = blobs
        self._layout = layout

    def upload(self, path: Path, content_md5: str, expires_in_s: float) -> str:
        """Return the URL for a PUT of the blob."""
        return self._url("PUT", BLOBS_PATH + self._blobs.relative(path), expires_in_s, content_md5)

    def download(self, path: Path, expires_in_s: float = MAX_EXPIRES_IN_S) -> str:
        """Return the URL for a GET of the blob."""
        return self._url("GET", BLOBS_PATH + self._blobs.relative(path), expires_in_s)

    def log(self, path: Path) -> str:
        """Return the URL for a GET of an attempt's output, also while it grows."""
        relative = path.relative_to(self._layout.logs).as_posix()
        return self._url("GET", LOGS_PATH + relative, MAX_EXPIRES_IN_S)

    def url_blob(self, path: Path) -> common_pb2.UrlBlob:
        """Return the link to a blob with its size; an empty one if there is no such blob."""
        if not path.is_file():
            return common_pb2.UrlBlob()
        return common_pb2.UrlBlob(url=self.download(path), bytes=path.stat().st_size)

    def _url(self, method: str, path: str, expires_in_s: float, content_md5: str = "") -> str:
        expires_at_s = int(now_ns() / _NANOSECONDS + expires_in_s) + 1
        return self._signer.url(self._base_url, method, path, expires_at_s=expires_at_s, content_md5=content_md5)
