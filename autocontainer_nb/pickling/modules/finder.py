"""The location of a module's code, found without imports: its file, its folders, and whether it can travel."""

import sys
from dataclasses import dataclass
from importlib.machinery import EXTENSION_SUFFIXES, SOURCE_SUFFIXES, ModuleSpec
from typing import Any

from autocontainer_nb.pickling.code.ownership import is_installed_file
from autocontainer_nb.wire import PACKAGE_NAME


@dataclass(frozen=True)
class Located:
    """A local module: `file` is its source, empty for a namespace; `obstacle` says why it can't travel, or is empty."""

    name: str
    file: str
    folders: tuple[str, ...]  # of a package
    obstacle: str = ""
    is_loaded: bool = False

    @property
    def is_namespace(self) -> bool:
        """Whether it is a package without `__init__.py`."""
        return not self.file

    @property
    def is_package(self) -> bool:
        """Whether it may have modules below it."""
        return bool(self.folders)

    @property
    def package(self) -> str:
        """The package that its relative imports refer to."""
        return self.name if self.is_package else self.name.rpartition(".")[0]


class ModuleFinder:
    """Finds local modules and remembers them. Each capture has its own: files may change between two."""

    def __init__(self) -> None:
        self._found: dict[str, Located | None] = {}

    def locate(self, name: str) -> Located | None:
        """Return the local module, or None if there is no module of this name or it isn't the user's own."""
        if name not in self._found:
            self._found[name] = self._locate(name)
        return self._found[name]

    def chain(self, name: str) -> list[Located]:
        """Return the modules that importing the name imports, outermost package first; empty if it isn't local."""
        parts = name.split(".")
        found = [self.locate(".".join(parts[: count + 1])) for count in range(len(parts))]
        return [each for each in found if each is not None] if None not in found else []

    def _locate(self, name: str) -> Located | None:
        outer, _, _ = name.rpartition(".")
        if not outer and not _may_be_local(name):
            return None
        path: list[str] | None = None
        if outer:
            package = self.locate(outer)
            if package is None or not package.is_package:
                return None
            path = list(package.folders)
        spec = _spec(name, path)
        return None if spec is None else _located(name, spec)


def _may_be_local(top: str) -> bool:
    if top in {"__main__", PACKAGE_NAME}:
        return False
    return top in sys.modules or top not in sys.stdlib_module_names


def _spec(name: str, path: list[str] | None) -> ModuleSpec | None:
    """Return the spec by which the module was imported, or would be."""
    module = sys.modules.get(name)
    if module is not None:
        spec: Any = getattr(module, "__spec__", None)
        return spec if spec is not None else _spec_of_attributes(name, module)
    for finder in list(sys.meta_path):
        find = getattr(finder, "find_spec", None)
        spec = find(name, path, None) if find is not None else None
        if spec is not None:
            return spec if isinstance(spec, ModuleSpec) else None
    return None


def _spec_of_attributes(name: str, module: Any) -> ModuleSpec | None:
    """Return a spec for a module without one, which was created by hand, from its attributes."""
    file = getattr(module, "__file__", None)
    if not isinstance(file, str):
        return None
    spec = ModuleSpec(name, None, origin=file, is_package=hasattr(module, "__path__"))
    spec.has_location = True
    if spec.submodule_search_locations is not None:
        spec.submodule_search_locations.extend(map(str, module.__path__))
    return spec


def _located(name: str, spec: ModuleSpec) -> Located | None:
    folders = tuple(map(str, spec.submodule_search_locations or ()))
    is_loaded = name in sys.modules
    origin = spec.origin if spec.has_location else None
    if origin is None:
        own = tuple(folder for folder in folders if not is_installed_file(folder))
        # All folders are searched for submodules; one that belongs to the user makes the namespace local.
        return Located(name, "", folders, is_loaded=is_loaded) if own else None
    if is_installed_file(origin):
        return None
    return Located(name, origin, folders, _obstacle(origin), is_loaded)


def _obstacle(file: str) -> str:
    import os

    if file.endswith(tuple(EXTENSION_SUFFIXES)):
        return "compiled"
    if not file.endswith(tuple(SOURCE_SUFFIXES)):
        return "without source"
    if os.path.isfile(file):
        return ""
    folder = os.path.dirname(file)
    while folder and folder != os.path.dirname(folder):
        if os.path.isfile(folder):
            return "in an archive"
        folder = os.path.dirname(folder)
    return "gone"
