"""`PickledEntity`, the content of an archive, and how it is loaded."""

import sys
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

from autocontainer_nb.core.base_task import PythonTask
from autocontainer_nb.errors import UnpicklingError
from autocontainer_nb.pickling.reader import open_verified
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.type_engine.wording import with_article

# While a file is written for a container: how a task is pickled there (`core.capture.capture`). None: as any object.
reduce_for_travel: Final[ContextVar[Callable[[Any, Any], Any] | None]] = ContextVar("reduce_for_travel", default=None)
DOCSTRINGS: Final = "docstrings"  # where a task registers others in its container: what their docstrings say
_TRANSFORMERS: Final = "transformers"  # older files and plain notebooks have none


@dataclass
class PickledEntityMetadata:
    """The Python version that made a pickled entity, such as `3.12.1`."""

    python_version: str


@dataclass
class PickledEntity:
    """Entities by name, and the Python version that pickled them."""

    metadata: PickledEntityMetadata
    entities: dict[str, PythonTask[Any]]


def load_pickled_entity(path: str, digest: str | None = None, *, owns_process: bool = False) -> PickledEntity:
    """Return the entity in the file at `path`; unpickled only after digest, format version, Python and hashes passed.

    Unpickling runs code: give the `digest` unless the file is your own. The local modules in the file are importable
    from then on. `owns_process` is for a container: what is imported already makes room for them.

    Raises:
        DigestMismatchError: the file's digest isn't `digest`.
        FormatVersionError: it has another format version.
        PythonVersionError: another minor version of Python made it, and some of its code can't be rebuilt here.
        MemberMismatchError: a member was altered.
        ArchiveCorruptError: it isn't a well-formed file.
        UnpicklingError: it can't be unpickled here, or doesn't hold a PickledEntity.
    """
    from autocontainer_nb.pickling.archive.sources import install_sources, source_texts

    archive = open_verified(path, digest)
    install_sources(source_texts(archive.zip_file, archive.metadata))
    entity = archive.unpickle(owns_process=owns_process)
    if not isinstance(entity, PickledEntity):
        raise UnpicklingError(
            f"{path!r}: expected a PickledEntity, got {with_article(type(entity))}. Was the file written by "
            "dump_pickled_entity?"
        )
    _register_transformers(entity)
    if owns_process and hasattr(entity, DOCSTRINGS):
        from autocontainer_nb.core.entities.docstrings import bring

        bring(getattr(entity, DOCSTRINGS))
    return entity


def _register_transformers(entity: PickledEntity) -> None:
    """Register the notebook's own transformers here, unless they already are."""
    known = type_engine.registrations()
    for registration in getattr(entity, _TRANSFORMERS, ()):
        if registration not in known:
            type_engine.register(*registration)


def this_python() -> str:
    """Return this interpreter's version, such as `3.12`."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"
