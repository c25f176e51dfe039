"""The door to load: verified archive in, entity out."""

import pickle
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any

from autocontainer_nb.errors import AutocontainerError, UnpicklingError
from autocontainer_nb.pickling.archive.metadata import check_python, read_metadata
from autocontainer_nb.pickling.archive.verify import verify_members
from autocontainer_nb.pickling.archive.zip_reader import ZipReader
from autocontainer_nb.pickling.load.contents import Contents, OpenObject
from autocontainer_nb.wire import PACKAGE_NAME, PACKAGE_VERSION, PICKLE_MEMBER

if TYPE_CHECKING:
    from autocontainer_nb.pickling.load.place import Place


class VerifiedArchive:
    """A file whose digest, format version, Python and member hashes have all passed. Nothing is unpickled yet."""

    def __init__(self, zip_file: ZipReader, metadata: dict[str, Any], digest: str) -> None:
        self.zip_file = zip_file
        self.metadata = metadata
        self.digest = digest

    def unpickle(self, *, owns_process: bool = False) -> Any:
        """Return the object that the file carries. Its large arrays are writable views of the mapped file.

        The local modules that it carries are importable from then on, ahead of other copies. `owns_process` is for a
        container, where an older copy that was imported already is put aside; see `local.loader.install_modules`.

        Raises:
            UnpicklingError: the pickle can't be loaded here; the message carries the place in it, and the cause,
                whatever its class was.
        """
        with self.opened({}, owns_process=owns_process) as contents:
            try:
                return self.loaded(contents)
            except AutocontainerError:
                raise
            except Exception as error:
                place = self._place_of(error, contents)
                raise UnpicklingError(_explain(self.zip_file.path, self.metadata, error, place)) from error

    @contextmanager
    def opened(self, given: Mapping[str, OpenObject], *, owns_process: bool) -> Iterator[Contents]:
        """Within the block, everything is there that loading needs. Objects that are `given` aren't fetched."""
        with closing(Contents(self.zip_file, self.metadata, given)) as contents:
            contents.fetch()
            if self.metadata["modules"]:
                from autocontainer_nb.pickling.load.modules import install_modules

                install_modules(self.zip_file, self.metadata, self.digest, owns_process=owns_process)
            yield contents

    def loaded(self, contents: Contents) -> Any:
        """Return the unpickled object; what is loaded may raise anything."""
        if any("module" in entry for entry in self.metadata["code"]):
            from autocontainer_nb.pickling.portable.functions import know_records

            know_records(self.metadata["code"])
        if not self.metadata["splices"]:
            return pickle.loads(self.zip_file.view(PICKLE_MEMBER), buffers=contents.buffers())
        return pickle.load(contents.stream(), buffers=contents.buffers())

    def _place_of(self, error: Exception, contents: Contents) -> "Place | None":
        """Return which object can't be loaded, where loading it again fails in the same way."""
        from autocontainer_nb.pickling.load.place import failing_step, place_of

        with suppress(Exception):  # what is loaded may raise anything
            step = failing_step(contents.stream(), contents.buffers(), type(error))
            return None if step is None else place_of(contents.stream, step)
        return None


def open_verified(path: str, digest: str | None = None, *, entity: str = "", needs: str = "") -> VerifiedArchive:
    """Return the file at `path` after all checks; `digest` is the registered one, where there is one.

    `entity` is the task that is to run, and `needs` what is done about packages: see `load.packages.check_needs`.

    Raises:
        ArchiveError: one class for each check that fails; see `errors`. Nothing was unpickled.
    """
    zip_file = ZipReader(path)
    metadata, found = read_metadata(zip_file, digest)
    is_native = check_python(path, metadata)
    verify_members(zip_file, metadata)
    if not is_native:  # the texts are compiled, so only after they are known to be the registered ones
        from autocontainer_nb.pickling.load.rebuild import rebuild_code

        rebuild_code(zip_file, metadata)
    if metadata["modules"]:
        from autocontainer_nb.pickling.load.modules import check_modules

        check_modules(zip_file, metadata)
    if metadata["needs"] or any("needs" in each for each in metadata["entities"]):
        from autocontainer_nb.pickling.load.packages import check_needs

        check_needs(path, metadata, entity=entity, mode=needs)
    return VerifiedArchive(zip_file, metadata, found)


def _explain(path: str, metadata: dict[str, Any], error: Exception, where: "Place | None") -> str:
    cause = f"{type(error).__name__}: {error}"
    if isinstance(error, ModuleNotFoundError) and error.name:
        top = error.name.partition(".")[0]
        if top == PACKAGE_NAME:
            writer = metadata["autocontainer_nb_version"]
            return (
                f"{path!r} was written by autocontainer_nb {writer}, and this environment's {PACKAGE_VERSION} has no "
                f"module {error.name!r}. Install the same version on both sides, and register the task again."
            )
        return _explain_missing(f"{where.describe()} in {path!r}" if where else repr(path), metadata, error.name)
    if metadata["modules"]:
        from autocontainer_nb.pickling.load.modules import place_of_failure

        place = place_of_failure(error)
        if place:
            return (
                f"{path!r} can't be unpickled: its local module failed when it was imported, {place}: {cause}. "
                "The top level of a module also runs in the container: move the code to a function, or give the "
                "container what it needs (environment=..., an input, a secret)."
            )
    what = f"{where.describe()} in {path!r}" if where else repr(path)
    return f"{what} passed every check but can't be unpickled in this environment: {cause}. {_advice(metadata)}"


def _explain_missing(what: str, metadata: dict[str, Any], module: str) -> str:
    top = module.partition(".")[0]
    need = next((need for need in metadata["needs"] if top in need["modules"] or module in need["modules"]), None)
    wanted = f"{need['distribution']}=={need['version']}" if need else top
    if need is not None:
        from autocontainer_nb.pickling.load.packages import installed_distributions, normalised

        found = installed_distributions().get(normalised(need["distribution"]))
        if found is not None:
            lacks = (
                f"{what} needs the module {module!r}, which {need['distribution']} {found.version} doesn't have here"
            )
            if found.version != need["version"]:
                return f"{lacks}: it was captured with {need['version']}. Add {wanted!r} to the task's image."
            return (
                f"{lacks}, in the version with which this was captured. The image may have only a part of it: "
                f"install {wanted!r} again, or remove the module's import from the task's code."
            )
    return (
        f"{what} needs the module {module!r}, which isn't installed in this environment. "
        f"Add {wanted!r} to the task's image, or remove its imports from the task's code."
    )


def _advice(metadata: dict[str, Any]) -> str:
    """Return what may be the reason, and what to do: nothing is blamed that is here as it was there."""
    import platform

    from autocontainer_nb.pickling.load.packages import differences

    others = differences(metadata)
    made, here = str(metadata["python_version"]), platform.python_version()
    if made.rpartition(".")[0] != here.rpartition(".")[0]:
        others.append(f"Python {made}, which is {here} here")
    if others:
        return f"It was captured with {'; '.join(others)}: make the image's versions the same."
    return (
        "Python and the packages that it needs are here as they were where it was captured, so an object in it can't "
        "be loaded anywhere: make that object inside of the task, or let its class say how it is pickled (__reduce__)."
    )
