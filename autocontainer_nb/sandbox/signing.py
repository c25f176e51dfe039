"""Signed URLs: who has one may do one thing with one path for some time, without the token."""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from autocontainer_nb.errors import PermissionDeniedError

_EXPIRES: Final = "expires"
_MD5: Final = "md5"
_SIGNATURE: Final = "signature"


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What a verified URL allows: the unquoted path, and the base64 MD5 that an upload must have ("" for any)."""

    path: str
    content_md5: str


class Signer:
    """Signs and verifies URLs with one key (HMAC-SHA256 over method, path, MD5 and expiry)."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def _signature(self, method: str, path: str, content_md5: str, expires_at_s: int) -> str:
        text = "\n".join((method, path, content_md5, str(expires_at_s)))
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()

    def url(self, base: str, method: str, path: str, *, expires_at_s: int, content_md5: str = "") -> str:
        """Return `base` + `path` with the query that allows `method` until `expires_at_s`."""
        query = {_EXPIRES: str(expires_at_s)}
        if content_md5:
            query[_MD5] = content_md5
        query[_SIGNATURE] = self._signature(method, path, content_md5, expires_at_s)
        return f"{base}{quote(path)}?{urlencode(query)}"

    def verify(self, method: str, target: str, path: str, now_s: float) -> Grant:
        """Return what the request target allows.

        Raises:
            PermissionDeniedError: no signature, one made for something else, or one that has expired.
        """
        query = parse_qs(urlsplit(target).query)
        expires = query.get(_EXPIRES, [""])[0]
        content_md5 = query.get(_MD5, [""])[0]
        given = query.get(_SIGNATURE, [""])[0]
        if not given or not expires.isascii() or not expires.isdigit():
            raise PermissionDeniedError(
                f"{method} {path}: the URL carries no signature; ask the sandbox for a new one."
            )
        expected = self._signature(method, path, content_md5, int(expires))
        if not hmac.compare_digest(expected.encode(), given.encode()):
            raise PermissionDeniedError(
                f"{method} {path}: the URL's signature is for another method, path, checksum or sandbox; ask for a "
                "new one."
            )
        if int(expires) < now_s:
            raise PermissionDeniedError(
                f"{method} {path}: the URL expired {now_s - int(expires):.0f} seconds ago; ask for a new one."
            )
        return Grant(path=path, content_md5=content_md5)
