"""`PickledEntity`, the content of an archive, and how it is loaded."""

import os
import sys
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

from autocontainer_nb.core.base_task import PythonTask
from autocontainer_nb.core.environment import variables
from autocontainer_nb.errors import UnpicklingError
from autocontainer_nb.pickling.portable.main_module import MAIN, taken_over
from autocontainer_nb.pickling.reader import open_verified
from autocontainer_nb.type_engine.engine import type_engine
from autocontainer_nb.type_engine.wording import with_article
from autocontainer_nb.wire import ENV_NEEDS

# While a file is written for a container: how a task is pickled there (`core.capture.capture`). None: as any object.
reduce_for_travel: Final[ContextVar[Callable[[Any, Any], Any] | None]] = ContextVar("reduce_for_travel", default=None)
DOCSTRINGS: Final = "docstrings"  # where a task registers others in its container: what their docstrings say
NAMES: Final = "names"  # what the notebook has under its own name; written last, gone once loaded
_CODERS: Final = "coders"  # of data frames; likewise
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


def load_pickled_entity(
    path: str, digest: str | None = None, *, owns_process: bool = False, entity_name: str = "", needs: str = ""
) -> PickledEntity:
    """Return the entity in the file at `path`; unpickled only after digest, format version, Python and hashes passed.

    Unpickling runs code: give the `digest` unless the file is your own. The local modules in the file are importable
    from then on. `owns_process` is for a container: what is imported already makes room for them. `entity_name` is the
    task that is to run, which may say itself which packages it needs. `needs` is what is done where packages are
    missing or too old: "check" refuses, "warn" tells, "off" doesn't look; by default what AUTOCONTAINER_NB_NEEDS says,
    or the task.

    Raises:
        DigestMismatchError: the file's digest isn't `digest`.
        FormatVersionError: it has another format version.
        PythonVersionError: another minor version of Python made it, and some of its code can't be rebuilt here.
        MemberMismatchError: a member was altered.
        ArchiveCorruptError: it isn't a well-formed file.
        PackageMismatchError: a package that it needs is missing or too old.
        UnpicklingError: it can't be unpickled here, or doesn't hold a PickledEntity.
    """
    from autocontainer_nb.pickling.archive.sources import install_sources, source_texts

    archive = open_verified(path, digest, entity=entity_name, needs=needs or variables().get(ENV_NEEDS, ""))
    install_sources(source_texts(archive.zip_file, archive.metadata))
    if owns_process:
        with taken_over(SpawnedMain.of(path, digest)):
            entity = archive.unpickle(owns_process=True)
    else:
        entity = archive.unpickle()
    if not isinstance(entity, PickledEntity):
        raise UnpicklingError(
            f"{path!r}: expected a PickledEntity, got {with_article(type(entity))}. Was the file written by "
            "dump_pickled_entity?"
        )
    vars(entity).pop(NAMES, None)  # they are where they belong by now
    _register_transformers(entity)
    if owns_process and hasattr(entity, DOCSTRINGS):
        from autocontainer_nb.core.entities.docstrings import bring

        bring(getattr(entity, DOCSTRINGS))
    return entity


class SpawnedMain(str):
    """How a process that a task's process spawns finds `__main__`: it loads the file as soon as it reads this name.

    `multiprocessing` and loky send the name in `__main__.__spec__`, and leave a `__main__` alone that has it already.
    """

    __slots__ = ("_arguments",)
    _arguments: tuple[str, str | None]

    @classmethod
    def of(cls, path: str, digest: str | None) -> "SpawnedMain":
        """Return the name that stands for the file."""
        made = cls(f"autocontainer_nb {digest or path}")
        made._arguments = os.path.abspath(path), digest
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return main_of_parent, (*self._arguments, list(sys.path))


def main_of_parent(path: str, digest: str | None, search_path: list[str]) -> str:
    """Let the task's notebook be `__main__` of this process, and return the name by which it is known."""
    if not isinstance(getattr(sys.modules[MAIN].__spec__, "name", None), SpawnedMain):  # a forked one has it
        sys.path[:] = search_path
        load_pickled_entity(path, digest, owns_process=True, needs="off")  # whoever has spawned this has looked
    return str(sys.modules[MAIN].__spec__.name)  # type: ignore[union-attr]  # that of the module just made


def _register_transformers(entity: PickledEntity) -> None:
    """Register the notebook's own transformers here, unless they already are."""
    known = type_engine.registrations()
    for registration in getattr(entity, _TRANSFORMERS, ()):
        if registration not in known:
            type_engine.register(*registration)
    coders = getattr(entity, _CODERS, ())
    if coders:
        from autocontainer_nb.core.conversion.frame_coders import register_again

        register_again(coders)


def this_python() -> str:
    """Return this interpreter's version, such as `3.12`."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"
