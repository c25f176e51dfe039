"""Which installed distributions a task needs, by the modules that its pickle and its code refer to."""

import sys
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING

from autocontainer_nb.wire import PACKAGE_NAME

if TYPE_CHECKING:
    from importlib.metadata import Distribution


def needed_packages(modules: Iterable[str]) -> dict[str, str]:
    """Return {distribution: version} for the modules' top-level packages, less the standard library's and our own."""
    from importlib.metadata import PackageNotFoundError, version

    tops = {name.partition(".")[0] for name in modules}
    needed: dict[str, str] = {}
    for top in tops - sys.stdlib_module_names - {"__main__", PACKAGE_NAME}:
        for distribution in _distributions(tuple(sys.path)).get(top, ()):
            with suppress(PackageNotFoundError):  # uninstalled since the table was made, though its module is loaded
                needed[distribution] = version(distribution)
    return dict(sorted(needed.items(), key=lambda item: item[0].lower()))


@lru_cache(maxsize=4)
def _distributions(_path: tuple[str, ...]) -> dict[str, list[str]]:
    """Return {top-level module: distributions}; read once for each state of sys.path, for it opens every RECORD.

    `importlib.metadata.packages_distributions` does the same from Python 3.11 on; 3.10's knows only the distributions
    that have a `top_level.txt`, which newer build tools don't write.
    """
    from importlib.metadata import distributions

    found: dict[str, set[str]] = {}
    for distribution in distributions():
        for module in _top_level_modules(distribution):
            found.setdefault(module, set()).add(distribution.metadata["Name"])
    return {module: sorted(names) for module, names in found.items()}


def _top_level_modules(distribution: "Distribution") -> set[str]:
    listed = (distribution.read_text("top_level.txt") or "").split()
    if listed:
        return set(listed)
    parts = [file.parts for file in distribution.files or () if file.suffix in {".py", ".so", ".pyd"}]
    return {part[0].partition(".")[0] for part in parts if part and part[0] not in {"..", "__pycache__"}}
