"""What may happen to an altered file, and nothing else: one of our errors, or the registered content unharmed."""

import resource
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from specimens import Specimen, fired

from autocontainer_nb.errors import ArchiveError, StorageError
from autocontainer_nb.pickling import reader
from autocontainer_nb.pickling.archive import metadata, pieces, zip_reader
from autocontainer_nb.pickling.inspect import description
from autocontainer_nb.pickling.inspect.description import inspect_file
from autocontainer_nb.pickling.load import contents, packages
from autocontainer_nb.pickling.load import modules as module_loader
from autocontainer_nb.pickling.reader import open_verified
from autocontainer_nb.pickling.symbolic import foreign, machine, opcodes, resolve, risks, values, walk

MODULES = [
    *(zip_reader, metadata, reader, contents, pieces, module_loader, packages, description),
    *(foreign, machine, opcodes, resolve, risks, walk, values, walk),
]
# The stated bound: reading any file of at most 1 MiB takes at most this much memory beyond the process's own.
MEMORY_BOUND_BYTES = 256 << 20


class Violation(Exception):  # noqa: N818 - a broken promise, found
    """A promise that the reader broke."""


class Judge:
    """Reads altered files in all ways that the package offers and insists on the promises."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "entities.pkl"
        self.verdicts: Counter[str] = Counter()

    def judge(self, data: bytes, original: Specimen) -> str:
        """Return what became of the file, in a word.

        Raises:
            Violation: something else happened than a refusal by name or sound content.
        """
        self._path.write_bytes(data)
        fired.clear()
        verdict = self._registered(data, original)
        self._described()
        self.verdicts[verdict] += 1
        return verdict

    def _registered(self, data: bytes, original: Specimen) -> str:
        """Load the file as a container does, with the digest that was registered."""
        try:
            archive = open_verified(str(self._path), original.digest)
        except (ArchiveError, StorageError) as error:
            self._nothing_ran(f"refused with {type(error).__name__}")
            _is_clear(str(error))
            return type(error).__name__
        except Exception as error:
            raise Violation(f"{type(error).__name__} instead of an ArchiveError: {error}") from error
        self._nothing_ran("verified")
        if archive.metadata != open_verified(self._written(original), original.digest).metadata:
            raise Violation("the digest fits, but the metadata is another one")
        self._path.write_bytes(data)
        if archive.metadata["modules"]:  # whose installation is another test's; what is verified is verified
            return "sound"
        try:
            archive.unpickle()
        except (ArchiveError, StorageError) as error:  # an object's place is outside the digest, its content isn't
            self._nothing_ran("an object is missing")
            _is_clear(str(error))
            return f"objects: {type(error).__name__}"
        if fired != [original.name.partition(",")[0]]:
            raise Violation(f"another pickle than the registered one was loaded: {fired}")
        return "sound"

    def _described(self) -> None:
        """Inspect the file, and open it without a digest, as a person does who was given it."""
        fired.clear()
        for read in (inspect_file, open_verified):
            try:
                read(str(self._path))
            except ArchiveError as error:
                _is_clear(str(error))
            except Exception as error:
                raise Violation(f"{read.__name__}: {type(error).__name__}: {error}") from error
            self._nothing_ran(read.__name__)

    def _written(self, original: Specimen) -> str:
        path = self._path.with_name("original.pkl")
        path.write_bytes(original.data)
        return str(path)

    def _nothing_ran(self, when: str) -> None:
        if fired:
            raise Violation(f"code of the file was executed: {fired}, {when}")


def bound_memory() -> None:
    """Let this process have no more memory than it has now and the bound."""
    resource.setrlimit(resource.RLIMIT_AS, (_address_space_bytes() + MEMORY_BOUND_BYTES,) * 2)


def peak_bytes() -> int:
    """Return how much memory this process has had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _address_space_bytes() -> int:
    pages: Any = Path("/proc/self/statm").read_text().split()[0]
    return int(pages) * resource.getpagesize()


def _is_clear(message: str) -> None:
    if len(message) > 20_000 or "entities.pkl" not in message:
        raise Violation(f"the message doesn't name the file, or is {len(message)} characters long: {message[:200]}")
