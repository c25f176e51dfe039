"""The local modules that a task needs, as sources: those it refers to, and the modules that these import.

A module travels as the file is on disk now. A module that stands by itself travels alone; of a package travels the
whole tree, since its modules may be imported late; of a namespace package (no `__init__.py`) the modules that are
imported. What a module's variables hold at run time doesn't travel: in the container it is imported anew.
"""

import ast
import os
import sys
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from autocontainer_nb.errors import CaptureError
from autocontainer_nb.pickling.archive.hashing import sha256_hex
from autocontainer_nb.pickling.code.imports import GUARDED, LATER, NOW, Import, imports_of_tree
from autocontainer_nb.pickling.modules.finder import Located, ModuleFinder
from autocontainer_nb.pickling.modules.package_files import PackageFile, package_files
from autocontainer_nb.wire import MODULES_PREFIX

_MAX_REMEMBERED: Final = 4000
_MAX_TEXT_BYTES: Final = 4 << 20
_INIT: Final = "__init__.py"


class LocalModuleWarning(UserWarning):
    """A warning about a local module: the remote code differs from the code that runs here."""


@dataclass(frozen=True)
class ModuleSource:
    """One file that travels for local modules."""

    name: str  # the module's dotted name; empty for a data file
    member: str  # its path in the archive
    path: str  # its path on this machine
    content: bytes
    is_package: bool = False
    is_used: bool = False  # whether the code is known to import it; other files of its package may be imported

    @property
    def sha256(self) -> str:
        """The content's SHA-256, as 64 hexadecimal digits."""
        return sha256_hex(self.content)

    @property
    def canonical(self) -> bytes:
        """What the file means: a hash of Python's syntax tree, without comments and places; of data the content."""
        return _canonical(self.content) if self.name else self.content

    @property
    def label(self) -> str:
        """Its place as people know it: below an import path."""
        return self.member.removeprefix(MODULES_PREFIX)

    @property
    def text(self) -> str | None:
        """The content, where it is text of a moderate size."""
        try:
            return str(self.content, "utf-8") if len(self.content) <= _MAX_TEXT_BYTES else None
        except UnicodeDecodeError:
            return None

    @property
    def package(self) -> str:
        """What the module's relative imports are relative to."""
        return self.name if self.is_package else self.name.rpartition(".")[0]

    def as_json(self) -> dict[str, object]:
        """Return the entry of `metadata.json`."""
        return {
            "name": self.name,
            "member": self.member,
            "is_package": self.is_package,
            "size_bytes": len(self.content),
            "used": self.is_used,
        }


def collect(names: Iterable[str], *, tell: bool = False) -> list[ModuleSource]:
    """Return the files of all local modules among the names, and of those that they import, in the order of members.

    `names` may contain any name: installed modules, and names that aren't modules, are ignored. With `tell`, a
    `LocalModuleWarning` names everything that can't travel and may be missing.

    Raises:
        CaptureError: a module that is needed can't travel, has a syntax error, or its package is too large.
    """
    collector = _Collector()
    for name in sorted(set(names)):
        collector.want(name, "the task", 0, NOW)
    collector.finish()
    for text, file in collector.notices if tell else ():
        warnings.warn_explicit(text, LocalModuleWarning, file, 1)
    return sorted(collector.sources.values(), key=lambda source: source.member)


class _Collector:
    """One collection: the wanted modules and their files."""

    def __init__(self) -> None:
        self.sources: dict[str, ModuleSource] = {}  # by member
        self.notices: list[tuple[str, str]] = []  # (message, file)
        self._finder = ModuleFinder()
        self._units: dict[str, list[PackageFile]] = {}  # the files of each whole package
        self._used: set[str] = set()
        self._pending: list[Located] = []
        self._missing: dict[str, bool] = {}  # by top-level name: whether it can't be imported here

    def want(self, name: str, by: str, line: int, when: str) -> None:
        """Record that a module is imported, with the packages it is in; other than local modules are ignored."""
        for located in self._chain(name):
            if located.name in self._used or located.is_namespace:
                continue
            if located.obstacle:
                self._refuse(located, by, line, when)
                return
            self._used.add(located.name)
            self._pending.append(located)

    def finish(self) -> None:
        """Read all files, and follow the imports of the modules that are used."""
        while self._pending:
            located = self._pending.pop(0)
            self._add_unit(located)
            source = self._source(located.name, _place(located), located.file, is_package=located.is_package)
            self.sources[source.member] = source
            place = os.path.basename(located.file) if "." not in located.name else located.name
            for each in _imports(source):
                self.want(each.name, place, each.line, each.when)
                if each.when == NOW and not located.is_loaded:  # a loaded module has found its imports
                    self._tell_if_missing(each, place, source.path)

    def _tell_if_missing(self, imported: Import, by: str, file: str) -> None:
        top = imported.name.partition(".")[0]
        if top not in self._missing:
            self._missing[top] = self._finder.locate(top) is None and not _is_importable(top)
            if self._missing[top]:
                text = (
                    f"{by}, line {imported.line}, imports {top!r}, which isn't installed here: "
                    "the task will fail unless its image has it."
                )
                self.notices.append((text, file))

    def _refuse(self, located: Located, by: str, line: int, when: str) -> None:
        where = f"{by}, line {line}," if line else by
        if when == NOW:
            raise CaptureError(f"{where} imports a local module that can't travel: {_obstacle(located)}.")
        if when == LATER:
            text = f"A function of {where} imports a local module that can't travel: {_obstacle(located)}."
            self.notices.append((text, located.file))

    def _chain(self, name: str) -> list[Located]:
        chain = self._finder.chain(name)
        if chain or "." not in name:
            return chain
        # `from a import b`, where b isn't a module, still imports a.
        return self._finder.chain(name.rpartition(".")[0])

    def _add_unit(self, located: Located) -> None:
        """Add the whole tree of the outermost package of the module."""
        chain = self._finder.chain(located.name)
        unit = next((each for each in chain if not each.is_namespace), located)
        if not unit.is_package or unit.name in self._units:
            return
        files = self._units[unit.name] = package_files(unit.name, unit.folders)
        for file in files:
            name = _module_name(unit.name, file.below)
            if name and name in sys.modules and name not in self._used:
                self.want(name, unit.name, 0, GUARDED)  # it was imported, maybe by a computed name
            place = f"{unit.name.replace('.', '/')}/{file.below}"
            source = self._source(name, place, file.path, is_package=file.below.endswith(_INIT))
            self.sources.setdefault(source.member, source)

    def _source(self, name: str, place: str, path: str, *, is_package: bool) -> ModuleSource:
        is_used = name in self._used
        try:
            with open(path, "rb") as file:
                content = file.read()
        except OSError as error:
            raise CaptureError(
                f"{path!r}, which travels with the task, can't be read ({error.strerror}). Make it readable."
            ) from error
        return ModuleSource(name, MODULES_PREFIX + encoded(place), path, content, is_package and bool(name), is_used)


_imports_known: Final[dict[tuple[str, str], tuple[Import, ...]]] = {}  # by content and package
_canonical_known: Final[dict[str, bytes]] = {}  # by content


def _imports(source: ModuleSource) -> tuple[Import, ...]:
    """Return the imports of the module.

    Raises:
        CaptureError: its source isn't valid in this version of Python.
    """
    key = (source.sha256, source.package)
    if key not in _imports_known:
        if len(_imports_known) > _MAX_REMEMBERED:
            _imports_known.clear()
        try:
            tree = parse(source.content, source.path)
        except SyntaxError as error:
            text = (error.text or "").strip()
            raise CaptureError(
                f"The local module {source.name!r} can't travel: {source.path}, line {error.lineno}: {error.msg}"
                f"{f' in `{text}`' if text else ''}. The file travels as it is now: fix the error there."
            ) from error
        _imports_known[key] = tuple(imports_of_tree(tree, source.package))
    return _imports_known[key]


def _canonical(content: bytes) -> bytes:
    key = sha256_hex(content)
    if key not in _canonical_known:
        if len(_canonical_known) > _MAX_REMEMBERED:
            _canonical_known.clear()
        try:
            _canonical_known[key] = sha256_hex(ast.dump(parse(content, "")).encode("utf-8", "surrogatepass")).encode()
        except SyntaxError:  # never imported, or it would have been refused
            _canonical_known[key] = content
    return _canonical_known[key]


def parse(content: bytes, path: str) -> ast.Module:
    """Return the source's syntax tree.

    Raises:
        SyntaxError: this Python can't compile it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the user's syntax, which Python has shown at the import
        try:
            tree = ast.parse(content, path)
            compile(tree, path, "exec", dont_inherit=True)
        except ValueError as error:  # null bytes
            raise SyntaxError(str(error)) from error
    return tree


def _is_importable(top: str) -> bool:
    """Whether a module of this name, without dots, can be found; nothing is imported."""
    from importlib.util import find_spec

    if top in sys.modules or top in sys.stdlib_module_names:
        return True
    try:
        return find_spec(top) is not None
    except (ImportError, ValueError, AttributeError):  # a finder of the user may find it
        return True


def _obstacle(located: Located) -> str:
    """Return the reason why the module can't travel, and the remedy."""
    name = repr(located.name)
    if located.obstacle == "compiled":
        return (
            f"{name} is compiled for this machine ({located.file}), and compiled modules can't travel. Install it in "
            "the task's image, and here without --editable, so that both import it as an installed package"
        )
    if located.obstacle == "without source":
        return (
            f"{name} has no source ({located.file} only). Add the .py file, or install the module here and in the image"
        )
    if located.obstacle == "in an archive":
        return f"{name} is inside an archive ({located.file}). Unpack it, or install the module here and in the image"
    return f"{name} was imported from {located.file}, which no longer exists. Put it back or restart the kernel"


def _place(located: Located) -> str:
    return located.name.replace(".", "/") + (f"/{_INIT}" if located.is_package else ".py")


def _module_name(package: str, below: str) -> str:
    """Return the dotted name of the module in a package's file; empty for data and files that can't be imported."""
    if not below.endswith(".py"):
        return ""
    parts = below.removesuffix(".py").split("/")
    parts = parts[:-1] if parts[-1] == "__init__" else parts
    return ".".join([package, *parts]) if all(part.isidentifier() for part in parts) else ""


def encoded(place: str) -> str:
    """Return a path as a member's name: ASCII, other bytes as `%` and two hexadecimal digits."""
    return "".join(_encoded_bytes(os.fsencode(place)))


def _encoded_bytes(raw: bytes) -> Iterator[str]:
    for value in raw:
        is_plain = 0x20 < value < 0x7F and chr(value) not in '%\\:*?"<>|'  # noqa: PLR2004 - ASCII's printable range
        yield chr(value) if is_plain else f"%{value:02X}"
