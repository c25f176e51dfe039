"""`PickledEntity`: what the pickle inside a pickled-entity file is, and the file written, loaded and inspected."""

import copy
import platform
import sys
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from autocontainer_nb.core.base_task import PythonTask
from autocontainer_nb.errors import UnpicklingError
from autocontainer_nb.pickling.reader import open_verified
from autocontainer_nb.type_engine.engine import type_engine

if TYPE_CHECKING:
    from autocontainer_nb.pickling.writer import WrittenArchive

# While a file is written for a container: how a task is pickled there (`core.capture`); None: as any other object.
reduce_for_travel: Final[ContextVar[Callable[[Any, Any], Any] | None]] = ContextVar("reduce_for_travel", default=None)

_TRANSFORMERS: Final = "transformers"  # older files and plain notebooks have none


@dataclass
class PickledEntityMetadata:
    """Which Python made a pickled entity, as in `3.12.1`."""

    python_version: str


@dataclass
class PickledEntity:
    """Entities by name, and which Python they were pickled by."""

    metadata: PickledEntityMetadata
    entities: dict[str, PythonTask[Any]]


def pickled_entity_of(*tasks: PythonTask[Any]) -> PickledEntity:
    """Return a PickledEntity with the tasks under their names, made by this Python."""
    return PickledEntity(PickledEntityMetadata(platform.python_version()), {task.name: task for task in tasks})


def dump_pickled_entity(entity: PickledEntity, path: str) -> str:
    """Write the entity to `path` and return the file's digest: SHA-256 of its metadata, 64 hexadecimal digits.

    What the entities' functions reach travels: functions, classes and data of the notebook by value, local modules as
    source, as their files are now (what their variables hold in this process doesn't travel). Installed packages are
    imported again where the file is loaded.

    Raises:
        CaptureError: something that they reach can't be pickled; the message tells each, its path and its cell.

    Warns:
        UserWarning: the file may hold credentials; the message tells where they are in it.
    """
    written = write_pickled_entity(entity, path)
    if written.explanation.credentials:
        import warnings

        from autocontainer_nb.core.credential_words import credential_warning

        warnings.warn(credential_warning(written.explanation.credentials), stacklevel=2)
    return written.digest


def write_pickled_entity(entity: PickledEntity, path: str, *, apart: bool = False) -> "WrittenArchive":
    """Write the entity to `path`. With `apart` the file lacks its large contents: the caller puts them elsewhere."""
    from autocontainer_nb.core.credential_words import process_finder
    from autocontainer_nb.core.describe import describe_task
    from autocontainer_nb.pickling.cells import cells
    from autocontainer_nb.pickling.explanation.credentials import using
    from autocontainer_nb.pickling.writer import write_archive

    described = [describe_task(name, task) for name, task in entity.entities.items()]
    finder = process_finder()
    with using(finder):
        return write_archive(
            path,
            _with_transformers(entity),
            described,
            cells,
            apart=apart,
            besides=type_engine.registrations(),
            finder=finder,
        )


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
    from autocontainer_nb.pickling.inspection.inspect import source_texts
    from autocontainer_nb.pickling.sources import install_sources

    archive = open_verified(path, digest)
    install_sources(source_texts(archive.zip_file, archive.metadata))
    entity = archive.unpickle(owns_process=owns_process)
    if not isinstance(entity, PickledEntity):
        raise UnpicklingError(
            f"{path!r} holds a {type(entity).__name__}, not a PickledEntity. Was it written by dump_pickled_entity?"
        )
    _register_transformers(entity)
    return entity


def _with_transformers(entity: PickledEntity) -> PickledEntity:
    """Return the entity with the transformers that the user has registered, as an attribute beside the two fields."""
    registrations = type_engine.registrations()
    if not registrations:
        return entity
    travelling = copy.copy(entity)
    setattr(travelling, _TRANSFORMERS, registrations)
    return travelling


def _register_transformers(entity: PickledEntity) -> None:
    """Convert here as the user's notebook does; what is registered already isn't registered twice."""
    known = type_engine.registrations()
    for registration in getattr(entity, _TRANSFORMERS, ()):
        if registration not in known:
            type_engine.register(*registration)


def inspect_pickled_entity(path: str) -> dict[str, Any]:
    """Return what is in the file, without unpickling; the keys: `pickling.inspection.inspect.inspect_archive`."""
    from autocontainer_nb.core.credential_words import process_finder
    from autocontainer_nb.pickling.explanation.credentials import using
    from autocontainer_nb.pickling.inspection.inspect import inspect_archive

    with using(process_finder()):
        return inspect_archive(path)


def this_python() -> str:
    """Return this interpreter's version as `3.12`."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"
