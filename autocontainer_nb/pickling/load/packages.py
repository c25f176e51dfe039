"""Whether the packages that a task needs are installed here, in which version.

A package that is missing is an error, and so is one whose major version is older than that of captured objects, which
it can't be expected to load. Any other older version, and another minor version behind captured objects, is told in a
line: most of these run. Where a task says itself what it needs, that must be there, and the rest is only told.

`importlib.metadata` tells the same, and loads 30 modules before: too many where a container starts. A folder is listed;
a file is opened only where its name doesn't tell the version. Versions are compared here for the same reason: an image
need not have `packaging`, with which a test compares this order over generated versions.
"""

import os
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from autocontainer_nb.errors import PackageMismatchError
from autocontainer_nb.pickling.load.versions import is_older, is_same_minor, major_of
from autocontainer_nb.wire import NEEDS_CHECK, NEEDS_MODES, NEEDS_OFF, NEEDS_WARN, OWN_LINE

if TYPE_CHECKING:
    from autocontainer_nb.pickling.load.requirements import Requirement

CODE, DATA = "code", "data"
MAX_NAMED: Final = 5  # tasks of a file in one message
_DIST, _EGG = ".dist-info", ".egg-info"
_HEAD_BYTES = 64 << 10
_SETTLED_NS = 2_000_000_000  # a folder that changed later may change again without another time stamp


@dataclass(frozen=True)
class Need:
    """A distribution that a task needs, and what asks for it."""

    distribution: str
    version: str
    modules: tuple[str, ...]  # by which it is imported: top-level names, or dotted ones in a namespace package
    by: tuple[str, ...]  # CODE: the task's code imports it; DATA: captured objects are of its classes

    def as_json(self) -> dict[str, Any]:
        """Return the entry of `metadata.json`."""
        return {
            "distribution": self.distribution,
            "version": self.version,
            "modules": list(self.modules),
            "by": list(self.by),
        }


def check_needs(path: str, metadata: dict[str, Any], *, entity: str = "", mode: str = "") -> None:
    """Return if the packages that the file's tasks need are here in versions that may do; tell the rest on stderr.

    `entity` is the task that is to run, which may say itself what it needs. `mode` counts before what it says: `warn`
    only tells what `check` refuses, `off` looks at nothing.

    Raises:
        PackageMismatchError: a package is missing or too old; all are named, with the line that mends it.
    """
    own: dict[str, Any] = next((each.get("needs", {}) for each in metadata["entities"] if each["name"] == entity), {})
    mode = mode if mode in NEEDS_MODES else str(own.get("mode", NEEDS_CHECK))
    named = own.get("packages")
    if mode == NEEDS_OFF or not (metadata["needs"] or named):
        return
    here = installed_distributions()
    needs = [_need(entry) for entry in metadata["needs"]]
    if named is None:
        refused, told = _compared(needs, here)
    else:
        wanted = _requirements(path, named)
        known = {normalised(each.name) for each in wanted}
        found_out = _compared([need for need in needs if normalised(need.distribution) not in known], here)
        refused, told = _lacking(wanted, here), [*found_out[0], *found_out[1]]
    if mode == NEEDS_WARN:
        told, refused = [*refused, *told], []
    if refused:
        raise PackageMismatchError(_message(path, metadata, refused))
    for each in told:
        sys.stderr.write(f"{OWN_LINE}{each.told}\n")


@dataclass(frozen=True)
class Difference:
    """A package that isn't here as the task would have it."""

    lacking: str  # what is wanted, and what is here instead
    pin: str  # what an image would have to install
    told: str  # the line for the log


def differences(metadata: dict[str, Any]) -> list[str]:
    """Return in words which of the packages that the file needs are here in another version, or not at all."""
    here = installed_distributions()
    told: list[str] = []
    for need in map(_need, metadata["needs"]):
        found = here.get(normalised(need.distribution))
        if found is None:
            if not _is_importable(need):
                told.append(f"{need.distribution} {need.version}, which isn't installed")
        elif found.version != need.version:
            told.append(f"{need.distribution} {need.version}, which is {found.version} here")
    return told


def _compared(needs: Iterable[Need], here: dict[str, "Installed"]) -> tuple[list[Difference], list[Difference]]:
    """Return what is to be refused of the needs, and what is only to be told."""
    refused: list[Difference] = []
    told: list[Difference] = []
    for need in needs:
        found = here.get(normalised(need.distribution))
        if found is None:
            if not _is_importable(need):
                refused.append(_missing(need))
        elif is_older(found.version, need.version):
            is_too_old = DATA in need.by and major_of(found.version) != major_of(need.version)
            (refused if is_too_old else told).append(_other(need, found.version))
        elif DATA in need.by and not is_same_minor(found.version, need.version):
            told.append(_other(need, found.version))
    return refused, told


def _missing(need: Need) -> Difference:
    wanted, pin = f"{need.distribution} {need.version}", f"{need.distribution}>={need.version}"
    about = " (objects of its classes were captured)" if need.by == (DATA,) else ""
    return Difference(
        f"{wanted} or newer, which isn't installed{about}",
        pin,
        f'this was captured with {wanted}, which isn\'t installed here: ImageSpec(packages=["{pin}"]) brings it.',
    )


def _other(need: Need, found: str) -> Difference:
    """Return what is to be said where an older version is here, or another one behind captured objects."""
    wanted = f"{need.distribution} {need.version}"
    if DATA in need.by:
        what, trouble = "captured objects were pickled", "they don't load, or behave otherwise"
    else:
        what, trouble = "this was captured", "something is missing"
    return Difference(
        f"{wanted} or newer, which is {found} here "
        "(captured objects of a newer major version can't be expected to load)",
        f"{need.distribution}>={need.version}",
        f"{what} with {wanted}, and this environment has {found}: if {trouble}, use "
        f'ImageSpec(packages=["{need.distribution}=={need.version}"]).',
    )


def _requirements(path: str, texts: Iterable[str]) -> "list[Requirement]":
    """Return what the task itself asks for."""
    from autocontainer_nb.pickling.archive.zip_reader import corrupt
    from autocontainer_nb.pickling.load.requirements import requirement_of

    wanted = []
    for text in texts:
        requirement = requirement_of(text)
        if requirement is None:
            raise corrupt(path, f"a task of it needs {text[:80]!r}, which isn't the name of a package")
        wanted.append(requirement)
    return wanted


def _lacking(wanted: "Iterable[Requirement]", here: dict[str, "Installed"]) -> list[Difference]:
    """Return which of the packages that the task asks for aren't here as it wants them."""
    lacking = []
    for each in wanted:
        found = here.get(normalised(each.name))
        if found is None or not each.admits(found.version):
            state = "isn't installed" if found is None else f"is {found.version} here"
            words = f"{each.text}, which {state}"
            lacking.append(Difference(words, each.text, f"the task needs {words}."))
    return lacking


def tasks_of(metadata: dict[str, Any]) -> str:
    """Return the names of the file's tasks for a message."""
    names = [repr(str(entity.get("name"))) for entity in metadata["entities"]]
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return (", ".join(names[:MAX_NAMED]) or "The task") + more


def _message(path: str, metadata: dict[str, Any], refused: list[Difference]) -> str:
    wanted = "; ".join(each.lacking for each in refused)
    pins = ", ".join(f'"{each.pin}"' for each in refused)
    return (
        f"{tasks_of(metadata)} in {path!r} needs {wanted}. Nothing of it was unpickled. "
        f"Add what is missing to the task's image: @task(container_image=ImageSpec(packages=[{pins}])). Where it does "
        "without, say so: @task(needs=[...]) names all that it needs, and for one run: %flyte run --needs=warn."
    )


def _is_importable(need: Need) -> bool:
    """Whether a module of that name is here all the same: of a distribution by another name, or without a description.

    Finding a top-level module imports nothing.
    """
    from importlib.util import find_spec

    tops = [module for module in need.modules if "." not in module]
    try:
        return bool(tops) and all(top in sys.modules or find_spec(top) is not None for top in tops)
    except (ImportError, ValueError):
        return False


def _need(entry: dict[str, Any]) -> Need:
    return Need(entry["distribution"], entry["version"], tuple(entry["modules"]), tuple(entry["by"]))


@dataclass(frozen=True)
class Installed:
    """One distribution: its name as its folder spells it, its version, and the folder or file that describes it."""

    name: str
    version: str
    path: str


def installed_distributions(path: Iterable[str] | None = None) -> dict[str, Installed]:
    """Return {normalised name: distribution} of what can be imported from `sys.path`, or from `path`.

    Of a distribution that is there twice the first folder counts, as for imports; in one folder the newer version.
    """
    found: dict[str, Installed] = {}
    for folder in dict.fromkeys(sys.path if path is None else path):
        found = {**_of_folder(folder or os.curdir), **found}
    return found


_listed: dict[str, tuple[tuple[int, int, int], dict[str, Installed]]] = {}  # by folder: its state, what it had in it


def _of_folder(folder: str) -> dict[str, Installed]:
    """Return {normalised name: distribution} of one folder, which is listed once for each of its states."""
    state = _state_of(folder)
    known = _listed.get(folder)
    if known is not None and known[0] == state:
        return known[1]
    here: dict[str, Installed] = {}
    is_told_by_names = True  # a version that stands in a file changes without the folder
    for distribution in _in_folder(folder):
        key = normalised(distribution.name)
        other = here.get(key)
        if other is None or is_older(other.version, distribution.version):
            here[key] = distribution
        is_told_by_names = is_told_by_names and distribution.path.endswith(f"-{distribution.version}{_DIST}")
    if state is not None and is_told_by_names and _state_of(folder) == state:
        _listed[folder] = state, here
    return here


def _state_of(folder: str) -> tuple[int, int, int] | None:
    """Return what is another one once something is installed in the folder, None if that can't be told yet."""
    try:
        found = os.stat(folder)
    except OSError:
        return None
    is_settled = time.time_ns() - found.st_mtime_ns > _SETTLED_NS
    return (found.st_dev, found.st_ino, found.st_mtime_ns) if is_settled else None


def normalised(name: str) -> str:
    """Return a distribution's name as PEP 503 compares it: `Foo__Bar.baz` is `foo-bar-baz`."""
    return "-".join(part for part in name.lower().replace("_", "-").replace(".", "-").split("-") if part)


def description_of(distribution: Installed) -> str:
    """Return the text of `METADATA` or `PKG-INFO`; empty if it can't be read."""
    return _description(distribution.path)


def header(text: str, name: str) -> list[str]:
    """Return the values of a header in the text of `METADATA` or `PKG-INFO`."""
    values = []
    for line in text.splitlines():
        if not line:
            break  # what follows is prose
        if line[0].isspace():
            continue  # a long value goes on; of a licence's text, with lines of blanks alone
        key, _, value = line.partition(":")
        if key.strip().lower() == name.lower():
            values.append(value.strip())
    return values


def _in_folder(folder: str) -> Iterator[Installed]:
    if folder.endswith(".egg"):
        yield from _described(os.path.basename(folder)[: -len(".egg")], os.path.join(folder, "EGG-INFO"))
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries]
    except OSError:  # not there, a ZIP file, or not to be read: nothing is imported from it by a path
        return
    for name in sorted(names):
        if name.endswith((_DIST, _EGG)) and not name.startswith("~"):  # pip renames so what it is about to remove
            yield from _described(name.rpartition(".")[0], os.path.join(folder, name))


def _described(stem: str, path: str) -> Iterator[Installed]:
    """Yield the distribution of a stem such as `numpy-2.1.0`, `numpy-2.1.0-py3.11` or `numpy`."""
    parts = stem.split("-")
    while len(parts) > 1 and not parts[-1][:1].isdigit() and not path.endswith(_DIST):
        parts.pop()  # py3.11, linux_x86_64
    if len(parts) > 1 and "".join(parts[-1:]):
        yield Installed("-".join(parts[:-1]), parts[-1], path)
        return
    versions = header(_description(path, _HEAD_BYTES), "Version")
    if versions:
        yield Installed(parts[0], versions[0], path)


def _description(path: str, size_bytes: int = -1) -> str:
    """Return the description, or its beginning, which has the headers; `path` is a folder, or the file itself."""
    for name in ("METADATA", "PKG-INFO", ""):
        text = _read(os.path.join(path, name) if name else path, size_bytes)
        if text:
            return text
    return ""


def _read(path: str, size_bytes: int) -> str:
    try:
        with open(path, "rb") as file:
            return file.read(size_bytes).decode("utf-8", "replace")
    except OSError:
        return ""
