"""Which modules are the user's own, and travel with the task, and which are installed, and are imported again."""

import sys
from functools import lru_cache
from types import ModuleType

from autocontainer_nb.wire import PACKAGE_NAME

_CYTHONS = "_cython_"  # what all modules that one version of Cython has compiled have in common, made by each process


def is_local_module(name: str) -> bool:
    """Whether the imported module of this name is the user's own: a file that no environment has installed.

    Such a module travels as source (`local.sources`). `__main__` isn't meant: cloudpickle carries it by value anyway.
    This package itself counts as installed, also where a developer has it editable.
    """
    if not isinstance(name, str) or name == "__main__" or name.partition(".")[0] == PACKAGE_NAME:
        return False
    module = sys.modules.get(name)
    if module is None:
        return False
    filename = getattr(module, "__file__", None)
    if filename is None:
        return any(not is_installed_file(str(path)) for path in getattr(module, "__path__", ()))
    return not is_installed_file(str(filename))


def is_made_at_run_time(name: str) -> bool:
    """Whether the module of this name was made by `types.ModuleType` and has no file: its content is all there is."""
    module = sys.modules.get(name)
    if type(module) is not ModuleType or name == "__main__" or name.partition(".")[0] == PACKAGE_NAME:
        return False
    if name.startswith(_CYTHONS):
        return False
    origins = ("__spec__", "__loader__", "__file__", "__path__")
    has_origin = any(getattr(module, key, None) is not None for key in origins)
    outer = name.rpartition(".")[0]
    return not has_origin and (not outer or is_made_at_run_time(outer))


def is_installed_file(filename: str) -> bool:
    """Whether a file belongs to the interpreter, to its standard library or to an installed distribution."""
    if filename.startswith("<frozen") or (filename.startswith("<") and filename.endswith(">")):
        return filename.startswith("<frozen")
    if filename.startswith((_own_folder(), *_installed_folders())):
        return True
    return any(_owns(folder, filename) for folder in _folders_on_path(tuple(sys.path)) if filename.startswith(folder))


def installed_name(filename: str) -> str:
    """Return an installed file's name below the folder that it is installed in: the same on every machine.

    `linecache` finds the source of such a name through `sys.path`, wherever the package is installed there.
    """
    if filename.startswith(_own_folder()):
        return (PACKAGE_NAME + "/" + filename.removeprefix(_own_folder())).replace("\\", "/")
    below = [filename.removeprefix(folder) for folder in _installed_folders() if filename.startswith(folder)]
    return min(below, key=len, default=filename).replace("\\", "/")


def is_installed_code(filename: str) -> bool:
    """Whether code with this file name is installed; code that came from another process has the lasting name."""
    return is_installed_file(filename) or _is_lasting_name(filename)


@lru_cache(maxsize=256)
def _is_lasting_name(filename: str) -> bool:
    """Whether an installed file is called so by `installed_name`."""
    import os

    if os.path.isabs(filename) or not filename.endswith(".py"):
        return False
    if filename.startswith(f"{PACKAGE_NAME}/"):
        return os.path.isfile(_own_folder() + filename.removeprefix(f"{PACKAGE_NAME}/"))
    return any(os.path.isfile(folder + filename) for folder in _installed_folders())


@lru_cache(maxsize=1)
def _own_folder() -> str:
    """Return the folder of this package, which isn't below site-packages if it is installed from a checkout."""
    import os

    return os.path.abspath(__file__).removesuffix(os.path.join(*__name__.split(".")[1:]) + ".py")


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


@lru_cache(maxsize=4)
def _folders_on_path(path: tuple[str, ...]) -> tuple[str, ...]:
    """Return the other folders of `sys.path` that have installed distributions: `pip install --target` makes them."""
    import os

    folders = []
    for each in filter(None, path):
        folder = os.path.abspath(each).rstrip(os.sep) + os.sep
        if folder not in _installed_folders() and _installed_names(folder):
            folders.append(folder)
    return tuple(folders)


def _owns(folder: str, filename: str) -> bool:
    """Whether a distribution in the folder has listed the file's module or package among its own files."""
    import os

    return filename.removeprefix(folder).split(os.sep)[0] in _installed_names(folder)


@lru_cache(maxsize=16)
def _installed_names(folder: str) -> frozenset[str]:
    """Return the files and folders at the top of a folder that distributions in it own.

    An editable install leaves its `.dist-info` in site-packages, and an `.egg-info` beside its source: neither counts.
    """
    import os
    from contextlib import suppress

    names: set[str] = set()
    infos: list[str] = []
    with suppress(OSError):
        infos = [each for each in os.listdir(folder) if each.endswith(".dist-info")]
    for each in infos:
        path = os.path.join(folder, each, "RECORD")
        with suppress(OSError), open(path, encoding="utf-8", errors="replace") as record:
            names.update(line.partition(",")[0].partition("/")[0] for line in record)
    return frozenset(names - {"", ".."})
