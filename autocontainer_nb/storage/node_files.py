"""The file access of one task of a local run: what others have stored it gets as copies, as from a remote store."""

import os

from autocontainer_nb.storage.access import PrefixAccess
from autocontainer_nb.storage.scratch import local_prefix, unique_name

_STORE = "store"  # the folder of everything that tasks of local runs have stored


class NodeFiles(PrefixAccess):
    """Stores files below the process's temporary folder, and copies them from there to the task's own folder."""

    def __init__(self, working_directory: str) -> None:
        """Make an access for the task that runs in this directory."""
        self._store = os.path.join(local_prefix(), _STORE)
        super().__init__(
            os.path.join(self._store, unique_name()), os.path.join(working_directory, ".inputs"), copies=True
        )

    def put(self, path: str, name: str, *, indexed: bool = True) -> str:
        """Store the local file or directory, unless it is in the store already, and return its URI."""
        whole = os.path.abspath(path)
        return whole if whole.startswith(self._store + os.sep) else super().put(path, name, indexed=indexed)


def boundary_files() -> NodeFiles:
    """Return the access for values that enter or leave a graph: what tasks have stored isn't stored again."""
    return NodeFiles(local_prefix())
