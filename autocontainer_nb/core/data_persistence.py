"""`FileAccessProvider`: where the code of a transformer or dataset handler gets paths, stores files and fetches them.

The names are flytekit's, so that handlers written for it work. Paths here are in the process's temporary folder; what
is stored goes below the run's raw output prefix.
"""

import os
from collections.abc import Iterable
from typing import Any

from autocontainer_nb.storage.access import (
    FileAccess,
    PrefixAccess,
    download,
    exists,
    join,
    upload,
    upload_indexed,
    write_bytes,
)
from autocontainer_nb.storage.folder_index import index_uri
from autocontainer_nb.storage.scratch import local_prefix, new_path, unique_name
from autocontainer_nb.storage.uris import base_name, is_local, local_path


class FileAccessProvider:
    """Access to files of a run: `put_raw_data` stores, `get_data` fetches, `get_random_local_path` is a free place."""

    def __init__(self, local_sandbox_dir: "str | os.PathLike[str] | None" = None, raw_output_prefix: str = "") -> None:
        folder = os.fspath(local_sandbox_dir or local_prefix())
        self._files: FileAccess = PrefixAccess(raw_output_prefix or folder, folder)
        self._moved: dict[str, str] = {}

    @classmethod
    def over(cls, files: FileAccess) -> "FileAccessProvider":
        """Return the access that stores where `files` does."""
        made = cls()
        made._files = files
        return made

    @property
    def files(self) -> FileAccess:
        """The file access of the type engine."""
        return self._files

    @property
    def raw_output_prefix(self) -> str:
        """The URI below which this run stores files."""
        return str(getattr(self._files, "prefix", None) or local_prefix())

    @property
    def local_sandbox_dir(self) -> str:
        """A folder of this process, removed at its end."""
        return str(getattr(self._files, "scratch", None) or local_prefix())

    @staticmethod
    def is_remote(path: "str | os.PathLike[str]") -> bool:
        """Whether the path is a URI of another place than this machine's files."""
        return not is_local(os.fspath(path))

    @staticmethod
    def get_random_string() -> str:
        """Return a name that no other value has."""
        return unique_name()

    def get_random_local_path(self, file_path_or_file_name: str | None = None) -> str:
        """Return the path of a file that doesn't exist yet, in a folder that does; with a name, of that name."""
        return new_path(os.path.basename(file_path_or_file_name) if file_path_or_file_name else None)

    def get_random_local_directory(self) -> str:
        """Return the path of a new empty folder."""
        path = new_path()
        os.makedirs(path)
        return path

    def get_random_remote_path(self, file_path_or_file_name: str | None = None) -> str:
        """Return a new URI below the raw output prefix; with a name, one that ends with it."""
        name = base_name(file_path_or_file_name) if file_path_or_file_name else ""
        parts = [self.raw_output_prefix, unique_name(), *([name] if name else [])]
        return join(*parts)

    def get_random_remote_directory(self) -> str:
        """Return a new URI below the raw output prefix, in a folder of its own: a directory's index goes beside it."""
        return self.get_random_remote_path("content")

    def join(self, *args: str, **_options: Any) -> str:
        """Return the parts of a path or URI with a slash between them."""
        return join(*args)

    def exists(self, path: str) -> bool:
        """Whether there is a file, or a folder with files, at the path or URI."""
        return exists(path)

    def get_data(self, remote_path: str, local_path: str, is_multipart: bool = False, **_options: Any) -> None:  # noqa: ARG002 - told by the place itself
        """Fetch the file or folder at the URI to the path.

        Raises:
            StorageError: it isn't there, or can't be read.
        """
        if isinstance(self._files, PrefixAccess) or is_local(remote_path):
            download(remote_path, local_path)
        else:  # a client's, which knows the way to the control plane's store
            upload(self._files.get(remote_path), local_path)

    def get(self, from_path: str, to_path: str, recursive: bool = False, **_options: Any) -> str:  # noqa: ARG002 - told by the place itself
        """Fetch the file or folder at the URI to the path, and return the path."""
        self.get_data(from_path, to_path)
        return to_path

    def download(self, remote_path: str, local_path: str, **_options: Any) -> None:
        """Fetch the file at the URI to the path."""
        self.get_data(remote_path, local_path)

    def download_directory(self, remote_path: str, local_path: str, **_options: Any) -> None:
        """Fetch the folder at the URI to the path."""
        self.get_data(remote_path, local_path)

    def put_data(
        self,
        local_path: "str | os.PathLike[str]",
        remote_path: str,
        is_multipart: bool = False,  # noqa: ARG002 - told by the path itself
        **_options: Any,
    ) -> str:
        """Store the file or folder at the path under the URI, and return where it is.

        Raises:
            StorageError: there is no such file, or the URI can't be written.
        """
        if isinstance(self._files, PrefixAccess) or not is_local(remote_path):
            is_ours = index_uri(remote_path).startswith(self.raw_output_prefix.rstrip("/") + "/")
            (upload_indexed if is_ours else upload)(local_path, remote_path)
            return remote_path
        found = self._files.put(os.fspath(local_path), base_name(remote_path))  # a client's: the control plane chooses
        self._moved[remote_path] = found
        return found

    def place_of(self, uri: str) -> str:
        """Return where what was stored under the URI really is, which a client's control plane chooses."""
        return self._moved.get(uri, uri)

    def upload(self, file_path: str, to_path: str, **_options: Any) -> str:
        """Store the file under the URI, and return where it is."""
        return self.put_data(file_path, to_path)

    def upload_directory(self, local_path: str, remote_path: str, **_options: Any) -> str:
        """Store the folder under the URI, and return where it is."""
        return self.put_data(local_path, remote_path)

    def put_raw_data(self, lpath: Any, upload_prefix: str | None = None, file_name: str | None = None) -> str:
        """Store a file, a folder, bytes or an open file below the raw output prefix, and return its URI.

        Raises:
            StorageError: there is no such file, or the URI can't be written.
        """
        is_path = isinstance(lpath, str | os.PathLike)
        source = local_path(os.fspath(lpath)).rstrip("/") if is_path else ""
        name = file_name or base_name(source) or unique_name()
        if upload_prefix is not None and isinstance(self._files, PrefixAccess):
            uri = join(self.raw_output_prefix, upload_prefix, name)
            upload(source, uri) if is_path else write_bytes(uri, _content(lpath))
            return uri
        return self._files.put(source, name) if is_path else self._files.put_bytes(_content(lpath), name)


def _content(source: Any) -> bytes:
    """Return the bytes of an open file or of blocks; a text is UTF-8."""
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source)
    found = source.read() if hasattr(source, "read") else b"".join(source) if isinstance(source, Iterable) else source
    return found.encode() if isinstance(found, str) else bytes(found)
