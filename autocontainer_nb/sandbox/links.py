"""Signed URLs to the sandbox's own files, for clients that speak HTTP."""

from pathlib import Path
from typing import Final

from flyteidl.admin import common_pb2

from autocontainer_nb.sandbox.blobs import BlobStore
from autocontainer_nb.sandbox.environment import now_ns
from autocontainer_nb.sandbox.layout import Layout
from autocontainer_nb.sandbox.signing import Signer

BLOBS_PATH: Final = "/blobs/"
LOGS_PATH: Final = "/logs/"
# flyteadmin's defaults (pkg/config/config.go: dataProxy.upload.maxExpiresIn, dataProxy.download.maxExpiresIn).
MAX_EXPIRES_IN_S: Final = 3600
_NANOSECONDS: Final = 1_000_000_000


class Links:
    """Makes URLs that the HTTP server accepts."""

    def __init__(self, base_url: str, signer: Signer, blobs: BlobStore, layout: Layout) -> None:
        self._base_url = base_url
        self._signer = signer
        self._blobs = blobs
        self._layout = layout

    def upload(self, path: Path, content_md5: str, expires_in_s: float) -> str:
        """Return the URL to PUT a blob by."""
        return self._url("PUT", BLOBS_PATH + self._blobs.relative(path), expires_in_s, content_md5)

    def download(self, path: Path, expires_in_s: float = MAX_EXPIRES_IN_S) -> str:
        """Return the URL to GET a blob by."""
        return self._url("GET", BLOBS_PATH + self._blobs.relative(path), expires_in_s)

    def log(self, path: Path) -> str:
        """Return the URL to GET an attempt's output by, also while it grows."""
        relative = path.relative_to(self._layout.logs).as_posix()
        return self._url("GET", LOGS_PATH + relative, MAX_EXPIRES_IN_S)

    def url_blob(self, path: Path) -> common_pb2.UrlBlob:
        """Return the link to a blob with its size; an empty one where there is no such blob."""
        if not path.is_file():
            return common_pb2.UrlBlob()
        return common_pb2.UrlBlob(url=self.download(path), bytes=path.stat().st_size)

    def _url(self, method: str, path: str, expires_in_s: float, content_md5: str = "") -> str:
        expires_at_s = int(now_ns() / _NANOSECONDS + expires_in_s) + 1
        return self._signer.url(self._base_url, method, path, expires_at_s=expires_at_s, content_md5=content_md5)
