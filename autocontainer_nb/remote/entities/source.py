"""The source of what this package registered: it lies in the pickled-entity file that the containers fetch."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from flyteidl.core import tasks_pb2

from autocontainer_nb.pickling.inspect.description import inspect_archive
from autocontainer_nb.remote.scope import Scope
from autocontainer_nb.storage.scratch import new_local_folder
from autocontainer_nb.wire import PICKLE_FILE_PATH

_URI: Final = re.compile(rb"[a-z][a-z0-9+.-]*://[\x21\x23-\x5b\x5d-\x7e]+?/" + re.escape(PICKLE_FILE_PATH).encode())
_REMEMBERED: Final = 64


def source_of(scope: Scope, templates: Sequence[tasks_pb2.TaskTemplate], name: str) -> str | None:
    """Return the text of the cell or file that defines the entity; None if no file of ours tells.

    Raises:
        StorageError: the file can't be read from the store.
        ArchiveError: the file was altered.
    """
    for template in templates:
        found = _URI.search(template.SerializeToString())
        if found is None:
            continue
        text = _sources(scope, found.group().decode()).get(name)
        if text is not None:
            return text
    return None


@lru_cache(_REMEMBERED)
def _sources(scope: Scope, uri: str) -> dict[str, str]:
    """Return {name of an entity: text} in the file, of which nothing is executed; lines with credentials are hidden."""
    path = scope.files(new_local_folder()).get(uri)
    return {str(entity["name"]): entity["source"] for entity in inspect_archive(path)["entities"] if entity["source"]}
