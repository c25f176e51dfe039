"""FlyteDirectory: a directory tree, local or remote; it is downloaded when its path is needed."""

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from autocontainer_nb.storage.scratch import new_path, scratch_files, unique_name
from autocontainer_nb.storage.uris import join
from autocontainer_nb.type_engine.values.flyte_file import FlyteFile
from autocontainer_nb.type_engine.values.lazy_path import Text, by_pickled_name, nothing, require_relative
from autocontainer_nb.type_engine.values.stored_path import StoredPath

if TYPE_CHECKING:
    from pathlib import Path


class FlyteDirectory(StoredPath):
    """A directory as a task's input or output; `FlyteDirectory["csv"]` names the format of its files.

    A local directory that a task returns is uploaded: to `remote_directory` if that is a URI, not at all if it is
    False, otherwise below the task's output prefix. A directory with a remote source is passed on as it is.
    """

    noun = "directory"
    sep = "/"
    _parts = ()

    def __init__(
        self,
        path: Text,
        downloader: Callable[[], Any] | None = None,
        remote_directory: Text | bool | None = None,
    ) -> None:
        super().__init__(path, downloader or nothing)
        self.remote_directory = remote_directory

    def target(self) -> Any:
        """Return `remote_directory`."""
        return self.remote_directory

    @classmethod
    def new_remote(cls, stem: str | None = None, alt: str | None = None) -> "FlyteDirectory":
        """Return a directory to fill with `new_file`; a task that returns it stores it with its outputs.

        With `alt`, a URI, the directory is below that URI, and each file is uploaded when it is written.
        """
        if alt:
            return cls(join(alt, unique_name(), stem or ""))
        path = new_path(stem)
        os.makedirs(path)
        return cls(path)

    @classmethod
    def new(cls, dirname: Text) -> "FlyteDirectory":
        """Create a directory of that relative name in a new temporary folder, and return it."""
        path = new_path(require_relative(dirname))
        os.makedirs(path)
        return cls(path)

    def new_file(self, name: str | None = None) -> FlyteFile:
        """Return a file below this directory, to be written with its `open`."""
        return FlyteFile(join(self.place(), name or unique_name()))

    def new_dir(self, name: str | None = None) -> "FlyteDirectory":
        """Return a directory below this one."""
        return FlyteDirectory(join(self.place(), name or unique_name()))

    @classmethod
    def listdir(cls, directory: "FlyteDirectory") -> "list[FlyteDirectory | FlyteFile]":
        """Return the entries of the directory, sorted by name; nothing is downloaded."""
        place = directory.place()
        if directory.remote_source is None:
            return [
                FlyteDirectory(path) if os.path.isdir(path) else FlyteFile(path)
                for path in (os.path.join(place, name) for name in sorted(os.listdir(place)))
            ]
        names = dict.fromkeys(tuple(name.split("/", 1)[:2]) for name in directory._names())  # noqa: SLF001 - of this class
        folders = dict.fromkeys(first for first, *rest in names if rest)
        files = {first for first, *rest in names if not rest}
        made: dict[str, FlyteDirectory | FlyteFile] = {name: FlyteFile.of(join(place, name), None) for name in files}
        made.update({name: FlyteDirectory.of(join(place, name), None) for name in folders})
        for each in made.values():
            each._files = directory._files  # noqa: SLF001 - classes of this pair of modules
        return [made[name] for name in sorted(made)]

    def _names(self) -> list[str]:
        return (self._files or scratch_files()).list_files(self.place())

    def crawl(self, maxdepth: int | None = None) -> Iterator[tuple[str, str]]:
        """Yield (this directory, relative name) for each file below it, sorted by name; nothing is downloaded."""
        for name in self._names():
            if maxdepth is None or name.count("/") < maxdepth:
                yield self.place(), name

    def __truediv__(self, name: Text) -> "Path":
        from pathlib import Path

        return Path(self.path) / name


TensorboardLogs = FlyteDirectory.with_format("tensorboard")
TFRecordsDirectory = FlyteDirectory.with_format("tfrecords_dir")


def __getattr__(name: str) -> Any:
    """Return a class with a format, by the name that its pickles use."""
    return by_pickled_name(FlyteDirectory, name)
