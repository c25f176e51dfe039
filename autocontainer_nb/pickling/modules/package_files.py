"""The files of a local package that travel with it: sources and data, within limits; no caches, no build products."""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Final

from autocontainer_nb.errors import CaptureError

MAX_DATA_BYTES: Final = 10 << 20  # of one package
MAX_SOURCE_BYTES: Final = 20 << 20
MAX_FILES: Final = 2000
IGNORE_FILE: Final = ".flyteignore"  # flytekit's name for the same: one pattern per line

_SKIPPED_FOLDERS: Final = ("__pycache__", "node_modules", "*.egg-info", "*.dist-info")
_BUILD_FOLDERS: Final = frozenset({"build", "dist"})  # unless they are packages
_SKIPPED_FILES: Final = ("*.pyc", "*.pyo", "*.ipynb", "*.so", "*.pyd", "*.dylib", "*.dll", "*.o", "*.a", "*~")
_SHOWN_LARGEST: Final = 5


@dataclass(frozen=True)
class PackageFile:
    """One file of a package; `below` is its path within the package's folder, with slashes."""

    path: str
    below: str
    size_bytes: int

    @property
    def is_source(self) -> bool:
        """Whether it is Python source."""
        return self.below.endswith(".py")


def package_files(name: str, folders: Sequence[str]) -> list[PackageFile]:
    """Return the files of the package in these folders, in a fixed order; for duplicates, the first folder counts.

    Hidden files, caches, notebooks, virtual environments, build products and files in the package's `.flyteignore`
    are left out. Links are followed.

    Raises:
        CaptureError: the files are too many or too large; the message names the largest.
    """
    by_place: dict[str, PackageFile] = {}
    for folder in folders:
        for path, below in _walk(folder, _ignored_patterns(folder)):
            status = os.stat(path)
            if stat.S_ISREG(status.st_mode):
                by_place.setdefault(below, PackageFile(path, below, status.st_size))
            if len(by_place) > MAX_FILES:
                raise CaptureError(
                    f"The local package {name!r} has more than {MAX_FILES} files in {folder!r}, too many to travel "
                    f"with a task. {_advice(folder)}"
                )
    files = [by_place[below] for below in sorted(by_place)]
    for kind, limit_bytes in (("data", MAX_DATA_BYTES), ("source", MAX_SOURCE_BYTES)):
        _check(name, folders[0], [file for file in files if file.is_source == (kind == "source")], kind, limit_bytes)
    return files


def _walk(top: str, patterns: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield (path, path below the top) of the files to include; each folder only once, however it is linked."""
    seen = {os.path.realpath(top)}
    for folder, folders, files in os.walk(top, followlinks=True):
        prefix = os.path.relpath(folder, top).replace(os.sep, "/") + "/" if folder != top else ""
        kept = []
        for each in sorted(folders):
            path = os.path.join(folder, each)
            real = os.path.realpath(path)
            if real not in seen and not _skips_folder(path, each) and not _is_ignored(path, patterns):
                seen.add(real)
                kept.append(each)
        folders[:] = kept
        for each in sorted(files):
            path = os.path.join(folder, each)
            skipped = each.startswith(".") or any(fnmatch(each, pattern) for pattern in _SKIPPED_FILES)
            if not skipped and os.path.exists(path) and not _is_ignored(path, patterns):
                yield path, prefix + each


def _skips_folder(path: str, name: str) -> bool:
    if name.startswith(".") or any(fnmatch(name, pattern) for pattern in _SKIPPED_FOLDERS):
        return True
    if os.path.exists(os.path.join(path, "pyvenv.cfg")):
        return True
    return name in _BUILD_FOLDERS and not os.path.exists(os.path.join(path, "__init__.py"))


def _ignored_patterns(folder: str) -> list[tuple[str, str]]:
    """Return (folder, pattern) of the package's own ignore file and of the one beside the package."""
    patterns = []
    for place in (folder, os.path.dirname(folder)):
        path = os.path.join(place, IGNORE_FILE)
        if os.path.isfile(path):
            with open(path, encoding="utf-8", errors="replace") as file:
                lines = [line.strip().rstrip("/") for line in file]
            patterns += [(place, line.lstrip("/")) for line in lines if line and not line.startswith(("#", "!"))]
    return patterns


def _is_ignored(path: str, patterns: Sequence[tuple[str, str]]) -> bool:
    name = os.path.basename(path)
    for place, pattern in patterns:
        below = os.path.relpath(path, place).replace(os.sep, "/")
        if fnmatch(below, pattern) or fnmatch(name, pattern):
            return True
    return False


def _check(name: str, folder: str, files: Sequence[PackageFile], kind: str, limit_bytes: int) -> None:
    total = sum(file.size_bytes for file in files)
    if total <= limit_bytes:
        return
    largest = sorted(files, key=lambda file: -file.size_bytes)[:_SHOWN_LARGEST]
    listed = ", ".join(f"{file.below} ({_megabytes(file.size_bytes)})" for file in largest)
    raise CaptureError(
        f"The local package {name!r} has {_megabytes(total)} of {kind} files in {folder!r}, but at most "
        f"{_megabytes(limit_bytes)} can travel with a task. The largest: {listed}. {_advice(folder)}"
    )


def _advice(folder: str) -> str:
    return (
        f"Exclude files that the task doesn't need by a pattern (such as *.csv) in "
        f"{os.path.join(folder, IGNORE_FILE)!r}, pass large data as an input of the task (FlyteFile, FlyteDirectory), "
        "or install the package in the image."
    )


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / (1 << 20):.1f} MB"
