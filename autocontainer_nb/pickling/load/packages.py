"""Whether the packages that a task needs are installed here, in which version.

A package that is missing, or older than where the task was captured, is an error. A newer one runs the code; objects of
its classes, pickled by another minor version, may not load: that is a warning, since most do.

`importlib.metadata` tells the same, and loads 30 modules before: too many where a container starts. A folder is listed;
a file is opened only where its name doesn't tell the version. Versions are compared here for the same reason: an image
need not have `packaging`, with which a test compares this order over generated versions.
"""

import os
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from autocontainer_nb.errors import PackageMismatchError

MAX_CHARACTERS: Final = 200
_PRE_RANKS: Final = {"a": 0, "alpha": 0, "b": 1, "beta": 1, "c": 2, "rc": 2, "pre": 2, "preview": 2}
_BEFORE, _AFTER = (-1, 0), (3, 0)
# PEP 440, appendix B, without the local part, which says how a version was built and orders nothing here.
_PATTERN: Final = (
    r"v?(?:(?P<epoch>[0-9]+)!)?(?P<release>[0-9]+(?:\.[0-9]+)*)"
    r"(?:[-_.]?(?P<pre>alpha|a|beta|b|preview|pre|c|rc)[-_.]?(?P<pre_number>[0-9]*))?"
    r"(?P<post>-(?P<post_only>[0-9]+)|[-_.]?(?:post|rev|r)[-_.]?(?P<post_number>[0-9]*))?"
    r"(?P<dev>[-_.]?dev[-_.]?(?P<dev_number>[0-9]*))?"
    r"(?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?"
)
Key = tuple[int, tuple[int, ...], tuple[int, int], int, tuple[int, int]]
CODE, DATA = "code", "data"
MAX_NAMED: Final = 5  # tasks of a file in one message
_DIST, _EGG = ".dist-info", ".egg-info"
_HEAD_BYTES = 64 << 10


def order_key(version: str) -> Key | None:
    """Return what orders the version among others, or None if it isn't of PEP 440's form."""
    if len(version) > MAX_CHARACTERS:
        return None
    found = re.fullmatch(_PATTERN, version.strip().lower())
    if found is None:
        return None
    release = tuple(int(part) for part in found["release"].split("."))
    while len(release) > 1 and not release[-1]:
        release = release[:-1]  # 1.0 is 1
    has_pre, has_post, has_dev = (found[name] is not None for name in ("pre", "post", "dev"))
    if has_pre:
        pre = (_PRE_RANKS[found["pre"]], int(found["pre_number"] or 0))
    else:
        pre = _BEFORE if has_dev and not has_post else _AFTER
    post = int(found["post_only"] or found["post_number"] or 0) if has_post else -1
    dev = (0, int(found["dev_number"] or 0)) if has_dev else (1, 0)
    return int(found["epoch"] or 0), release, pre, post, dev


def is_older(found: str, expected: str) -> bool:
    """Whether a version comes before another one; versions of another form than PEP 440's are never told older."""
    keys = order_key(found), order_key(expected)
    return keys[0] is not None and keys[1] is not None and keys[0] < keys[1]


def is_same_minor(found: str, expected: str) -> bool:
    """Whether two versions have the same epoch, major and minor number; of another form, whether they are equal."""
    keys = order_key(found), order_key(expected)
    if keys[0] is None or keys[1] is None:
        return found == expected
    return (keys[0][0], (*keys[0][1], 0)[:2]) == (keys[1][0], (*keys[1][1], 0)[:2])


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


def check_needs(path: str, metadata: dict[str, Any]) -> None:
    """Return if each package that the file's tasks need is installed, and not older; tell on stderr what may not fit.

    Raises:
        PackageMismatchError: packages are missing or older; all are named, with the line that mends it.
    """
    entries = metadata["needs"]
    if not entries:
        return

    here = installed_distributions()
    failures: list[tuple[Need, str]] = []
    for need in map(_need, entries):
        found = here.get(normalised(need.distribution))
        if found is None:
            if not _is_importable(need):
                failures.append((need, "isn't installed"))
        elif is_older(found.version, need.version):
            failures.append((need, f"is {found.version} here"))
        elif DATA in need.by and not is_same_minor(found.version, need.version):
            _warn(need, found.version)
    if failures:
        raise PackageMismatchError(_message(path, metadata, failures))


def tasks_of(metadata: dict[str, Any]) -> str:
    """Return the names of the file's tasks for a message."""
    names = [repr(str(entity.get("name"))) for entity in metadata["entities"]]
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return (", ".join(names[:MAX_NAMED]) or "The task") + more


def _message(path: str, metadata: dict[str, Any], failures: list[tuple[Need, str]]) -> str:
    wanted = "; ".join(
        f"{need.distribution} {need.version} or newer, which {found}"
        + (" (objects of its classes were captured)" if need.by == (DATA,) else "")
        for need, found in failures
    )
    pins = ", ".join(f'"{need.distribution}>={need.version}"' for need, _ in failures)
    return (
        f"{tasks_of(metadata)} in {path!r} needs {wanted}. Nothing of it was unpickled. "
        f"Add what is missing to the task's image: @task(container_image=ImageSpec(packages=[{pins}]))."
    )


def _warn(need: Need, found: str) -> None:
    sys.stderr.write(
        f"autocontainer_nb: captured objects were pickled with {need.distribution} {need.version}, and this "
        f"environment has {found}: if they don't load, or behave otherwise, use "
        f'ImageSpec(packages=["{need.distribution}=={need.version}"]).\n'
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
        here: dict[str, Installed] = {}
        for distribution in _in_folder(folder or os.curdir):
            key = normalised(distribution.name)
            known = here.get(key)
            if known is None or is_older(known.version, distribution.version):
                here[key] = distribution
        found = {**here, **found}
    return found


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
