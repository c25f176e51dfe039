"""Which installed distributions a task needs, by the modules that its pickle and its code refer to."""

import sys
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache

from autocontainer_nb.wire import PACKAGE_NAME


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
    """Return {top-level module: distributions}; read once for each state of sys.path, for it opens every RECORD."""
    from importlib.metadata import packages_distributions

    return {module: sorted(set(names)) for module, names in packages_distributions().items()}
