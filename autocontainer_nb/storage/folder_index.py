"""The index of a stored directory: one object that lists its files, for readers who can fetch but not list.

A control plane gives a notebook signed URLs of single files (flyteadmin's CreateDownloadLocation): it can't list, and
neither can the notebook without credentials of the store. So an index is left when a directory is stored.

The index of `PREFIX/TAG-0/NAME` is `PREFIX/TAG-0.index/NAME`. It isn't inside the directory, whose content is the
user's; and no name of it begins with the directory's own, since some readers (Flyte's copilot, by stow) take all keys
that do. It is written last, so what it lists is there. A directory that goes to a place of the user's own choice has
none: nothing is written beside it.
"""

import json
import os

from autocontainer_nb.errors import StorageError
from autocontainer_nb.storage.local import list_files
from autocontainer_nb.wire import INDEX_FORMAT, INDEX_SUFFIX

Sizes = dict[str, int]


def index_uri(uri: str) -> str:
    """Return the URI of the index of the directory at the URI; empty where there can't be one."""
    folder, _, name = uri.rstrip("/").rpartition("/")
    is_in_bucket = "/" in folder.partition("://")[2].strip("/")  # in a folder of it
    return f"{folder}{INDEX_SUFFIX}/{name}" if is_in_bucket else ""


def index_of(sizes: Sizes) -> bytes:
    """Return the index of a directory: relative name ► size in bytes of each of its files."""
    return json.dumps({"format": INDEX_FORMAT, "files": sizes}, sort_keys=True).encode()


def sizes_in(content: bytes, uri: str) -> Sizes:
    """Return the files that an index lists.

    Raises:
        StorageError: it is none, or names a file outside of its directory.
    """
    try:
        told = json.loads(content)
    except ValueError:
        told = None
    if not isinstance(told, dict) or told.get("format") != INDEX_FORMAT or not isinstance(told.get("files"), dict):
        raise StorageError(f"{uri!r} is no index of a directory: expected the format {INDEX_FORMAT!r}.")
    for name, size_bytes in told["files"].items():
        if not is_below(name) or type(size_bytes) is not int or size_bytes < 0:
            raise StorageError(f"The index {uri!r} has {name!r} of {size_bytes!r} bytes: no file of a directory.")
    return dict(sorted(told["files"].items()))


def is_below(name: str) -> bool:
    """Whether a relative name stays in its directory."""
    separators = "/" if os.sep == "/" else "/" + os.sep
    parts = name.translate(str.maketrans(separators, "/" * len(separators))).split("/")
    return "\0" not in name and not {"", ".", ".."} & set(parts)


def sizes_below(path: str) -> Sizes:
    """Return relative name ► size in bytes of the files of a local directory."""
    return {name: os.stat(os.path.join(path, name)).st_size for name in list_files(path)}
