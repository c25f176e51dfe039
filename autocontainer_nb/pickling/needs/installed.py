"""Which distributions are installed, by the folders that describe them: `*.dist-info`, `*.egg-info` and eggs.

`importlib.metadata` tells the same, and loads 30 modules before: too many where a container starts. A folder is listed;
a file is opened only where its name doesn't tell the version.
"""

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from autocontainer_nb.pickling.needs.pep440 import is_older

_DIST, _EGG = ".dist-info", ".egg-info"
_HEAD_BYTES = 64 << 10


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
