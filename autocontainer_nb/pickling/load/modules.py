"""Local modules out of a verified archive: real files in a folder of their own, imported ahead of any other copy.

Real files, so that `__file__`, `importlib.resources`, `inspect`, tracebacks and processes started by the task work as
they do beside the notebook. Nothing here runs a module: only an import does.
"""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from typing import Any, Final

from autocontainer_nb.errors import ArchiveCorruptError, PythonVersionError, UnpicklingError
from autocontainer_nb.pickling.archive.zip_reader import ZipReader, corrupt
from autocontainer_nb.wire import MODULES_FOLDER, MODULES_PREFIX

_SHOWN_DIGITS: Final = 16
_HEX: Final = frozenset("0123456789abcdefABCDEF")
_HEX_DIGITS: Final = 2

installed_folders: Final[list[str]] = []  # of this process, the latest first


class ArchiveFinder:
    """Finds the modules of one archive in its folder, before any other finder is asked.

    The folder is on `sys.path` too, which is what started processes inherit. The finder is for what comes before
    `sys.path`: the hooks of an editable install, and a namespace that a regular package of the image would hide.
    """

    def __init__(self, folder: str, names: Sequence[str]) -> None:
        self.folder = folder
        self.names = frozenset(names)

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> ModuleSpec | None:
        """Return how a module of the archive is imported; None for all others."""
        if name not in self.names:
            return None
        return PathFinder.find_spec(name, [os.path.join(self.folder, *name.split(".")[:-1])])


def check_modules(zip_file: ZipReader, metadata: Mapping[str, Any]) -> None:
    """Return if the archive's modules can be written and, made by another Python minor, be compiled by this one.

    Raises:
        ArchiveCorruptError: a name leaves the folder, or the metadata's list doesn't fit the members.
        PythonVersionError: a module that the task uses has syntax that this Python doesn't know.
    """
    entries = _entries(zip_file.path, metadata)
    _places(zip_file)
    made = str(metadata["python_version"])
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    if made.split(".")[:2] == here.split("."):
        return
    for entry in entries:
        if entry.get("used"):
            _check_syntax(zip_file, entry, made, here)


def install_modules(
    zip_file: ZipReader, metadata: Mapping[str, Any], digest: str, *, owns_process: bool = False
) -> str | None:
    """Make the modules of a verified archive importable, ahead of all other copies; returns the folder that has them.

    `owns_process` is for a container: the files are put beside the archive, and a copy that was imported already makes
    room. Elsewhere they are put into a temporary folder, and what this process has imported stays; where it is another
    code, that is told by a warning.
    """
    if not metadata["modules"]:
        return None
    names = [str(entry["name"]) for entry in _entries(zip_file.path, metadata) if entry["name"]]
    contents = {place: zip_file.view(member) for member, place in _places(zip_file).items()}
    folder = _materialised(contents, zip_file.path, digest, beside=owns_process)
    if owns_process:
        _forget(names, folder)
    else:
        _tell_others(zip_file, metadata)
    _find_in(folder, names)
    return folder


def install_files(contents: Mapping[str, memoryview], names: Sequence[str], path: str, digest: str) -> None:
    """Make modules importable that this process doesn't have: `contents` by their place below an import path."""
    _find_in(_materialised(contents, path, digest, beside=False), names)


def _find_in(folder: str, names: Sequence[str]) -> None:
    """Let the modules be found in the folder, ahead of all other copies."""
    if folder not in installed_folders:
        sys.path.insert(0, folder)
        sys.meta_path.insert(0, ArchiveFinder(folder, names))
        installed_folders.insert(0, folder)
    sys.path_importer_cache.pop(folder, None)


def module_attribute(name: str) -> Any:
    """Return what the dotted name stands for if its module came out of an archive; else None."""
    from importlib import import_module

    module, _, attribute = name.rpartition(".")
    known = {name for finder in sys.meta_path if isinstance(finder, ArchiveFinder) for name in finder.names}
    return getattr(import_module(module), attribute, None) if module in known else None


def place_of_failure(error: BaseException) -> str:
    """Return file, line and text of where a local module failed while it was imported; empty where none did."""
    import traceback

    found = ""
    is_importing = False
    for frame in traceback.extract_tb(error.__traceback__):
        folder = next((each for each in installed_folders if frame.filename.startswith(each + os.sep)), None)
        if folder is not None:
            is_importing = is_importing or frame.name == "<module>"
            found = f'File "{os.path.relpath(frame.filename, folder)}", line {frame.lineno}, `{frame.line}`'
    return found if is_importing else ""


def _entries(path: str, metadata: Mapping[str, Any]) -> list[dict[str, Any]]:
    entries = metadata["modules"]
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            raise corrupt(path, "its metadata lists a module without a name")
        member = entry.get("member")
        if not isinstance(member, str) or not member.startswith(MODULES_PREFIX) or member not in metadata["members"]:
            raise corrupt(path, f"its metadata lists a module that isn't there ({entry['name'][:80]!r})")
    return list(entries)


def _places(zip_file: ZipReader) -> dict[str, str]:
    """Return {member: path below the folder} for all files of modules, each of which stays in the folder."""
    places: dict[str, str] = {}
    for member in zip_file.members:
        if member.startswith(MODULES_PREFIX):
            places[member] = decoded_place(zip_file.path, member)
    folders = {place[:index] for place in places.values() for index, char in enumerate(place) if char == "/"}
    clash = next((place for place in places.values() if place in folders), None)
    if clash is not None or len(set(places.values())) != len(places):
        raise corrupt(zip_file.path, f"two of its modules' files are in one place ({clash or 'equal names'})")
    return places


def decoded_place(path: str, member: str) -> str:
    """Return where the file belongs that is a member of the archive at `path`, below the modules' folder."""
    head, *escaped = member.removeprefix(MODULES_PREFIX).split("%")
    if any(len(part) < _HEX_DIGITS or not _HEX.issuperset(part[:_HEX_DIGITS]) for part in escaped):
        raise corrupt(path, f"the name of its member {member[:80]!r} isn't encoded as it should be")
    raw = head.encode("ascii")
    for part in escaped:
        raw += bytes([int(part[:_HEX_DIGITS], 16)]) + part[_HEX_DIGITS:].encode("ascii")
    place = os.fsdecode(raw)
    parts = place.split("/")
    outside = any(part in {"", ".", ".."} or part.startswith(MODULES_FOLDER) for part in parts)
    if outside or "\0" in place or (os.sep != "/" and (os.sep in place or ":" in place)):
        raise corrupt(path, f"the name of its member {member[:80]!r} leaves the modules' folder")
    return place


def _check_syntax(zip_file: ZipReader, entry: Mapping[str, Any], made: str, here: str) -> None:
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(bytes(zip_file.view(str(entry["member"]))), str(entry["name"]), "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        raise PythonVersionError(
            f"{zip_file.path!r} was made by Python {made}, and its local module {entry['name']!r}"
            f"{f', line {line},' if line else ''} can't be compiled by Python {here}: {getattr(error, 'msg', error)}. "
            "Nothing of it was unpickled. Make the module work with the older Python, or run the task in an image with "
            f"Python {'.'.join(made.split('.')[:2])}."
        ) from error


def _materialised(contents: Mapping[str, memoryview], path: str, digest: str, *, beside: bool) -> str:
    """Return a folder that holds these files and nothing else."""
    import tempfile
    from contextlib import suppress

    name = MODULES_FOLDER + digest[:_SHOWN_DIGITS]
    if beside:
        target = os.path.join(os.path.dirname(os.path.abspath(path)), name)
        with suppress(OSError):  # the folder is there already, or can't be written
            os.mkdir(target, 0o700)
            _write(contents, target, path)
            return target
        if _holds(target, contents):
            return target
    for folder in installed_folders:
        if name in folder and _holds(folder, contents):
            return folder
    try:
        target = tempfile.mkdtemp(prefix=f"autocontainer-nb{name}-")
        _remove_at_exit(target)
        _write(contents, target, path)
    except OSError as error:
        raise UnpicklingError(
            f"The local modules in {path!r} can't be written to {tempfile.gettempdir()!r}: {error.strerror or error}. "
            "The container needs a folder to write to: its working directory, or TMPDIR."
        ) from error
    return target


def _write(contents: Mapping[str, memoryview], folder: str, archive: str) -> None:
    for place, content in contents.items():
        path = os.path.join(folder, *place.split("/"))
        if not os.path.abspath(path).startswith(os.path.abspath(folder) + os.sep):
            raise ArchiveCorruptError(f"{archive!r} has a module outside of its folder: {place!r}. It wasn't written.")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "xb") as file:
            file.write(content)


def _holds(folder: str, contents: Mapping[str, memoryview]) -> bool:
    """Whether the folder is this user's own and has these files with this content, and no others but caches."""
    try:
        if os.path.islink(folder) or (hasattr(os, "getuid") and os.stat(folder).st_uid != os.getuid()):
            return False
        if set(_files(folder)) != set(contents):
            return False
        for place, content in contents.items():
            with open(os.path.join(folder, *place.split("/")), "rb") as file:
                if file.read() != content:
                    return False
    except OSError:
        return False
    return True


def _files(folder: str) -> Iterator[str]:
    for each, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__"]
        below = os.path.relpath(each, folder).replace(os.sep, "/") + "/" if each != folder else ""
        yield from (below + name for name in files)


def _remove_at_exit(folder: str) -> None:
    import atexit
    import shutil

    made_by = os.getpid()

    def remove() -> None:
        if os.getpid() == made_by:
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)


def _forget(names: Sequence[str], folder: str) -> None:
    """Let the modules be imported anew; those that came out of this folder stay."""
    units = {name for name in names if name.rpartition(".")[0] not in names}
    for name in list(sys.modules):
        if any(name == unit or name.startswith(f"{unit}.") for unit in units):
            file = getattr(sys.modules[name], "__file__", None)
            if not isinstance(file, str) or not file.startswith(folder + os.sep):
                del sys.modules[name]


def _tell_others(zip_file: ZipReader, metadata: Mapping[str, Any]) -> None:
    """Warn of modules that this process has imported from another code than the archive has."""
    others = []
    for entry in metadata["modules"]:
        file = getattr(sys.modules.get(str(entry["name"])), "__file__", None)
        if isinstance(file, str) and not _is_equal(file, zip_file.view(str(entry["member"]))):
            others.append(str(entry["name"]))
    if others:
        import warnings

        warnings.warn(
            f"This process has imported another version of {', '.join(map(repr, others))} than {zip_file.path!r} "
            "contains, and keeps using its own. To use the version in the file, load it in a new process.",
            stacklevel=2,
        )


def _is_equal(file: str, content: memoryview) -> bool:
    try:
        with open(file, "rb") as opened:
            return opened.read() == content
    except OSError:
        return False
