"""A file access that puts off what is to be stored, so that all of it is stored several at a time."""

import os
import tempfile
from collections.abc import Mapping
from typing import Any, Final

from autocontainer_nb.storage.access import FileAccess, Parts

_OWN_TEMPORARY: Final = "autocontainer-nb-"  # folders of this package that may be gone when something is stored later


class PuttingTogether:
    """Stores nothing until `settle`; until then the URIs of what is put are marks that stand for them.

    `folder` is an empty one, which the creator removes after that.
    """

    def __init__(self, files: FileAccess, folder: str) -> None:
        self._files = files
        self._folder = folder
        self._waiting: dict[str, tuple[str, str, bool]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._files, name)

    def put(self, path: str, name: str, *, indexed: bool = True) -> str:
        """Note a local file or directory, and return the mark."""
        if self._is_temporary(path):
            path = self._kept(path)
        return self._noted(path, name, indexed=indexed)

    def put_bytes(self, data: bytes, name: str) -> str:
        """Note the bytes, and return the mark."""
        path = self._new_path()
        with open(path, "xb") as file:
            file.write(data)
        return self._noted(path, name, indexed=False)

    def settle(self) -> dict[str, str]:
        """Store everything, and return mark ► URI.

        Raises:
            StorageError, RemoteError: as `put` of the file access.
        """
        uris = self._files.put_many(list(self._waiting.values())) if self._waiting else []
        return dict(zip(self._waiting, uris, strict=True))

    # --- what reads goes through -------------------------------------------------------------------------------------
    def get(self, uri: str, *, parts: Parts = None) -> str:
        """As the file access."""
        return self._files.get(uri, parts=parts)

    def own(self, uri: str, *, parts: Parts = None) -> str:
        """As the file access."""
        return self._files.own(uri, parts=parts)

    def get_bytes(self, uri: str) -> bytes:
        """As the file access."""
        return self._files.get_bytes(uri)

    def fetch_ahead(self, uris: Mapping[str, Parts]) -> None:
        """As the file access."""
        self._files.fetch_ahead(uris)

    def list_files(self, uri: str) -> list[str]:
        """As the file access."""
        return self._files.list_files(uri)

    def put_many(self, sources: list[tuple[str, str, bool]]) -> list[str]:
        """Note all of them."""
        return [self.put(path, name, indexed=indexed) for path, name, indexed in sources]

    def _noted(self, path: str, name: str, *, indexed: bool) -> str:
        mark = f"to-be-stored:{len(self._waiting)}"
        self._waiting[mark] = (path, name, indexed)
        return mark

    def _new_path(self) -> str:
        return os.path.join(self._folder, str(len(self._waiting)))

    @staticmethod
    def _is_temporary(path: str) -> bool:
        root = tempfile.gettempdir() + os.sep + _OWN_TEMPORARY
        return os.path.abspath(path).startswith(root)

    def _kept(self, path: str) -> str:
        """Return a link to a file that may be gone soon, or a folder with links to those of a directory."""
        kept = self._new_path()
        if not os.path.isdir(path):
            os.link(path, kept)
            return kept
        from shutil import copytree

        return str(copytree(path, kept, copy_function=os.link))
