"""Files of inputs go up, files of results come down: FileAccess by the control plane's signed URLs.

Up: always by CreateUploadLocation and HTTP PUT. The notebook needs no credentials of the store, and the sandbox is
no exception. The place depends on the content only, so the same data goes to the same place.

Down: the rule has to work for a sandbox, for a cluster whose bucket this machine can't read, and for one that it can.

1. A local path that exists here is read where it is, if the control plane is on this machine, too (the sandbox):
   another machine's `file:///data/x` isn't ours, even where a file of that name is here.
2. Else the control plane is asked for a signed URL (CreateDownloadLocation, the only call that signs any URI): it
   holds the credentials that a notebook usually lacks, and a store waits long for credentials that never come.
3. Where that isn't served or is refused, or the URI is a directory (which no URL can list), the store itself is read
   with the credentials of this machine. If that fails as well, the message has both reasons.
"""

import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from flyteidl.service import dataproxy_pb2

from autocontainer_nb.errors import RemoteError, StorageError
from autocontainer_nb.remote import http
from autocontainer_nb.remote.control_plane import ControlPlane
from autocontainer_nb.remote.rpc import methods
from autocontainer_nb.remote.store_places import TRANSFER_TIMEOUT_S, StorePlace, put
from autocontainer_nb.storage import access
from autocontainer_nb.storage.scratch import unique_name
from autocontainer_nb.storage.uris import base_name, is_local, local_path, scheme_of, written

INPUTS_ROOT: Final = "autocontainer-nb-inputs"
_CHUNK_BYTES: Final = 1 << 20
_AT_ONCE: Final = 8  # files of a directory; as many connections are kept (`http`)


class RemoteFiles:
    """FileAccess of a notebook: the files of one call's inputs or results. `scratch` is removed by who made it."""

    copies = True  # what a store on this machine has isn't the notebook's to change: see `LazyPath.of`
    goes_far = True  # who reads what this puts may not see this machine's files

    def __init__(self, calls: ControlPlane, project: str, domain: str, scratch: str) -> None:
        self._calls = calls
        self._project = project
        self._domain = domain
        self._scratch = Path(scratch)
        self._fetched: dict[str, str] = {}

    def put(self, path: str, name: str) -> str:
        """Upload a local file, or the files of a directory, and return the URI."""
        if Path(path).is_dir():
            return self._put_directory(Path(path), Path(name).name)
        md5 = file_md5(path)
        return self._upload(path, self._place(f"{INPUTS_ROOT}/{md5.hex()}", Path(name).name), md5)

    def put_bytes(self, data: bytes, name: str) -> str:
        """Upload the bytes and return their URI."""
        md5 = hashlib.md5(data, usedforsecurity=False).digest()
        return self._upload(data, self._place(f"{INPUTS_ROOT}/{md5.hex()}", Path(name).name), md5)

    def get(self, uri: str) -> str:
        """Return a local path with the content of the file or the directory at the URI."""
        if self._is_here(uri):
            return local_path(uri)
        if uri not in self._fetched:
            target = self._scratch / str(len(self._fetched)) / (base_name(uri) or "content")
            target.parent.mkdir(parents=True, exist_ok=True)
            self._fetch(uri, str(target))
            self._fetched[uri] = str(target)
        return self._fetched[uri]

    def own(self, uri: str) -> str:
        """Return the path of a new local copy, which the notebook may change."""
        target = self._scratch / unique_name() / (base_name(uri) or "content")
        access.download(self.get(uri), target)
        return str(target)

    def get_bytes(self, uri: str) -> bytes:
        """Return the content of the file at the URI."""
        return access.read_bytes(self.get(uri))

    def upload_file(self, path: str, filename: str, filename_root: str) -> str:
        """Upload one file to the place that name and root determine, and return its URI."""
        return self._upload(path, self._place(filename_root, filename), file_md5(path))

    def _put_directory(self, path: Path, name: str) -> str:
        names = sorted(each.relative_to(path).as_posix() for each in path.rglob("*") if each.is_file())
        if not names:
            raise StorageError(f"Can't upload {str(path)!r}: the directory contains no files. Put one in it.")
        with ThreadPoolExecutor(min(_AT_ONCE, len(names))) as pool:
            digests = dict(zip(names, pool.map(lambda each: file_md5(path / each), names), strict=True))
        listing = "\n".join(f"{each} {digest.hex()}" for each, digest in digests.items())
        root = f"{INPUTS_ROOT}/{hashlib.sha256(listing.encode()).hexdigest()[:32]}"
        for folder in self._place(root, name).others():
            uri = self._put_below(path, folder, digests)
            if uri is not None:
                return uri
        raise AssertionError  # there are always others

    def _put_below(self, path: Path, folder: StorePlace, digests: Mapping[str, bytes]) -> str | None:
        """Upload the directory's files below one place and return the URI of all; None if one can't be there."""
        uri = ""
        # Not waited for at an error, whose own answer counts: what has begun ends by its own time limit.
        pool = ThreadPoolExecutor(min(_AT_ONCE, len(digests)), thread_name_prefix="upload")
        try:
            places = {each: self._place(folder.root, f"{folder.filename}/{each}") for each in digests}
            going = {each: pool.submit(self._put, path / each, places[each], digests[each]) for each in digests}
            for each, one in going.items():
                location = one.result()
                if location is None:
                    return None
                name = written(each, scheme_of(location))
                uri = location.removesuffix(name).rstrip("/") if location.endswith(name) else uri
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        return uri or self._unusable_location(folder.filename)

    def _unusable_location(self, name: str) -> str:
        raise StorageError(
            f"Can't upload the directory {name!r}: the control plane stores its files under other names. "
            "Pack the directory into one file."
        )

    def _is_here(self, uri: str) -> bool:
        return is_local(uri) and self._calls.endpoint.address.is_loopback and Path(local_path(uri)).exists()

    def _upload(self, source: bytes | str | Path, place: StorePlace, md5: bytes) -> str:
        for candidate in place.others():
            uri = self._put(source, candidate, md5)
            if uri is not None:
                return uri
        raise AssertionError  # there are always others

    def _put(self, source: bytes | str | Path, place: StorePlace, md5: bytes) -> str | None:
        """Upload to this place and return its URI; None if something else is there, which is left alone."""
        location = place.location(md5)
        if location is None:
            return None
        put(location, source, md5)
        return location.native_url

    def _place(self, root: str, filename: str) -> StorePlace:
        return StorePlace(self._calls, self._project, self._domain, root, filename)

    def _fetch(self, uri: str, target: str) -> None:
        if scheme_of(uri) in ("http", "https"):
            http.fetch_file(uri, target)
            return
        if scheme_of(uri) == "memory":
            access.download(uri, target)
            return
        try:
            location = self._calls.call(
                methods.CREATE_DOWNLOAD_LOCATION, dataproxy_pb2.CreateDownloadLocationRequest(native_url=uri)
            )
            http.fetch_file(location.signed_url, target, timeout_s=TRANSFER_TIMEOUT_S)
        except (RemoteError, StorageError) as error:
            if is_local(uri):
                raise StorageError(f"Can't read {uri!r}, a path on the machine of the control plane: {error}") from None
            try:
                access.download(uri, target)
            except StorageError as direct:
                raise StorageError(f"{direct} The control plane doesn't provide it either: {error}") from None


def file_md5(path: str | Path) -> bytes:
    """Return the MD5 of a file's content: what object stores verify an upload with."""
    digest = hashlib.md5(usedforsecurity=False)
    try:
        with Path(path).open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
    except OSError as error:
        raise StorageError(f"Can't upload {str(path)!r}: {error.strerror}. Check the path.") from error
    return digest.digest()
