"""Which modules are the user's own, and travel with the task, and which are installed, and are imported again."""

import sys
from functools import lru_cache

from autocontainer_nb.wire import PACKAGE_NAME


def is_local_module(name: str) -> bool:
    """Whether the imported module of this name is the user's own: a file that no environment has installed.

    `__main__` isn't meant: cloudpickle carries it by value anyway. This package itself counts as installed, also where
    a developer has it editable.
    """
    if name == "__main__" or name.partition(".")[0] == PACKAGE_NAME:
        return False
    module = sys.modules.get(name)
    if module is None:
        return False
    filename = getattr(module, "__file__", None)
    if filename is None:
        return any(not is_installed_file(path) for path in getattr(module, "__path__", ()))
    return not is_installed_file(str(filename))


def is_installed_file(filename: str) -> bool:
    """Whether a file belongs to the interpreter, to its standard library or to an installed distribution."""
    if filename.startswith("<frozen") or (filename.startswith("<") and filename.endswith(">")):
        return filename.startswith("<frozen")
    return any(filename.startswith(folder) for folder in _installed_folders())


def installed_name(filename: str) -> str:
    """Return an installed file's name below the folder that it is installed in: the same on every machine.

    `linecache` finds the source of such a name through `sys.path`, wherever the package is installed there.
    """
    below = [filename.removeprefix(folder) for folder in _installed_folders() if filename.startswith(folder)]
    return min(below, key=len, default=filename).replace("\\", "/")


@lru_cache(maxsize=1)
def _installed_folders() -> tuple[str, ...]:
    import os
    import site
    import sysconfig

    keys = ("stdlib", "platstdlib", "purelib", "platlib")
    folders = {sysconfig.get_path(key) for key in keys}
    folders.update(sysconfig.get_path(key, vars={"base": sys.base_prefix, "platbase": sys.base_prefix}) for key in keys)
    folders.update(site.getsitepackages() if hasattr(site, "getsitepackages") else ())
    folders.add(site.getusersitepackages())
    with_links = folders | {os.path.realpath(folder) for folder in folders if folder}
    return tuple(sorted(folder.rstrip(os.sep) + os.sep for folder in with_links if folder))
