"""Which installed packages a task needs.

A distribution that only another one of the set requires is left out, unless the user's code imports it itself.
"""

import ast
import os
import re
import sys
from collections.abc import Collection, Iterable, Mapping
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any, Final, Protocol

from autocontainer_nb.pickling.code.imports import GUARDED, imports_of_tree
from autocontainer_nb.pickling.code.ownership import is_local_module
from autocontainer_nb.pickling.code.references import walk_code
from autocontainer_nb.pickling.load.packages import (
    CODE,
    DATA,
    Installed,
    Need,
    description_of,
    header,
    installed_distributions,
    normalised,
)
from autocontainer_nb.pickling.portable.naming import stand_in
from autocontainer_nb.wire import PACKAGE_NAME

# What this package itself requires is in every image that can run a task.
_ALWAYS_THERE: Final = frozenset(
    {"autocontainer-nb", "cloudpickle", "flyteidl", "googleapis-common-protos", "msgpack", "obstore", "protobuf"}
    | {"protoc-gen-openapiv2"}
)
_NO_DISTRIBUTION: Final = frozenset(sys.stdlib_module_names) | {"__main__", PACKAGE_NAME}
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_MODULE_FILE: Final = re.compile(r"(?P<module>[^.]+)(?:\.[^/]*)?\.(?:py|so|pyd)")
_IGNORED_FOLDERS: Final = frozenset({".", "..", "__pycache__", "bin"})
_REFERENCES: Final = (FunctionType, BuiltinFunctionType, type)


class LocalModule(Protocol):
    """What is asked of a local module that travels (`local.sources.ModuleSource`)."""

    @property
    def name(self) -> str:
        """Its dotted name; empty for a data file."""

    @property
    def content(self) -> bytes:
        """The file's content."""

    @property
    def is_used(self) -> bool:
        """Whether the code is known to import it."""

    @property
    def package(self) -> str:
        """What its relative imports are relative to."""


def needs_of(
    code: Collection[str], data: Collection[str], others: Collection[str], local: Iterable[LocalModule] = ()
) -> list[Need]:
    """Return the distributions behind the modules, sorted by name.

    `code` are the names that the user's code imports or refers to, `data` the modules of captured objects' classes,
    `others` what else the pickle refers to, `local` the local modules that travel, whose imports count as code.
    """
    local = list(local)
    travelling = {module.name for module in local if module.name}
    of_code = {*code, *(name for module in local for name in _imports(module))}
    names = {
        name
        for name in (*of_code, *data, *others)
        if name.partition(".")[0] not in _NO_DISTRIBUTION and not _is_below(name, travelling)
    }
    if not names:
        return []
    table = _Table.now()
    owners = {name: table.owners(name) for name in names}
    asked = {
        by: {key for name in those for key in owners.get(name, ())} for by, those in ((CODE, of_code), (DATA, data))
    }
    candidates = {key for keys in owners.values() for key in keys}
    needs = []
    for key in _smallest(candidates, asked[CODE], table):
        modules = {table.import_name(name) for name, keys in owners.items() if key in keys}
        by = tuple(each for each in (CODE, DATA) if key in asked[each]) or (CODE,)
        needs.append(Need(table.name(key), table.distributions[key].version, tuple(sorted(modules)), by))
    return sorted(needs, key=lambda need: need.distribution.lower())


def _is_below(name: str, modules: set[str]) -> bool:
    """Whether a name is one of the modules, or lies in one."""
    parts = name.split(".")
    return any(".".join(parts[:length]) in modules for length in range(1, len(parts) + 1))


def _smallest(candidates: set[str], direct: set[str], table: "_Table") -> set[str]:
    """Return the candidates that no other one brings along; those that the user's code asks for stay."""
    there = _ALWAYS_THERE | table.required_by(_ALWAYS_THERE)
    kept = (candidates & direct) - there
    rest = candidates - direct - there - table.required_by(kept)
    while rest:
        brought = {key: table.required_by({key}) for key in rest}
        free = [key for key in rest if not any(key in brought[other] for other in rest - {key})]
        chosen = set(free or [min(rest)])  # where two require each other, the first one stands for both
        kept |= chosen
        rest -= chosen | table.required_by(chosen)
    return kept


class _Table:
    """The installed distributions and their modules, read once for each state of the folders of `sys.path`."""

    _known: "tuple[object, _Table] | None" = None

    def __init__(self) -> None:
        self.distributions = installed_distributions()
        self._states = _states(self.distributions)
        self._files = {key: _module_files(distribution) for key, distribution in self.distributions.items()}
        self._tops: dict[str, set[str]] = {}
        for key, files in self._files.items():
            for file in files:
                self._tops.setdefault(file.partition("/")[0], set()).add(key)
        self._requirements: dict[str, set[str]] = {}

    @classmethod
    def now(cls) -> "_Table":
        """Return the table; a new one where something has been installed since."""
        state = tuple((folder, _changed_ns(folder)) for folder in sys.path)
        if cls._known is None or cls._known[0] != state:
            table = cls._known[1] if cls._known and cls._known[1].is_current() else cls()
            cls._known = (state, table)
        return cls._known[1]

    def is_current(self) -> bool:
        """Whether it has what is installed: a file beside the notebook changes a folder only."""
        return self._states == _states(self.distributions) and self.distributions == installed_distributions()

    def owners(self, module: str) -> tuple[str, ...]:
        """Return the distributions that a module belongs to: of a shared top-level name, those that have its file."""
        keys = sorted(self._tops.get(module.partition(".")[0], ()))
        if len(keys) <= 1:
            return tuple(keys)
        path = module.replace(".", "/")
        while path:
            having = [key for key in keys if path in self._files[key]]
            if having:
                return tuple(having)
            path = path.rpartition("/")[0]
        return ()  # a namespace alone belongs to nobody

    def import_name(self, module: str) -> str:
        """Return the top-level name, or in a namespace that several distributions share the module's own."""
        top = module.partition(".")[0]
        return module if len(self._tops.get(top, ())) > 1 else top

    def name(self, key: str) -> str:
        """Return the distribution's name as it spells it itself."""
        distribution = self.distributions[key]
        return (header(description_of(distribution), "Name") or [distribution.name])[0]

    def required_by(self, keys: Iterable[str]) -> set[str]:
        """Return all that the distributions require, and what that requires, of what is installed."""
        found: set[str] = set()
        queue = list(keys)
        while queue:
            for key in self._required(queue.pop()):
                if key not in found and key in self.distributions:
                    found.add(key)
                    queue.append(key)
        return found

    def _required(self, key: str) -> set[str]:
        if key not in self._requirements and key in self.distributions:
            self._requirements[key] = _requirements(self.distributions[key])
        return self._requirements.get(key, set())


def _requirements(distribution: Installed) -> set[str]:
    """Return the normalised names of what a distribution requires, extras left out."""
    lines = header(description_of(distribution), "Requires-Dist")
    if not lines and distribution.path.endswith(".egg-info"):
        text = _text(os.path.join(distribution.path, "requires.txt"))
        lines = text.partition("\n[")[0].splitlines() if not text.startswith("[") else []
    names = [_NAME.match(line.strip()) for line in lines if not re.search(r";.*\bextra\s*==", line)]
    return {normalised(found.group()) for found in names if found}


def _module_files(distribution: Installed) -> frozenset[str]:
    """Return a distribution's modules as paths: `sklearn`, `sklearn/linear_model`; namespaces alone don't count."""
    record = _text(os.path.join(distribution.path, "RECORD"))
    paths = [line.rsplit(",", 2)[0].strip('"') for line in record.splitlines()]
    if not paths:
        listed = _text(os.path.join(distribution.path, "installed-files.txt"))
        paths = [path.removeprefix("../") for path in listed.splitlines()]
    modules: set[str] = set()
    for path in paths:
        folder, _, file = path.replace("\\", "/").rpartition("/")
        found = _MODULE_FILE.fullmatch(file)
        if found is None or folder.partition("/")[0] in _IGNORED_FOLDERS or "-info" in folder:
            continue
        module = found["module"]
        modules.add(folder if module == "__init__" else f"{folder}/{module}".lstrip("/"))
    return frozenset(modules - {""}) or frozenset(_text(os.path.join(distribution.path, "top_level.txt")).split())


def _imports(module: LocalModule) -> list[str]:
    """Return what a local module imports; what it can do without doesn't count."""
    if not module.name or not module.is_used:
        return []
    try:
        tree = ast.parse(module.content)
    except (SyntaxError, ValueError):  # told by who collects the modules
        return []
    return [each.name for each in imports_of_tree(tree, module.package) if each.when != GUARDED]


def _states(distributions: Mapping[str, Installed]) -> list[tuple[int, int]]:
    """Return when the distributions' lists of files were written: another build of a version may have other ones."""
    paths = [one.path for one in distributions.values()]
    return [(_changed_ns(path), _changed_ns(os.path.join(path, "RECORD"))) for path in paths]


def _changed_ns(folder: str) -> int:
    try:
        return os.stat(folder or os.curdir).st_mtime_ns
    except OSError:
        return 0


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def packages_of(needs: Iterable[Need]) -> dict[str, str]:
    """Return {distribution: version}."""
    return {need.distribution: need.version for need in needs}


class UsedModules:
    """Modules noted while one pickler runs."""

    def __init__(self) -> None:
        self.code: set[str] = set()  # that the user's own code refers to
        self.data: set[str] = set()  # whose classes captured objects have

    def note(self, obj: Any) -> None:
        """Note what one object that the pickler meets refers to."""
        kind = type(obj)
        if issubclass(kind, ModuleType):
            self.code.add(obj.__name__)
        elif kind is FunctionType:
            if _is_users(obj.__module__):
                self._note_function(obj)
        elif issubclass(kind, type):
            if _is_users(obj.__module__):
                self.code.update(_module_of(base) for base in obj.__mro__[1:])
        elif kind not in {BuiltinFunctionType, CodeType}:
            self.data.add(_module_of(type(obj)))

    def _note_function(self, function: FunctionType) -> None:
        """Note where the functions and classes come from that a function refers to by name."""
        namespace = function.__globals__
        named = [namespace.get(name) for part in walk_code(function.__code__) for name in part.co_names]
        annotations = function.__annotations__
        self.code.update(
            _module_of(value) for value in [*named, *annotations.values()] if isinstance(value, _REFERENCES)
        )


def _is_users(module: Any) -> bool:
    """Whether a module is the notebook, or one that nobody has installed."""
    return not isinstance(module, str) or module == "__main__" or module not in sys.modules or is_local_module(module)


def _module_of(value: Any) -> str:
    module = getattr(value, "__module__", None)
    return module if isinstance(module, str) and stand_in(value) is None else "builtins"
